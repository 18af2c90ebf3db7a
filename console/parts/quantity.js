// How many: a number with a button on either side.
import { h } from "../lib/dom.js";
import { icon } from "./icon.js";

export function quantity({ value, label, onChange }) {
  const input = h("input", {
    type: "number",
    min: 1,
    max: 99,
    step: 1,
    inputmode: "numeric",
    value,
    "aria-label": label,
    "data-focus": `quantity ${label}`,
  });
  const set = (number) => {
    input.value = Math.max(1, Math.min(99, Math.round(number) || 1));
    onChange(Number(input.value));
  };
  input.addEventListener("change", () => set(Number(input.value)));
  const step = (by, name, words) =>
    h(
      "button",
      {
        type: "button",
        "aria-label": `${words}: ${label}`,
        "data-focus": `${words} ${label}`,
        on: { click: () => set(Number(input.value) + by) },
      },
      icon(name),
    );
  return h("div", { class: "quantity" }, step(-1, "minus", "One less"), input, step(1, "plus", "One more"));
}
