// A product in a grid or on a shelf. Tells the shop that it was seen and that it was chosen, with the place it stood at.
import { h, marked } from "../lib/dom.js";
import { buyable, titleOf } from "../lib/product.js";
import { productHref } from "../lib/route.js";
import { calm } from "../lib/text.js";
import { explanation } from "./explanation.js";
import { icon } from "./icon.js";
import { availability, price } from "./price.js";
import { picture } from "./tile.js";

// Half of the card in view counts as an impression, once for each answer.
const observed = new WeakMap();
const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      observed.get(entry.target)?.();
      observed.delete(entry.target);
      observer.unobserve(entry.target);
    }
  },
  { threshold: 0.5 },
);

// `place`: {shelf, position, request, query}. `why`: show the reason.
export function card(app, item, place, { why = true, level = "h3" } = {}) {
  const title = titleOf(item);
  const about = { item: item.key, ...place };
  const heading = item.highlight?.title ? marked(item.highlight.title, calm) : calm(title);
  const reason = why ? item.why?.find((known) => known.detail) : undefined;
  const element = h(
    "article",
    { class: "card", "data-key": item.key },
    picture(item),
    h(
      "div",
      { class: "card-text" },
      item.brand && h("p", { class: "brand" }, item.brand),
      h(
        level,
        { class: "card-title" },
        h("a", { href: productHref(item.key), on: { click: () => app.souk.track("click", about) } }, heading),
      ),
      price(item),
      availability(item),
      reason && h("p", { class: "why" }, icon("spark"), h("span", {}, calm(reason.detail))),
      item.explanation && explanation(item.explanation),
    ),
    buyable(item) &&
      h(
        "button",
        {
          type: "button",
          class: "quick-add",
          "aria-label": `Add ${title} to the basket`,
          title: "Add to the basket",
          on: { click: () => app.addToBasket(item, 1, place) },
        },
        icon("plus"),
      ),
  );
  observed.set(element, () => app.souk.track("impression", about));
  observer.observe(element);
  return element;
}

export function cardSkeleton() {
  return h(
    "div",
    { class: "card skeleton", "aria-hidden": "true" },
    h("span", { class: "picture" }),
    h("div", { class: "card-text" }, h("span", { class: "bar short" }), h("span", { class: "bar" }), h("span", { class: "bar tiny" })),
  );
}
