"""Reads, events and item updates at 70 % of capacity for half an hour, with retrainings and backups: errors, memory, latency.

A copy of the demo shop is served. First the capacity: the highest rate of the same mix, on a fixed schedule as later, that is kept up for a
minute. (What 16 connections get that ask again as soon as they are answered is more, and no schedule keeps it up: a server that never
rests wakes no thread and finds its caches warm. That is where the search for the rate begins.) Then two quiet minutes: the reads alone, at
the rate they will have. Then the run: the mix at 70 % of the capacity, a retraining and a backup every few minutes. Promised: no error;
memory flat within 5 % (mean of the last quarter against that of the second one); the reads' p99 within 3 times its quiet value.
Writes build/bench/soak.json, soak-series.json and soak.svg.
Arguments: --minutes N (30), --shop FOLDER (build/demo-shop).
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

from lib import measure

import bench_http
import soak_plot
from mixed_load import Sampler, drift, exported, load, value_of

SCRATCH = measure.ROOT / "build" / "bench" / "soak"
SHARE = {"reads": 90, "events": 7, "items": 3}  # of requests; a request of events has 10
CONNECTIONS, LOAD, SEED = 16, 0.7, 5
RETRAIN, BACKUP = 5, 7  # minutes between two
STEP, BACKLOG = 0.05, 500  # of the rate, between two that are tried; ms of delay at the end of the minute by which a rate is not kept up


class Chores(threading.Thread):
    """Retrainings and backups, asked of the serving process by the command line, each at its own minutes."""

    def __init__(self, shop, begin, seconds):
        super().__init__(daemon=True)
        self.shop, self.begin, self.seconds = shop, begin, seconds
        self.done, self.errors = [], {}  # (name, from second, to second)

    def perform(self, name, command):
        start = time.monotonic() - self.begin
        run = subprocess.run([measure.SOUK, "--quiet", *command], capture_output=True, text=True, check=False)
        self.done.append((name, start, time.monotonic() - self.begin))
        if run.returncode != 0:
            what = f"{name}: {run.stderr.strip()[-200:]}"
            self.errors[what] = self.errors.get(what, 0) + 1

    def run(self):
        minute = self.seconds / 60
        # A short run has one of each all the same.
        times = [(at, "train") for at in range(RETRAIN, int(minute), RETRAIN)] or [(minute / 3, "train")]
        times += [(at, "backup") for at in range(BACKUP, int(minute), BACKUP)] or [(minute / 2, "backup")]
        for at, name in sorted(times):
            time.sleep(max(0.0, at * 60 - (time.monotonic() - self.begin)))
            backup = SCRATCH / "backup"
            if name == "backup":
                shutil.rmtree(backup, ignore_errors=True)
            self.perform(name, ["train", self.shop] if name == "train" else ["backup", self.shop, backup])


def plot(result, quiet, sampler, chores, minutes):
    windows = result["windows"]
    over = lambda pick: [(window["at"] / 60, pick(window)) for window in windows if window["reads"]["count"]]
    latency = {"p99": over(lambda w: w["reads"]["p99"]), "p50": over(lambda w: w["reads"]["p50"]),
               "quiet p99": [(0, quiet["whole"]["reads"]["p99"]), (minutes, quiet["whole"]["reads"]["p99"])]}
    width = windows[1]["at"] - windows[0]["at"] if len(windows) > 1 else 1
    requests = {"reads": over(lambda w: w["reads"]["count"] / width), "events": over(lambda w: w["events"]["count"] / width),
                "items": over(lambda w: w["items"]["count"] / width)}
    memory = {"resident": [(second / 60, mb) for second, mb, _ in sampler.samples], "of it no file": [(second / 60, mb) for second, _, mb in sampler.samples]}
    marks = [(name, begin / 60, end / 60) for name, begin, end in chores.done]
    charts = [("Reads", "ms", latency), ("Requests", "1/s", requests), ("Memory of the server", "MB", memory), ("Processors", "of " + str(os.cpu_count()), sampler.shares())]
    (SCRATCH.parent / "soak.svg").write_text(soak_plot.svg(charts, minutes, marks))
    (SCRATCH.parent / "soak-series.json").write_text(json.dumps({"windows": windows, "memory": sampler.samples, "chores": chores.done, "processors": sampler.shares()}))


def kept_up(found):
    """Whether half of the last quarter's requests waited less than what tells that a queue has grown."""
    windows = [window for window in found["windows"] if window["at"] >= 45 and window["reads"]["count"]]
    return all(window["reads"]["p50"] < BACKLOG for window in windows)


