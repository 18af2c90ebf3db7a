// A modal dialog over the browser's own <dialog>, which keeps the focus inside and gives it back.
import { h } from "../lib/dom.js";
import { icon } from "./icon.js";

let number = 0;

// Returns a function that closes it. `side`: a sheet at the edge rather than a box in the middle. `onClose` runs however it is closed.
export function openDialog({ title, content, side = false, onClose }) {
  const id = `dialog-${++number}`;
  const element = h(
    "dialog",
    { class: side ? "sheet" : "box", "aria-labelledby": id },
    h(
      "header",
      { class: "dialog-head" },
      h("h2", { id }, title),
      h("button", { type: "button", class: "round", "aria-label": "Close", on: { click: () => element.close() } }, icon("close")),
    ),
    h("div", { class: "dialog-body" }, content),
  );
  element.addEventListener("click", (event) => event.target === element && element.close()); // the backdrop
  element.addEventListener("close", () => {
    element.remove();
    onClose?.();
  });
  document.body.append(element);
  element.showModal();
  return () => element.close();
}
