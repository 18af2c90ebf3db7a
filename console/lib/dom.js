// Building the page without innerHTML: text stays text, whatever a catalogue holds.

const SVG = "http://www.w3.org/2000/svg";

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

// h("a", { class: "link", href: "#/", on: { click } }, "text", otherElement). Attributes that are null, undefined or false are left out.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "value" || name === "checked" || name === "disabled") {
      element[name] = value;
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  return append(element, children);
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return append(element, children);
}

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };

// The server's highlights are escaped text with <mark>; this turns them into nodes and knows nothing else of HTML. `shape` changes how the
// whole text is written, letter by letter: a mark may end inside of a word.
export function marked(html, shape = (text) => text) {
  const parts = html.split(/<mark>(.*?)<\/mark>/s).map((part) => part.replace(/&(?:lt|gt|quot|amp|#39);/g, (entity) => ENTITIES[entity]));
  const whole = parts.join("");
  const shaped = shape(whole);
  let at = 0;
  return parts.map((part, i) => {
    const text = shaped.length === whole.length ? shaped.slice(at, at + part.length) : part;
    at += part.length;
    return i % 2 === 1 ? h("mark", {}, text) : text;
  });
}

// Renders again and gives the focus back to the control that had it, known by its data-focus.
export function keepingFocus(container, render) {
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  render();
  if (focused === undefined) return;
  const again = [...container.querySelectorAll("[data-focus]")].find((element) => element.dataset.focus === focused);
  again?.focus({ preventScroll: true });
}
