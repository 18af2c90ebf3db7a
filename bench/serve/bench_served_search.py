"""Processor milliseconds and latency of a search over HTTP, on the demo shop and on a million items, beside PostgreSQL and /healthz.

One Souk server a shop and one PostgreSQL take turns, round after round, at 1 and at 16 connections: wrk asks Souk for the best ten and the
exact total, pgbench asks PostgreSQL for the best ten alone, of a tsvector column with a GIN index, over a socket, prepared, all words
required as Souk requires them first. Processor time is the servers' own, all processes and threads, divided by the answers. The queries are
those of the search benchmark for the million, words of the shop's titles for the demo shop. Promised: 2 ms a search on the million.
Arguments: --rounds N (5), --seconds N (2), --items N (1,000,000), --shop FOLDER (build/demo-shop).
"""
import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.parse

from lib import measure
from search import catalogue_shop

import bench_http
import intake_peers
from mixed_load import exported, value_of

FOLDER = measure.ROOT / "build" / "bench-search" / "shops"
CONNECTIONS = (1, 16)
TABLES = """CREATE TABLE items(id integer PRIMARY KEY, title text, body text);
CREATE TABLE queries(n serial PRIMARY KEY, words text);
"""
INDEXED = """ALTER TABLE items ADD COLUMN words tsvector;
UPDATE items SET words = setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'B');
CREATE INDEX items_words ON items USING gin(words);
VACUUM FULL ANALYZE items;
"""
BEST = r"""\set n random(1, :queries)
SELECT id, ts_rank(words, q) AS score FROM items, (SELECT plainto_tsquery('english', words) AS q FROM queries WHERE n = :n) AS asked
 WHERE words @@ q ORDER BY score DESC LIMIT 10;
"""


def copied(postgres, table, rows):
    """Rows of texts, none with a tab or a backslash of its own."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".tsv") as file:
        file.writelines("\t".join(field.replace("\\", " ").replace("\t", " ") for field in row) + "\n" for row in rows)
        file.flush()
        postgres.psql(f"\\copy {table} FROM '{file.name}'\n")


class Peer:
    """PostgreSQL with the titles and descriptions of a shop's items."""

    def __init__(self, items, queries):
        self.server = intake_peers.Postgres()
        self.queries = len(queries)
        self.server.psql(TABLES)
        copied(self.server, "items", ([str(number), item["title"], item.get("description") or ""] for number, item in enumerate(items)))
        copied(self.server, "queries(words)", ([query] for query in queries))
        self.server.psql(INDEXED)
        self.script = self.server.folder / "best.sql"
        self.script.write_text(BEST)

    def load(self, connections, seconds):
        """As bench_http.load()."""
        with tempfile.TemporaryDirectory() as logs:
            before = self.server.processor_seconds()
            measure.run(["pgbench", "-n", "-c", str(connections), "-j", "1", "-T", str(seconds), "-M", "prepared", "-D", f"queries={self.queries}",
                         "-l", "--log-prefix", f"{logs}/log", "-f", self.script, *self.server.reach[:4], "bench"])
            spent = self.server.processor_seconds() - before
            times = sorted(int(line.split()[2]) for path in pathlib.Path(logs).glob("log.*") for line in path.open(encoding="ascii"))
        return len(times) / seconds, spent * 1e3 / len(times), times[len(times) // 2] / 1e3, times[len(times) * 99 // 100] / 1e3


class Souk:
    """A server of a shop, and the targets wrk asks it for."""

    def __init__(self, shop, folder):
        self.process = subprocess.Popen([measure.SOUK, "--json", "--quiet", "serve", shop, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        self.url, self.folder = json.loads(self.process.stdout.readline())["url"], folder

    def targets(self, name, targets):
        path = self.folder / f"{self.process.pid}-{name}.txt"
        path.write_text("\n".join(targets) + "\n")
        return lambda connections, seconds: bench_http.load(self.url, self.process.pid, path, connections, seconds)

    def close(self):
        self.process.terminate()
        self.process.wait()


def plain_queries(targets):
    return [urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)["q"][0] for target in targets]


def contestants(stack, shop, million, count, scratch):
    """{name: load(connections, seconds)}"""
    demo, large = Souk(shop, scratch), Souk(million, scratch)
    stack.callback(demo.close)
    stack.callback(large.close)
    asked = bench_http.draw(demo.url, [])["/v1/search"]
    known = catalogue_shop.queries()
    peers = {}
    demo_items = (item for item in exported(shop, "items") if item.get("title"))
    for name, items, queries in (("demo shop", demo_items, plain_queries(asked)), ("million", catalogue_shop.products("million", count), known)):
        peers[name] = Peer(items, queries)
        stack.callback(peers[name].server.close)
    search = [f"/v1/search?q={urllib.parse.quote(query)}&k=10" for query in known]
    return {("souk", "/healthz"): demo.targets("healthz", ["/healthz"]), ("souk", "demo shop"): demo.targets("search", asked),
            ("postgresql", "demo shop"): peers["demo shop"].load, ("souk", "million"): large.targets("search", search),
            ("postgresql", "million"): peers["million"].load}, peers["million"].server.version


def main(as_json, arguments):
    rounds, seconds = int(value_of(arguments, "--rounds", 5)), int(value_of(arguments, "--seconds", 2))
    count = int(value_of(arguments, "--items", 1_000_000))
    shop = pathlib.Path(value_of(arguments, "--shop", measure.ROOT / "build" / "demo-shop"))
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        scratch = pathlib.Path(scratch)
        copy = shutil.copytree(shop, scratch / "demo")
        start = time.monotonic()
        million = catalogue_shop.shop_of("million", FOLDER / "million", count)
        stack.callback(shutil.rmtree, million)
        made = time.monotonic() - start
        loads, version = contestants(stack, copy, million, count, scratch)
        for ask in loads.values():
            ask(1, 1)  # warm up
        measured = {}
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for name, ask in loads.items():
                    measured.setdefault((*name, connections), []).append(ask(connections, seconds))
    rows = [measure.row("souk", "", f"making the shop of {count:,} items", [made], "s")]
    for (engine, what, connections), runs in measured.items():
        for index, (metric, unit) in enumerate((("requests", "1/s"), ("processor", "ms/request"), ("p50", "ms"), ("p99", "ms"))):
            rows.append(measure.row(engine, version if engine == "postgresql" else "", f"{what}: {metric}, {connections} connections",
                                    [run[index] for run in runs], unit))
    cost = lambda engine, what: sorted(run[1] for run in measured[engine, what, 1])[rounds // 2]
    ratios = {f"{what}, processor time, PostgreSQL/Souk": cost("postgresql", what) / cost("souk", what) for what in ("demo shop", "million")}
    measure.report("served-search", f"the best ten over HTTP and by prepared statement, {seconds} s a measurement, interleaved", rows, ratios, as_json)
    return 0 if cost("souk", "million") <= 2 else 1
