// Results: as one types, narrowed by facets, sorted, page by page.
import { h } from "../lib/dom.js";
import { searchHref } from "../lib/route.js";
import { count, counted, milliseconds } from "../lib/text.js";
import { card, cardSkeleton } from "../parts/card.js";
import { showChips } from "../parts/chips.js";
import { openDialog } from "../parts/dialog.js";
import { Facets, valueName } from "../parts/facets.js";
import { icon } from "../parts/icon.js";
import { shelfRow } from "../parts/shelf.js";
import { emptyState, failure, link } from "../parts/states.js";

const PAGE = 24;
const FACET_VALUES = 120;
const FIELDS = ["title", "brand", "category", "offers", "images"];
const SORTS = [
  ["", "Best match"],
  ["price:asc", "Price: low to high"],
  ["price:desc", "Price: high to low"],
  ["released:desc", "Newest"],
];

// A range as an expression of the filter language; the name in backquotes, as it may hold anything.
function rangeFilter(field, [low, high]) {
  const name = `\`${field}\``;
  if (low !== null && high !== null) return `${name} ${low} TO ${high}`;
  return low !== null ? `${name} >= ${low}` : `${name} <= ${high}`;
}

export function bodyOf({ query, chosen, ranges, sort, explain = false }) {
  return {
    query,
    k: PAGE,
    prefix: true,
    fields: FIELDS,
    facet_values: FACET_VALUES,
    facet_filters: chosen,
    filter: Object.entries(ranges)
      .map(([field, ends]) => rangeFilter(field, ends))
      .join(" AND "),
    sort: sort ? [sort] : [],
    explain,
  };
}

function facetsOnly(route, field) {
  return { ...bodyOf({ ...route, sort: "", explain: false }), k: 1, facets: [field], fields: ["title"] };
}

// A range's own ends come from the same search without that range, so that choosing one does not shrink what can be chosen.
function rangeQuestions(route) {
  return Object.keys(route.ranges).map((field) => {
    const { [field]: own, ...others } = route.ranges;
    return { body: facetsOnly({ ...route, ranges: others }, field), complete: (facets, wide) => (facets[field] = wide[field]) };
  });
}

// All parts of a category, also those too rare to be among the values counted first.
function branchQuestion(route, path) {
  const { category, ...chosen } = route.chosen;
  const body = facetsOnly({ ...route, chosen }, "category");
  body.filter = [body.filter, `category = "${path.replace(/["\\]/g, "\\$&")}"`].filter(Boolean).join(" AND ");
  const complete = (facets, branch) => {
    const known = new Set(facets.category.values.map(({ value }) => value));
    facets.category.values.push(...branch.category.values.filter(({ value }) => value.startsWith(`${path} > `) && !known.has(value)));
  };
  return { body, complete };
}

function headingOf({ query, chosen }) {
  if (query) return `Results for “${query}”`;
  const values = Object.entries(chosen).flatMap(([field, all]) => all.map((value) => valueName(field, value)));
  return values.length === 1 ? values[0] : "All products";
}

