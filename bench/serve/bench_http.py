"""Processor milliseconds and latency of every kind of request to the demo shop, beside /healthz.

One server process; wrk asks each route in turn, round after round, at 1 and at 16 connections. The processor time is the server's own,
user and system, from /proc/PID/stat, divided by the requests answered; wrk shares the machine, so a latency is read beside /healthz of
the same run. Queries are words of the shop's own titles; items, shoppers and baskets are drawn from the shop, with a fixed seed.
Arguments: the shop's folder (build/demo-shop), rounds (5), seconds of each measurement (2).
"""
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import urllib.parse
import urllib.request

from lib import measure

CONNECTIONS = (1, 16)
TARGETS = 2000
TICK = os.sysconf("SC_CLK_TCK")
SCRIPT = pathlib.Path(__file__).with_name("paths.lua")


def get(url, path):
    with urllib.request.urlopen(url + path, timeout=30) as reply:
        return json.load(reply)


def exported_keys(shop, kind):
    lines = subprocess.run([measure.SOUK, "--quiet", "export", shop, "--as", kind], check=True, capture_output=True, text=True).stdout
    return [json.loads(line)["key"] for line in lines.splitlines()]


def draw(url, shoppers):
    """For every route, the targets to ask for."""
    generator = random.Random(7)
    found = []
    for letter in "abcdefghijklmnoprstw":
        found += get(url, f"/v1/search?q={letter}&prefix=true&k=200&fields=title")["items"]
    words = [re.findall(r"[A-Za-z]{3,}", item.get("title", "")) for item in found]
    queries = [" ".join(generator.sample(w, min(len(w), generator.choice((1, 2, 2, 3))))) for w in words if w]
    # Views and purchases gather on few items: drawing among what sells keeps the shelves from answering for items nobody bought.
    popular = [item["key"] for item in get(url, "/v1/shelves/trending?k=500")["items"]] or [item["key"] for item in found]
    pick = lambda values: urllib.parse.quote(str(generator.choice(values)), safe="")
    several = lambda: ",".join(pick(popular) for _ in range(generator.randint(1, 8)))
    routes = {
        "/healthz": lambda: "/healthz",
        "/v1/search": lambda: f"/v1/search?q={pick(queries)}&k=10",
        "/v1/search with facets": lambda: f"/v1/search?q={pick(queries)}&k=24&facets=brand,category,price",
        "/v1/suggest": lambda: f"/v1/suggest?q={pick(queries)[:4].rstrip('%2')}",
    }
    arguments = {"shopper": lambda: f"?shopper={pick(shoppers)}", "item": lambda: f"?item={pick(popular)}", "basket": lambda: f"?basket={several()}",
                 "none": lambda: "?k=10"}
    for shelf in get(url, "/v1/config/shelves")["shelves"]:
        if shelf["context"] in arguments and (shelf["context"] != "shopper" or shoppers):
            name, ask = shelf["name"], arguments[shelf["context"]]
            routes[f"/v1/shelves/{name}"] = lambda name=name, ask=ask: f"/v1/shelves/{name}{ask()}"
    return {route: [make() for _ in range(TARGETS)] for route, make in routes.items()}


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def load(url, pid, targets, connections, seconds):
    """(requests a second, processor ms a request, p50 ms, p99 ms)"""
    before = processor_seconds(pid)
    output = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", SCRIPT, url], check=True, capture_output=True, text=True,
                            env={**os.environ, "SOUK_TARGETS": str(targets)}).stdout
    spent = processor_seconds(pid) - before
    requests, duration, p50, p99, failed = map(int, re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", output).groups())
    if failed or not requests:
        raise SystemExit(f"{targets.name}: {failed} of {requests} requests failed")
    return requests / (duration / 1e6), spent * 1e3 / requests, p50 / 1e3, p99 / 1e3


def main(as_json, arguments):
    shop = arguments[0] if arguments else str(measure.ROOT / "build" / "demo-shop")
    rounds = int(arguments[1]) if len(arguments) > 1 else 5
    seconds = int(arguments[2]) if len(arguments) > 2 else 2
    shoppers = exported_keys(shop, "shoppers")
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
            [measure.SOUK, "--json", "--quiet", "serve", shop, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            url = json.loads(server.stdout.readline())["url"]
            files = {}
            for number, (route, targets) in enumerate(draw(url, shoppers).items()):
                files[route] = pathlib.Path(folder) / f"{number}.txt"
                files[route].write_text("\n".join(targets) + "\n")
                load(url, server.pid, files[route], 1, 1)  # warm up
            measured = {}
            for _ in range(rounds):
                for connections in CONNECTIONS:
                    for route, targets in files.items():
                        measured.setdefault((route, connections), []).append(load(url, server.pid, targets, connections, seconds))
        finally:
            server.terminate()
    rows = []
    for (route, connections), runs in measured.items():
        for index, (metric, unit) in enumerate((("requests", "1/s"), ("processor", "ms/request"), ("p50", "ms"), ("p99", "ms"))):
            rows.append(measure.row(route, "", f"{metric}, {connections} connections", [run[index] for run in runs], unit))
    measure.report("http", f"GET over {pathlib.Path(shop).name}, wrk -t1, {seconds} s a measurement, interleaved", rows, {}, as_json)
