// A plot with its title, its legend, and the same numbers as a table; and the tables of this page.
import { h, svg } from "../lib/dom.js";
import { drawDots, SHAPES } from "./chart.js";
import { figure as written, range } from "./numbers.js";

const MARKERS = {
  circle: () => svg("circle", { cx: 8, cy: 8, r: 5 }),
  rect: () => svg("rect", { x: 3.5, y: 3.5, width: 9, height: 9 }),
  triangle: () => svg("path", { d: "M8 2.5 13.5 12.5H2.5Z" }),
  rectRot: () => svg("path", { d: "M8 2 14 8 8 14 2 8Z" }),
  crossRot: () => svg("path", { d: "M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5" }),
  star: () => svg("path", { d: "M8 2V14M2 8H14M3.8 3.8 12.2 12.2M12.2 3.8 3.8 12.2" }),
};

export function marker(at, quiet = false) {
  return svg(
    "svg",
    { class: `marker series-${at + 1}${quiet ? " quiet-marker" : ""}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    MARKERS[SHAPES[at % SHAPES.length]](),
  );
}

function legend(series) {
  if (series.length < 2) return null;
  return h(
    "ul",
    { class: "legend" },
    series.map((one, at) => h("li", {}, marker(at, one.quiet), one.name)),
  );
}

const MARKS = { better: "▲", worse: "▼", alike: "≈", unsure: "?", none: "–" };

// A sign before words that say the same.
export function mark(name) {
  return h("span", { class: `symbol ${name}`, "aria-hidden": "true" }, MARKS[name]);
}

// The head of a floor's column.
export function floorHead(name) {
  return [h("small", {}, "floor"), h("span", { class: "nowrap" }, name)];
}

// A table that scrolls by itself where it is wider than the page. Cells are texts, nodes, lists of them, or {content, class}; the first cell of
// a row is its heading. Columns of numbers (class "number") have their heads to the right as well.
export function table({ caption, head, rows, kind = "" }) {
  const isRich = (content) => content !== null && typeof content === "object" && !(content instanceof Node) && !Array.isArray(content);
  const cell = (tag, content, attributes = {}) =>
    isRich(content) ? h(tag, { ...attributes, class: content.class }, content.content) : h(tag, attributes, content);
  const ofNumbers = (column) => rows.some((cells) => isRich(cells[column]) && cells[column].class.startsWith("number"));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      { class: `figures ${kind}` },
      h("caption", { class: "unseen" }, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((content, at) => cell("th", content, { scope: "col", class: ofNumbers(at) ? "number" : null })),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((cells) =>
          h(
            "tr",
            {},
            cells.map((content, at) => (at === 0 ? cell("th", content, { scope: "row" }) : cell("td", content))),
          ),
        ),
      ),
    ),
  );
}

// A figure with its interval below.
export function withInterval(value, interval) {
  return [h("span", { class: "value" }, written(value)), interval && h("small", { class: "interval" }, range(interval))];
}

// A series' points, a row a metric of `names`.
export function pointsOf(names, metrics, intervals = {}) {
  return names.flatMap((name, row) => {
    const [low, high] = intervals[name] ?? [];
    return Number.isFinite(metrics[name]) ? [{ row, x: metrics[name], low, high }] : [];
  });
}

function numbersOf({ title, rows, series }) {
  const pointAt = (one, row) => one.points.find((point) => point.row === row);
  const cellOf = (point) => (point ? withInterval(point.x, point.low === undefined ? undefined : [point.low, point.high]) : "–");
  return table({
    caption: title,
    head: ["", ...series.map((one) => one.name)],
    rows: rows.map((row, at) => [
      [row].flat().join(", "),
      ...series.map((one) => ({ content: cellOf(pointAt(one, at)), class: "number" })),
    ]),
  });
}

// Says once a page that plots are missing, and what would bring them.
function sayMissing(app) {
  if (app.main.querySelector(".no-plots")) return;
  const note = h(
    "p",
    { class: "notice no-plots", role: "note" },
    "Plots are left out: Chart.js is not on the server's machine. Its Debian package is ",
    h("code", {}, "libjs-chart.js"),
    "; once it is installed, load this page again. All numbers stand in the tables.",
  );
  (app.main.querySelector(".page-head") ?? app.main.firstElementChild)?.after(note);
}

// `plot` as for drawDots, with `title` and, when there is more to say, `about`. `numbers: false` where a table on the page has the same numbers.
// `signal`: ends it.
export function plotFigure(app, plot, { signal, numbers = true } = {}) {
  const area = h("div", { class: "plot-area" });
  const below = numbers ? h("details", { class: "numbers" }, h("summary", {}, "The same as a table"), numbersOf(plot)) : null;
  const box = h(
    "figure",
    { class: "plot" },
    h("figcaption", {}, h("h3", {}, plot.title), plot.about && h("p", { class: "quiet" }, plot.about)),
    legend(plot.series),
    area,
    below,
  );
  draw(app, area, plot, signal).then((drawn) => {
    box.dataset.drawn = drawn ? "yes" : "no";
    if (drawn) return;
    area.remove();
    box.querySelector(".legend")?.remove();
    if (below) below.open = true;
    else box.hidden = true;
    if (!signal?.aborted) sayMissing(app);
  });
  return box;
}

// Whether there is a picture now.
async function draw(app, area, plot, signal) {
  const drawing = await drawDots(area, plot);
  if (!drawing) return false;
  if (signal?.aborted) {
    drawing.end();
    return true;
  }
  const recolour = () => drawing.recolour();
  app.addEventListener("colours", recolour, { signal });
  signal?.addEventListener("abort", () => drawing.end(), { once: true });
  return true;
}
