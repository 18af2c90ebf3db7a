// Two recorded runs side by side. Refuses what cannot be compared, and says why.
import { h } from "../../lib/dom.js";
import { icon } from "../../parts/icon.js";
import { emptyState, link } from "../../parts/states.js";
import { mark, plotFigure, pointsOf, table, withInterval } from "../figure.js";
import { figure, isQuality, megabytes, percent, seconds, signed, sortedMetrics } from "../numbers.js";
import { asked, breadcrumb, metricChoice, metricNote } from "../parts.js";
import { aheadOf, labelOf, primaryOf, settingsOf, sizesOf, tunedOf, unlikeness, verdictOf } from "../records.js";
import { compareHref, runHref, runsHref } from "../route.js";
import { sliceFigures } from "../slices.js";

const WAYS_BACK = [
  ["Runs", runsHref()],
  ["Compare", ""],
];

class CompareView {
  constructor(app, main, route) {
    this.app = app;
    this.main = main;
    this.route = route;
    this.#begin();
  }

  #begin() {
    const { app, main, route } = this;
    app.title("Compare two runs");
    this.asking?.leave();
    if (!route.a || !route.b) {
      this.asking = { leave: () => {} };
      const text = "Tick two runs of one table, then Compare.";
      main.replaceChildren(
        breadcrumb(WAYS_BACK),
        emptyState({ level: "h1", symbol: "chart", title: "Choose two runs", text, actions: [link(runsHref(), "To the runs", "button")] }),
      );
      return;
    }
    const ask = (signal) => Promise.all([app.souk.run(route.a, { signal }), app.souk.run(route.b, { signal })]);
    this.asking = asked(app, main, { ask, show: (runs, signal) => this.#show(runs, signal), wait: "Loading both runs" });
  }

  update(route) {
    const same = route.a === this.route.a && route.b === this.route.b;
    this.route = route;
    if (!same) this.#begin();
    else if (this.runs) this.#fillSlices();
  }

  leave() {
    this.asking.leave();
    this.redrawing?.abort();
  }

  #show([a, b], signal) {
    this.signal = signal;
    const unlike = unlikeness(a, b);
    this.app.title(`${labelOf(a)} and ${labelOf(b)}`);
    if (unlike.length > 0) {
      this.main.replaceChildren(breadcrumb(WAYS_BACK), refusal(a, b, unlike));
      return;
    }
    this.runs = [a, b];
    this.slices = h("div", { class: "slices-box" });
    const metrics = sortedMetrics([...Object.keys(a.metrics), ...Object.keys(b.metrics)]);
    this.main.replaceChildren(
      breadcrumb(WAYS_BACK),
      this.#head(a, b),
      h(
        "section",
        { class: "split-view" },
        this.#plot(a, b, metrics.filter(isQuality)),
        h("div", {}, h("h2", {}, "Side by side"), sideBySide(a, b, metrics)),
      ),
      this.slices,
      costs(a, b),
    );
    this.#fillSlices();
  }

  #head(a, b) {
    const metric = primaryOf(a);
    const { text, better, overlap, delta } = aheadOf(a, b, metric);
    const doubt =
      overlap === undefined
        ? ""
        : overlap
          ? " Their intervals overlap, so it may be chance."
          : " Their intervals do not meet: chance alone hardly does that.";
    const lead = better ? `On ${metric}, ${text} by ${figure(Math.abs(delta))}.${doubt}` : `On ${metric}: ${text}.`;
    return h(
      "div",
      { class: "page-head" },
      h("h1", { tabindex: -1 }, "Two runs compared"),
      h("p", { class: "quiet" }, `${a.data.name}, ${a.protocol} · ${sizesOf(a)}`),
      h(
        "div",
        { class: "sides" },
        side("A", a),
        side("B", b),
        h("a", { class: "button plain swap", href: compareHref(b.name, a.name, { metric: this.route.metric }) }, icon("swap"), "Swap"),
      ),
      h("p", { class: "lead" }, lead),
      h(
        "p",
        { class: "quiet" },
        "Each interval is of one run alone. ",
        h("code", {}, "souk lab compare"),
        " tests two runs case by case where their cases were kept.",
      ),
    );
  }

  #plot(a, b, names) {
    const plot = {
      title: "Metrics with their intervals",
      rows: names,
      series: [
        { name: `A: ${labelOf(a)}`, points: pointsOf(names, a.metrics, a.interval) },
        { name: `B: ${labelOf(b)}`, quiet: true, points: pointsOf(names, b.metrics, b.interval) },
      ],
      axis: "value of the metric",
      text: `${labelOf(a)} and ${labelOf(b)} by metric, with intervals. The table that follows has the numbers.`,
    };
    return plotFigure(this.app, plot, { signal: this.signal, numbers: false });
  }

  #fillSlices() {
    const [a, b] = this.runs;
    const { app, route } = this;
    const names = sortedMetrics([a, b].flatMap((run) => (run.slices ?? []).flatMap((slice) => Object.keys(slice.metrics))));
    const metric = names.includes(route.metric) ? route.metric : names.includes(primaryOf(a)) ? primaryOf(a) : names[0];
    if (names.length === 0) return;
    this.redrawing?.abort();
    this.redrawing = new AbortController();
    this.signal.addEventListener("abort", () => this.redrawing.abort(), { once: true });
    const named = [
      { run: a, name: `A: ${labelOf(a)}` },
      { run: b, name: `B: ${labelOf(b)}` },
    ];
    const plots = sliceFigures(app, named, metric, { signal: this.redrawing.signal });
    const choose = metricChoice(names, metric, (chosen) => {
      app.go(compareHref(a.name, b.name, { metric: chosen }), { replace: true });
      this.slices.querySelector("select").focus({ preventScroll: true });
    });
    plots.querySelector("h2").after(h("div", { class: "lab-tools" }, choose, h("p", { class: "quiet metric-note" }, metricNote(metric))));
    this.slices.replaceChildren(plots);
  }
}

