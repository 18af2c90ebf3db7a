// Narrowing a search: values with counts, categories as a tree, numbers as a range.
import { h, keepingFocus } from "../lib/dom.js";
import { lastPart, pathParts } from "../lib/product.js";
import { availabilityName, calm, count, fieldName } from "../lib/text.js";
import { icon } from "./icon.js";

const FEW = 7;
const ORDER = ["category", "brand", "price", "availability"];

export function valueName(field, value) {
  if (field === "availability") return availabilityName(value);
  return calm(field === "category" ? lastPart(value) : value);
}

const MOST_OPEN = 6;

// `actions`: toggle(field, value), range(field, low, high), opened() when more of the tree is wanted. Which lists are open is remembered here from answer to answer.
export class Facets {
  constructor(actions) {
    this.actions = actions;
    this.opened = new Set();
    this.element = h("div", { class: "facets" });
  }

  // `facets` as answered, `chosen` and `ranges` as in the route.
  show(facets, chosen, ranges) {
    this.last = [facets, chosen, ranges];
    const rank = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
    const names = Object.keys(facets).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
    keepingFocus(this.element, () => {
      this.element.replaceChildren(
        ...names.map((name) => this.#group(name, facets[name], chosen[name] ?? [], ranges[name])).filter(Boolean),
      );
    });
  }

  // The categories whose parts are on view: an answer counts the most frequent values only, so that these need to be asked for.
  openPaths(chosen) {
    const paths = [...(chosen.category ?? []), ...[...this.opened].filter((key) => key.startsWith("open ")).map((key) => key.slice(5))];
    return [...new Set(paths)].filter((path) => !this.opened.has(`shut ${path}`)).slice(0, MOST_OPEN);
  }

  #again() {
    this.show(...this.last);
  }

  #group(name, facet, chosen, range) {
    const values = withChosen(facet.values ?? [], chosen);
    let content;
    if (facet.stats || range) {
      if (!facet.stats?.count && !range) return null;
      content = this.#range(name, facet.stats, range ?? [null, null]);
    } else if (values.length === 0) {
      return null;
    } else if (name === "category") {
      content = this.#tree(values, chosen);
    } else {
      content = this.#list(name, values, chosen);
    }
    return h("fieldset", { class: "facet", "data-field": name }, h("legend", {}, fieldName(name)), content);
  }

  #list(name, values, chosen) {
    const open = this.opened.has(name);
    const rows = values.filter((value, i) => open || i < FEW || chosen.includes(value.value));
    return [
      h(
        "ul",
        {},
        rows.map((value) => h("li", {}, this.#choice(name, value, chosen))),
      ),
      this.#more(name, values.length, rows.length),
    ];
  }

  #tree(values, chosen) {
    const known = new Map(values.map((value) => [value.value, value.count]));
    const children = new Map();
    for (const { value } of values) {
      const parent = pathParts(value).at(-2)?.path ?? "";
      if (!children.has(parent)) children.set(parent, []);
      children.get(parent).push(value);
    }
    const leads = (path) => chosen.some((value) => value === path || value.startsWith(`${path} > `));
    const branch = (parent, depth) => {
      const paths = (children.get(parent) ?? []).sort((a, b) => known.get(b) - known.get(a));
      const list = `in ${parent}`;
      const rows = paths.filter((path, i) => this.opened.has(list) || i < FEW || leads(path));
      return [
        h(
          "ul",
          { class: depth > 0 ? "branch" : null },
          rows.map((path) => {
            const below = children.has(path);
            const shut = this.opened.has(`shut ${path}`);
            const open = below && !shut && (leads(path) || this.opened.has(`open ${path}`));
            return h(
              "li",
              {},
              h(
                "div",
                { class: "choice-row" },
                this.#choice("category", { value: path, count: known.get(path) }, chosen),
                below && this.#opener(path, open),
              ),
              open && branch(path, depth + 1),
            );
          }),
        ),
        this.#more(list, paths.length, rows.length),
      ];
    };
    return branch("", 0);
  }

  #opener(path, open) {
    const click = () => {
      this.opened.delete(open ? `open ${path}` : `shut ${path}`);
      this.opened.add(open ? `shut ${path}` : `open ${path}`);
      this.#again();
      if (!open) this.actions.opened();
    };
    return h(
      "button",
      {
        type: "button",
        class: "opener",
        "aria-expanded": String(open),
        "aria-label": `Parts of ${calm(lastPart(path))}`,
        "data-focus": `open ${path}`,
        on: { click },
      },
      icon("right"),
    );
  }

  #choice(name, value, chosen) {
    const box = h("input", {
      type: "checkbox",
      checked: chosen.includes(value.value),
      "data-focus": `${name}=${value.value}`,
      "data-value": value.value,
      on: { change: () => this.actions.toggle(name, value.value) },
    });
    return h(
      "label",
      { class: "choice" },
      box,
      h("span", { class: "choice-name" }, valueName(name, value.value)),
      h("span", { class: "choice-count" }, count(value.count)),
    );
  }

  #more(key, all, shown) {
    const open = this.opened.has(key);
    if (!open && shown >= all) return null;
    if (open && all <= FEW) return null;
    const click = () => {
      if (open) this.opened.delete(key);
      else this.opened.add(key);
      this.#again();
    };
    return h(
      "button",
      { type: "button", class: "text-button", "data-focus": `more ${key}`, on: { click } },
      open ? "Show fewer" : `Show ${count(all - shown)} more`,
    );
  }

  #range(name, stats, [low, high]) {
    const least = stats ? Math.floor(stats.min) : 0;
    const most = stats ? Math.ceil(stats.max) : 0;
    const field = (which, value, placeholder) =>
      h("input", {
        type: "number",
        min: 0,
        step: "any",
        inputmode: "decimal",
        value: value ?? "",
        placeholder: count(placeholder),
        "aria-label": `${fieldName(name)}, ${which}`,
        "data-focus": `${name} ${which}`,
        "data-end": which,
      });
    const from = field("from", low, least);
    const to = field("to", high, most);
    const number = (input) => (input.value.trim() === "" || Number.isNaN(Number(input.value)) ? null : Number(input.value));
    const apply = () => this.actions.range(name, number(from), number(to));
    for (const input of [from, to]) input.addEventListener("change", apply);
    return h("div", { class: "range" }, from, h("span", { "aria-hidden": "true" }, "–"), to);
  }
}

// A chosen value that no item has any more can still be taken back.
function withChosen(values, chosen) {
  const seen = new Set(values.map((value) => value.value));
  return [...values, ...chosen.filter((value) => !seen.has(value)).map((value) => ({ value, count: 0 }))];
}
