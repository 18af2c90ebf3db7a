"""Queries on product texts beside Lucene, Tantivy, PISA, Xapian, SQLite FTS5 and bm25s: one thread, processor seconds, interleaved.

226,226 texts of real catalogues and 1,000,000 made from them, real and sampled queries (corpus.py); the best 10 and 100 for any word and for
all words, and what shops send: the best 20 with an exact total, two facets, price statistics and a filter. bench/peers/README.md says what a
side does, README.md here how to read the figures. Souk's side is bench/index/search_bench.cc.

Options: --only real|million; --peers a,b (with or without souk); --rounds N (7); --builds N (3 of each index, 1 of slow ones); --reuse (indexes
that are there are not built again, and building is not reported); --quick (3 rounds of 500 queries, one build, real only unless --only).
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from lib import measure

import agreement
import corpus
import engines

CELLS = ("or-10", "or-100", "and-10", "and-100", "shop-or", "shop-and")
INDEXES = corpus.FOLDER / "index"
SCRATCH = corpus.FOLDER / "answers"
ALL = 10**9  # queries: all there are


def say(text):
    print(text, file=sys.stderr, flush=True)


def options(arguments):
    parser = argparse.ArgumentParser(prog="bench search")
    parser.add_argument("--only", choices=("real", "million"))
    parser.add_argument("--peers", default=",".join(engines.INSTALLERS))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--builds", type=int)
    parser.add_argument("--reuse", action="store_true")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    given.peers = given.peers.split(",")
    unknown = [name for name in given.peers if name not in engines.INSTALLERS]
    if unknown:
        parser.error(f"no engine is called {unknown[0]!r}; there are {', '.join(engines.INSTALLERS)}")
    given.corpora = [given.only] if given.only else ["real"] if given.quick else ["real", "million"]
    given.rounds = given.rounds or (3 if given.quick else 7)
    given.builds = given.builds or (1 if given.quick else 3)
    given.most = 500 if given.quick else ALL
    return given


class Clock:
    """How much of a stage is done, and for how long the rest will go on at this pace."""

    def __init__(self, stage, steps):
        self.stage, self.steps, self.done, self.start = stage, steps, 0, time.monotonic()

    def step(self, what):
        self.done += 1
        left = (time.monotonic() - self.start) / self.done * (self.steps - self.done)
        say(f"search {self.stage}: {what} ({self.done} of {self.steps}, about {left:.0f} s left)")


# ---- building

def index_path(corpus_name, owner, kind):
    return INDEXES / corpus_name / f"{owner}-{kind}"


def log_path(engine):
    """What an engine says on standard error."""
    return corpus.FOLDER / f"{engine.name}.log"


def build(engine, corpus_name, kind):
    """What `build-text` or `build-shop` says of itself. The index is there afterwards, or the benchmark ends."""
    index = index_path(corpus_name, engine.owner, kind)
    unfinished = index.with_name(index.name + ".unfinished")
    for folder in (index, unfinished):
        shutil.rmtree(folder, ignore_errors=True)
    index.parent.mkdir(parents=True, exist_ok=True)
    inputs = [corpus.FOLDER / f"{corpus_name}.txt"] + ([corpus.FOLDER / f"{corpus_name}.tsv"] if kind == "shop" else [])
    command = [*map(str, engine.build), f"build-{kind}", *map(str, inputs), str(unfinished)]
    with open(log_path(engine), "a", encoding="utf-8") as log:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, check=False, env=engines.environment())
    if done.returncode != 0:
        raise SystemExit(f"bench search: {engine.name} could not build its {kind} index of {corpus_name} (status {done.returncode}); see "
                         f"{log_path(engine)}")
    unfinished.rename(index)
    return json.loads(done.stdout.strip().splitlines()[-1])


def build_all(chosen, corpus_name, given, figures):
    """Builds every index that is wanted, in turn, and notes what it cost."""
    owners = list({engine.owner: engine for engine in reversed(chosen)}.values())[::-1]
    wanted = [(engine, kind) for engine in owners for kind in ("text", "shop") if kind == "text" or engine.shop]
    if given.reuse:
        wanted = [(engine, kind) for engine, kind in wanted if not index_path(corpus_name, engine.owner, kind).exists()]
    plan = [(engine, kind) for number in range(given.builds) for engine, kind in wanted if number == 0 or not engine.builds_once]
    clock = Clock(f"{corpus_name}, building", len(plan))
    for engine, kind in plan:
        built = build(engine, corpus_name, kind)
        figures.built(engine.owner, corpus_name, kind, built)
        clock.step(f"{engine.owner} {kind}: {built['cpu']:.1f} s, {built['bytes'] / 1e6:.1f} MB")


# ---- answering

class Served:
    """A side that is up, with the index of one corpus open."""

    def __init__(self, engine, corpus_name):
        self.engine = engine
        paths = [corpus.FOLDER / "queries.txt", index_path(corpus_name, engine.owner, "text")]
        if engine.shop:
            paths += [corpus.FOLDER / "shop.txt", index_path(corpus_name, engine.owner, "shop")]
        with open(log_path(engine), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([*map(str, engine.serve), "serve", *map(str, paths)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log, text=True, env=engines.environment())
        self.name = engine.name
        self.said = self.read("serve")
        self.version, self.cells, self.documents = self.said["version"], self.said["cells"], self.said["documents"]

    def read(self, command):
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"it ended with status {self.process.wait()}; see {log_path(self.engine)}"}
        if "error" in answer:
            raise SystemExit(f"bench search: {self.name}, asked to {command}: {answer['error']}")
        return answer

    def ask(self, *command):
        text = " ".join(map(str, command))
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.read(text)

    def most(self, cell, given):
        return min(given.most, self.engine.most.get(cell, ALL))

    def close(self):
        try:
            self.process.stdin.write("quit\n")
            self.process.stdin.close()
            self.process.wait(timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def play(sides, corpus_name, given, figures):
    """Rounds of all cells and engines in turn; each round begins with another engine."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    times = SCRATCH / "times"
    for side in sides:
        say(f"search {corpus_name}: warming {side.name} {side.version}")
        if side.engine.warm:
            side.ask("warm", min(side.engine.warm, 3) if given.quick else side.engine.warm)
    clock = Clock(corpus_name, given.rounds)
    for number in range(given.rounds):
        for cell in CELLS:
            turn = number % len(sides)
            for side in sides[turn:] + sides[:turn]:
                if cell not in side.cells:
                    continue
                most = side.most(cell, given)
                figures.round(side, corpus_name, cell, side.ask("run", cell, most))
                figures.times(side, corpus_name, cell, side.ask("times", cell, most, times), times)
        clock.step(f"round {number + 1}")