def highest_rate(plan):
    """(the highest rate of requests that is kept up, what connections get that ask again at once)"""
    at_once = load(SCRATCH, plan, seconds=20, seed=SEED + 1)
    most = sum(at_once["whole"][kind]["count"] for kind in SHARE) / 20
    rate, seed = most, SEED + 10  # a seed of its own each time: an event that was sent before is not learned from again, which is cheaper
    while not kept_up(load(SCRATCH, plan, seconds=60, rate=rate, seed=seed)):
        rate, seed = rate - STEP * most, seed + 1
    return rate, most


def soak(server, shop, minutes, shoppers, items):
    url = json.loads(server.stdout.readline())["url"]
    targets = [target for route, targets in bench_http.draw(url, shoppers).items() if route != "/healthz" for target in targets]
    plan = {"url": url, "connections": CONNECTIONS, "rate": None, "window": 5, "seed": SEED, "share": SHARE, "targets": targets,
            "shoppers": shoppers, "items": items[:20_000]}
    load(SCRATCH, plan, seconds=5)  # warm up
    capacity, at_once = highest_rate(plan)
    rate = LOAD * capacity
    quiet = load(SCRATCH, plan, seconds=min(120, minutes * 60), rate=rate * SHARE["reads"] / sum(SHARE.values()), share={"reads": 1}, seed=SEED + 2)
    begin = time.monotonic()
    sampler, chores = Sampler(server.pid, begin), Chores(shop, begin, minutes * 60)
    sampler.start()
    chores.start()
    result = load(SCRATCH, plan, seconds=minutes * 60, rate=rate, window=max(1, minutes * 60 // 180), seed=SEED + 3)
    chores.join()
    sampler.over.set()
    sampler.join()
    plot(result, quiet, sampler, chores, minutes)
    return capacity, at_once, rate, quiet, result, sampler, chores


def main(as_json, arguments):
    minutes = float(value_of(arguments, "--minutes", 30))
    source = pathlib.Path(value_of(arguments, "--shop", measure.ROOT / "build" / "demo-shop"))
    if not (source / "shop.toml").exists():
        raise SystemExit(f"there is no shop in {source}: ./run demo --once makes one")
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    shop = SCRATCH / "shop"
    shutil.copytree(source, shop)
    shoppers = [record["key"] for record in exported(shop, "shoppers")]
    items = [record["key"] for record in exported(shop, "items") if record.get("title")]
    with subprocess.Popen([measure.SOUK, "--json", "--quiet", "serve", shop, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                          text=True) as server:
        try:
            capacity, at_once, rate, quiet, result, sampler, chores = soak(server, shop, minutes, shoppers, items)
        finally:
            server.terminate()
    shutil.rmtree(SCRATCH)
    errors = {**result["errors"], **quiet["errors"], **chores.errors}
    for what, count in errors.items():
        print(f"{count} x {what}", file=sys.stderr)
    whole, memory = result["whole"], [mb for _, _, mb in sampler.samples]
    slowdown = whole["reads"]["p99"] / quiet["whole"]["reads"]["p99"]
    rows = [measure.row("souk", "", "asking again at once", [at_once], "requests/s"),
            measure.row("souk", "", "capacity of the mix", [capacity], "requests/s"), measure.row("souk", "", "rate of the run", [rate], "requests/s"),
            measure.row("souk", "", "errors", [sum(errors.values())], "requests"),
            measure.row("souk", "", "reads, quiet p50", [quiet["whole"]["reads"]["p50"]], "ms"),
            measure.row("souk", "", "reads, quiet p99", [quiet["whole"]["reads"]["p99"]], "ms")]
    for kind in SHARE:
        rows += [measure.row("souk", "", f"{kind}, {metric}", [whole[kind][metric]], "requests" if metric == "count" else "ms")
                 for metric in ("count", "p50", "p99", "max") if metric in whole[kind]]
    for name in ("train", "backup"):
        took = [end - start for what, start, end in chores.done if what == name]
        if took:
            rows.append(measure.row("souk", "", name, took, "s"))
    rows.append(measure.row("souk", "", "memory that is no file, over the run", memory, "MB"))
    ratios = {"memory, last quarter/second quarter": drift(memory), "reads' p99/quiet": slowdown}
    measure.report("soak", f"{source.name}, {minutes:g} minutes at {LOAD:.0%} of capacity", rows, ratios, as_json)
    return 0 if not errors and abs(drift(memory) - 1) <= 0.05 and slowdown <= 3 else 1
