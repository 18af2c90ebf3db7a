// Where the shop asks for an API key. It is kept in sessionStorage: gone with the tab, and never in an address.
import { h } from "../lib/dom.js";
import { openDialog } from "./dialog.js";

const NAME = "souk.key";

export function keptKey() {
  try {
    return sessionStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

// The request needs a key, or one that may more.
export function needsKey(error) {
  return error.status === 401 || /:(insufficient-scope|not-yours)$/.test(error.problem?.type ?? "");
}

function keep(app, key) {
  try {
    sessionStorage.setItem(NAME, key);
    location.reload();
  } catch {
    app.souk.key = key; // blocked: the key lives as long as the page
    app.dispatchEvent(new Event("back"));
  }
}

export function openKeyDialog(app) {
  const input = h("input", { id: "api-key", name: "key", type: "password", autocomplete: "off", spellcheck: "false", maxlength: 200, placeholder: "souk_a_…" });
  const submit = (event) => {
    event.preventDefault();
    const key = input.value.trim();
    if (key === "") return;
    close();
    keep(app, key);
  };
  const close = openDialog({
    title: "This shop asks for a key",
    content: [
      h("p", { class: "quiet" }, "`souk key SHOP add --scope admin` makes one. This tab keeps it until it is closed."),
      h(
        "form",
        { class: "inline-form", on: { submit } },
        h("label", { for: "api-key", class: "unseen" }, "API key"),
        input,
        h("button", { class: "button" }, "Use this key"),
      ),
    ],
  });
}
