"""soak_load.py PLAN.json: the mixed requests of a plan, over so many connections, for so long; prints what was answered and how fast.

The plan: {"url", "seconds", "connections", "rate": requests a second or null, "window": seconds, "seed", "share": {"reads", "events", "items"},
"targets": [...], "shoppers": [...], "items": [...], "batch": items a request (1), "titles": [...] that each second one gets, if any}. With
a rate the schedule is fixed beforehand and latency counts from the scheduled time, so that a slow answer delays none of those
behind it on paper; without one each connection sends as soon as it was answered.
Prints {"windows": [{"at", "reads": {"count", "p50", "p99", "max"}, "events": ..., "items": ...}], "errors": {what: count}, "whole": {...}}.
"""
import json
import pathlib
import random
import socket
import sys
import threading
import time

import post_bodies

KINDS = ("reads", "events", "items")
BATCH = 10  # events a request


class Sender:
    """A connection with the requests it makes up."""

    def __init__(self, plan, number):
        self.plan, self.number = plan, number
        self.server = plan["url"].removeprefix("http://")
        self.random = random.Random(plan["seed"] * 1000 + number)
        self.sent = 0
        self.found = []   # (second of the run, kind, latency in ms)
        self.errors = {}
        self.connect()

    def connect(self):
        host, port = self.server.rsplit(":", 1)
        self.connection = socket.create_connection((host, int(port)), timeout=60)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def request(self, method, target, body=""):
        head = f"{method} {target} HTTP/1.1\r\nHost: {self.server}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return (head + "\r\n" + body).encode()

    def made_up(self, kind):
        choose = self.random.choice
        self.sent += 1
        if kind == "reads":
            return self.request("GET", choose(self.plan["targets"]))
        if kind == "items":
            return self.request("PATCH", "/v1/items", json.dumps([self.changed(i) for i in range(self.plan.get("batch", 1))]))
        shopper = choose(self.plan["shoppers"])
        events = [{"id": f"soak-{self.plan['seed']}-{self.number}-{self.sent}-{i}", "shopper": shopper, "item": choose(self.plan["items"]),
                   "kind": "view" if i else "purchase"} for i in range(BATCH)]
        return self.request("POST", "/v1/events", json.dumps(events))

    def changed(self, place):
        item = {"key": self.random.choice(self.plan["items"]), "price": f"{self.random.randint(1, 99)}.50"}
        if place % 2 == 1 and "titles" in self.plan:
            item["title"] = self.random.choice(self.plan["titles"])
        return item

    def exchange(self, kind, due, begin):
        try:
            self.connection.sendall(self.made_up(kind))
            status, _ = post_bodies.answer(self.connection, self.buffer)
            problem = "" if status == 200 else f"{kind}: status {status}"
        except OSError as error:
            problem = f"{kind}: {error}"
            self.connection.close()
            self.connect()
        now = time.perf_counter()
        self.found.append((now - begin, kind, (now - due) * 1e3))
        if problem:
            self.errors[problem] = self.errors.get(problem, 0) + 1

    def run(self, begin):
        kinds, weights = KINDS, [self.plan["share"].get(kind, 0) for kind in KINDS]
        rate, senders, turn = self.plan["rate"], self.plan["connections"], self.number
        while True:
            due = begin + turn / rate if rate else time.perf_counter()
            if due - begin >= self.plan["seconds"]:
                return
            if rate and (ahead := due - time.perf_counter()) > 0:
                time.sleep(ahead)
            self.exchange(self.random.choices(kinds, weights)[0], due, begin)
            turn += senders


def summary(times):
    times = sorted(times)
    if not times:
        return {"count": 0}
    return {"count": len(times), "p50": times[len(times) // 2], "p99": times[min(len(times) - 1, len(times) * 99 // 100)], "max": times[-1]}


def main(path):
    plan = json.loads(pathlib.Path(path).read_text())
    senders = [Sender(plan, number) for number in range(plan["connections"])]
    begin = time.perf_counter() + 0.1
    threads = [threading.Thread(target=sender.run, args=(begin,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    windows, errors = {}, {}
    for sender in senders:
        for second, kind, latency in sender.found:
            windows.setdefault(int(second // plan["window"]), {}).setdefault(kind, []).append(latency)
        for what, count in sender.errors.items():
            errors[what] = errors.get(what, 0) + count
    whole = {kind: summary([latency for kinds in windows.values() for latency in kinds.get(kind, [])]) for kind in KINDS}
    series = [{"at": at * plan["window"], **{kind: summary(kinds.get(kind, [])) for kind in KINDS}} for at, kinds in sorted(windows.items())]
    print(json.dumps({"windows": series, "errors": errors, "whole": whole}))


if __name__ == "__main__":
    main(sys.argv[1])
