"""2,000 item updates a second beside 300 searches a second: how soon they are found, what waits, what grows, what a search costs.

A shop of the real catalogues (226,226 items) is served. First two minutes of searches alone, then two of updates alone, then both for ten
minutes: a request of updates changes the prices of 20 random items and the titles of 10 of them. Beside them a probe twice a second gives
one item a title with a word nobody has used, and asks until the search finds it. At the end no item is found by a word it had before, and
the shop has as many items as at the beginning. Processor time of a search: the server's, less what the updates alone took a second.
Promised: every probe found within a second of its acknowledgement, no update answered later than 100 ms, files and memory flat within 5 %
(mean of the last quarter against that of the second one), a search at most twice its quiet cost.
Writes build/bench/freshness.json, freshness-series.json and freshness.svg.
Arguments: --minutes N (10), --items N (all).
"""
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

from lib import measure
from search import catalogue_shop

import soak_plot
from mixed_load import Sampler, drift, load, value_of

SCRATCH = measure.ROOT / "build" / "bench" / "freshness"
UPDATES, SEARCHES, BATCH, CONNECTIONS, SEED = 2000, 300, 20, 8, 11
ALONE = 120  # seconds at most of each kind by itself
PROBE_EVERY, PROBES, PATIENCE = 0.5, 16, 5.0
WITHIN, STALL, GROWTH, COST = 1.0, 100.0, 0.05, 2.0


def word_of(number):
    """A word of letters that no catalogue has."""
    letters = ""
    for _ in range(6):
        number, letter = divmod(number, 26)
        letters += chr(ord("a") + letter)
    return "zzq" + letters


class Server:
    def __init__(self, url):
        self.url = url

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def found(self, word):
        return [item["key"] for item in self.ask("GET", f"/v1/search?q={urllib.parse.quote(word)}&match=all&k=5")["items"]]


class Prober(threading.Thread):
    """How long after its acknowledgement an update is found."""

    def __init__(self, server, keys):
        super().__init__(daemon=True)
        self.server, self.keys, self.over = server, keys, threading.Event()
        self.waits, self.lost, self.words = [], [], {}  # seconds; words; key -> its word now

    def run(self):
        number = 0
        while not self.over.wait(PROBE_EVERY):
            key, word = self.keys[number % len(self.keys)], word_of(number)
            self.server.ask("PATCH", "/v1/items", {"key": key, "title": f"freshly {word} named"})
            self.words[key] = word
            acknowledged = time.monotonic()
            while self.server.found(word) != [key]:
                if time.monotonic() - acknowledged > PATIENCE:
                    self.lost.append(word)
                    break
            self.waits.append(time.monotonic() - acknowledged)
            number += 1

    def ghosts(self):
        """Words of titles before the last ones that something is found by, and last ones that nothing is found by."""
        now = set(self.words.values())
        return [word for word in map(word_of, range(len(self.waits))) if bool(self.server.found(word)) != (word in now)]


class FolderSampler(Sampler):
    """The server's memory, and the size of the shop's indexes and of its store."""

    def __init__(self, pid, begin, shop):
        super().__init__(pid, begin)
        self.shop = shop

    def look(self):
        return *super().look(), *(size_mb(self.shop / part) for part in ("segments", "store"))


def size_mb(folder):
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:  # deleted meanwhile
            continue
    return total / 1e6


def phase(pid, plan, seconds, **changes):
    """(what the load found, processor seconds of the server a second)"""
    before, begin = measure.processor_seconds(pid), time.monotonic()
    result = load(SCRATCH, plan, seconds=seconds, **changes)
    return result, (measure.processor_seconds(pid) - before) / (time.monotonic() - begin)


def play(process, shop, minutes):
    server = Server(json.loads(process.stdout.readline())["url"])
    queries = [urllib.parse.quote(query) for query in catalogue_shop.queries()]
    items = [item["key"] for item in catalogue_shop.products("real", size_of(server))]
    titles = [item["title"] for item in catalogue_shop.products("real", 20_000)]
    requests = UPDATES / BATCH
    plan = {"url": server.url, "connections": CONNECTIONS, "seed": SEED, "window": max(1, round(minutes * 60 / 120)), "shoppers": [],
            "targets": [f"/v1/search?q={query}&k=20" for query in queries], "items": items[PROBES:], "titles": titles, "batch": BATCH}
    alone = min(ALONE, minutes * 60)
    searches = {"rate": SEARCHES, "share": {"reads": 1}}
    phase(process.pid, plan, 10, **searches)  # warm up
    quiet, quiet_cost = phase(process.pid, plan, alone, **searches)
    _, updates_cost = phase(process.pid, plan, alone, rate=requests, share={"items": 1}, seed=SEED + 1)
    prober = Prober(server, items[:PROBES])
    sampler = FolderSampler(process.pid, time.monotonic(), shop)
    prober.start()
    sampler.start()
    result, both_cost = phase(process.pid, plan, minutes * 60, rate=requests + SEARCHES, share={"items": requests, "reads": SEARCHES}, seed=SEED + 2)
    for thread in (prober, sampler):
        thread.over.set()
        thread.join()
    problems = [f"not found within {PATIENCE:g} s: {word}" for word in prober.lost] + [f"a ghost, or lost: {word}" for word in prober.ghosts()]
    if size_of(server) != len(items):
        problems.append(f"{size_of(server)} items, of {len(items)}")
    problems += [f"{count} x {what}" for part in (quiet, result) for what, count in part["errors"].items()]
    costs = {"quiet": quiet_cost * 1e3 / SEARCHES, "beside updates": (both_cost - updates_cost) * 1e3 / SEARCHES,
             "update": updates_cost * 1e3 / UPDATES}
    return quiet, result, prober.waits, sampler, costs, problems


