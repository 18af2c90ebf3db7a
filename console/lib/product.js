// Reading an item record: the offer that holds now, the category, the picture.

export function currentOffer(item, now = Date.now()) {
  let best;
  let bestFrom = -Infinity;
  for (const offer of item.offers ?? []) {
    const from = offer.from ? Date.parse(offer.from) : -Infinity;
    const until = offer.until ? Date.parse(offer.until) : Infinity;
    if (from > now || now >= until) continue;
    if (best === undefined || from > bestFrom) [best, bestFrom] = [offer, from];
  }
  return best;
}

export function buyable(item) {
  const availability = currentOffer(item)?.availability;
  return availability !== "out_of_stock" && availability !== "discontinued";
}

// "Home > Kitchen > Kettles" -> [{name: "Home", path: "Home"}, {name: "Kitchen", path: "Home > Kitchen"}, ...]
export function pathParts(path) {
  const names = path
    .split(">")
    .map((name) => name.trim())
    .filter(Boolean);
  return names.map((name, i) => ({ name, path: names.slice(0, i + 1).join(" > ") }));
}

export function lastPart(path) {
  return pathParts(path).at(-1)?.name ?? path;
}

export function titleOf(item) {
  return item.title || `Article ${item.key}`;
}
