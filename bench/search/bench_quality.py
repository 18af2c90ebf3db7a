"""How good search is: human judgements of a shop (Chorus) beside Lucene, and the untouched default.

Judged: nDCG@10 (gain 2^grade - 1, what nobody judged counts as 0), the same without what nobody judged, the judged share of the first ten,
and R@100 (grade 1 and more), over the 77 queries with a relevant product. Lucene's nine ways (fields summed, dis-max, BM25F; words as they
stand, English stems, both) and Souk's go through the same nested cross-validation, bench/search/cross_validation.py, on the same folds.
README.md says how to read it.

Options: --only chorus|default; --seed N (7).
"""
import argparse
import hashlib
import json
import math
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request

from lib import measure

import cross_validation
import engines
import quality_data
from quality_side import Program, say, souk_program

CACHE = quality_data.FOLDER / "runs"
SOURCES = measure.ROOT / "bench" / "peers" / "lucene" / "quality"
ANALYSIS = (f"org/apache/lucene/lucene-analysis-common/{engines.LUCENE}/lucene-analysis-common-{engines.LUCENE}.jar", "7e7fc5bcb7e2fd702701cfa7f5c209f28bdaf89cb8ef0ba379255c9d7c687430")
FOLDINGS = 5  # ways to draw the folds
METRICS = ("nDCG@10", "judged-only nDCG@10", "judged@10", "R@100")
BY_HAND = {"one field": ("one", "3 2 1 1 1"), "title and short description": ("sum", "1 0 0 1 0"), "sum 3 2 1 1 .5": ("sum", "3 2 1 1 .5"),
           "dis-max 3 2 1 1 .5": ("dismax", "3 2 1 1 .5"), "BM25F 3 2 1 1 1": ("bm25f", "3 2 1 1 1")}
BM25F_WEIGHTS, K1, B = (0, 1, 2, 3, 5, 8, 12), (0.4, 0.8, 1.2, 2, 3), (0.25, 0.5, 0.75, 0.9)
LUCENE_FIELDS = ("title", "brand", "model", "short", "attrs")


def options(arguments):
    parser = argparse.ArgumentParser(prog="bench quality")
    parser.add_argument("--only", choices=("chorus", "default"))
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args(arguments)


# ---- one query

def gain_sum(grades):
    return math.fsum((2.0 ** grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:10]))


def judge(keys, grades):
    """The four metrics of a list, best first."""
    ideal = gain_sum(sorted(grades.values(), reverse=True))
    relevant = sum(grade > 0 for grade in grades.values())
    first = keys[:10]
    return (gain_sum([grades.get(key, 0) for key in keys]) / ideal,
            gain_sum([grades[key] for key in keys if key in grades]) / ideal,
            sum(key in grades for key in first) / len(first) if first else 0.0,
            sum(grades.get(key, 0) > 0 for key in keys[:100]) / relevant)


# ---- the engines

class Side(Program):
    """What it answered before, to the same queries of the same shop, is read from a file."""

    def __init__(self, name, command, shop, ingredients):
        super().__init__(name, command)
        self.shop, self.known = shop, {}
        digest = hashlib.sha256("\n".join(self.command).encode())
        for path in ingredients:
            digest.update(pathlib.Path(path).read_bytes())
        CACHE.mkdir(parents=True, exist_ok=True)
        self.path = CACHE / f"{name}-{digest.hexdigest()[:16]}.jsonl"
        if self.path.exists():
            for setting, values in map(json.loads, self.path.read_text().splitlines()):
                self.known[setting] = values

    def judged(self, setting):
        """The metrics by query."""
        if setting not in self.known:
            lists = self.ask(setting)
            grades = self.shop.grades
            self.known[setting] = [judge([self.shop.keys[row] for row in rows], grades[query]) for query, rows in zip(self.shop.queries, lists)]
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps([setting, self.known[setting]]) + "\n")
        return self.known[setting]


def lucene(shop, files):
    """Lucene's side, or nothing with the reason said."""
    try:
        build, _ = engines.lucene_commands()
        common = engines.jar(*ANALYSIS)
        jars = [engines.PEERS / "lucene" / pathlib.PurePath(path).name for path in engines.JARS]
        classes, source = engines.PEERS / "lucene" / "quality", SOURCES / "LuceneQuality.java"
        made = classes / "LuceneQuality.class"
        if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
            engines.carry([build[0], "-cp", jars[2], "org.eclipse.jdt.internal.compiler.batch.Main", "-21", "-nowarn", "-cp",
                           f"{jars[0]}:{common}", "-d", classes, source], "compiling Lucene's side")
    except engines.LeftOut as reason:
        say(f"lucene: left out: {reason}")
        return None
    return Side("lucene", [build[0], "-XX:+UseSerialGC", "-Xmx1g", "-cp", f"{jars[0]}:{common}:{classes}", "LuceneQuality", files[1], files[2]],
                shop, [files[1], files[2], source])


def souk(shop, files):
    binary = souk_program()
    return Side("souk", [binary, files[0], files[2], quality_data.FOLDER / "index"], shop, [binary, files[0], files[2], *binary.parent.glob("libsouk.so.0.*")])


