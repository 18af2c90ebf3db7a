// What is advised of a shelf, as a mark (figure.js) and a title. Its reasons stand in the report's own words.

import { sentence } from "../lib/text.js";

const ADVICE = {
  keep: { mark: "better", title: "worth its place" },
  equal: { mark: "alike", title: "as good as its best floor" },
  "switch off": { mark: "worse", title: "a floor does better" },
  undecided: { mark: "unsure", title: "not decided" },
  "too few": { mark: "unsure", title: "too few shoppers to tell" },
};
const NOT_JUDGED = { mark: "none", title: "not judged" };
const NO_ADVICE = { mark: "unsure", title: "judged without advice" }; // by a version that gave none

// {mark, title}
export function adviceOn(shelf) {
  return ADVICE[shelf.advice] ?? (shelf.note || shelf.versus.length === 0 ? NOT_JUDGED : NO_ADVICE);
}

export function wordsOn(shelf) {
  const verdicts = shelf.versus.map(({ verdict, floor }) =>
    verdict === "too few" ? `${floor}: too few cases to tell` : `${verdict} ${floor}`,
  );
  return shelf.words ?? sentence(shelf.note ?? verdicts.join("; "));
}
