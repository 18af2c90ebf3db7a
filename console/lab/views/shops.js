// What a shop's own shelves are worth, in words first.
import { h } from "../../lib/dom.js";
import { count, counted, date, milliseconds } from "../../lib/text.js";
import { emptyState, link } from "../../parts/states.js";
import { floorHead, mark, plotFigure, table, withInterval } from "../figure.js";
import { isQuality, seconds, signed, sortedMetrics } from "../numbers.js";
import { asked, breadcrumb, brokenNotice, choice, metricChoice, metricNote } from "../parts.js";
import { shopHref } from "../route.js";
import { sliceFigures } from "../slices.js";
import { adviceOn, wordsOn } from "../shelf_words.js";

const HOW_TO_KEEP = "souk evaluate SHOP --record SHOP/results";

class ShopsView {
  constructor(app, main, route) {
    this.app = app;
    this.main = main;
    this.route = route;
    app.title("What the shelves are worth");
    const view = asked(app, main, {
      ask: (signal) => app.souk.shopReports({ signal }),
      show: (answer, signal) => this.#show(answer, signal),
      wait: "Loading what the shelves are worth",
    });
    this.asking = view;
  }

  update(route) {
    this.route = route;
    if (this.answer) this.#show(this.answer, this.signal);
  }

  leave() {
    this.asking.leave();
    this.redrawing?.abort();
  }

  #show(answer, signal) {
    this.answer = answer;
    this.signal = signal;
    const { shops, broken } = answer;
    const report = this.route.name ? shops.find((one) => one.name === this.route.name) : ownFirst(shops, this.app.shop.name);
    if (!report) {
      this.main.replaceChildren(...[this.#empty(answer), brokenNotice(broken)].filter(Boolean));
      return;
    }
    this.redrawing?.abort();
    this.redrawing = new AbortController();
    signal.addEventListener("abort", () => this.redrawing.abort(), { once: true });
    this.app.title(`The shelves of ${report.shop}`);
    const focused = document.activeElement?.dataset?.focus;
    this.main.replaceChildren(
      ...[this.#head(report, shops), brokenNotice(broken), this.#words(report), ...this.#figures(report)].filter(Boolean),
    );
    if (focused) this.main.querySelector(`[data-focus="${focused}"]`)?.focus({ preventScroll: true });
  }

  #empty({ shops, folder }) {
    const unknown = this.route.name && shops.length > 0;
    const text = unknown
      ? `There is no evaluation called ${this.route.name}.`
      : `${folder === "" ? "This server was started without a folder of results." : `The server looks for evaluations in ${folder}.`} One is kept by: ${HOW_TO_KEEP}`;
    return emptyState({
      symbol: "chart",
      level: "h1",
      title: unknown ? "No such evaluation" : "No shop was evaluated yet",
      text,
      actions: unknown ? shops.map((one) => link(shopHref(one.name), one.shop)) : [link("#/", "The recorded runs")],
    });
  }

  #head(report, shops) {
    const { app } = this;
    const others =
      shops.length > 1 &&
      choice({
        label: "Evaluation",
        value: report.name,
        options: shops.map((one) => [one.name, one.name]),
        onChange: (name) => app.go(shopHref(name)),
      });
    const { data } = report;
    const sizes = `${counted(data.shoppers, "shopper", "shoppers")}, ${counted(data.items, "item", "items")}, ${counted(data.events, "event", "events")}`;
    return h(
      "div",
      { class: "page-head" },
      shops.length > 1 &&
        breadcrumb([
          ["Shelves", "#/shops"],
          [report.name, ""],
        ]),
      h("h1", { tabindex: -1 }, `What the shelves of ${report.shop} are worth`),
      h(
        "p",
        {},
        `Judged on what shoppers did and the shop had not seen: ${report.split}; it learned from ${count(data.train_events)} events.`,
      ),
      h(
        "p",
        { class: "quiet" },
        `${sizes} · version ${report.version} · evaluated in ${seconds(report.seconds)} · written ${date(report.written)}`,
      ),
      report.shop !== app.shop.name && h("p", { class: "notice" }, otherShop(report, app.shop)),
      others,
    );
  }