# ---- settings

def lucene_setting(combine, analyzer, setting):
    fields = " ".join(f"{field}:{setting[field]:g}" for field in LUCENE_FIELDS if setting[field] > 0)
    return f"{combine} {analyzer} {setting['k1']:g} {setting['b']:g} {setting.get('tie', 0):g} {setting.get('exact', 1):g} {fields}"


def family(name, start, grids, weights, evaluate):
    """A family whose settings with no field are worth nothing."""
    def values(setting):
        if not any(setting[field] > 0 for field in weights):
            return [0.0] * queries
        return evaluate(setting)
    queries = len(evaluate(start))
    return cross_validation.Family(name, start, grids, values)


def lucene_families(side):
    for combine in ("sum", "dismax", "bm25f"):
        for analyzer in ("exact", "stems", "twins"):
            start = dict(zip(LUCENE_FIELDS, (3, 2, 1, 1, 1 if combine == "bm25f" else 0.5)))
            weights = BM25F_WEIGHTS if combine == "bm25f" else (0, 0.25, 0.5, 1, 2, 3, 5, 8)
            grids = {**{field: weights for field in LUCENE_FIELDS}, "k1": K1, "b": B}
            start.update(k1=1.2, b=0.75)
            if combine == "dismax":
                start["tie"], grids["tie"] = 0, (0, 0.1, 0.3)
            if analyzer == "twins":
                start["exact"], grids["exact"] = 1, (0.25, 0.5, 1, 2)

            def evaluate(setting, combine=combine, analyzer=analyzer):
                return [values[0] for values in side.judged(lucene_setting(combine, analyzer, setting))]

            yield family(f"{combine} {analyzer}", start, grids, LUCENE_FIELDS, evaluate), (combine, analyzer)


def souk_setting(setting, twins):
    fields = {field: {"search": setting[field], "exact": round(setting[field] * setting["exact"], 4) if twins else 0,
                      "length": setting["title length"] if field == "title" else 0.75} for field in quality_data.FIELDS if setting[field] > 0}
    fields["parts"] = {"search": 0.5, "length": 0}
    return json.dumps({"fields": fields, "k1": setting["k1"], "match": "any"})


# Around the defaults: what a shop would try (the title's weight and length, and k1), all weights, exact forms beside them. The defaults were
# found on these very queries, so that these three know more than what their folds show them; `plain` starts where Lucene does, on its grids.
SOUK_START = {"title": 8, "brand": 4, "mpn": 4, "description": 2, "attributes": 1, "k1": 1.2, "title length": 0.5}
SOUK_FEW = {"title": (4, 8, 12), "k1": (0.8, 1.2, 2), "title length": (0.25, 0.5, 0.75)}
SOUK_ALL = {"title": (2, 4, 8, 12), "brand": (1, 2, 4, 8), "mpn": (1, 2, 4), "description": (1, 2, 3), "attributes": (0.5, 1, 2),
            "k1": (0.8, 1.2, 2), "title length": (0.25, 0.5, 0.75)}
PLAIN_START = {"title": 3, "brand": 2, "mpn": 1, "description": 1, "attributes": 1, "k1": 1.2, "title length": 0.75}
PLAIN_ALL = {**{field: BM25F_WEIGHTS for field in quality_data.FIELDS}, "k1": K1, "title length": B}


def souk_families(side):
    for name, start, grids in (("few", SOUK_START, SOUK_FEW), ("stems", SOUK_START, SOUK_ALL), ("plain", PLAIN_START, PLAIN_ALL),
                               ("twins", {**SOUK_START, "exact": 0.5}, {**SOUK_ALL, "exact": (0.25, 0.5, 1, 2)})):
        twins = name == "twins"

        def evaluate(setting, twins=twins):
            return [values[0] for values in side.judged(souk_setting(setting, twins))]

        yield family(name, start, grids, quality_data.FIELDS, evaluate), (twins,)


# ---- Chorus

def means(judged):
    return [math.fsum(column) / len(column) for column in zip(*judged)]


def rows_of(engine, version, name, judged):
    return [measure.row(engine, version, f"{name}, {metric}", [value], "") for metric, value in zip(METRICS, means(judged))]


def difference(ours, theirs, seed, number=0):
    return cross_validation.interval([a[number] - b[number] for a, b in zip(ours, theirs)], seed)


def difference_rows(name, ours, theirs, seed):
    for number, metric in enumerate(METRICS):
        mean, low, high, share = difference(ours, theirs, seed, number)
        yield {**measure.row("souk", "", f"{name}, {metric}", [mean], ""), "min": round(low, 4), "max": round(high, 4), "not_above_0": round(share, 4)}


