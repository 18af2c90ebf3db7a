// How things are written: money, counts, names of fields, titles.

const locale = navigator.language || "en";
const moneyFormats = new Map();

export function money(amount, currency) {
  if (!moneyFormats.has(currency)) {
    let format;
    try {
      format = new Intl.NumberFormat(locale, { style: "currency", currency });
    } catch {
      format = { format: (value) => `${value} ${currency}` }; // not a code that the browser takes
    }
    moneyFormats.set(currency, format);
  }
  return moneyFormats.get(currency).format(amount);
}

const countFormat = new Intl.NumberFormat(locale);

export function count(number) {
  return countFormat.format(number);
}

export function counted(number, one, many) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function milliseconds(number) {
  return number < 10 ? `${number.toFixed(1)} ms` : `${Math.round(number)} ms`;
}

// "capacity_l" -> "Capacity l", "attributes.colour" -> "Colour".
export function fieldName(name) {
  const words = name
    .replace(/^(attributes|facts|stats)\./, "")
    .replace(/[_-]+/g, " ")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const AVAILABILITY = {
  in_stock: "In stock",
  out_of_stock: "Out of stock",
  preorder: "Pre-order",
  backorder: "On back order",
  discontinued: "Discontinued",
};

export function availabilityName(value) {
  return AVAILABILITY[value] ?? fieldName(value);
}

// Words in capitals as a person would write them; what is short (OZ, TV) or has a digit stays.
function calmWords(text) {
  return text.replace(/[\p{L}\p{N}']+/gu, (word) =>
    /\p{N}|\p{Ll}/u.test(word) || word.length < 3 ? word : word.charAt(0) + word.slice(1).toLowerCase(),
  );
}

// Feeds often shout: "POTATO CHIPS 11 OZ". Texts all in capitals are calmed, and so are long runs of capitals inside of sentences, which quote
// titles. "HDMI cable" stays as it is.
export function calm(text) {
  if (!/\p{Ll}/u.test(text)) return /\p{Lu}[^]*\p{Lu}[^]*\p{Lu}[^]*\p{Lu}/u.test(text) ? calmWords(text) : text;
  return text.replace(/\p{Lu}[^\p{Ll}]{6,}(?!\p{Ll})/gu, calmWords);
}

// Up to two initials of what a thing is called.
export function initials(text) {
  const words = (text.match(/[\p{L}\p{N}]+/gu) ?? ["?"]).filter((word) => /\p{L}/u.test(word));
  const chosen = words.length > 0 ? words.slice(0, 2) : ["?"];
  return chosen.map((word) => [...word][0].toUpperCase()).join("");
}

export function sentence(text) {
  return text === "" ? "" : text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

export function date(text) {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(time);
}
