// What is advised of a shelf, as a mark (figure.js) and a title. Its reasons stand in the report's own words.

const ADVICE = {
  keep: { mark: "better", title: "worth its place" },
  equal: { mark: "alike", title: "as good as its best floor" },
  "switch off": { mark: "worse", title: "a floor does better" },
  undecided: { mark: "unsure", title: "not decided" },
  "too few": { mark: "unsure", title: "too few shoppers to tell" },
};
const NOT_JUDGED = { mark: "none", title: "not judged" };

// {mark, title}
export function adviceOn(shelf) {
  return ADVICE[shelf.advice] ?? NOT_JUDGED;
}

export function wordsOn(shelf) {
  return shelf.words ?? shelf.note ?? "The record has no words on it.";
}