def answers_of(sides, corpus_name, given):
    """{engine: {cell: answers}}"""
    found = {}
    for side in sides:
        for cell in side.cells:
            path = SCRATCH / f"{corpus_name}-{side.name}-{cell}"
            side.ask("answers", cell, side.most(cell, given), path)
            found.setdefault(side.name, {})[cell] = agreement.read(path, cell.startswith("shop"))
    return found


# ---- figures

def percentile(ascending, share):
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]


class Figures:
    """What was measured: lists of values, one a round or a build, by (engine, metric)."""

    def __init__(self):
        self.versions, self.values, self.units, self.checksums, self.nanoseconds, self.queries = {}, {}, {}, {}, {}, {}

    def add(self, engine, metric, value, unit):
        self.values.setdefault((engine, metric), []).append(value)
        self.units[metric] = unit

    def built(self, engine, corpus_name, kind, built):
        suffix = corpus_name if kind == "text" else f"with columns {corpus_name}"
        self.add(engine, f"build {suffix}", built["cpu"], "s")
        self.add(engine, f"index {suffix}", built["bytes"] / 1e6, "MB")

    def seen(self, side, corpus_name, cell, answer):
        """Every pass of an engine over a cell has to end in the same documents."""
        self.versions[side.name] = self.versions[side.engine.owner] = side.version
        key = (side.name, corpus_name, cell)
        seen = self.checksums.setdefault(key, answer["checksum"])
        if seen != answer["checksum"]:
            raise SystemExit(f"bench search: {side.name} answered {cell} of {corpus_name} otherwise than before")
        self.queries[key] = answer["queries"]

    def round(self, side, corpus_name, cell, answer):
        self.seen(side, corpus_name, cell, answer)
        self.add(side.name, f"{cell} {corpus_name}", answer["queries"] / answer["cpu"], "queries/s")

    def times(self, side, corpus_name, cell, answer, path):
        self.seen(side, corpus_name, cell, answer)
        self.nanoseconds.setdefault((side.name, corpus_name, cell), []).append([int(line) for line in path.read_text().split()])

    def latencies(self):
        """p50 and p99 of the queries' medians over the rounds, in microseconds, with the range of the rounds' own."""
        for (engine, corpus_name, cell), rounds in self.nanoseconds.items():
            medians = sorted(map(statistics.median, zip(*rounds)))
            ordered = [sorted(times) for times in rounds]
            for label, share in (("p50", 0.5), ("p99", 0.99)):
                every = [percentile(times, share) / 1e3 for times in ordered]
                yield engine, f"{cell} {corpus_name} {label}", percentile(medians, share) / 1e3, every

    def rows(self):
        rows = [measure.row(engine, self.versions.get(engine, ""), metric, values, self.units[metric])
                for (engine, metric), values in self.values.items()]
        for engine, metric, value, every in self.latencies():
            rows.append({**measure.row(engine, self.versions[engine], metric, every, "us"), "median": round(value, 4)})
        return rows


