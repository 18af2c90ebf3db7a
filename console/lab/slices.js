// Kinds of cases that a mean hides: one plot a group of slices, of one run or of two.
import { h } from "../lib/dom.js";
import { counted, fieldName } from "../lib/text.js";
import { plotFigure } from "./figure.js";

const TITLES = {
  history: { title: "By length of history", about: "How many events of the shopper were known." },
  popularity: {
    title: "By popularity of what was looked for",
    about: "Head, middle and tail hold a third of all training events each; cold items have none.",
  },
};

// The groups of slices, each with its slices in the order of the record.
function groupsOf(runs) {
  const groups = new Map();
  for (const run of runs) {
    for (const slice of run.slices ?? []) {
      if (!groups.has(slice.group)) groups.set(slice.group, new Map());
      groups.get(slice.group).set(slice.name, slice.cases);
    }
  }
  return groups;
}

// Sections of plots; nothing when no run has slices of this metric. `named`: [{run, name}]; `mark`: the mean over all cases, for a line.
export function sliceFigures(app, named, metric, { signal, mark } = {}) {
  const groups = groupsOf(named.map(({ run }) => run));
  const plots = [...groups].flatMap(([group, slices]) => {
    const names = [...slices.keys()];
    const series = named
      .map(({ run, name }, at) => ({ name, quiet: at > 0, points: pointsOf(run, group, names, metric) }))
      .filter(({ points }) => points.length > 0);
    if (series.length === 0) return [];
    const { title, about } = TITLES[group] ?? { title: `By ${fieldName(group).toLowerCase()}`, about: "" };
    const plot = {
      title,
      about: mark === undefined ? about : `${about} The broken line is the mean over all cases.`,
      rows: names.map((name) => [name, counted(slices.get(name), "case", "cases")]),
      series,
      axis: metric,
      mark,
      text: `${title}: ${metric} in ${counted(names.length, "slice", "slices")}. The table below has the numbers.`,
    };
    return [plotFigure(app, plot, { signal })];
  });
  if (plots.length === 0) return null;
  return h("section", { class: "slices" }, h("h2", {}, "Where it works, and where not"), h("div", { class: "plots" }, plots));
}

function pointsOf(run, group, names, metric) {
  const own = (run.slices ?? []).filter((slice) => slice.group === group);
  return names.flatMap((name, row) => {
    const slice = own.find((one) => one.name === name);
    const x = slice?.metrics[metric];
    if (!Number.isFinite(x)) return [];
    const interval = slice.interval?.[metric];
    return [{ row, x, low: interval?.[0], high: interval?.[1] }];
  });
}
