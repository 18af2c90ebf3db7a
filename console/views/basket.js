// The basket: what is in it, what it costs, what would complete it, and an order that is only written down.
import { h, keepingFocus } from "../lib/dom.js";
import { Souk } from "../souk.js";
import { productHref } from "../lib/route.js";
import { availabilityName, calm, counted, money } from "../lib/text.js";
import { icon } from "../parts/icon.js";
import { quantity } from "../parts/quantity.js";
import { shelfRow } from "../parts/shelf.js";
import { emptyState, link } from "../parts/states.js";
import { picture } from "../parts/tile.js";

// Minor units, so that sums of prices are exact.
function lineTotal(line) {
  return Math.round(line.amount * 100) * line.quantity;
}

function totals(lines) {
  const sums = new Map();
  for (const line of lines) {
    if (line.amount !== null) sums.set(line.currency, (sums.get(line.currency) ?? 0) + lineTotal(line));
  }
  return [...sums].map(([currency, minor]) => money(minor / 100, currency)).join(" + ") || "–";
}

class BasketView {
  constructor(app, main) {
    this.app = app;
    this.main = main;
    this.asking = new AbortController();
    this.content = h("div", {});
    this.shelf = h("div", {});
    this.changed = () => this.#show();
    app.title("Basket");
    app.state.addEventListener("basket", this.changed);
    main.replaceChildren(h("h1", { tabindex: -1 }, "Your basket"), this.content, this.shelf);
    this.#show();
    this.#refresh();
  }

  #show() {
    const lines = this.app.state.basket;
    keepingFocus(this.content, () => this.content.replaceChildren(lines.length === 0 ? this.#empty() : this.#full(lines)));
    const keys = lines.map((line) => line.key).join("\n");
    if (keys === this.completed) return;
    this.completed = keys;
    const request = { basket: lines.map((line) => line.key), exclude: lines.map((line) => line.key) };
    const row =
      lines.length === 0
        ? shelfRow(this.app, { name: "trending", title: "Trending now", signal: this.asking.signal })
        : shelfRow(this.app, { name: "complete-the-basket", title: "Complete your basket", request, signal: this.asking.signal });
    this.shelf.replaceChildren(row);
  }

  // Prices may have changed since a thing was put in.
  async #refresh() {
    const items = await Promise.allSettled(
      this.app.state.basket.map((line) => this.app.souk.item(line.key, { signal: this.asking.signal })),
    );
    for (const item of items) if (item.status === "fulfilled") this.app.state.refreshLine(item.value);
    if (items.length > 0 && !this.asking.signal.aborted && this.app.state.basket.length > 0) this.#show();
  }

  #empty() {
    return emptyState({
      symbol: "basket",
      title: "Your basket is empty",
      text: "What you add stays here, also after you close the page.",
      actions: [link("#/search", "Look around", "button")],
    });
  }

  #full(lines) {
    return h(
      "div",
      { class: "basket" },
      h(
        "ul",
        { class: "lines" },
        lines.map((line) => this.#line(line)),
      ),
      h(
        "aside",
        { class: "total", "aria-label": "Total" },
        h(
          "div",
          { class: "total-row" },
          h("span", {}, counted(this.app.state.basketCount(), "article", "articles")),
          h("strong", {}, totals(lines)),
        ),
        h(
          "button",
          { type: "button", class: "button wide", id: "place-order", on: { click: (event) => this.#order(event.currentTarget) } },
          "Place order (demo)",
        ),
        h(
          "p",
          { class: "quiet" },
          "Nothing is charged and nothing is sent: the order is written to the shop as purchases, and the shelves learn from it.",
        ),
      ),
    );
  }

  #line(line) {
    const title = calm(line.title);
    const { state } = this.app;
    const remove = () => {
      state.removeFromBasket(line.key);
      this.app.souk.track("remove", { item: line.key, quantity: line.quantity });
      this.app.toast(`${title} was taken out`);
    };
    return h(
      "li",
      { class: "line" },
      h("a", { class: "line-picture", href: productHref(line.key), tabindex: -1, "aria-hidden": "true" }, picture(line)),
      h(
        "div",
        { class: "line-text" },
        line.brand && h("p", { class: "brand" }, line.brand),
        h("a", { class: "line-title", href: productHref(line.key) }, title),
        line.availability &&
          line.availability !== "in_stock" &&
          h("p", { class: `availability ${line.availability}` }, availabilityName(line.availability)),
        h("p", { class: "quiet" }, line.amount === null ? "No price yet" : `${money(line.amount, line.currency)} each`),
      ),
      quantity({ value: line.quantity, label: title, onChange: (value) => state.setQuantity(line.key, value) }),
      h("p", { class: "line-total" }, line.amount === null ? "–" : money(lineTotal(line) / 100, line.currency)),
      h("button", { type: "button", class: "round", "aria-label": `Remove ${title}`, on: { click: remove } }, icon("trash")),
    );
  }

  async #order(button) {
    const { state, souk } = this.app;
    const order = Souk.newId().slice(0, 12);
    const lines = state.basket.map((line) => ({
      kind: "purchase",
      item: line.key,
      order,
      quantity: line.quantity,
      value: line.amount === null ? null : (lineTotal(line) / 100).toFixed(2),
      currency: line.amount === null ? null : line.currency,
    }));
    button.disabled = true;
    button.textContent = "Placing the order…";
    try {
      await souk.send([{ kind: "checkout", order }, ...lines]);
    } catch (error) {
      button.disabled = false;
      button.textContent = "Place order (demo)";
      this.app.reachable(!error.unreachable);
      this.app.toast(error.unreachable ? "The shop cannot be reached. The basket is kept." : error.message);
      return;
    }
    this.#thank(order, state.basket, totals(state.basket));
  }

  #thank(order, lines, total) {
    const { state } = this.app;
    const articles = counted(state.basketCount(), "article", "articles");
    state.removeEventListener("basket", this.changed);
    state.emptyBasket();
    this.app.title("Thank you");
    const heading = h("h1", { tabindex: -1 }, "Thank you");
    this.main.replaceChildren(
      h(
        "section",
        { class: "thanks" },
        icon("check"),
        heading,
        h("p", {}, `Order ${order}: ${articles}, ${total}.`),
        h(
          "ul",
          { class: "thanks-lines" },
          lines.map((line) => h("li", {}, `${line.quantity} × ${calm(line.title)}`)),
        ),
        h("p", { class: "quiet" }, "A demo: the shop wrote it down as purchases. Your shelves know of them already."),
        h("div", { class: "actions" }, link("#/", "To your shelves", "button")),
      ),
    );
    heading.focus();
  }

  leave() {
    this.asking.abort();
    this.app.state.removeEventListener("basket", this.changed);
  }
}

export function basket(app, main) {
  return new BasketView(app, main);
}