OURS = ("souk", "souk-bp")


def ratios(rows):
    """Souk against each peer in each cell, against the fastest of them and its p99, and what building and bytes are held to."""
    value = {(row["engine"], row["metric"]): row["median"] for row in rows}
    found = {}
    for (engine, metric), ours in value.items():
        if engine not in OURS:
            continue
        reference = engine
        peers = {name: theirs for (name, other), theirs in value.items() if other == metric and name not in OURS}
        cell = metric.split()[0]
        if cell in CELLS and not metric.endswith(("p50", "p99")) and peers:
            found.update({f"{reference}/{name} {metric}": ours / theirs for name, theirs in peers.items()})
            fastest = max(peers, key=peers.get)
            found[f"{reference}/fastest peer ({fastest}) {metric}"] = ours / peers[fastest]
            tail = f"{metric} p99"
            found[f"{reference}/fastest peer ({fastest}) {tail}"] = value[fastest, tail] / value[reference, tail]
        elif cell in ("build", "index"):
            held_to = "tantivy" if cell == "build" else "lucene"
            if held_to in peers:
                found[f"{reference}/{held_to} {metric}"] = peers[held_to] / ours
    return found


# ---- the table

def cell_text(value, form):
    return form.format(value) if value is not None else "-"


def tables(rows, corpora, names):
    """Lines for a terminal: a table of speed and one of latencies for each corpus."""
    value = {(row["engine"], row["metric"]): row["median"] for row in rows}
    lines = []
    for name in corpora:
        here = [engine for engine in names if (engine, f"or-10 {name}") in value]
        heads = ["index MB", "build s", "with columns", "build s", *CELLS]
        metrics = [f"index {name}", f"build {name}", f"index with columns {name}", f"build with columns {name}", *(f"{cell} {name}" for cell in CELLS)]
        forms = ["{:,.1f}"] * 4 + ["{:,.0f}"] * len(CELLS)
        table = [[f"{name}, queries/s", *heads]]
        table += [[engine, *(cell_text(value.get((engine, metric)), form) for metric, form in zip(metrics, forms))] for engine in here]
        table.append([f"{name}, p50 / p99 us", *[""] * 4, *CELLS])
        for engine in here:
            pairs = ([value.get((engine, f"{cell} {name} {label}")) for label in ("p50", "p99")] for cell in CELLS)
            table.append([engine, *[""] * 4, *("-" if pair[0] is None else f"{pair[0]:,.0f} / {pair[1]:,.0f}" for pair in pairs)])
        wide = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
        lines += ["", *("  ".join(text.ljust(size) if column == 0 else text.rjust(size)
                                   for column, (text, size) in enumerate(zip(row, wide))) for row in table)]
    return lines


def main(as_json, arguments):
    given = options(arguments)
    manifest = corpus.prepare(say)
    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    chosen = engines.install(given.peers, say)
    if not chosen:
        raise SystemExit("bench search: no engine is left")
    figures, judged = Figures(), []
    for name in given.corpora:
        here = [engine for engine in chosen if name in engine.corpora]
        build_all(here, name, given, figures)
        sides = []
        try:
            for engine in here:
                sides.append(Served(engine, name))
                if sides[-1].documents != manifest["documents"][name]:
                    raise SystemExit(f"bench search: {engine.name} has {sides[-1].documents} of {manifest['documents'][name]} texts of {name}")
            play(sides, name, given, figures)
            judged += agreement.judge(name, answers_of(sides, name, given))
        finally:
            for side in sides:
                side.close()
    rows = figures.rows() + [measure.row(j.engine, figures.versions[j.engine], j.metric, [j.value], "share") for j in judged]
    found = ratios(rows)
    queries = sum(manifest["queries"].values())
    fewer = sorted({f"{engine} {cell} {count}" for (engine, _, cell), count in figures.queries.items() if count < min(given.most, queries)})
    work = (f"{' and '.join(given.corpora)}, {queries:,} queries, {given.rounds} rounds, one thread; load before {load}"
            + (f"; fewer queries: {', '.join(fewer)}" if fewer else "") + (f"; quick: the first {given.most} queries" if given.quick else ""))
    names = [engine.name for engine in chosen]
    table = tables(rows, given.corpora, names) + ["", *agreement.lines(judged), "", *(f"{key}: {value:.3g}" for key, value in found.items())]
    measure.report("search", work, rows, found, as_json, table)
    return 1 if any(j.engine in OURS and not j.right for j in judged) else 0