def cross_validated(name, families, seed, judged_of):
    """The metrics of each query under settings chosen without it, the mean over several ways to draw the folds; and what all queries together
    would choose, judged on themselves."""
    known = {family.name: how for family, how in families}
    every = [family for family, _ in families]
    drawn = []
    for number in range(FOLDINGS):
        count = len(every[0].evaluate(every[0].start))
        _, settings = cross_validation.nested(every, cross_validation.folds_of(count, seed + number))
        drawn.append([judged_of(known[family.name], setting)[row] for row, (family, setting) in enumerate(settings)])
        say(f"{name}: folds {number + 1} of {FOLDINGS}: nDCG@10 {means(drawn[-1])[0]:.4f}")
    held_out = [tuple(math.fsum(values) / FOLDINGS for values in zip(*rows)) for rows in zip(*drawn)]
    (setting, _), family = max(((cross_validation.ascend(family, range(count)), family) for family in every), key=lambda found: found[0][1])
    words = f"{family.name} " + " ".join(f"{key} {value:g}" for key, value in setting.items())
    return held_out, [means(judged)[0] for judged in drawn], judged_of(known[family.name], setting), words


def by_hand(side):
    for name, (combine, weights) in BY_HAND.items():
        setting = {**dict(zip(LUCENE_FIELDS, map(float, weights.split()))), "k1": 1.2, "b": 0.75}
        for analyzer in ("exact", "stems"):
            yield f"{name}, {analyzer}", side.judged(lucene_setting(combine, analyzer, setting))


def chorus(given):
    shop = quality_data.Chorus()
    files = shop.write()
    rows, found = [], {}
    peer, ours = lucene(shop, files), souk(shop, files)
    if peer is not None:
        for name, judged in by_hand(peer):
            rows += rows_of("lucene", engines.LUCENE, name, judged)
        found["lucene"] = cross_validated("lucene, nine ways", list(lucene_families(peer)), given.seed,
                                          lambda how, setting: peer.judged(lucene_setting(*how, setting)))
    default = ours.judged(souk_setting(SOUK_START, False))
    rows += rows_of("souk", "", "the default weights, any word", default)
    families = {family.name: (family, how) for family, how in souk_families(ours)}
    for name in families:
        found[f"souk, {name}"] = cross_validated(f"souk, {name}", [families[name]], given.seed, lambda how, setting: ours.judged(souk_setting(setting, *how)))
    for side in (peer, ours):
        if side is not None:
            side.close()
    for name, (held_out, foldings, in_sample, setting) in found.items():
        engine = name.split(",")[0]
        rows += rows_of(engine, "", f"{name}, cross-validated", held_out)
        rows.append(measure.row(engine, "", f"{name}, cross-validated, each way to draw folds, nDCG@10", foldings, ""))
        rows += rows_of(engine, "", f"{name}, in sample ({setting})", in_sample)
    if "lucene" in found:
        theirs = found["lucene"][0]
        for name in families:
            rows += difference_rows(f"souk, {name}, cross-validated, difference to Lucene", found[f"souk, {name}"][0], theirs, given.seed)
        rows += difference_rows("the default weights, any word, difference to Lucene cross-validated", default, theirs, given.seed)
    return rows, found["lucene"][0] if "lucene" in found else None, shop


# ---- the untouched default

def served(folder, queries, k, **fields):
    """The keys that a server of the shop answers each query with."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with subprocess.Popen([measure.SOUK, "serve", folder, "--listen", url.removeprefix("http://"), "--log-level", "error"],
                          stdout=subprocess.DEVNULL) as server:
        try:
            for attempt in range(200):
                try:
                    urllib.request.urlopen(url + "/readyz", timeout=5).close()
                    break
                except OSError:
                    if attempt == 199:
                        raise
                    time.sleep(0.05)
            for query in queries:
                body = json.dumps({"query": query, "k": k, "facets": [], "fields": ["title"], **fields}).encode()
                request = urllib.request.Request(url + "/v1/search", body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=30) as reply:
                    yield [item["key"] for item in json.load(reply)["items"]]
        finally:
            server.terminate()


def untouched(given, shop, theirs):
    """What `souk init`, `souk import` and `/v1/search` give, no key of shop.toml changed."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder) / "shop"
        measure.run([measure.SOUK, "--quiet", "init", folder])
        measure.run([measure.SOUK, "--quiet", "import", folder, "--data", quality_data.CHORUS, "--folder", quality_data.DATA])
        for name, fields in (("default", {}), ("default, match any", {"match": "any"}), ("default, match all", {"match": "all"})):
            judged = [judge(keys, shop.grades[query]) for query, keys in zip(shop.queries, served(folder, shop.queries, 100, **fields))]
            rows += rows_of("souk", "", name, judged)
            if theirs and not fields:
                rows += difference_rows("default, difference to Lucene cross-validated", judged, theirs, given.seed)
    return rows


def main(as_json, arguments):
    given = options(arguments)
    rows, theirs, shop = [], None, None
    if given.only in (None, "chorus"):
        rows, theirs, shop = chorus(given)
    if given.only in (None, "default"):
        rows += untouched(given, shop or quality_data.Chorus(), theirs)
    table = [f"  {row['engine']:<7} {row['metric']:<70} {row['median']:.4f}" +
             (f"  [{row['min']:+.4f}, {row['max']:+.4f}]" if "not_above_0" in row else "") for row in rows]
    measure.report("quality", f"Chorus, 77 queries; seed {given.seed}", rows, {}, as_json, table)
