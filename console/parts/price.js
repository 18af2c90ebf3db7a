// A price, the price before it, and whether the thing can be had.
import { h } from "../lib/dom.js";
import { currentOffer } from "../lib/product.js";
import { availabilityName, money } from "../lib/text.js";

export function price(item) {
  const offer = currentOffer(item);
  if (!offer) return h("p", { class: "price none" }, "No price yet");
  const reduced = offer.was !== undefined && Number(offer.was) > Number(offer.amount);
  return h(
    "p",
    { class: reduced ? "price reduced" : "price" },
    h("span", { class: "amount" }, money(Number(offer.amount), offer.currency)),
    reduced && [" ", h("s", {}, h("span", { class: "unseen" }, "instead of "), money(Number(offer.was), offer.currency))],
  );
}

export function availability(item, { always = false } = {}) {
  const state = currentOffer(item)?.availability;
  if (!state || (state === "in_stock" && !always)) return null;
  return h("p", { class: `availability ${state}` }, availabilityName(state));
}
