// All recorded runs: one table for what may be compared, floors among them.
import { h, keepingFocus } from "../../lib/dom.js";
import { counted, date } from "../../lib/text.js";
import { emptyState, link } from "../../parts/states.js";
import { mark, withInterval } from "../figure.js";
import { cutoffOf, isQuality, lessIsBetter, signed, sortedMetrics, chance } from "../numbers.js";
import { asked, brokenNotice, choice, metricNote } from "../parts.js";
import { commonPrimary, groupsOf, labelOf, methodOf, settingsOf, sizesOf, tunedOf, verdictOf } from "../records.js";
import { compareHref, runHref, runsHref } from "../route.js";

class RunsView {
  constructor(app, main, route) {
    this.app = app;
    this.main = main;
    this.route = route;
    app.title("Runs");
    const view = asked(app, main, {
      ask: (signal) => app.souk.runs({ signal }),
      show: (answer) => this.#show(answer),
      wait: "Loading the recorded runs",
    });
    this.leave = view.leave;
  }

  update(route) {
    this.route = route;
    if (this.answer?.runs.length > 0) keepingFocus(this.main, () => this.#fill());
  }

  #show(answer) {
    this.answer = answer;
    const { runs, broken } = answer;
    this.app.chosen = this.app.chosen.filter((name) => runs.some((run) => run.name === name));
    if (runs.length === 0) {
      this.main.replaceChildren(...[this.#empty(), brokenNotice(broken)].filter(Boolean));
      return;
    }
    this.content = h("div", { class: "groups" });
    this.tools = h("div", { class: "lab-tools" });
    this.bar = h("div", { class: "compare-bar", role: "region", "aria-label": "Runs chosen for comparing" });
    this.count = h("p", { class: "quiet" });
    this.main.replaceChildren(
      h("div", { class: "page-head" }, h("h1", { tabindex: -1 }, "Recorded runs"), this.count, this.tools),
      ...[brokenNotice(broken)].filter(Boolean),
      this.content,
      this.bar,
    );
    this.#fill();
  }

  #empty() {
    const { exists, folder, broken } = this.answer;
    const where = folder === "" ? "This server was started without a folder of results." : `The server looks for records in ${folder}.`;
    return emptyState({
      symbol: "folder",
      level: "h1",
      title: exists || broken.length > 0 ? "No recorded runs" : "There is no folder of results",
      text: `${where} A run is recorded by: souk lab run RECIPE --record FOLDER; another folder is shown by: souk serve SHOP --results FOLDER.`,
      actions: [link("#/shops", "What the shelves are worth")],
    });
  }

  // What the address says, with what it leaves out. No metric: of each table its recipes' own.
  #wanted() {
    const { runs } = this.answer;
    const { data = "", method = "", by = "metric", order = "best" } = this.route;
    const chosen = runs.filter((run) => (data === "" || run.data.name === data) && (method === "" || methodOf(run) === method));
    const metrics = sortedMetrics(runs.flatMap((run) => Object.keys(run.metrics)));
    const metric = metrics.includes(this.route.metric) ? this.route.metric : "";
    return { data, method, by, order, metric, metrics, chosen };
  }

