// A product's picture, or a tile made from what is known of it: hue from the category, shape from the key, initials from the title.
import { h, svg } from "../lib/dom.js";
import { pathParts, titleOf } from "../lib/product.js";
import { initials } from "../lib/text.js";

// FNV-1a: spreads short texts well, and a tile stays the same from visit to visit.
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0), 0x01000193) >>> 0;
  return hash;
}

const SHAPES = [
  () => svg("circle", { cx: 100, cy: 0, r: 62 }),
  () => svg("circle", { cx: 0, cy: 100, r: 70 }),
  () => svg("path", { d: "M0 100 100 38V100Z" }),
  () => svg("path", { d: "M0 0h44L0 78Z" }),
  () => svg("path", { d: "M0 72c30-22 62 14 100-14v42H0Z" }),
  () => svg("circle", { cx: 50, cy: 50, r: 40 }),
];

export function hueOf(item) {
  const path = item.category?.[0] ?? "";
  const parts = pathParts(path);
  // A department has its colour; what lies below it shifts to either side.
  const base = (hashOf(parts[0]?.name ?? item.brand ?? "") % 24) * 15;
  const shift = parts.length > 1 ? ((hashOf(parts[1].name) % 9) - 4) * 11 : 0;
  return (base + shift + 360) % 360;
}

function drawn(item, label) {
  const title = titleOf(item);
  const tile = svg(
    "svg",
    {
      class: "tile",
      viewBox: "0 0 100 100",
      preserveAspectRatio: "xMidYMid slice",
      ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }),
    },
    svg("rect", { class: "tile-ground", width: 100, height: 100 }),
    svg("g", { class: "tile-shape" }, SHAPES[hashOf(item.key) % SHAPES.length]()),
    svg("text", { class: "tile-letters", x: 50, y: 52, "text-anchor": "middle", "dominant-baseline": "central" }, initials(title)),
  );
  tile.style.setProperty("--hue", String(hueOf(item)));
  return tile;
}

// `label`: what a screen reader says, empty where the text beside it says the same. A picture that does not load gives way to the tile.
export function picture(item, { label = "", index = 0, eager = false } = {}) {
  const source = item.images?.[index];
  const frame = h("span", { class: "picture" });
  if (!source) {
    frame.append(drawn(item, label));
    return frame;
  }
  const image = h("img", { src: source, alt: label, loading: eager ? "eager" : "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(drawn(item, label)), { once: true });
  frame.append(image);
  return frame;
}