def size_of(server):
    return server.ask("GET", "/v1/search?k=1")["total"]


def plot(result, waits, samples, shares, minutes):
    over = lambda kind, metric: [(window["at"] / 60, window[kind][metric]) for window in result["windows"] if window[kind]["count"]]
    step = minutes / max(1, len(waits))
    charts = [("Updates", "ms", {"p99": over("items", "p99"), "max": over("items", "max")}),
              ("Searches", "ms", {"p50": over("reads", "p50"), "p99": over("reads", "p99")}),
              ("Found after", "ms", {"probe": [(number * step, wait * 1e3) for number, wait in enumerate(waits)]}),
              ("Size", "MB", {"memory": [(at / 60, anonymous) for at, _, anonymous, _, _ in samples],
                              "indexes": [(at / 60, mb) for at, _, _, mb, _ in samples], "store": [(at / 60, mb) for at, _, _, _, mb in samples]}),
              ("Processors", f"of {os.cpu_count()}", shares)]
    (SCRATCH.parent / "freshness.svg").write_text(soak_plot.svg(charts, minutes, []))
    (SCRATCH.parent / "freshness-series.json").write_text(json.dumps({"windows": result["windows"], "waits": waits, "samples": samples}))


def main(as_json, arguments):
    minutes = float(value_of(arguments, "--minutes", 10))
    count = value_of(arguments, "--items", None)
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    shop = catalogue_shop.shop_of("real", SCRATCH / "shop", None if count is None else int(count))
    with subprocess.Popen([measure.SOUK, "--json", "--quiet", "serve", shop, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            quiet, result, waits, sampler, costs, problems = play(process, shop, minutes)
        finally:
            process.terminate()
    samples = sampler.samples
    plot(result, waits, samples, sampler.shares(), minutes)
    shutil.rmtree(SCRATCH)
    for problem in problems:
        print(problem, file=sys.stderr)
    memory, indexes, store = ([sample[part] for sample in samples] for part in (2, 3, 4))
    row = lambda metric, values, unit: measure.row("souk", "", metric, values, unit)
    rows = [row("searches a second", [result["whole"]["reads"]["count"] / minutes / 60], "1/s"),
            row("updates a second", [result["whole"]["items"]["count"] * BATCH / minutes / 60], "1/s"),
            row("problems", [len(problems)], ""), row("found after its acknowledgement", [wait * 1e3 for wait in waits], "ms")]
    rows += [row(f"request of {BATCH} updates, {metric}", [result["whole"]["items"][metric]], "ms") for metric in ("p50", "p99", "max")]
    rows += [row(f"search, quiet, {metric}", [quiet["whole"]["reads"][metric]], "ms") for metric in ("p50", "p99", "max")]
    rows += [row(f"search beside updates, {metric}", [result["whole"]["reads"][metric]], "ms") for metric in ("p50", "p99", "max")]
    rows += [row(f"processor time, {name}", [cost], "ms") for name, cost in costs.items()]
    rows += [row("memory that is no file", memory, "MB"), row("files of indexes", indexes, "MB"), row("files of the store", store, "MB")]
    growth = {name: drift(values) for name, values in (("memory", memory), ("indexes", indexes), ("store", store))}
    ratios = {"a search's processor time, beside updates/quiet": costs["beside updates"] / costs["quiet"],
              **{f"{name}, last quarter/second quarter": value for name, value in growth.items()}}
    measure.report("freshness", f"{len(waits)} probes beside {UPDATES:,} updates and {SEARCHES} searches a second, {minutes:g} minutes", rows, ratios,
                   as_json)
    held = [not problems, max(waits) <= WITHIN, result["whole"]["items"]["max"] <= STALL, max(growth.values()) <= 1 + GROWTH,
            costs["beside updates"] <= COST * costs["quiet"]]
    return 0 if all(held) else 1
