// The filters that hold, each with a way to take it back.
import { h, keepingFocus } from "../lib/dom.js";
import { count, fieldName } from "../lib/text.js";
import { valueName } from "./facets.js";
import { icon } from "./icon.js";

// `actions`: toggle, range as for facets, and clear().
export function showChips(container, { chosen, ranges }, actions) {
  const chip = (text, undo) =>
    h(
      "button",
      { type: "button", class: "chip", "aria-label": `Remove the filter ${text}`, "data-focus": text, on: { click: undo } },
      text,
      icon("close"),
    );
  const chips = Object.entries(chosen).flatMap(([field, values]) =>
    values.map((value) => chip(valueName(field, value), () => actions.toggle(field, value))),
  );
  for (const [field, ends] of Object.entries(ranges)) chips.push(chip(rangeName(field, ends), () => actions.range(field, null, null)));
  if (chips.length > 1)
    chips.push(h("button", { type: "button", class: "text-button", "data-focus": "clear", on: { click: actions.clear } }, "Clear all"));
  keepingFocus(container, () => container.replaceChildren(...chips));
  container.hidden = chips.length === 0;
}

function rangeName(field, [low, high]) {
  if (low === null) return `${fieldName(field)} up to ${count(high)}`;
  if (high === null) return `${fieldName(field)} from ${count(low)}`;
  return `${fieldName(field)} ${count(low)} – ${count(high)}`;
}
