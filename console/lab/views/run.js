// One recorded run: what it reached, beside its floors and the published figures; where; at what cost; with which settings.
import { h } from "../../lib/dom.js";
import { count, date, sentence } from "../../lib/text.js";
import { link } from "../../parts/states.js";
import { floorHead, mark, plotFigure, pointsOf, table, withInterval } from "../figure.js";
import { figure, isQuality, megabytes, seconds, signed, sortedMetrics } from "../numbers.js";
import { asked, breadcrumb, choice, metricChoice, metricNote, terms } from "../parts.js";
import { floorsOf, labelOf, methodOf, primaryOf, sizesOf, tunedOf, unlikeness, verdictOf } from "../records.js";
import { compareHref, runHref, runsHref } from "../route.js";
import { sliceFigures } from "../slices.js";

class RunView {
  constructor(app, main, route) {
    this.app = app;
    this.main = main;
    this.route = route;
    app.title(route.name);
    this.#begin();
  }

  #begin() {
    const { app, main } = this;
    const { name } = this.route;
    this.asking?.leave();
    const ask = async (signal) => {
      const [run, all] = await Promise.all([app.souk.run(name, { signal }), app.souk.runs({ signal })]);
      return { run, others: all.runs.filter((other) => other.name !== name && unlikeness(run, other).length === 0) };
    };
    this.asking = asked(app, main, { ask, show: (answer, signal) => this.#show(answer, signal), wait: "Loading the run" });
  }

  update(route) {
    const same = route.name === this.route.name;
    this.route = route;
    if (!same) this.#begin();
    else if (this.run) this.#fillSlices();
  }

  leave() {
    this.asking.leave();
    this.redrawing?.abort();
  }

  #show({ run, others }, signal) {
    const { app } = this;
    this.run = run;
    this.signal = signal;
    app.title(`${labelOf(run)} on ${run.data.name}`);
    this.slices = h("div", { class: "slices-box" });
    this.main.replaceChildren(
      breadcrumb([
        ["Runs", runsHref()],
        [run.data.name, runsHref({ data: run.data.name })],
        [labelOf(run), ""],
      ]),
      this.#head(run, others),
      ...this.#metrics(run),
      this.slices,
      cost(run),
      facts(run),
    );
    this.#fillSlices();
  }

  #head(run, others) {
    const { app } = this;
    const verdict = verdictOf(run);
    const tuned = tunedOf(run);
    const compare =
      others.length > 0 &&
      choice({
        label: "Compare with",
        value: "",
        options: [["", "choose a run"], ...others.map((other) => [other.name, labelOf(other)])],
        onChange: (other) => other && app.go(compareHref(run.name, other)),
      });
    return h(
      "div",
      { class: "page-head" },
      h("h1", { tabindex: -1 }, `${methodOf(run)} on ${run.data.name}`),
      h("p", { class: "quiet" }, `${run.protocol} · ${sizesOf(run)}`),
      verdict && h("p", { class: "verdict lead" }, mark(verdict.mark), ` ${verdict.long}`),
      tuned &&
        h(
          "p",
          { class: tuned.warn ? "notice" : "quiet" },
          `${tuned.warn ? "⚠ " : ""}${sentence(tuned.text + tuned.trials)} ${tuned.title}`,
        ),
      run.note && h("p", { class: "notice" }, sentence(run.note)),
      compare,
    );
  }

  #metrics(run) {
    const names = sortedMetrics(Object.keys(run.metrics));
    const hits = names.filter(isQuality);
    const floors = floorsOf([run]).map((floor) => {
      const label = floor.name === methodOf(run) ? `${floor.name}, usual settings` : floor.name;
      return { ...floor, label };
    });
    const paper = run.paper ?? {};
    const published = names.some((name) => paper[name] !== undefined);
    const plot = {
      title: "Against the floors",
      about: "Bars are 95 % intervals. A floor is what needs no learning.",
      rows: hits,
      series: [
        { name: methodOf(run), points: pointsOf(hits, run.metrics, run.interval) },
        ...floors.map(({ label, metrics, interval }) => ({ name: label, quiet: true, points: pointsOf(hits, metrics, interval) })),
        ...(published ? [{ name: "published", quiet: true, points: pointsOf(hits, paper) }] : []),
      ],
      axis: "value of the metric",
      text: `${methodOf(run)} and its floors by metric, with intervals. The table that follows has the numbers.`,
    };
    const numbers = table({
      caption: `Metrics of ${methodOf(run)}, its floors, and what was published`,
      head: ["Metric", methodOf(run), ...floors.map(({ label }) => floorHead(label)), ...(published ? ["published", "ours − published"] : [])],
      rows: names.map((name) => [
        name,
        { content: withInterval(run.metrics[name], run.interval?.[name]), class: "number own" },
        ...floors.map(({ metrics, interval }) => ({ content: withInterval(metrics[name], interval?.[name]), class: "number" })),
        ...(published
          ? [
              { content: figure(paper[name]), class: "number" },
              { content: paper[name] === undefined ? "–" : signed(run.metrics[name] - paper[name]), class: "number" },
            ]
          : []),
      ]),
    });
    const unlike = paper.same_data === false ? " On other data, or judged otherwise: not to be set against ours." : "";
    const source = published && h("p", { class: "quiet" }, `Published: ${paper.source || "the system's paper"}.${unlike}`);
    return [
      h(
        "section",
        { class: "split-view" },
        plotFigure(this.app, plot, { signal: this.signal, numbers: false }),
        h("div", {}, h("h2", {}, "Metrics"), numbers, source),
      ),
    ];
  }

  #fillSlices() {
    const { run, app } = this;
    const names = sortedMetrics((run.slices ?? []).flatMap((slice) => Object.keys(slice.metrics)));
    if (names.length === 0) {
      this.slices.replaceChildren(
        h(
          "section",
          { class: "slices" },
          h("h2", {}, "Where it works, and where not"),
          h("p", { class: "quiet" }, "This record holds no slices."),
        ),
      );
      return;
    }
    const metric = names.includes(this.route.metric) ? this.route.metric : names.includes(primaryOf(run)) ? primaryOf(run) : names[0];
    this.redrawing?.abort();
    this.redrawing = new AbortController();
    this.signal.addEventListener("abort", () => this.redrawing.abort(), { once: true });
    const plots = sliceFigures(app, [{ run, name: methodOf(run) }], metric, { signal: this.redrawing.signal, mark: run.metrics[metric] });
    const choose = metricChoice(names, metric, (chosen) => {
      app.go(runHref(run.name, { metric: chosen }), { replace: true });
      this.slices.querySelector("select").focus({ preventScroll: true });
    });
    plots.querySelector("h2").after(h("div", { class: "lab-tools" }, choose, h("p", { class: "quiet metric-note" }, metricNote(metric))));
    this.slices.replaceChildren(plots);
  }
}

