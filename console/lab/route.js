// Addresses: "#/?data=…&method=…&metric=NDCG@10&by=versus&order=worst", "#/run/recommend/ease/beauty-seed1?metric=…",
// "#/compare?a=…&b=…&metric=…", "#/shops", "#/shops/NAME?metric=…&shelf=…".

export function parseHash(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view, ...rest] = path.split("/");
  const name = rest.map(safeDecode).join("/");
  const given = Object.fromEntries(new URLSearchParams(query));
  if (view === "") return { view: "runs", ...given };
  if (view === "run" && name !== "") return { ...given, view, name };
  if (view === "compare" || view === "shops") return { ...given, view, name };
  return { view: "missing" };
}

function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withQuery(path, values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

const path = (name) => name.split("/").map(encodeURIComponent).join("/");

export const runsHref = ({ data, method, metric, by, order } = {}) => withQuery("#/", { data, method, metric, by, order });
export const runHref = (name, { metric } = {}) => withQuery(`#/run/${path(name)}`, { metric });
export const compareHref = (a, b, { metric } = {}) => withQuery("#/compare", { a, b, metric });
export const shopHref = (name, { metric, shelf } = {}) => withQuery(`#/shops/${path(name)}`, { metric, shelf });
