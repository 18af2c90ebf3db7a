// The lab: what was measured. What its pages share, and which page stands at which address.
import { Souk } from "../souk.js";
import { Connection } from "../lib/connection.js";
import { keptKey } from "../parts/key.js";
import { emptyState, link } from "../parts/states.js";
import { themeButton } from "../parts/theme_button.js";
import { parseHash } from "./route.js";
import { compare } from "./views/compare.js";
import { run } from "./views/run.js";
import { runs } from "./views/runs.js";
import { shops } from "./views/shops.js";

const VIEWS = { runs, run, compare, shops, missing };
const SECTION = { runs: "runs", run: "runs", compare: "runs", shops: "shops" };

function missing(app, main) {
  app.title("Not found");
  main.replaceChildren(emptyState({ level: "h1", symbol: "search", title: "There is no such page", actions: [link("#/", "To the runs")] }));
}

// Fires "back" when the shop can be reached again, "colours" when the theme has changed.
class Lab extends EventTarget {
  constructor() {
    super();
    this.souk = new Souk({ key: keptKey() });
    this.shop = { name: "Souk", language: "en" };
    this.main = document.getElementById("main");
    this.status = document.getElementById("status");
    this.chosen = []; // names of runs to compare, at most two
    this.page = undefined; // {view, leave?, update?}
    this.connection = new Connection(document.getElementById("away"));
    this.connection.addEventListener("back", () => this.dispatchEvent(new Event("back")));
    themeButton(document.getElementById("theme"), () => this.dispatchEvent(new Event("colours")));
    document.getElementById("skip").addEventListener("click", (event) => {
      event.preventDefault();
      this.main.focus();
    });
    addEventListener("hashchange", () => location.hash !== this.routed && this.#route());
  }

  async start() {
    try {
      this.shop = await this.souk.shop();
    } catch {
      // The page below meets the same trouble and says so.
    }
    this.#route();
  }

  title(text) {
    document.title = `${text} · ${this.shop.name}`;
  }

  announce(text) {
    this.status.textContent = text;
  }

  reachable(yes) {
    this.connection.reachable(yes);
  }

  // Shows the page at once; the browser's own event comes later and finds it there.
  go(href, { replace = false } = {}) {
    if (replace) history.replaceState(null, "", href);
    else if (location.hash !== href) location.hash = href;
    this.#route();
  }

  #route() {
    const hash = location.hash;
    this.routed = hash;
    if (hash !== "" && !hash.startsWith("#/")) return; // a place on the page
    const route = parseHash(hash);
    if (this.page?.view === route.view && this.page.update) {
      this.page.update(route);
      return;
    }
    this.first = this.page === undefined;
    this.page?.leave?.();
    this.page = VIEWS[route.view](this, this.main, route) ?? {};
    this.page.view = route.view;
    scrollTo(0, 0);
    this.focusHeading();
    for (const anchor of document.querySelectorAll(".lab-nav [data-view]")) {
      if (anchor.dataset.view === SECTION[route.view]) anchor.setAttribute("aria-current", "page");
      else anchor.removeAttribute("aria-current");
    }
  }

  // Where a reader goes on after a change of pages; the first page is read from its top.
  focusHeading() {
    if (this.first) return;
    (this.main.querySelector("h1") ?? this.main).focus({ preventScroll: true });
  }
}

new Lab().start();
