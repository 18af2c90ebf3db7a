// The storefront: what all pages share, and which page stands at which address.
import { Souk } from "./souk.js";
import { h } from "./lib/dom.js";
import { Connection } from "./lib/connection.js";
import { parseHash, searchHref } from "./lib/route.js";
import { State } from "./lib/state.js";
import { calm } from "./lib/text.js";
import { titleOf } from "./lib/product.js";
import { icon } from "./parts/icon.js";
import { keptKey } from "./parts/key.js";
import { SearchBox } from "./parts/search_box.js";
import { openShopperDialog } from "./parts/shopper.js";
import { emptyState, link } from "./parts/states.js";
import { themeButton } from "./parts/theme_button.js";
import { basket } from "./views/basket.js";
import { home } from "./views/home.js";
import { product } from "./views/product.js";
import { search } from "./views/search.js";

const TOAST_MS = 4000;
const VIEWS = { home, search, product, basket, missing };

function missing(app, main) {
  app.title("Not found");
  main.replaceChildren(
    emptyState({ level: "h1", symbol: "search", title: "There is no such page", actions: [link("#/", "To the front page")] }),
  );
}

// Fires "back" when the shop can be reached again.
class App extends EventTarget {
  constructor() {
    super();
    this.state = new State();
    this.souk = new Souk({ session: this.state.session, shopper: this.state.shopper, key: keptKey() });
    this.shop = { name: "Souk", currency: "EUR", language: "en" };
    this.main = document.getElementById("main");
    this.status = document.getElementById("status");
    this.box = new SearchBox(this, document.getElementById("search"));
    this.connection = new Connection(document.getElementById("away"));
    this.connection.addEventListener("back", () => {
      this.dispatchEvent(new Event("back"));
      this.souk.flush().catch(() => {});
    });
    this.keepsBasket = true;
    this.page = undefined; // {view, leave?, update?, meant?}
    this.#header();
    this.#keys();
    this.state.addEventListener("shopper", () => this.#shopperChanged());
    this.state.addEventListener("basket", () => this.#showBasketCount());
    addEventListener("hashchange", () => location.hash !== this.routed && this.#route());
  }

  async start() {
    try {
      this.shop = await this.souk.shop();
      document.documentElement.lang = this.shop.language || "en";
    } catch {
      // The page below meets the same trouble and says so.
    }
    document.getElementById("shop-name").textContent = this.shop.name;
    this.#route();
  }

  title(text) {
    document.title = text ? `${text} · ${this.shop.name}` : this.shop.name;
  }

  // For screen readers; what eyes see anyway.
  announce(text) {
    this.status.textContent = text;
  }

  toast(text, action) {
    const box = document.getElementById("toast");
    box.replaceChildren(h("span", {}, text), ...(action ? [action] : []));
    box.hidden = false;
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => (box.hidden = true), TOAST_MS);
  }

  // Shows the page at once; the browser's own event comes later and finds it there.
  go(href, { keepScroll = false, replace = false } = {}) {
    if (replace) history.replaceState(null, "", href);
    else if (location.hash !== href) location.hash = href;
    this.#route({ keepScroll });
  }

  // Called at each key: the results follow. One step back leads to where the typing began.
  typed(query) {
    this.queryIsMeant = false;
    const typing = this.page?.view === "search";
    if (query.trim() === "" && !typing) return;
    const route = parseHash(location.hash);
    const href = searchHref({ ...(typing ? route : {}), query: query.trimEnd() });
    if (href !== location.hash) this.go(href, { replace: typing });
  }

  // What stands in the box is what was looked for, not a step on the way: the page says so to the shop once it has the answer.
  meant() {
    this.queryIsMeant = true;
    this.page?.meant?.();
  }

  addToBasket(item, quantity, place = {}) {
    this.state.addToBasket(item, quantity);
    this.souk.track("cart", { item: item.key, quantity, ...place });
    this.toast(`${calm(titleOf(item))} is in your basket`, link("#/basket", "See basket", "toast-link"));
  }

  // What the last request said of the connection.
  reachable(yes) {
    this.connection.reachable(yes);
  }

  #route({ keepScroll = false } = {}) {
    const hash = location.hash;
    this.routed = hash;
    if (hash !== "" && !hash.startsWith("#/")) return; // a place on the page
    const route = parseHash(hash);
    const { view } = route;
    this.box.set(view === "search" ? route.query : "");
    document.getElementById("toast").hidden = true;
    if (view === "search" && this.page?.view === "search") {
      this.page.update(route);
    } else {
      const first = this.page === undefined;
      this.page?.leave?.();
      const page = VIEWS[view](this, this.main, route) ?? {};
      this.page = page;
      page.view = view;
      if (!first && document.activeElement !== this.box.input) this.#focusHeading();
    }
    if (!keepScroll && document.activeElement !== this.box.input) scrollTo(0, 0);
    const basketLink = document.getElementById("basket-link");
    if (view === "basket") basketLink.setAttribute("aria-current", "page");
    else basketLink.removeAttribute("aria-current");
  }

  #focusHeading() {
    (this.main.querySelector("h1") ?? this.main).focus({ preventScroll: true });
  }

  #header() {
    themeButton(document.getElementById("theme"));
    document.getElementById("shopper").addEventListener("click", () => openShopperDialog(this));
    document.getElementById("skip").addEventListener("click", (event) => {
      event.preventDefault();
      this.main.focus();
    });
    this.#showShopper();
    this.#showBasketCount();
  }

  #showShopper() {
    const { shopper } = this.state;
    const name = shopper || "Guest";
    const button = document.getElementById("shopper");
    button.replaceChildren(icon("user"), h("span", { class: "tool-text" }, name));
    button.setAttribute("aria-label", `Shopper: ${name}. Change`);
  }

  #shopperChanged() {
    this.souk.shopper = this.state.shopper;
    this.#showShopper();
    if (this.page?.view === "home") this.#route();
  }

  #showBasketCount() {
    const number = this.state.basketCount();
    const anchor = document.getElementById("basket-link");
    anchor.replaceChildren(
      icon("basket"),
      h("span", { class: "tool-text" }, "Basket"),
      ...(number > 0 ? [h("span", { class: "badge" }, String(number))] : []),
    );
    anchor.setAttribute("aria-label", number > 0 ? `Basket: ${number}` : "Basket: empty");
  }

  #keys() {
    addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      this.box.focus();
    });
  }
}

new App().start();
