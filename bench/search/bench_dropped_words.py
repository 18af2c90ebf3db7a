"""What a search does when no item has all its words, on the Chorus electronics shop: known items and judged queries.

Known items: words of a product's title with words of other titles among them, in any order; is the product among the first ten? Judged:
nDCG@10 of `souk evaluate --judgements`. A shop is made in a temporary folder, and served on loopback with one way to leave words out
after the other. Arguments: queries of each kind (500), seed (7).
"""
import gzip
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import tempfile
import time
import urllib.request

from lib import measure

DATA = pathlib.Path(os.environ.get("SOUK_DATA", measure.ROOT.parent / "shared" / "data")) / "chorus-electronics"
KINDS = ((3, 1), (4, 1), (4, 2), (5, 2))  # words of the title, words of others
WAYS = {"the index's own": None, **{f'drop = "{drop}", least = {least}': (drop, least)
                                    for drop, least in (("rare", 1), ("common", 1), ("common", 5), ("any", 1), ("any", 5))}}


def titles():
    with gzip.open(DATA / "products.jsonl.gz", "rt") as lines:
        for item in map(json.loads, lines):
            words = list(dict.fromkeys(word for word in re.findall(r"[a-z0-9]+", item.get("title", "").lower()) if len(word) > 1))
            if len(words) >= 3:
                yield str(item["id"]), words


def queries(items, own, wrong, count, seed):
    generator = random.Random(f"{seed} {own} {wrong}")
    while count > 0:
        key, words = generator.choice(items)
        if len(words) < own:
            continue
        query = generator.sample(words, own)
        while len(query) < own + wrong:
            other = generator.choice(generator.choice(items)[1])
            if other not in words:
                query.insert(generator.randrange(len(query) + 1), other)
        yield key, " ".join(query)
        count -= 1


def settings(default, way):
    if way is None:
        return re.sub(r"(?m)^relax = .*$", "", default, count=1)
    return f'{default}\n[shelves.search.settings.drop-words]\ndrop = "{way[0]}"\nleast = {way[1]}\n'


def answers(shop, asked, match):
    """The keys that a server of the shop answers each query with, and what it took."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with subprocess.Popen([measure.SOUK, "serve", shop, "--listen", url.removeprefix("http://"), "--log-level", "error"],
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
            for query in asked:
                body = json.dumps({"query": query, "k": 10, "facets": [], "fields": ["title"], "match": match}).encode()
                request = urllib.request.Request(url + "/v1/search", body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=30) as reply:
                    answer = json.load(reply)
                yield [item["key"] for item in answer["items"]], answer["took_ms"]
        finally:
            server.terminate()


def known_items(name, shop, items, count, seed, match="auto"):
    for own, wrong in KINDS:
        drawn = list(queries(items, own, wrong, count, seed))
        answered = list(answers(shop, [query for _, query in drawn], match))
        hits = [float(key in keys) for (key, _), (keys, _) in zip(drawn, answered)]
        yield measure.row(name, "", f"known items, {own} + {wrong} words, success@10", [sum(hits) / len(hits)], "")
        yield measure.row(name, "", f"known items, {own} + {wrong} words", [took for _, took in answered], "ms")


def main(as_json, arguments):
    count, seed = (list(arguments) + ["500", "7"][len(arguments):])[:2]
    if not DATA.exists():
        raise SystemExit(f"{DATA} is missing: SOUK_DATA names the folder of data sets")
    items, rows = list(titles()), []
    with tempfile.TemporaryDirectory() as folder:
        shop = pathlib.Path(folder) / "shop"
        measure.run([measure.SOUK, "--quiet", "init", shop])
        measure.run([measure.SOUK, "--quiet", "import", shop, "--data", "chorus-electronics", "--folder", DATA.parent])
        default = (shop / "shop.toml").read_text()
        for name, way in WAYS.items():
            (shop / "shop.toml").write_text(settings(default, way))
            rows += known_items(name, shop, items, int(count), seed)
            judged = json.loads(measure.run([measure.SOUK, "--quiet", "--json", "evaluate", shop, "--judgements",
                                             DATA / "Broad_Query_Set_rated.csv"]).output)
            rows.append(measure.row(name, "", "judged queries, nDCG@10", [judged["run"]["metrics"]["nDCG@10"]], ""))
        rows += known_items('match = "any"', shop, items, int(count), seed, "any")
    measure.report("dropped-words", f"{count} known items of each kind, seed {seed}", rows, {}, as_json)
