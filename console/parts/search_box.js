// The search box: a combobox after the ARIA pattern (list autocomplete, manual selection), whose page below answers while one types.
import { h } from "../lib/dom.js";
import { lastPart, pathParts } from "../lib/product.js";
import { productHref, searchHref } from "../lib/route.js";
import { calm, count } from "../lib/text.js";
import { icon } from "./icon.js";

const SYMBOLS = { category: "folder", brand: "tag", item: "search", query: "clock" };
const SETTLED_MS = 900; // so long after the last key a query counts as meant

export class SearchBox {
  constructor(app, form) {
    this.app = app;
    this.form = form;
    this.input = form.querySelector("input");
    this.list = form.querySelector("[role=listbox]");
    this.clear = form.querySelector(".clear");
    this.options = [];
    this.active = -1;
    this.asked = null;
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener(
      "focus",
      () => this.input.value.trim() !== "" && this.options.length === 0 && this.input === document.activeElement && this.#suggest(),
    );
    this.clear.addEventListener("click", () => {
      this.input.value = "";
      this.input.focus();
      this.#typed();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the box
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  // The route changed: the box shows its query, unless someone is typing in it.
  set(query) {
    if (document.activeElement !== this.input) this.input.value = query;
    this.clear.hidden = this.input.value === "";
  }

  close() {
    this.asked?.abort();
    this.options = [];
    this.active = -1;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  #typed() {
    const query = this.input.value.trimStart();
    this.clear.hidden = this.input.value === "";
    clearTimeout(this.settling);
    this.app.typed(query);
    if (query.trim() === "") return this.close();
    this.settling = setTimeout(() => this.app.meant(), SETTLED_MS);
    this.#suggest();
  }

  async #suggest() {
    this.asked?.abort();
    this.asked = new AbortController();
    const query = this.input.value.trim();
    try {
      const suggestions = await this.app.souk.suggest(query, 8, { signal: this.asked.signal });
      if (document.activeElement === this.input) this.#show(suggestions, query);
    } catch (error) {
      if (error.name !== "AbortError") this.close(); // the page below says what is wrong
    }
  }

  #show(suggestions, query) {
    this.options = suggestions.map((suggestion, i) => this.#option(suggestion, i, query));
    this.active = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...this.options.map((option) => option.element));
    this.list.hidden = this.options.length === 0;
    this.input.setAttribute("aria-expanded", String(this.options.length > 0));
  }

  #option({ text, kind, key, count: items }, i, query) {
    const path =
      kind === "category"
        ? pathParts(text)
            .slice(0, -1)
            .map((part) => calm(part.name))
            .join(" › ")
        : "";
    const name = calm(kind === "category" ? lastPart(text) : text);
    const element = h(
      "li",
      { id: `option-${i}`, role: "option", "aria-selected": "false", class: "option" },
      icon(SYMBOLS[kind] ?? "search"),
      h("span", { class: "option-name" }, emphasised(name, query)),
      h("span", { class: "option-kind" }, kind === "category" ? (path ? `in ${path}` : "Category") : kind === "brand" ? "Brand" : ""),
      kind !== "item" && items > 0 && h("span", { class: "option-count" }, count(items)),
    );
    const href =
      kind === "category"
        ? searchHref({ chosen: { category: [text] } })
        : kind === "brand"
          ? searchHref({ chosen: { brand: [text] } })
          : kind === "item" && key
            ? productHref(key)
            : searchHref({ query: text });
    element.addEventListener("click", () => this.#choose({ href, kind, text }));
    return { element, href, kind, text };
  }

  #choose({ href, kind, text }) {
    clearTimeout(this.settling);
    this.close();
    this.input.blur();
    this.input.value = kind === "query" ? text : "";
    this.app.go(href);
  }

  #submit() {
    clearTimeout(this.settling);
    const query = this.input.value.trim();
    this.close();
    this.app.typed(query);
    this.app.meant();
    if (matchMedia("(pointer: coarse)").matches) this.input.blur(); // the phone's keyboard would hide the answer
  }

  #key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.options.length === 0) {
        if (this.input.value.trim() !== "") this.#suggest();
      } else {
        this.#move(event.key === "ArrowDown" ? 1 : -1);
      }
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.#choose(this.options[this.active]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (this.options.length > 0) this.close();
      else this.input.blur();
    }
  }

  // Down from the last and up from the first lead back to the box itself.
  #move(by) {
    const places = this.options.length + 1;
    this.options[this.active]?.element.setAttribute("aria-selected", "false");
    this.active = ((this.active + 1 + by + places) % places) - 1;
    const option = this.options[this.active];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.element.setAttribute("aria-selected", "true");
    option.element.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.element.id);
  }
}

// What would be completed stands out, as the typed part is known already.
function emphasised(name, query) {
  const begins = query === "" ? null : new RegExp(`(?<![\\p{L}\\p{N}])${query.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}`, "iu").exec(name);
  if (begins === null) return name;
  const at = begins.index;
  const end = at + begins[0].length;
  return [h("strong", {}, name.slice(0, at)), name.slice(at, end), h("strong", {}, name.slice(end))];
}
