"""Speaks the protocol of README.md for the sides of the search benchmark that are Python modules.

A side has `engine`, `version`, `documents`, `cells` ({name: (all words, k)}) and

    answer(all_words, k, queries, each) -> (nanoseconds, clock, batch)

which answers the lines `queries` and reads the processor clock before the first and after the last, and between any two (into the list
`clock`) when `each` is true; `batch` is whatever `side.results(batch)` makes [[(line, score), ...], ...] of, untimed.
"""
import json
import pathlib
import resource
import sys
import time


def process_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def checksum(results):
    value = 0
    for hits in results:
        for line, _ in hits:
            value = (value * 31 + line) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


class Server:
    def __init__(self, side, queries):
        self.side = side
        self.queries = pathlib.Path(queries).read_text(encoding="ascii").splitlines()

    def carry_out(self, verb, *given):
        if verb == "warm" and len(given) == 1:
            return self.warm(float(given[0]))
        if verb == "run" and len(given) == 2:
            return self.run(given[0], int(given[1]), False)[0]
        if verb == "times" and len(given) == 3:
            reply, clock, _ = self.run(given[0], int(given[1]), True)
            pathlib.Path(given[2]).write_text("".join(f"{after - before}\n" for before, after in zip(clock, clock[1:])), encoding="ascii")
            return reply
        if verb == "answers" and len(given) == 3:
            reply, _, results = self.run(given[0], int(given[1]), False)
            rows = (f"{len(hits)}\t{' '.join(f'{line}:{score:.9g}' for line, score in hits)}\n" for hits in results)
            pathlib.Path(given[2]).write_text("".join(rows), encoding="ascii")
            return {**reply, "cpu": 0}
        raise ValueError(f"unknown command: {' '.join((verb, *given))}")

    def run(self, cell, most, each):
        all_words, k = self.side.cells[cell]
        queries = self.queries[:most]
        nanoseconds, clock, batch = self.side.answer(all_words, k, queries, each)
        results = self.side.results(batch)
        return {"queries": len(queries), "cpu": nanoseconds / 1e9, "results": sum(map(len, results)), "checksum": checksum(results)}, clock, results

    def warm(self, seconds):
        end, count = time.monotonic() + seconds, 0
        while True:
            for cell in self.side.cells:
                count += self.run(cell, len(self.queries), False)[0]["queries"]
            if time.monotonic() >= end:
                return {"queries": count}


def serve(side, queries):
    server = Server(side, queries)
    print(json.dumps({"engine": side.engine, "version": side.version, "documents": side.documents, "cells": list(side.cells)}), flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        try:
            reply = server.carry_out(*line.split())
        except (KeyError, OSError, ValueError) as problem:
            reply = {"error": repr(problem)}
        print(json.dumps(reply), flush=True)


def main(arguments, build, open_side):
    """`build(corpus, index)` returns (bytes, documents)."""
    verb, *given = arguments or [""]
    if verb == "build-text" and len(given) == 2:
        before = process_seconds()
        size, documents = build(*map(pathlib.Path, given))
        print(json.dumps({"cpu": process_seconds() - before, "bytes": size, "documents": documents}))
    elif verb == "serve" and len(given) == 2:
        serve(open_side(pathlib.Path(given[1])), given[0])
    else:
        raise SystemExit("usage: build-text CORPUS INDEX | serve QUERIES INDEX")
