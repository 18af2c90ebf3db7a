"""Events into a shop over loopback HTTP, each answer after the sync, beside PostgreSQL, Gorse and the disk itself.

Batches of 1,000 purchases over 1 and 4 connections (PostgreSQL: COPY and INSERT of 1,000 rows, a transaction each, by psql), and single
events over 16 connections (wrk; pgbench with prepared statements). PostgreSQL is Debian's with its own settings (synchronous_commit = on)
and an index by id, by shopper and time, and by item. The disk: fdatasync after appends of 4 KiB, and of the bytes of a batch. Interleaved rounds; processor
seconds are those of the server's processes and of the client, apart.
Arguments: rounds (5), batches a round (50), seconds of single events (3), "no-gorse".
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from lib import measure

import intake_peers

BATCH, SHOPPERS, ITEMS, SINGLES = 1000, 2000, 10_000, 16
CONNECTIONS = (1, 4)
HERE = pathlib.Path(__file__).resolve().parent
SCRATCH = measure.ROOT / "build" / "bench" / "intake"
ONE_EVENT = ('{"id":"one-%d","shopper":"s%d","item":"i%d","kind":"purchase","time":"2026-05-01T12:00:00Z","value":"12.50","currency":"EUR",'
             '"order":"o1","quantity":1}')
ONE_GORSE = '[{"Comment":"%d","UserId":"s%d","ItemId":"i%d","FeedbackType":"star","Timestamp":"2026-05-01T12:00:00Z"}]'


def purchases(first):
    """A batch, as tuples: id, shopper, item, kind, time, value, currency, order, quantity."""
    for n in range(first, first + BATCH):
        minute = n // 50
        yield (f"e{n}", f"s{n * 31 % SHOPPERS}", f"i{n * n % 9973}", "purchase",
               f"2026-{1 + minute // 40320 % 12:02}-{1 + minute // 1440 % 28:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z",
               f"{n % 90 + 1}.50", "EUR", f"o{n // 5}", str(n % 3 + 1))


NAMES = ("id", "shopper", "item", "kind", "time", "value", "currency", "order", "quantity")


def write_bodies(folder, first, batches):
    """The same purchases in every engine's words: (Souk's files, Gorse's, psql's with COPY, psql's with INSERT)."""
    souk, gorse, copies, inserts = [], [], [], []
    for batch in range(batches):
        rows = list(purchases(first + batch * BATCH))
        souk.append(folder / f"souk-{batch}.json")
        souk[-1].write_text("[" + ",\n".join(json.dumps(dict(zip(NAMES, row)), separators=(",", ":")) for row in rows) + "]")
        gorse.append(folder / f"gorse-{batch}.json")
        gorse[-1].write_text(json.dumps([{"FeedbackType": "star", "UserId": row[1], "ItemId": row[2], "Timestamp": row[4], "Comment": row[0]}
                                         for row in rows]))
        copies.append("COPY events FROM STDIN;\n" + "".join("\t".join(row) + "\n" for row in rows) + "\\.\n")
        # Rows of other ids than those that COPY brings.
        inserts.append("INSERT INTO events VALUES " + ",".join("('x" + "','".join(row) + "')" for row in rows) + ";\n")
    return souk, gorse, copies, inserts


def scripts_of(folder, texts, connections):
    files = [folder / f"script-{i}.sql" for i in range(connections)]
    for i, file in enumerate(files):
        file.write_text("".join(texts[i::connections]))
    return files


def post_bodies(url, path, connections, files):
    output = subprocess.run([sys.executable, HERE / "post_bodies.py", url.removeprefix("http://"), path, str(connections), *files], check=True,
                            capture_output=True, text=True).stdout
    return json.loads(output)