function side(letter, run) {
  const tuned = tunedOf(run);
  const verdict = verdictOf(run);
  return h(
    "p",
    { class: "side" },
    h("strong", { class: "letter" }, letter),
    h("a", { href: runHref(run.name) }, labelOf(run)),
    tuned && h("span", { class: `tag${tuned.warn ? " warn" : ""}` }, tuned.warn ? `⚠ ${tuned.text}` : tuned.text),
    verdict && h("small", {}, mark(verdict.mark), ` ${verdict.short}`),
  );
}

function refusal(a, b, unlike) {
  const what = unlike.map((one) => one.what);
  const list = what.length === 1 ? what[0] : `${what.slice(0, -1).join(", ")} and ${what.at(-1)}`;
  return h(
    "section",
    { class: "refused", role: "alert" },
    h("h1", { tabindex: -1 }, "These runs cannot be compared"),
    h(
      "p",
      {},
      `They differ in ${list}, so the difference of their numbers would say nothing about the methods. Run one of them again on what the other had.`,
    ),
    table({
      caption: "What differs",
      head: ["", `A: ${labelOf(a)}`, `B: ${labelOf(b)}`],
      rows: unlike.map((one) => [one.what, h("span", { class: "wrap" }, one.a), h("span", { class: "wrap" }, one.b)]),
    }),
    h("div", { class: "actions" }, link(runHref(a.name), "Run A"), link(runHref(b.name), "Run B"), link(runsHref(), "All runs", "button")),
  );
}

function sideBySide(a, b, metrics) {
  return table({
    caption: "Metrics of both runs",
    head: ["Metric", "A", "B", "A − B", "relative", "reading"],
    rows: metrics.map((name) => {
      const { text, overlap, delta } = aheadOf(a, b, name);
      const doubt = overlap === undefined ? null : h("small", {}, overlap ? "intervals overlap" : "intervals apart");
      return [
        name,
        { content: withInterval(a.metrics[name], a.interval?.[name]), class: "number" },
        { content: withInterval(b.metrics[name], b.interval?.[name]), class: "number" },
        { content: signed(delta), class: "number" },
        { content: b.metrics[name] ? percent(delta / b.metrics[name]) : "–", class: "number" },
        { content: [text, doubt], class: "reading" },
      ];
    }),
  });
}

function costs(a, b) {
  const number = (content) => ({ content, class: "number" });
  const row = (name, write, of) => [name, number(write(of(a))), number(write(of(b)))];
  return h(
    "section",
    {},
    h("h2", {}, "Cost and settings"),
    table({
      caption: "Cost and settings of both runs",
      head: ["", "A", "B"],
      rows: [
        row("Fit, on the clock", seconds, (run) => run.seconds?.train),
        row("Fit, of processors", seconds, (run) => run.cpu_seconds?.train),
        row("Evaluate, on the clock", seconds, (run) => run.seconds?.evaluate),
        row("Peak memory", megabytes, (run) => run.peak_rss_mb),
        row("Settings changed", (text) => text || "none", settingsOf),
        row("Seed", String, (run) => run.seed),
        row("Version", String, (run) => run.version),
      ],
    }),
  );
}

export function compare(app, main, route) {
  return new CompareView(app, main, route);
}
