// Choosing who shops: any key that the shop knows, and those chosen before.
import { h } from "../lib/dom.js";
import { openDialog } from "./dialog.js";
import { icon } from "./icon.js";

export function shopperForm(app, { onChosen, id }) {
  const input = h("input", {
    id,
    name: "shopper",
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: 512,
    placeholder: "Customer number",
  });
  const choose = (key) => {
    app.state.setShopper(key);
    onChosen?.();
  };
  const submit = (event) => {
    event.preventDefault();
    const key = input.value.trim();
    if (key !== "") choose(key);
  };
  const recents = app.state.recents.filter((key) => key !== app.state.shopper);
  return h(
    "div",
    { class: "shopper-choice" },
    h(
      "form",
      { class: "inline-form", on: { submit } },
      h("label", { for: id, class: "unseen" }, "Shopper"),
      input,
      h("button", { class: "button" }, "Shop as"),
    ),
    recents.length > 0 &&
      h(
        "div",
        { class: "recents" },
        h("span", { class: "quiet" }, "Recent:"),
        recents.map((key) => h("button", { type: "button", class: "chip", on: { click: () => choose(key) } }, icon("user"), key)),
      ),
    app.state.shopper !== "" && h("button", { type: "button", class: "text-button", on: { click: () => choose("") } }, "Shop as a guest"),
  );
}

export function openShopperDialog(app) {
  let close;
  const content = [
    h(
      "p",
      { class: "quiet" },
      app.state.shopper ? `You shop as ${app.state.shopper}.` : "You shop as a guest: this visit alone decides what you are shown.",
    ),
    shopperForm(app, { id: "shopper-dialog", onChosen: () => close() }),
  ];
  close = openDialog({ title: "Who is shopping?", content });
}