  #words(report) {
    return h(
      "section",
      { class: "shelf-words" },
      h("h2", {}, "In words"),
      report.words && h("p", { class: "lead" }, report.words),
      h(
        "ul",
        { class: "advice" },
        report.shelves.map((shelf) => {
          const advice = adviceOn(shelf);
          return h(
            "li",
            { "data-shelf": shelf.shelf },
            h("h3", {}, mark(advice.mark), ` ${shelf.shelf}`, h("span", { class: "tag" }, advice.title)),
            h("p", {}, wordsOn(shelf)),
          );
        }),
      ),
    );
  }

  #figures(report) {
    const { app } = this;
    const judged = report.shelves.filter((shelf) => !shelf.note);
    if (judged.length === 0) return [];
    const names = sortedMetrics(judged.flatMap((shelf) => Object.keys(shelf.metrics)));
    const metric = names.includes(this.route.metric) ? this.route.metric : report.metric;
    const choose = metricChoice(names.filter(isQuality), metric, (chosen) =>
      app.go(shopHref(report.name, { metric: chosen, shelf: this.route.shelf }), { replace: true }),
    );
    const floors = [...new Set(judged.flatMap((shelf) => Object.keys(shelf.floors)))];
    const point = (row, metrics, interval) =>
      Number.isFinite(metrics?.[metric]) ? [{ row, x: metrics[metric], low: interval?.[metric]?.[0], high: interval?.[metric]?.[1] }] : [];
    const plot = {
      title: `${metric} of each shelf and its floors`,
      about: "Bars are 95 % intervals. A shelf is worth its place where it stands to the right of every floor.",
      rows: judged.map((shelf) => [shelf.shelf, counted(shelf.cases, "case", "cases")]),
      series: [
        { name: "the shelf", points: judged.flatMap((shelf, row) => point(row, shelf.metrics, shelf.interval)) },
        ...floors.map((floor) => ({
          name: floor,
          quiet: true,
          points: judged.flatMap((shelf, row) => point(row, shelf.floors[floor]?.metrics, shelf.floors[floor]?.interval)),
        })),
      ],
      axis: metric,
      text: `${metric} of ${counted(judged.length, "shelf", "shelves")} and their floors, with intervals. The table that follows has the numbers.`,
    };
    return [
      h(
        "section",
        {},
        h("h2", {}, "In numbers"),
        h("div", { class: "lab-tools" }, choose, h("p", { class: "quiet metric-note" }, metricNote(metric))),
        plotFigure(app, plot, { signal: this.redrawing.signal, numbers: false }),
        this.#table(judged, floors, metric, report),
      ),
      this.#slices(report, judged, metric),
    ];
  }

  // One shelf and its floors, by kind of case.
  #slices(report, judged, metric) {
    const sliced = judged.filter((shelf) => (shelf.slices ?? []).length > 0);
    if (sliced.length === 0) return null;
    const shelf = sliced.find((one) => one.shelf === this.route.shelf) ?? sliced[0];
    const ofFloor = (floor) => ({ slices: shelf.slices.map((slice) => ({ ...slice, metrics: slice.floors?.[floor] ?? {} })) });
    const named = [{ run: shelf, name: shelf.shelf }, ...Object.keys(shelf.floors).map((floor) => ({ run: ofFloor(floor), name: floor }))];
    const plots = sliceFigures(this.app, named, metric, { signal: this.redrawing.signal });
    const choose = choice({
      label: "Shelf",
      value: shelf.shelf,
      options: sliced.map((one) => one.shelf),
      onChange: (chosen) => this.app.go(shopHref(report.name, { metric, shelf: chosen }), { replace: true }),
    });
    plots?.querySelector("h2").after(h("div", { class: "lab-tools" }, choose));
    return plots;
  }

  #table(judged, floors, metric, report) {
    const cellOf = (metrics, interval) => ({ content: metrics ? withInterval(metrics[metric], interval?.[metric]) : "–", class: "number" });
    return table({
      caption: `${metric} of each shelf and its floors`,
      head: ["Shelf", metric, ...floors.map(floorHead), `against each floor (${report.metric})`, "an answer takes"],
      rows: judged.map((shelf) => [
        shelf.shelf,
        { ...cellOf(shelf.metrics, shelf.interval), class: "number own" },
        ...floors.map((floor) => cellOf(shelf.floors[floor]?.metrics, shelf.floors[floor]?.interval)),
        h(
          "ul",
          { class: "versus" },
          shelf.versus.map((one) =>
            h(
              "li",
              {},
              one.verdict === "too few" ? `${one.floor}: too few cases to tell` : `${one.verdict} ${one.floor}: ${signed(one.delta)}`,
            ),
          ),
        ),
        { content: `${milliseconds(shelf.latency_ms.p50)}, 99 of 100 below ${milliseconds(shelf.latency_ms.p99)}`, class: "number" },
      ]),
    });
  }
}

function otherShop(report, shop) {
  return [`This is another shop's evaluation; served here is ${shop.name}. What its shelves are worth: `, h("code", {}, HOW_TO_KEEP)];
}

// The evaluation of the shop that is served, by time before other splits; else the first there is.
function ownFirst(shops, name) {
  return shops.find((one) => one.shop === name) ?? shops[0];
}

export function shops(app, main, route) {
  return new ShopsView(app, main, route);
}
