// A row of recommendations: asked for, waited for, shown with its reasons, or left out when there is nothing to show.
import { h } from "../lib/dom.js";
import { sentence } from "../lib/text.js";
import { card, cardSkeleton } from "./card.js";
import { icon } from "./icon.js";
import { failure } from "./states.js";

const SKELETONS = 6; // as many as a wide page shows

// `coldNote`: words for an answer that knows nothing of the shopper; without them the answer's own notes are shown.
export function shelfRow(app, { name, title, request = {}, signal, coldNote, emptyText }) {
  const id = `shelf-${name}`;
  const row = h("div", { class: "row", role: "list", "aria-labelledby": id });
  const note = h("div", { class: "notes", hidden: true });
  const buttons = scrollButtons(row, title);
  const section = h(
    "section",
    { class: "shelf", "data-shelf": name, "aria-busy": "true" },
    h("header", { class: "shelf-head" }, h("h2", { id }, title), buttons),
    note,
    row,
  );

  async function load() {
    section.setAttribute("aria-busy", "true");
    row.replaceChildren(...Array.from({ length: SKELETONS }, cardSkeleton));
    try {
      const answer = await app.souk.shelf(name, { k: 12, ...request }, { signal });
      show(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      row.replaceChildren(failure(app, error, load, { signal, brief: true }));
    }
    section.setAttribute("aria-busy", "false");
  }

  function show(answer) {
    const items = answer.items.filter((item) => item.title);
    if (items.length === 0) {
      if (!emptyText) return section.remove();
      return row.replaceChildren(h("p", { class: "quiet" }, emptyText));
    }
    row.replaceChildren(
      ...items.map((item, i) => h("div", { role: "listitem" }, card(app, item, { shelf: name, position: i + 1, request: answer.request }))),
    );
    row.scrollLeft = 0;
    buttons.refresh();
    if (answer.cold_start) showNotes(answer.notes ?? []);
  }

  function showNotes(notes) {
    // A session's id says nothing to a person, and is nobody else's business.
    const own = notes.filter((text) => !text.includes(app.state.session)).map(sentence);
    note.replaceChildren(...(coldNote ? [coldNote] : own).map((text) => h("p", {}, text)));
    note.hidden = note.childElementCount === 0;
  }

  load();
  return section;
}

function scrollButtons(row, title) {
  const move = (direction) =>
    row.scrollBy({
      left: direction * row.clientWidth * 0.9,
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
    });
  const back = h("button", { type: "button", class: "round", "aria-label": `${title}: back`, on: { click: () => move(-1) } }, icon("left"));
  const on = h("button", { type: "button", class: "round", "aria-label": `${title}: on`, on: { click: () => move(1) } }, icon("right"));
  const box = h("div", { class: "scroll-buttons" }, back, on);
  box.refresh = () => {
    const most = row.scrollWidth - row.clientWidth;
    box.hidden = most < 8;
    back.disabled = row.scrollLeft < 8;
    on.disabled = row.scrollLeft > most - 8;
  };
  row.addEventListener("scroll", box.refresh, { passive: true });
  new ResizeObserver(box.refresh).observe(row);
  return box;
}
