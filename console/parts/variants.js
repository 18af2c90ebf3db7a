// The other members of a product's group: the same thing in another size or colour. Told apart by what differs.
import { h } from "../lib/dom.js";
import { titleOf } from "../lib/product.js";
import { productHref } from "../lib/route.js";
import { calm } from "../lib/text.js";
import { price } from "./price.js";

const MOST = 24;

function differing(items) {
  const names = new Set(items.flatMap((item) => Object.keys(item.attributes ?? {})));
  return [...names].filter((name) => new Set(items.map((item) => JSON.stringify(item.attributes?.[name]))).size > 1);
}

// An empty element that fills when there are others.
export function variants(app, item, signal) {
  const section = h("section", { class: "variants", "aria-labelledby": "variants", hidden: true });
  if (item.group) fill(app, section, item, signal).catch(() => {}); // the product can be bought without
  return section;
}

async function fill(app, section, item, signal) {
  const filter = `group = "${item.group.replace(/["\\]/g, "\\$&")}"`;
  const answer = await app.souk.search(
    { filter, group_by: "none", k: MOST, fields: ["title", "attributes", "offers"], facets: ["availability"], facet_values: 1 },
    { signal },
  );
  const others = answer.items.filter((other) => other.key !== item.key);
  const names = differing([item, ...others]);
  const label = (other) => names.flatMap((name) => other.attributes?.[name] ?? []).join(", ") || calm(titleOf(other));
  const told = new Set([label(item)]); // two that look the same are no choice
  const choices = [];
  for (const other of others) {
    if (told.has(label(other))) continue;
    told.add(label(other));
    choices.push(h("li", {}, h("a", { class: "variant", href: productHref(other.key) }, h("span", {}, label(other)), price(other))));
  }
  if (choices.length === 0) return;
  section.append(h("h2", { id: "variants" }, "Other choices"), h("ul", {}, choices));
  section.hidden = false;
}
