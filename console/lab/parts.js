// What the lab's pages are made of besides figures: ways back, choices, waiting, notices.
import { h } from "../lib/dom.js";
import { failure } from "../parts/states.js";
import { sortedMetrics, meaningOf } from "./numbers.js";

export function breadcrumb(steps) {
  return h(
    "nav",
    { class: "breadcrumb", "aria-label": "Where you are" },
    h(
      "ol",
      {},
      steps.map(([text, href]) => h("li", {}, href ? h("a", { href }, text) : h("span", { "aria-current": "page" }, text))),
    ),
  );
}

let choices = 0;

// A labelled list to choose from. `options`: [value or [value, text]].
export function choice({ label, value, options, onChange, focus }) {
  const id = `choice-${(choices += 1)}`;
  const select = h(
    "select",
    { id, "data-focus": focus ?? label, on: { change: () => onChange(select.value) } },
    options.map((option) => {
      const [of, text] = [option].flat();
      return h("option", { value: of, selected: of === value }, text ?? of);
    }),
  );
  return h("div", { class: "choice-box" }, h("label", { for: id }, label), select);
}

export function metricChoice(names, value, onChange) {
  return choice({ label: "Metric", value, options: sortedMetrics(names), onChange, focus: "metric" });
}

export function metricNote(metric) {
  return meaningOf(metric) ? `${metric}: ${meaningOf(metric)}.` : "";
}

export function waiting(main, text) {
  main.replaceChildren(
    h(
      "div",
      { class: "waiting skeleton", "aria-busy": "true" },
      h("p", { class: "unseen" }, text),
      ["title", "short", "", "", ""].map((size) => h("span", { class: `bar ${size}` })),
    ),
  );
}

// Files below the results that are no records: named, with what is wrong.
export function brokenNotice(broken) {
  if (broken.length === 0) return null;
  const title = broken.length === 1 ? "One file could not be read" : `${broken.length} files could not be read`;
  return h(
    "section",
    { class: "notice broken", "aria-label": title },
    h("h2", {}, `⚠ ${title}`),
    h(
      "ul",
      {},
      broken.map(({ name, problem }) =>
        h("li", {}, h("code", {}, `${name}.json`), h("span", { class: "problem" }, problem.replace(`${name}.json: `, ""))),
      ),
    ),
  );
}

export function terms(pairs) {
  return h(
    "dl",
    { class: "terms" },
    pairs
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

// A view that asks for something and shows it. `ask`: (signal) => promise; `show`: (answer, signal) => nodes; `wait`: what is waited for. Returns
// what the router wants of a view.
export function asked(app, main, { ask, show, wait }) {
  const asking = new AbortController();
  const { signal } = asking;
  const begin = async () => {
    waiting(main, wait);
    try {
      const answer = await ask(signal);
      app.reachable(true);
      show(answer, signal);
      app.focusHeading();
    } catch (error) {
      if (error.name === "AbortError") return;
      main.replaceChildren(h("h1", { class: "unseen", tabindex: -1 }, "Something went wrong"), failure(app, error, begin, { signal }));
    }
  };
  begin();
  return { leave: () => asking.abort() };
}
