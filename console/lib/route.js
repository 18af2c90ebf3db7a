// Addresses: "#/", "#/search?q=milk&f.brand=National&r.price=1..5&sort=price:asc", "#/product/KEY", "#/basket".
// "&explain" beside a search shows how each score came about.

export function parseHash(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view, key = ""] = path.split("/", 2);
  const parameters = new URLSearchParams(query);
  if (view === "product" && key !== "") return { view, key: safeDecode(key) };
  if (view === "search") return { view, ...searchOf(parameters) };
  if (view === "basket") return { view };
  return view === "" ? { view: "home" } : { view: "missing" };
}

function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// {query, chosen: {field: [value]}, ranges: {field: [low|null, high|null]}, sort, explain}
function searchOf(parameters) {
  const search = { query: parameters.get("q") ?? "", chosen: {}, ranges: {}, sort: parameters.get("sort") ?? "", explain: parameters.has("explain") };
  for (const [name, value] of parameters) {
    if (name.startsWith("f.")) (search.chosen[name.slice(2)] ??= []).push(value);
    if (name.startsWith("r.")) {
      const [low, high] = value
        .split("..")
        .map((end) => (end === undefined || end === "" || Number.isNaN(Number(end)) ? null : Number(end)));
      if (low !== null || (high ?? null) !== null) search.ranges[name.slice(2)] = [low, high ?? null];
    }
  }
  return search;
}

export function searchHref({ query = "", chosen = {}, ranges = {}, sort = "", explain = false }) {
  const parameters = new URLSearchParams();
  if (query) parameters.set("q", query);
  for (const [field, values] of Object.entries(chosen)) for (const value of values) parameters.append(`f.${field}`, value);
  for (const [field, [low, high]] of Object.entries(ranges)) parameters.set(`r.${field}`, `${low ?? ""}..${high ?? ""}`);
  if (sort) parameters.set("sort", sort);
  if (explain) parameters.set("explain", "");
  const text = parameters.toString();
  return text ? `#/search?${text}` : "#/search";
}

export function productHref(key) {
  return `#/product/${encodeURIComponent(key)}`;
}

export function categoryHref(path) {
  return searchHref({ chosen: { category: [path] } });
}