def post_singles(url, path, body, first, seconds):
    """(events a second, p50 ms, p99 ms, processor seconds of the client)"""
    os.environ.update({"SOUK_BODY": body, "SOUK_PATH": path, "SOUK_FIRST": str(first)})
    cost = measure.run(["wrk", "-t1", f"-c{SINGLES}", f"-d{seconds}s", "-s", HERE / "post_events.lua", url])
    requests, duration, p50, p99, failed = map(int, re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", cost.output).groups())
    if failed or not requests:
        raise SystemExit(f"{failed} of {requests} single events failed")
    return requests / (duration / 1e6), p50 / 1e3, p99 / 1e3, cost.cpu


def sync_rate(folder, size, seconds=1.0):
    """(syncs a second, p50 ms, p99 ms) of appends of so many bytes, each followed by fdatasync."""
    times = []
    block = os.urandom(size)
    path = folder / "appended"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        os.write(descriptor, block)
        os.fdatasync(descriptor)
        times.append((time.perf_counter() - start) * 1e3)
    os.close(descriptor)
    path.unlink()
    times.sort()
    return 1e3 / statistics.mean(times), times[len(times) // 2], times[len(times) * 99 // 100]


class Figures:
    """What each engine reached, round by round."""

    def __init__(self):
        self.found = {}

    def add(self, engine, version, metric, value, unit):
        self.found.setdefault((engine, version, metric, unit), []).append(value)

    def batches(self, engine, version, way, events, wall, server, client, times=()):
        self.add(engine, version, way, events / wall, "events/s")
        self.add(engine, version, f"{way}, server's processor", server * 1e6 / events, "us/event")
        self.add(engine, version, f"{way}, client's processor", client * 1e6 / events, "us/event")
        if times:
            self.add(engine, version, f"{way}, p50 of a batch", statistics.median(times), "ms")

    def singles(self, engine, version, seconds, rate, p50, p99, server, client):
        way = f"single events, {SINGLES} connections"
        for metric, value, unit in (("", rate, "events/s"), (", p50", p50, "ms"), (", p99", p99, "ms"),
                                    (", server's processor", server * 1e6 / (rate * seconds), "us/event"),
                                    (", client's processor", client * 1e6 / (rate * seconds), "us/event")):
            self.add(engine, version, way + metric, value, unit)

    def median(self, engine, metric):
        return statistics.median(next(values for (e, _, m, _), values in self.found.items() if (e, m) == (engine, metric)))

    def rows(self):
        return [measure.row(engine, version, metric, values, unit) for (engine, version, metric, unit), values in self.found.items()]


def make_shop():
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    measure.run([measure.SOUK, "init", SCRATCH / "shop", "--currency", "EUR"])
    items = "".join(json.dumps({"key": f"i{n}", "title": f"Article {n}", "category": f"Shelf {n % 50}", "price": "12.50"}) + "\n" for n in range(ITEMS))
    measure.run([measure.SOUK, "--quiet", "import", SCRATCH / "shop", "-", "--as", "items"], stdin=items)
    return SCRATCH / "shop"


def one_round(number, batches, seconds, souk, gorse, postgres, figures):
    """souk and gorse: (url, pid, version); gorse may be None."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        folder = pathlib.Path(scratch)
        size = 0
        for place, connections in enumerate(CONNECTIONS):
            ours, theirs, copies, inserts = write_bodies(folder, (number * len(CONNECTIONS) + place) * batches * BATCH, batches)
            size = ours[0].stat().st_size
            plural = f"batches of {BATCH}, {connections} connection{'s' if connections > 1 else ''}"
            events = batches * BATCH
            url, pid, version = souk
            before = measure.processor_seconds(pid)
            result = post_bodies(url, "/v1/events", connections, ours)
            if result["accepted"] != events:
                raise SystemExit(f"of {events} events {result['accepted']} were accepted")
            figures.batches("souk", version, plural, events, result["wall"], measure.processor_seconds(pid) - before, result["cpu"], result["ms"])
            for way, texts in (("COPY", copies), ("INSERT", inserts)):
                scripts = scripts_of(folder, texts, connections)
                before = postgres.processor_seconds()
                wall, client = postgres.run_scripts(scripts)
                figures.batches(f"postgresql {way}", postgres.version, plural, events, wall, postgres.processor_seconds() - before, client)
            if gorse:
                some = theirs[: max(connections, batches // 10)]  # ten times slower
                before = measure.processor_seconds(gorse[1])
                result = post_bodies(gorse[0], "/api/feedback", connections, some)
                figures.batches("gorse", gorse[2], plural, len(some) * BATCH, result["wall"], measure.processor_seconds(gorse[1]) - before,
                                result["cpu"], result["ms"])
        for engine, server, path, body in (("souk", souk, "/v1/events", ONE_EVENT), ("gorse", gorse, "/api/feedback", ONE_GORSE)):
            if server:
                before = measure.processor_seconds(server[1])
                rate, p50, p99, client = post_singles(server[0], path, body, number * 10_000_000, seconds)
                figures.singles(engine, server[2], seconds, rate, p50, p99, measure.processor_seconds(server[1]) - before, client)
        before = postgres.processor_seconds()
        rate, p50, p99, client = postgres.single_inserts(SINGLES, seconds)
        figures.singles("postgresql INSERT", postgres.version, seconds, rate, p50, p99, postgres.processor_seconds() - before, client)
        for what, length in (("4 KiB", 4096), ("a batch's bytes", size)):
            rate, p50, p99 = sync_rate(folder, length)
            for metric, value, unit in (("", rate, "syncs/s"), (", p50", p50, "ms"), (", p99", p99, "ms")):
                figures.add("disk", "", f"append {what} + fdatasync{metric}", value, unit)


def main(as_json, arguments):
    with_gorse = "no-gorse" not in arguments
    numbers = [int(a) for a in arguments if a.isdigit()]
    rounds, batches, seconds = (numbers + [5, 50, 3][len(numbers):])[:3]
    program, missing = intake_peers.gorse_program() if with_gorse else (None, "")
    if missing:
        print(missing, file=sys.stderr)
    shop = make_shop()
    version = re.search(r"\d+\.\d+\.\d+", measure.run([measure.SOUK, "--version"]).output)[0]
    figures = Figures()
    postgres = intake_peers.Postgres()
    gorse = intake_peers.Gorse(program) if program else None
    try:
        with subprocess.Popen([measure.SOUK, "--json", "--quiet", "serve", shop, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                              text=True) as server:
            try:
                souk = (json.loads(server.stdout.readline())["url"], server.pid, version)
                for number in range(rounds):
                    one_round(number, batches, seconds, souk, gorse and (gorse.url, gorse.pid, gorse.version), postgres, figures)
            finally:
                server.terminate()
    finally:
        postgres.close()
        if gorse:
            gorse.close()
    shutil.rmtree(SCRATCH)
    plural = f"batches of {BATCH}, 1 connection"
    ratios = {"souk/postgresql COPY, batches, 1 connection": figures.median("souk", plural) / figures.median("postgresql COPY", plural),
              "souk/postgresql INSERT, batches, 1 connection": figures.median("souk", plural) / figures.median("postgresql INSERT", plural)}
    single = f"single events, {SINGLES} connections"
    ratios["souk/postgresql INSERT, single events"] = figures.median("souk", single) / figures.median("postgresql INSERT", single)
    if gorse:
        ratios["souk/gorse, batches, 1 connection"] = figures.median("souk", plural) / figures.median("gorse", plural)
    measure.report("intake", f"{batches} batches and {seconds} s of single events a round, {SHOPPERS} shoppers, {ITEMS} items; fsync on", figures.rows(),
                   ratios, as_json)
