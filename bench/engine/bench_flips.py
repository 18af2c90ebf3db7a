"""Flipped bytes in every kind of file of a shop: each noticed or harmless, never a wrong answer, a crash or a hang.

Runs tests/engine/flips_test.cc, which says what the outcomes mean, with many more flips than the tests make.
Arguments: flips (20,000), seed (1).
"""
import json
import os
import subprocess

from lib import measure

GOOD = ("refused", "found by doctor", "cut and reported", "another setting", "harmless")


def main(as_json, arguments):
    flips, seed = (list(arguments) + ["20000", "1"][len(arguments):])[:2]
    program = measure.ROOT / "build" / "release" / "test_engine"
    if not program.exists():
        raise SystemExit(f"{program} is missing: ./run build")
    folder = measure.ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    counts = folder / "flips-counts.json"
    counts.unlink(missing_ok=True)
    subprocess.run([program, "--gtest_filter=Flips.AreNoticedOrHarmless", "--gtest_brief=1"], check=False,
                   env={**os.environ, "SOUK_FLIPS": flips, "SOUK_FLIPS_SEED": seed, "SOUK_FLIPS_REPORT": str(counts)},
                   stdout=subprocess.DEVNULL if as_json else None)
    kinds = json.loads(counts.read_text())["kinds"]
    rows = [measure.row(kind, "", outcome, [count], "flips") for kind, outcomes in kinds.items() for outcome, count in outcomes.items()]
    total = sum(row["median"] for row in rows)
    good = sum(row["median"] for row in rows if row["metric"] in GOOD)
    measure.report("flips", f"{flips} flips, seed {seed}", rows, {"noticed or harmless/all": good / total}, as_json)
    return 0 if good == total else 1
