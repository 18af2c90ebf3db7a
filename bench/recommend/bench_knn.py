"""Item-kNN on the Beauty reviews: fit, and the best 20 items of every shopper, beside `implicit` (cosine and BM25, K 500).

Interleaved, one thread, processor seconds.
"""
import json
import os
import subprocess
import sys

from lib import measure

import data

ROUNDS = 5
VENV = measure.ROOT / "build" / "bench-peers" / "implicit"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
MODELS = ("cosine", "bm25")


def peer_python():
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "implicit", "numpy", "scipy"], check=True)
    return python


def program(name):
    folder = measure.ROOT / "build" / "bench-programs"
    subprocess.run(["cmake", "--preset", "bench", "-B", folder], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "--target", name], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder / name


def souk(binary, events):
    output = subprocess.run([binary, "--benchmark_format=json"], env={**os.environ, **ONE_THREAD, "SOUK_BENCH_LOG": str(events)}, check=True,
                            capture_output=True, text=True).stdout
    runs = {run["name"].split("/iterations")[0]: run for run in json.loads(output)["benchmarks"]}
    result = {}
    for at, model in enumerate(MODELS):
        fit, top = runs[f"knn_fit/bm25:{at}"], runs[f"knn_top20/bm25:{at}"]
        result[model] = {"fit": fit["cpu_time"] / 1000, "top-20": top["cpu_time"] / 1000, "mass": top["mass"]}
    return result


def implicit(python, events):
    script = measure.ROOT / "bench" / "recommend" / "implicit_peer.py"
    output = subprocess.run([python, script, events], env={**os.environ, **ONE_THREAD}, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def main(as_json, arguments):
    del arguments
    events, python, binary = data.beauty(), peer_python(), program("knn_bench")
    version = subprocess.run([python, "-c", "import implicit; print(implicit.__version__)"], check=True, capture_output=True, text=True).stdout.strip()
    ours, peers = [], []
    for _ in range(ROUNDS):
        peers.append(implicit(python, events))
        ours.append(souk(binary, events))
    rows, ratios = [], {}
    for model in MODELS:
        mass, expected = ours[0][model]["mass"], peers[0][model]["mass"]
        if abs(mass - expected) > 1e-4 * expected:
            raise SystemExit(f"bench: the lists of {model} differ: their scores sum to {mass}, those of implicit to {expected}")
        for work in ("fit", "top-20"):
            metric = f"{model} {work}"
            rows.append(measure.row("implicit", version, metric, [run[model][work] for run in peers], "processor s"))
            rows.append(measure.row("souk", measure.commit(), metric, [run[model][work] for run in ours], "processor s"))
            ratios[f"souk/implicit {metric}"] = rows[-2]["median"] / rows[-1]["median"]
    measure.report("knn", "item-kNN, K 500, Beauty (22,363 shoppers, 12,101 items): fit, and the best 20 of all", rows, ratios, as_json)
