// One product: what it looks like, costs and is, and what goes with it.
import { h } from "../lib/dom.js";
import { buyable, pathParts, titleOf } from "../lib/product.js";
import { categoryHref, searchHref } from "../lib/route.js";
import { calm, date, fieldName } from "../lib/text.js";
import { availability, price } from "../parts/price.js";
import { quantity } from "../parts/quantity.js";
import { shelfRow } from "../parts/shelf.js";
import { emptyState, failure, link } from "../parts/states.js";
import { picture } from "../parts/tile.js";
import { variants } from "../parts/variants.js";

export function product(app, main, { key }) {
  const asking = new AbortController();
  load(app, main, key, asking.signal);
  return { leave: () => asking.abort() };
}

async function load(app, main, key, signal) {
  main.replaceChildren(skeleton());
  try {
    const item = await app.souk.item(key, { signal });
    app.reachable(true);
    const arriving = document.activeElement === main;
    show(app, main, item, signal);
    if (arriving) main.querySelector("h1").focus({ preventScroll: true });
    app.souk.track("view", { item: key });
  } catch (error) {
    if (error.name === "AbortError") return;
    main.replaceChildren(
      error.status === 404
        ? emptyState({
            level: "h1",
            symbol: "tag",
            title: "This product is not here",
            text: "It may have been sold out for good, or the address may be wrong.",
            actions: [link("#/", "To the front page")],
          })
        : failure(app, error, () => load(app, main, key, signal), { signal }),
    );
  }
}

function show(app, main, item, signal) {
  const title = calm(titleOf(item));
  app.title(title);
  main.replaceChildren(
    breadcrumb(item),
    h(
      "article",
      { class: "product" },
      gallery(item, title),
      h(
        "div",
        { class: "buy-box" },
        item.brand && h("a", { class: "brand", href: searchHref({ chosen: { brand: [item.brand] } }) }, item.brand),
        h("h1", { tabindex: -1 }, title),
        price(item),
        availability(item, { always: true }),
        buying(app, item, title),
        variants(app, item, signal),
        item.description &&
          h(
            "div",
            { class: "description" },
            item.description.split(/\n{2,}/).map((text) => h("p", {}, text)),
          ),
        details(item),
      ),
    ),
    shelfRow(app, { name: "also-bought", title: "Often bought with this", request: { item: item.key }, signal }),
    shelfRow(app, { name: "similar", title: "Similar products", request: { item: item.key }, signal }),
  );
}

function breadcrumb(item) {
  const parts = pathParts(item.category?.[0] ?? "");
  const links = [link("#/search", "All products", null), ...parts.map(({ name, path }) => link(categoryHref(path), calm(name), null))];
  return h(
    "nav",
    { class: "breadcrumb", "aria-label": "Category" },
    h(
      "ol",
      {},
      links.map((part) => h("li", {}, part)),
    ),
  );
}

function gallery(item, title) {
  const stage = h("div", { class: "stage" }, picture(item, { label: title, eager: true }));
  const images = item.images ?? [];
  if (images.length < 2) return h("div", { class: "gallery" }, stage);
  const thumbs = images.map((_, i) => {
    const choose = () => {
      stage.replaceChildren(picture(item, { label: title, index: i, eager: true }));
      for (const [j, other] of thumbs.entries()) other.setAttribute("aria-pressed", String(i === j));
    };
    return h(
      "button",
      {
        type: "button",
        class: "thumb",
        "aria-label": `Picture ${i + 1} of ${images.length}`,
        "aria-pressed": String(i === 0),
        on: { click: choose },
      },
      picture(item, { index: i }),
    );
  });
  return h("div", { class: "gallery" }, stage, h("div", { class: "thumbs" }, thumbs));
}

function buying(app, item, title) {
  if (!buyable(item)) return h("p", { class: "quiet" }, "This cannot be bought at the moment.");
  let amount = 1;
  return h(
    "div",
    { class: "buying" },
    quantity({ value: 1, label: title, onChange: (value) => (amount = value) }),
    h(
      "button",
      { type: "button", class: "button wide", id: "add-to-basket", on: { click: () => app.addToBasket(item, amount) } },
      "Add to basket",
    ),
  );
}

function details(item) {
  const rows = Object.entries(item.attributes ?? {}).map(([name, value]) => [fieldName(name), [value].flat().map(written).join(", ")]);
  for (const [name, text] of [
    ["Condition", item.condition && fieldName(item.condition)],
    ["Released", item.released && date(item.released)],
    ["GTIN", item.gtin],
    ["Maker's number", item.mpn],
    ["Article", item.key],
  ]) {
    if (text) rows.push([name, text]);
  }
  return h(
    "section",
    { class: "details", "aria-labelledby": "details" },
    h("h2", { id: "details" }, "Details"),
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        rows.map(([name, text]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, text))),
      ),
    ),
  );
}

function written(value) {
  return value === true ? "Yes" : value === false ? "No" : String(value);
}

function skeleton() {
  const bar = (kind) => h("span", { class: `bar ${kind}` });
  return h(
    "div",
    { class: "product skeleton", "aria-hidden": "true" },
    h("div", { class: "gallery" }, h("div", { class: "stage" }, h("span", { class: "picture" }))),
    h("div", { class: "buy-box" }, bar("short"), bar("title"), bar("tiny"), bar(""), bar("")),
  );
}
