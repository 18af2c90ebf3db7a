"""Fitting EASE on the Beauty reviews, beside the bare inverse of its matrix (spotrf and spotri) in the same process.

Interleaved at random, one thread, processor seconds. A ratio of 1 would be an EASE that costs nothing but its inverse.
"""
import json
import os
import subprocess

from lib import measure

import data
from bench_knn import ONE_THREAD, program

ROUNDS = 5


def main(as_json, arguments):
    del arguments
    events, binary = data.beauty(), program("ease_bench")
    output = subprocess.run([binary, "--benchmark_format=json", f"--benchmark_repetitions={ROUNDS}", "--benchmark_enable_random_interleaving=true"],
                            env={**os.environ, **ONE_THREAD, "SOUK_BENCH_LOG": str(events)}, check=True, capture_output=True, text=True).stdout
    times = {"ease_fit": [], "bare_inverse": []}
    for run in json.loads(output)["benchmarks"]:
        if run["run_type"] == "iteration":
            times[run["name"].split("/")[0]].append(run["cpu_time"] / 1000)
    rows = [measure.row("lapack", "spotrf + spotri", "inverse", times["bare_inverse"], "processor s"),
            measure.row("souk", measure.commit(), "fit", times["ease_fit"], "processor s")]
    measure.report("ease", "EASE, lambda 100, Beauty (12,101 items): fit beside the inverse alone", rows,
                   {"souk/lapack fit": rows[0]["median"] / rows[1]["median"]}, as_json)
