"""Ranked retrieval beside scoring everything: a million pairs of a random query and a random corpus, equal hits, bits of scores, counts and facets.

Corpora of a few to two hundred items in several segments, with removals, filters, boosts and document signals; every algorithm is asked. The
same check runs over a few thousand pairs with the tests (tests/index/lexical_oracle_test.cc). Arguments: --pairs N (1,000,000), --seed S (1).
"""
import argparse
import os
import subprocess
import sys
import time

from lib import measure

CHUNK = 10_000  # pairs a process
SEEDS = 100_000  # between the first seeds of two chunks: more than a chunk uses


def main(as_json, arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    program = measure.ROOT / "build" / "release" / "test_index"
    subprocess.run(["cmake", "-S", measure.ROOT, "-B", program.parent, "-DSOUK_TESTS=ON"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", program.parent, "--target", program.name], check=True, stdout=sys.stderr)
    chunks = (asked.pairs + CHUNK - 1) // CHUNK
    waiting, running, failed, began = list(range(chunks)), [], [], time.monotonic()
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            chunk = waiting.pop(0)
            environment = dict(os.environ, SOUK_EXACT_PAIRS=str(min(CHUNK, asked.pairs - chunk * CHUNK)),
                               SOUK_EXACT_SEED=str(asked.seed + chunk * SEEDS))
            command = [program, "--gtest_filter=LexicalOracle.AgreesOnManyPairs"]
            running.append((chunk, subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)))
        chunk, process = running.pop(0)
        output, _ = process.communicate()
        if process.returncode != 0:
            failed.append(chunk)
            print(output, file=sys.stderr)
        done = chunks - len(waiting) - len(running)
        spent = time.monotonic() - began
        print(f"\r{done * CHUNK:,} of {asked.pairs:,} pairs, {len(failed)} chunks with a difference, "
              f"{spent / done * (chunks - done):.0f} s left ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    rows = [measure.row("souk", "", "pairs of a query and a corpus", [asked.pairs], "pairs"),
            measure.row("souk", "", f"groups of {CHUNK:,} with a difference", [len(failed)], "groups")]
    measure.report("exact", f"random queries over random corpora, seed {asked.seed}", rows, {}, as_json)
    return 1 if failed else 0
