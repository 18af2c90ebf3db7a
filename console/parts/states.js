// What is shown when there is nothing, or when something went wrong.
import { h } from "../lib/dom.js";
import { sentence } from "../lib/text.js";
import { icon } from "./icon.js";
import { needsKey, openKeyDialog } from "./key.js";

// `level`: of the heading; "h1" where this is the whole page.
export function emptyState({ symbol, title, text, actions = [], level = "h2" }) {
  return h(
    "div",
    { class: "state" },
    icon(symbol),
    h(level, { tabindex: level === "h1" ? -1 : null }, title),
    text && h("p", {}, text),
    actions.length > 0 && h("div", { class: "actions" }, actions),
  );
}

// Says what went wrong in words, and offers to try again; tries by itself when the connection returns. `signal`: of the request that failed; once
// it is aborted, nobody waits for the answer any more. `brief`: one line, for a part of a page.
export function failure(app, error, again, { signal, brief = false } = {}) {
  const away = error.unreachable === true;
  const locked = needsKey(error);
  app.reachable(!away);
  const title = locked ? "This shop asks for a key" : !away ? "That did not work" : navigator.onLine ? "The shop cannot be reached" : "You are offline";
  const kept = app.keepsBasket ? "Your basket is kept. " : "";
  const text = away ? `${kept}Check the connection, or wait a moment for the shop to come back.` : sentence(error.message);
  const retry = () => {
    app.removeEventListener("back", retry);
    again();
  };
  app.addEventListener("back", retry, { once: true, signal });
  const click = locked ? () => openKeyDialog(app) : retry;
  const button = h("button", { type: "button", class: brief ? "text-button" : "button", on: { click } }, locked ? "Give a key" : "Try again");
  if (brief) return h("p", { class: "failed brief" }, icon(away ? "offline" : "close"), away ? `${title}.` : text, button);
  return h(
    "div",
    { class: "state failed", role: "alert" },
    icon(away ? "offline" : "close"),
    h("h2", {}, title),
    h("p", {}, text),
    h("div", { class: "actions" }, button),
  );
}

export function link(href, text, kind = "button plain") {
  return h("a", { class: kind, href }, text);
}