  #go(change) {
    const { data, method, by, order, metric } = this.#wanted();
    this.app.go(runsHref({ data, method, metric, by: by === "metric" ? "" : by, order: order === "best" ? "" : order, ...change }), {
      replace: true,
    });
  }

  #fill() {
    const wanted = this.#wanted();
    const { runs, complete } = this.answer;
    const groups = groupsOf(wanted.chosen);
    const names = (of) => [...new Set(runs.map(of))].sort();
    this.count.textContent = `${counted(wanted.chosen.length, "run", "runs")} in ${counted(groups.length, "table", "tables")}. Only runs of the same data, protocol and split share a table.${complete ? "" : " There are more files than are listed."}`;
    this.app.announce(
      `${counted(wanted.chosen.length, "run", "runs")}, by ${wanted.by === "metric" ? wanted.metric || "the recipes' own metric" : wanted.by}`,
    );
    this.tools.replaceChildren(
      choice({
        label: "Data",
        value: wanted.data,
        options: [["", "All data"], ...names((run) => run.data.name)],
        onChange: (data) => this.#go({ data }),
      }),
      choice({
        label: "Method",
        value: wanted.method,
        options: [["", "All methods"], ...names(methodOf)],
        onChange: (method) => this.#go({ method }),
      }),
      choice({
        label: "Metric",
        value: wanted.metric,
        options: [["", "The recipes' own"], ...wanted.metrics],
        onChange: (metric) => this.#go({ metric, by: "", order: "" }),
      }),
      h("p", { class: "quiet metric-note" }, metricNote(wanted.metric)),
    );
    const nothing = emptyState({ symbol: "filter", title: "No run fits these choices", actions: [link("#/", "Show all runs")] });
    this.content.replaceChildren(...(groups.length > 0 ? groups.map((group, at) => this.#group(group, wanted, at)) : [nothing]));
    this.#fillBar();
  }

  #group(group, wished, at) {
    const id = `group-${at}`;
    const inAny = new Set(group.runs.flatMap((run) => Object.keys(run.metrics)));
    const wanted = { ...wished, metric: inAny.has(wished.metric) ? wished.metric : commonPrimary(group.runs) };
    const columns = wanted.metrics.filter(
      (name) => inAny.has(name) && (name === wanted.metric || cutoffOf(name) === cutoffOf(wanted.metric)),
    );
    columns.sort((a, b) => Number(b === wanted.metric) - Number(a === wanted.metric));
    const lines = sorted(
      [...group.runs.map((run) => ({ run, metrics: run.metrics })), ...group.floors.map((floor) => ({ floor, metrics: floor.metrics }))],
      wanted,
    );
    const best = Object.fromEntries(columns.map((name) => [name, bestOf(group.runs, name)]));
    return h(
      "section",
      { class: "group", "aria-labelledby": id, "data-data": group.data.name },
      h(
        "div",
        { class: "group-head" },
        h("h2", { id }, group.data.name),
        h("p", {}, group.protocol),
        h("p", { class: "quiet" }, sizesOf(group)),
      ),
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": id },
        h(
          "table",
          { class: "figures ledger", role: "table", "aria-label": `Runs on ${group.data.name}, ${group.protocol}` },
          h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, this.#heads(columns, wanted, id))),
          h(
            "tbody",
            { role: "rowgroup" },
            lines.map((line) => this.#line(line, columns, wanted, best)),
          ),
        ),
      ),
    );
  }

  #heads(columns, wanted, id) {
    const head = (content, by, metric, className = "") => {
      const active = by === wanted.by && (by !== "metric" || metric === wanted.metric);
      const down = (wanted.order === "best") !== (by === "method" || (by === "metric" && lessIsBetter(metric)));
      const turn = () =>
        this.#go({
          metric: metric === undefined || active ? this.#wanted().metric : metric,
          by: by === "metric" ? "" : by,
          order: active && wanted.order === "best" ? "worst" : "",
        });
      return h(
        "th",
        { scope: "col", role: "columnheader", class: className, "aria-sort": active ? (down ? "descending" : "ascending") : null },
        h(
          "button",
          { type: "button", class: "sort", "data-focus": `${id} ${metric ?? by}`, on: { click: turn } },
          h("span", {}, content),
          h("span", { "aria-hidden": "true", class: "arrow" }, active ? (down ? "▼" : "▲") : ""),
        ),
      );
    };
    return [
      h("th", { class: "pick", scope: "col", role: "columnheader" }, h("span", { class: "unseen" }, "Compare")),
      head("Method", "method"),
      ...columns.map((name) => head(name, "metric", name, `number${name === wanted.metric ? "" : " minor"}`)),
      head(["Against the ", h("span", { class: "wide" }, "best "), "floor"], "versus", undefined, "against"),
      h("th", { scope: "col", role: "columnheader", class: "minor" }, "Recorded"),
    ];
  }

  #line({ run, floor, metrics }, columns, wanted, best) {
    const figures = columns.map((name) => {
      const leading = run && isQuality(name) && metrics[name] === best[name];
      return h(
        "td",
        { role: "cell", class: `number${name === wanted.metric ? "" : " minor"}${leading ? " best" : ""}` },
        withInterval(metrics[name], (run?.interval ?? floor?.interval)?.[name]),
      );
    });
    if (floor) {
      const name = h(
        "th",
        { scope: "row", role: "rowheader" },
        h("span", { class: "method" }, floor.name),
        h("span", { class: "tag" }, "floor"),
      );
      return h("tr", { class: "floor", role: "row" }, cell("pick"), name, figures, cell("against"), cell("minor"));
    }
    return h(
      "tr",
      { "data-run": run.name, role: "row" },
      cell("pick", this.#pick(run)),
      this.#name(run),
      figures,
      cell("against", against(run)),
      recorded(run),
    );
  }

  #name(run) {
    const tuned = tunedOf(run);
    const settings = settingsOf(run);
    const about = [`seed ${run.seed}`, settings, run.system === null || run.system === undefined ? "" : `system ${run.system}`];
    return h(
      "th",
      { scope: "row", role: "rowheader" },
      h("a", { class: "method", href: runHref(run.name) }, methodOf(run)),
      tuned && h("span", { class: `tag${tuned.warn ? " warn" : ""}`, title: tuned.title }, tuned.warn ? `⚠ ${tuned.text}` : tuned.text),
      h("small", {}, about.filter(Boolean).join(" · ")),
    );
  }

  #pick(run) {
    const { app } = this;
    const toggle = (event) => {
      const others = app.chosen.filter((name) => name !== run.name);
      app.chosen = event.target.checked ? [...others.slice(-1), run.name] : others;
      for (const box of this.content.querySelectorAll(".pick input")) box.checked = app.chosen.includes(box.value);
      this.#fillBar();
    };
    const label = `Compare ${labelOf(run)} on ${run.data.name}`;
    const checked = app.chosen.includes(run.name);
    const focus = `pick ${run.name}`;
    const box = h("input", {
      type: "checkbox",
      value: run.name,
      checked,
      "aria-label": label,
      "data-focus": focus,
      on: { change: toggle },
    });
    return h("label", { class: "pick-box" }, box);
  }

  #fillBar() {
    const chosen = this.app.chosen.map((name) => this.answer.runs.find((run) => run.name === name)).filter(Boolean);
    this.bar.hidden = chosen.length === 0;
    if (chosen.length === 0) return;
    const names = chosen.map((run) => `${labelOf(run)} on ${run.data.name}`);
    const text = chosen.length === 1 ? `${names[0]}: choose one more to compare.` : `${names[0]} and ${names[1]}`;
    const clear = () => {
      this.app.chosen = [];
      this.#fill();
    };
    const compare =
      chosen.length === 2 ? [link(compareHref(chosen[0].name, chosen[1].name, { metric: this.route.metric }), "Compare", "button")] : [];
    this.bar.replaceChildren(
      h("p", {}, text),
      ...compare,
      h("button", { type: "button", class: "text-button", on: { click: clear } }, "Clear"),
    );
    this.app.announce(text);
  }
}