function cost(run) {
  const steps = ["load", "train", "evaluate"];
  const rows = steps.map((step) => [
    { load: "Load the data", train: "Fit", evaluate: "Evaluate" }[step],
    { content: seconds(run.seconds?.[step]), class: "number" },
    { content: seconds(run.cpu_seconds?.[step]), class: "number" },
  ]);
  const perSecond =
    run.cases && run.seconds?.evaluate > 0 ? `${count(Math.round(run.cases / run.seconds.evaluate))} cases a second` : undefined;
  return h(
    "section",
    {},
    h("h2", {}, "What it costs"),
    h(
      "div",
      { class: "split-view" },
      table({ caption: "Time of each step", head: ["Step", "on the clock", "of processors"], rows }),
      terms([
        ["Peak memory", megabytes(run.peak_rss_mb)],
        ["Epochs", run.epochs ? count(run.epochs) : undefined],
        ["Evaluation", perSecond],
      ]),
    ),
  );
}

const settingsText = (settings = {}) =>
  Object.entries(settings)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
    .join(", ");
const gridText = (grid) =>
  Object.entries(grid)
    .map(([key, values]) => `${key.replace(/^settings\./, "")}: ${values.join(", ")}`)
    .join("; ");
const code = (text) => (text ? h("code", {}, text) : undefined);

function facts(run) {
  const { tuned } = run;
  return h(
    "section",
    {},
    h("h2", {}, "Settings and provenance"),
    terms([
      ["Recipe", code(run.recipe)],
      ["Published system", run.system === null || run.system === undefined ? undefined : `number ${run.system}`],
      ["Settings changed", (run.set ?? []).length > 0 ? code(run.set.join(" ")) : "none: as the recipe says"],
      ["Settings of the model", code(settingsText(run.settings))],
      ["Tried in tuning", tuned?.grid ? code(gridText(tuned.grid)) : undefined],
      ["Fitted on", run.fit],
      ["Seed", String(run.seed)],
      ["Ties in time", run.tied ? `${count(run.tied)} cases whose truth has the time of the last known event` : undefined],
      ["Data", h("span", {}, `${run.data.name} `, code(run.data.hash))],
      ["Split", run.rule ? h("span", {}, `${run.rule} `, code(run.split)) : code(run.split)],
      ["Version", run.version],
      ["File", h("span", {}, code(`${run.name}.json`), ` written ${date(run.written)}`)],
    ]),
    h("p", {}, link(`/v1/lab/runs/${run.name.split("/").map(encodeURIComponent).join("/")}`, "The whole record as JSON", "text-link")),
  );
}

export function run(app, main, route) {
  return new RunView(app, main, route);
}
