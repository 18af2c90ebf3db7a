// The front page: who shops, where to go, and what the shop would show this person.
import { h } from "../lib/dom.js";
import { pathParts } from "../lib/product.js";
import { categoryHref, searchHref } from "../lib/route.js";
import { calm, counted } from "../lib/text.js";
import { icon } from "../parts/icon.js";
import { shelfRow } from "../parts/shelf.js";
import { shopperForm } from "../parts/shopper.js";
import { hueOf } from "../parts/tile.js";

const MOST_DEPARTMENTS = 8;

export function home(app, main) {
  const asking = new AbortController();
  const signal = asking.signal;
  const { shopper } = app.state;
  app.title("");
  const departments = h("nav", { class: "departments", "aria-label": "Departments" });
  main.replaceChildren(
    h(
      "section",
      { class: "welcome" },
      h(
        "div",
        { class: "welcome-text" },
        h("h1", { tabindex: -1 }, shopper ? `Hello, ${shopper}` : `Welcome to ${app.shop.name}`),
        h(
          "p",
          { class: "quiet" },
          shopper
            ? "These shelves follow what you bought and looked at. Someone else shopping?"
            : "Find things with the box above, or shop as someone the shop knows: the shelves below follow what that person did.",
        ),
        shopperForm(app, { id: "shopper-home" }),
      ),
      departments,
    ),
    shelfRow(app, { name: "for-you", title: shopper ? `For ${shopper}` : "For you", signal, emptyText: "Nothing to suggest yet." }),
    shelfRow(app, { name: "trending", title: "Trending now", signal }),
    shelfRow(app, { name: "new", title: "New in the shop", signal }),
  );
  showDepartments(app, departments, signal);
  return { leave: () => asking.abort() };
}

async function showDepartments(app, container, signal) {
  try {
    const answer = await app.souk.search({ k: 1, fields: ["title"], facets: ["category"], facet_values: 200 }, { signal });
    const top = answer.facets.category.values.filter(({ value }) => pathParts(value).length === 1);
    const links = top.slice(0, MOST_DEPARTMENTS).map(({ value, count }) => {
      const link = h(
        "a",
        { class: "department", href: categoryHref(value) },
        h("span", { class: "department-name" }, calm(value)),
        h("span", { class: "department-count" }, counted(count, "product", "products")),
      );
      link.style.setProperty("--hue", String(hueOf({ category: [value] })));
      return link;
    });
    if (top.length > MOST_DEPARTMENTS)
      links.push(h("a", { class: "department all", href: searchHref({}) }, "All departments", icon("right")));
    container.replaceChildren(...links);
  } catch (error) {
    // The shelves say what is wrong.
    if (error.name !== "AbortError") app.addEventListener("back", () => showDepartments(app, container, signal), { once: true, signal });
  }
}
