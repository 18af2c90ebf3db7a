"""Full ranking of all Beauty and Gowalla users by a dot-product model of 64 dimensions, beside OpenBLAS's bare product and RecBole.

One run, interleaved, processor seconds of one thread; for two threads, wall seconds. OpenBLAS computes the same product in blocks of 1,024
users, throws it away and ranks nothing. RecBole ranks the same Beauty test users by an untrained BPR at its default eval_batch_size
(4,096, less than the items: it ranks one user at a time) and at the best one (6.2 million: 512 users at a time).
Without the real data the sets are drawn at the same size, and RecBole is left out; `--no-peers` leaves it out too.
"""
import gzip
import json
import os
import pathlib
import subprocess
import sys

from lib import measure

ROUNDS = 5
FOLDER = measure.ROOT / "build" / "bench" / "eval"
VENV = measure.ROOT / "build" / "bench-peers" / "recbole"
# RecBole 1.2.1 uses names of numpy, scipy and pandas that later versions took away.
PACKAGES = ["recbole==1.2.1", "torch==2.2.2", "numpy<2", "scipy<1.13", "pandas<3"]
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
BATCHES = {"default": 0, "best batch": 6_200_000}
FILES = {"beauty.txt": "amazon-s3rec/Beauty.txt.gz", "gowalla-train.txt": "gowalla/train.txt.gz", "gowalla-test.txt": "gowalla/test.txt.gz"}
SETS = ("beauty", "gowalla")


def unpack():
    """The real sets as text for the program; says whether they are there."""
    data = pathlib.Path(os.environ.get("SOUK_DATA", measure.ROOT.parent / "shared" / "data"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not all((data / packed).exists() for packed in FILES.values()):
        return False
    for name, packed in FILES.items():
        if not (FOLDER / name).exists():
            (FOLDER / name).write_bytes(gzip.decompress((data / packed).read_bytes()))
    return True


def program():
    folder = measure.ROOT / "build" / "bench-programs"
    subprocess.run(["cmake", "--preset", "bench", "-B", folder], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "--target", "rank_eval_bench"], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder / "rank_eval_bench"


class RecBole:
    """A process that evaluates once whenever it is asked to."""

    def __init__(self):
        python = VENV / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
        script = measure.ROOT / "bench" / "peers" / "recbole_eval.py"
        self.process = subprocess.Popen([python, script, FOLDER / "beauty.txt", FOLDER / "recbole", *map(str, BATCHES.values())],
                                        cwd=FOLDER, env={**os.environ, **ONE_THREAD}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)  # RecBole writes logs where it stands
        self.version = self.line("ready ").removeprefix("ready ").strip()

    def line(self, start):
        for line in self.process.stdout:
            if line.startswith(start):
                return line
        raise SystemExit("bench: RecBole ended before its time; its messages stand above")

    def evaluate(self, which):
        self.process.stdin.write(f"{which}\n")
        self.process.stdin.flush()
        return json.loads(self.line("{"))["cpu"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def run_once(binary):
    """Every benchmark of the program once: name -> (processor seconds, wall seconds)."""
    output = subprocess.run([binary, "--benchmark_format=json"], env={**os.environ, "SOUK_BENCH_DATA": str(FOLDER), "OPENBLAS_NUM_THREADS": "1"},
                            check=True, capture_output=True, text=True).stdout
    times = {}
    for run in json.loads(output)["benchmarks"]:
        name = run["name"].split("/iterations")[0].removesuffix("/process_time")
        times[name] = (run["cpu_time"] / 1000, run["real_time"] / 1000)
    return times


def main(as_json, arguments):
    real = unpack()
    binary = program()
    recbole = RecBole() if real and "--no-peers" not in arguments else None
    ours, peers = [], {name: [] for name in BATCHES}
    for _ in range(ROUNDS):
        ours.append(run_once(binary))
        for which, name in enumerate(BATCHES if recbole else ()):
            peers[name].append(recbole.evaluate(which))
    if recbole:
        recbole.close()

    own = measure.commit()
    rows, ratios = [], {}
    def add(engine, version, metric, values, unit="processor s"):
        rows.append(measure.row(engine, version, metric, values, unit))
        return rows[-1]["median"]
    for name in SETS:
        bare = add("OpenBLAS", "sgemm", f"{name}: bare product", [run[f"sgemm/{name}"][0] for run in ours])
        for work in ("metrics", "lists", "truth_first"):
            time = add("souk", own, f"{name}: {work}", [run[f"evaluate/{name}_{work}/1"][0] for run in ours])
            ratios[f"souk/sgemm {name} {work}"] = bare / time
        add("souk", own, f"{name}: ranking alone, scores given", [run[f"callback/{name}"][0] for run in ours])
        for work in ("metrics", "lists"):
            one = add("souk", own, f"{name}: {work}, one thread", [run[f"evaluate/{name}_{work}/1"][1] for run in ours], "wall s")
            two = add("souk", own, f"{name}: {work}, two threads", [run[f"evaluate/{name}_{work}/2"][1] for run in ours], "wall s")
            ratios[f"souk two threads/one {name} {work}"] = one / two
    for name, values in peers.items():
        if not values:
            continue
        time = add("RecBole", recbole.version, f"beauty: {name}", values)
        for work in ("metrics", "lists", "truth_first"):
            mine = next(r["median"] for r in rows if r["metric"] == f"beauty: {work}")
            ratios[f"souk/RecBole {name}, {work}"] = time / mine
    measure.report("eval", f"full ranking at 5, 10, 20, D 64: Beauty 22,363 x 12,101, Gowalla 29,858 x 40,981 ({'real' if real else 'drawn'} histories)",
                   rows, ratios, as_json)
