// What recorded runs say of themselves: names, groups that may be compared, verdicts in words.
import { counted } from "../lib/text.js";
import { chance, isQuality, lessIsBetter, range, signed, sortedMetrics } from "./numbers.js";

export function methodOf(run) {
  return run.model || run.recipe.split("/").at(-1);
}

export function settingsOf(run) {
  return (run.set ?? []).map((text) => text.replace(/^settings\./, "")).join(", ");
}

export function labelOf(run) {
  const settings = settingsOf(run);
  return `${methodOf(run)}${settings ? ` (${settings})` : ""}, seed ${run.seed}`;
}

// The metric that decides: the recipe's own.
export function primaryOf(run) {
  const names = Object.keys(run.metrics);
  return [run.primary, run.versus?.metric, "NDCG@10"].find((name) => names.includes(name)) ?? sortedMetrics(names)[0];
}

// The recipe's metric of most of the runs.
export function commonPrimary(runs) {
  const votes = new Map();
  for (const run of runs) votes.set(primaryOf(run), (votes.get(primaryOf(run)) ?? 0) + 1);
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "NDCG@10";
}

// Numbers of unlike data, protocol or split say nothing about the methods: what differs, as [{what, a, b}].
export function unlikeness(a, b) {
  const sides = [
    ["data", `${a.data.name} ${a.data.hash}`, `${b.data.name} ${b.data.hash}`, a.data.hash === b.data.hash],
    ["protocol", a.protocol, b.protocol, a.protocol === b.protocol],
    ["split", a.split, b.split, a.split === b.split],
  ];
  return sides.filter(([, , , like]) => !like).map(([what, left, right]) => ({ what, a: left, b: right }));
}

const keyOf = (run) => JSON.stringify([run.data.hash, run.protocol, run.split]);

// [{data, protocol, split, cases, runs, floors: [{name, metrics, interval?}]}]: what may share a table. Floors that are runs themselves are left out.
export function groupsOf(runs) {
  const groups = new Map();
  for (const run of runs) {
    const key = keyOf(run);
    if (!groups.has(key)) groups.set(key, { data: run.data, protocol: run.protocol, split: run.split, cases: run.cases, runs: [] });
    groups.get(key).runs.push(run);
  }
  for (const group of groups.values()) group.floors = floorsOf(group.runs);
  return [...groups.values()].sort((a, b) => a.data.name.localeCompare(b.data.name) || a.protocol.localeCompare(b.protocol));
}

// [{name, metrics, interval}] of the runs' floors, but for those that are one of the runs themselves.
export function floorsOf(runs) {
  const seen = new Map();
  const same = (a, b) => Object.keys(a).every((name) => Math.abs(a[name] - (b[name] ?? a[name])) < 1e-12);
  for (const run of runs) {
    for (const [name, metrics] of Object.entries(run.floors)) {
      const interval = run.floor_interval?.[name];
      if (runs.some((other) => methodOf(other) === name && same(other.metrics, metrics))) continue;
      const key = `${name} ${JSON.stringify(metrics)}`; // a floor with other settings is another floor
      if (!seen.has(key)) seen.set(key, { name, metrics, interval });
    }
  }
  return [...seen.values()];
}

// {mark, short, long}: a run against its best floor; nothing when it has none. `mark` is a name of mark() in figure.js.
export function verdictOf(run) {
  const { versus } = run;
  if (!versus) return undefined;
  const { floor, verdict } = versus;
  if (verdict === "too few") {
    const few = `too few cases to tell (${run.clusters ?? run.cases})`;
    return { mark: "unsure", short: few, long: `Against ${floor}: ${few}.` };
  }
  const mark = { beats: "better", "does not beat": "worse" }[verdict] ?? "alike";
  const evidence = `${versus.metric} ${signed(versus.delta)} ${range(versus.interval, signed)}, ${chance(versus.p)}`;
  return { mark, short: `${verdict} ${floor}`, long: `${methodOf(run)} ${verdict} ${floor}, its best floor: ${evidence}.` };
}

// {text, trials, warn, title} of where the settings came from; nothing when nobody tuned.
export function tunedOf(run) {
  const { tuned } = run;
  if (!tuned) return undefined;
  const trials = tuned.trials ? ` in ${counted(tuned.trials, "trial", "trials")}` : "";
  const text = `tuned on ${tuned.on}`;
  return tuned.on === "test"
    ? { text, trials, warn: true, title: "Its settings were chosen on the very cases it is judged on: too good to be true." }
    : { text, trials, warn: false, title: "Its settings were chosen on cases that are not those it is judged on." };
}

// Two runs on one metric: {text, delta, better?: "A" or "B", overlap?: whether their intervals leave doubt}.
export function aheadOf(a, b, metric) {
  const delta = a.metrics[metric] - b.metrics[metric];
  if (!Number.isFinite(delta)) return { text: "only in one", delta };
  if (delta === 0) return { text: "equal", delta };
  if (!isQuality(metric)) return { text: `${delta > 0 ? "A" : "B"} is higher`, delta };
  const better = delta > 0 !== lessIsBetter(metric) ? "A" : "B";
  const [left, right] = [a.interval?.[metric], b.interval?.[metric]];
  const overlap = left && right ? left[0] <= right[1] && right[0] <= left[1] : undefined;
  return { text: `${better} is ahead`, better, overlap, delta };
}

export function sizesOf({ data, cases }) {
  const parts = [
    counted(data.users, "user", "users"),
    counted(data.items, "item", "items"),
    counted(data.events, "event", "events"),
    ...(cases ? [counted(cases, "case", "cases")] : []),
  ];
  return parts.join(" · ");
}
