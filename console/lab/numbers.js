// How figures of merit are named, ordered and written.
import { count } from "../lib/text.js";

// What says most first; of one kind, shorter lists first.
const KINDS = ["NDCG", "HR", "Recall", "Precision", "MRR", "MAP", "AUC", "GAUC", "Coverage", "Gini"];
const LESS_IS_BETTER = /^(Gini|LogLoss|RMSE|MAE|ECE)\b/i;
const NOT_QUALITY = /^(Coverage|Gini)\b/i; // what a list is like, not how well it hits

const MEANINGS = {
  NDCG: "gain of hits, more for earlier ones",
  HR: "share of cases with a hit",
  Recall: "share of what was looked for",
  Precision: "share of the list that hits",
  MRR: "one over the place of the first hit",
  MAP: "mean precision at each hit",
  Coverage: "share of the catalogue ever shown",
  Gini: "how unevenly items are shown",
};

export function kindOf(metric) {
  return metric.split("@")[0];
}

export function cutoffOf(metric) {
  return Number(metric.split("@")[1] ?? 0);
}

export function meaningOf(metric) {
  return MEANINGS[kindOf(metric)] ?? "";
}

export function lessIsBetter(metric) {
  return LESS_IS_BETTER.test(metric);
}

export function isQuality(metric) {
  return !NOT_QUALITY.test(metric);
}

function rankOf(metric) {
  const at = KINDS.indexOf(kindOf(metric));
  return at < 0 ? KINDS.length : at;
}

export function sortedMetrics(names) {
  return [...new Set(names)].sort((a, b) => rankOf(a) - rankOf(b) || cutoffOf(a) - cutoffOf(b) || a.localeCompare(b));
}

export function figure(value) {
  return Number.isFinite(value) ? value.toFixed(4).replace("-", "−") : "–";
}

export function signed(value) {
  return Number.isFinite(value) ? `${value > 0 ? "+" : ""}${figure(value)}` : "–";
}

export function percent(value) {
  if (!Number.isFinite(value)) return "–";
  return `${value > 0 ? "+" : ""}${(100 * value).toFixed(1).replace("-", "−")} %`;
}

export function range(interval, write = figure) {
  return interval ? `[${write(interval[0])}, ${write(interval[1])}]` : "";
}

export function chance(p) {
  return p < 0.001 ? "p\u00a0<\u00a00.001" : `p\u00a0=\u00a0${p.toFixed(3)}`;
}

export function seconds(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 60) return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  const whole = Math.round(value);
  return whole < 3600
    ? `${Math.floor(whole / 60)} m ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
}

export function megabytes(value) {
  return Number.isFinite(value) ? `${count(Math.round(value))} MB` : "–";
}
