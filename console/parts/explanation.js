// How an item's score came about: the tree that the server gives when it is asked to explain.
import { h } from "../lib/dom.js";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 4 });

function step({ value, what, parts = [] }) {
  return h("li", {}, h("span", { class: "explanation-value" }, number.format(value)), " ", what, parts.length > 0 && h("ul", {}, parts.map(step)));
}

export function explanation(tree) {
  return h("details", { class: "explanation" }, h("summary", {}, `Score ${number.format(tree.value)}`), h("ul", {}, step(tree)));
}
