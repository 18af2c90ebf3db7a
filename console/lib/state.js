// What the browser keeps between visits: the session, the shopper, the basket, the theme. Works, for one page, without storage too.
import { Souk } from "../souk.js";
import { currentOffer, titleOf } from "./product.js";

const MOST_RECENT = 6;
const MOST_QUANTITY = 99;

function read(name, fallback) {
  try {
    const text = localStorage.getItem(`souk.${name}`);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

function write(name, value) {
  try {
    localStorage.setItem(`souk.${name}`, JSON.stringify(value));
  } catch {
    // Blocked or full: the value lives as long as the page.
  }
}

function readSession() {
  const kept = read("session", "");
  if (typeof kept === "string" && /^[0-9a-f]{32}$/.test(kept)) return kept;
  const fresh = Souk.newSession();
  write("session", fresh);
  return fresh;
}

// Fires "basket" and "shopper" when those change.
export class State extends EventTarget {
  constructor() {
    super();
    this.session = readSession();
    this.shopper = read("shopper", "");
    this.recents = read("recents", []);
    this.basket = read("basket", []);
    addEventListener("storage", (event) => {
      if (event.key !== "souk.basket") return;
      this.basket = read("basket", []);
      this.#changed("basket");
    });
  }

  setShopper(key) {
    this.shopper = key;
    if (key) this.recents = [key, ...this.recents.filter((other) => other !== key)].slice(0, MOST_RECENT);
    write("shopper", key);
    write("recents", this.recents);
    this.#changed("shopper");
  }

  // Lines: {key, title, brand, category, image, amount, currency, availability, quantity}; amount in major units, absent when unknown.
  addToBasket(item, quantity = 1) {
    const line = this.basket.find((other) => other.key === item.key);
    if (line) {
      line.quantity = Math.min(MOST_QUANTITY, line.quantity + quantity);
    } else {
      this.basket.push({ quantity, ...lineOf(item) });
    }
    this.#keepBasket();
  }

  // What the shop says now of an item that is in the basket.
  refreshLine(item) {
    const line = this.basket.find((other) => other.key === item.key);
    if (!line) return;
    Object.assign(line, lineOf(item));
    write("basket", this.basket);
  }

  setQuantity(key, quantity) {
    const line = this.basket.find((other) => other.key === key);
    if (!line) return;
    line.quantity = Math.max(1, Math.min(MOST_QUANTITY, Math.round(quantity) || 1));
    this.#keepBasket();
  }

  removeFromBasket(key) {
    this.basket = this.basket.filter((line) => line.key !== key);
    this.#keepBasket();
  }

  emptyBasket() {
    this.basket = [];
    this.#keepBasket();
  }

  basketCount() {
    return this.basket.reduce((sum, line) => sum + line.quantity, 0);
  }

  #keepBasket() {
    write("basket", this.basket);
    this.#changed("basket");
  }

  #changed(what) {
    this.dispatchEvent(new Event(what));
  }
}

function lineOf(item) {
  const offer = currentOffer(item);
  return {
    key: item.key,
    title: titleOf(item),
    brand: item.brand ?? "",
    category: item.category ?? [],
    images: (item.images ?? []).slice(0, 1),
    amount: offer ? Number(offer.amount) : null,
    currency: offer?.currency ?? "",
    availability: offer?.availability ?? "",
  };
}

export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("souk.theme", theme);
  } catch {
    // Blocked: the theme holds for this page.
  }
}

export function currentTheme() {
  return document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}