function bestOf(runs, name) {
  const values = runs.map((run) => run.metrics[name]).filter(Number.isFinite);
  if (values.length < 2) return undefined;
  return lessIsBetter(name) ? Math.min(...values) : Math.max(...values);
}

function against(run) {
  const verdict = verdictOf(run);
  if (!verdict) return h("span", { class: "quiet" }, "no floor to stand against");
  const { versus } = run;
  return [
    h("span", { class: "verdict" }, mark(verdict.mark), ` ${verdict.short}`),
    versus.verdict !== "too few" && h("small", {}, `${versus.metric} ${signed(versus.delta)}, ${chance(versus.p)}`),
  ];
}

function recorded(run) {
  return cell("minor", h("span", {}, run.version), h("small", {}, date(run.written)));
}

// The roles say again what the elements are: on a phone rows are laid out as cards, and browsers then forget.
function cell(kind, ...content) {
  return h("td", { class: kind, role: "cell" }, content);
}

// By the wish, best first; what has no number comes last.
function sorted(lines, { by, order, metric }) {
  const sign = order === "best" ? 1 : -1;
  if (by === "method") {
    const nameOf = ({ run, floor }) => (run ? labelOf(run) : floor.name);
    return lines.sort((a, b) => sign * nameOf(a).localeCompare(nameOf(b)));
  }
  const valueOf = ({ run, metrics }) => {
    const value = by === "versus" ? run?.versus?.delta : metrics[metric];
    return Number.isFinite(value) ? (by === "metric" && lessIsBetter(metric) ? -value : value) : undefined;
  };
  return lines.sort((a, b) => {
    const [x, y] = [valueOf(a), valueOf(b)];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    return sign * (y - x);
  });
}

export function runs(app, main, route) {
  return new RunsView(app, main, route);
}