class SearchView {
  constructor(app, main) {
    this.app = app;
    this.grid = h("div", { class: "grid" });
    this.chips = h("div", { class: "chips", hidden: true });
    this.summary = h("p", { class: "summary" });
    this.heading = h("h1", { tabindex: -1 });
    this.notes = h("div", { class: "notes", hidden: true });
    this.more = h("div", { class: "more" });
    this.empty = h("div", {});
    this.actions = {
      toggle: (field, value) => this.#toggle(field, value),
      range: (field, low, high) => this.#range(field, low, high),
      opened: () => this.update(this.route),
      clear: () => this.#go({ ...this.route, chosen: {}, ranges: {} }),
    };
    this.facets = new Facets(this.actions);
    this.aside = h("aside", { class: "filters", "aria-label": "Filters" }, this.facets.element);
    this.filterButton = h("button", { type: "button", class: "button plain filter-button", on: { click: () => this.#openFilters() } });
    this.sort = h(
      "select",
      { id: "sort", on: { change: () => this.#go({ ...this.route, sort: this.sort.value }) } },
      SORTS.map(([value, text]) => h("option", { value }, text)),
    );
    main.replaceChildren(
      h(
        "div",
        { class: "search-page" },
        this.aside,
        h(
          "section",
          { class: "results", "aria-label": "Results" },
          h(
            "header",
            { class: "results-head" },
            h("div", {}, this.heading, this.summary),
            h("div", { class: "results-tools" }, this.filterButton, h("label", { for: "sort", class: "quiet" }, "Sort by"), this.sort),
          ),
          this.chips,
          this.notes,
          this.grid,
          this.empty,
          this.more,
        ),
      ),
    );
    this.grid.replaceChildren(...Array.from({ length: 12 }, cardSkeleton));
  }

  // A new question: the one before it is of no interest any more.
  async update(route) {
    this.route = route;
    this.asking?.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.sort.value = route.sort;
    this.app.title(headingOf(route));
    this.grid.setAttribute("aria-busy", "true");
    try {
      const answer = await this.#ask(route, signal);
      this.app.reachable(true);
      this.#show(route, answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#showFailure(route, error, signal);
    }
    this.grid.setAttribute("aria-busy", "false");
  }

  // One round trip: the search, and beside it what its facets lack.
  async #ask(route, signal) {
    const beside = [...rangeQuestions(route), ...this.facets.openPaths(route.chosen).map((path) => branchQuestion(route, path))];
    if (beside.length === 0) return this.app.souk.search(bodyOf(route), { signal });
    const [answer, ...parts] = await this.app.souk.searchAll([bodyOf(route), ...beside.map((question) => question.body)], { signal });
    if (!answer.items) throw Object.assign(new Error(answer.detail), { problem: answer });
    beside.forEach((question, i) => parts[i].facets && question.complete(answer.facets, parts[i].facets));
    return answer;
  }

  #show(route, answer) {
    const { query, chosen, ranges } = route;
    this.answer = answer;
    this.answered = route;
    this.shown = 0;
    this.heading.textContent = headingOf(route);
    const found = `${answer.total_exact ? "" : "about "}${counted(answer.total, "product", "products")}`;
    this.summary.textContent = `${found} in ${milliseconds(answer.took_ms)}`;
    this.app.announce(found);
    this.facets.show(answer.facets, chosen, ranges);
    showChips(this.chips, route, this.actions);
    const filters = Object.values(chosen).flat().length + Object.keys(ranges).length;
    this.filterButton.replaceChildren(icon("filter"), filters > 0 ? `Filters (${filters})` : "Filters");
    this.sheetDone?.replaceChildren(`Show ${found}`);
    const dropped = answer.dropped ?? [];
    this.notes.hidden = dropped.length === 0 || answer.total === 0;
    this.notes.replaceChildren(
      h(
        "p",
        {},
        "Nothing has all of these words. Left out: ",
        dropped.map((word, i) => [i > 0 && ", ", h("q", {}, word)]),
        ".",
      ),
    );
    this.grid.replaceChildren();
    this.#append(answer);
    this.empty.replaceChildren(...(answer.total === 0 ? this.#nothing(query, filters) : []));
    this.meant();
  }

  #append(answer) {
    const { query } = this.route;
    const place = { shelf: "search", request: answer.request, query };
    this.grid.append(
      ...answer.items.map((item, i) => card(this.app, item, { ...place, position: this.shown + i + 1 }, { why: false, level: "h2" })),
    );
    this.shown += answer.items.length;
    this.more.replaceChildren();
    if (this.shown === 0) return;
    this.more.append(h("p", { class: "quiet" }, `${count(this.shown)} of ${count(answer.total)}`));
    if (!answer.cursor) return;
    const button = h(
      "button",
      { type: "button", class: "button plain", on: { click: () => this.#next(answer.cursor, button) } },
      "Show more",
    );
    this.more.append(button);
  }

  async #next(cursor, button) {
    const { signal } = this.asking;
    const first = this.shown;
    button.disabled = true;
    button.textContent = "Loading…";
    try {
      const answer = await this.app.souk.search({ ...bodyOf(this.route), facets: ["availability"], facet_values: 1, cursor }, { signal });
      this.#append(answer);
      this.grid.children[first]?.querySelector("a")?.focus();
    } catch (error) {
      if (error.name === "AbortError") return;
      button.disabled = false;
      button.textContent = "Show more";
      this.app.toast(error.message);
      this.app.reachable(!error.unreachable);
    }
  }

  #nothing(query, filters) {
    const actions = [];
    if (filters > 0) actions.push(h("button", { type: "button", class: "button", on: { click: this.actions.clear } }, "Clear the filters"));
    actions.push(link("#/search", "See all products"));
    return [
      emptyState({
        symbol: "search",
        title: query ? `Nothing matches “${query}”` : "Nothing here",
        text: filters > 0 ? "Fewer filters may help." : "Check the spelling, or try a more common word.",
        actions,
      }),
      shelfRow(this.app, { name: "trending", title: "Trending now", signal: this.asking.signal }),
    ];
  }

  #showFailure(route, error, signal) {
    this.heading.textContent = headingOf(route);
    this.summary.textContent = "";
    this.grid.replaceChildren();
    this.more.replaceChildren();
    this.empty.replaceChildren(failure(this.app, error, () => this.update(route), { signal }));
  }

  #toggle(field, value) {
    const values = this.route.chosen[field] ?? [];
    const left = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
    const chosen = { ...this.route.chosen, [field]: left };
    if (left.length === 0) delete chosen[field];
    this.#go({ ...this.route, chosen });
    this.app.souk.track("filter", { query: this.route.query, attributes: { field, value } });
  }

  #range(field, low, high) {
    const { [field]: own, ...others } = this.route.ranges;
    this.#go({ ...this.route, ranges: low === null && high === null ? others : { ...others, [field]: [low, high] } });
    this.app.souk.track("filter", { query: this.route.query, attributes: { field, value: `${low ?? ""}..${high ?? ""}` } });
  }

  #go(route) {
    this.app.go(searchHref(route), { keepScroll: true });
  }

  // On a phone the filters stand in a sheet; they are the same element, moved.
  #openFilters() {
    this.sheetDone = h(
      "button",
      { type: "button", class: "button wide", on: { click: () => close() } },
      `Show ${counted(this.answer?.total ?? 0, "product", "products")}`,
    );
    const close = openDialog({
      title: "Filters",
      side: true,
      content: [this.facets.element, h("div", { class: "sheet-foot" }, this.sheetDone)],
      onClose: () => {
        this.aside.append(this.facets.element);
        this.sheetDone = undefined;
      },
    });
    this.closeSheet = close;
  }

  meant() {
    if (!this.app.queryIsMeant || !this.route.query || this.answered !== this.route) return;
    this.app.queryIsMeant = false;
    this.app.souk.track("search", { query: this.route.query, request: this.answer.request });
  }

  leave() {
    this.asking?.abort();
    this.closeSheet?.();
  }
}

export function search(app, main, route) {
  const view = new SearchView(app, main);
  view.update(route);
  return view;
}
