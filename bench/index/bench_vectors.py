"""Nearest neighbours beside hnswlib, FAISS and usearch: queries per processor second at recall@10 of .95 and .99, and builds, one thread.

usage: vectors [fashion | clusters-ROWS]... [engine=NAME:NAME...] [rounds=N]

fashion: Fashion-MNIST, 60,000 x 784 by L2 (Debian's dataset-fashion-mnist), 2,000 of its test images as queries. clusters-ROWS: so many
96-d vectors around ROWS / 200 uneven, heavy-tailed centres, 2,000 queries of the same making.

Recall@10 is against the exact scan. For each engine the least effort of a fixed grid (the breadth of a walk; for IVF the lists probed)
that reaches a recall is found first; then all engines play the same rounds in turn. An engine that never reaches it has no number there.
Beside Souk's indexes stands which part of the vectors' memory they take, without the vectors that are kept to be read for the best few.
"""
import json
import pathlib
import statistics
import subprocess
import sys

from lib import measure

WORK = measure.ROOT / "build" / "bench" / "vectors"
VENV = measure.ROOT / "build" / "bench-peers" / "vectors"
PACKAGES = ("numpy", "hnswlib", "faiss-cpu", "usearch")
# HALF: half the dimension, so that a part of product codes has two columns, as in FAISS's PQHALFx4fs beside it.
SOUK_SPECS = ("HNSW16,SQ8,Refine", "HNSW16", "HNSW16,SQ8", "HNSW16,RBQ,Refine", "HNSW16,RBQ2,Refine", "IVF1024,SQ8,Refine", "IVF1024,PQHALFx4,Refine",
              "RBQ,Refine")
PEERS = ("hnswlib-M16", "hnswlib-M32", "faiss-HNSW32", "faiss-PQfs-kf10", "faiss-PQfs-kf40", "usearch-bf16")
EFFORTS = (10, 12, 14, 16, 18, 20, 23, 26, 30, 34, 38, 43, 48, 54, 60, 68, 76, 86, 97, 110, 125, 140, 160, 180, 200, 230, 260, 300, 350, 400, 500,
           600, 800)
RECALLS = (0.95, 0.99)
K, QUERIES, ROUNDS = 10, 2000, 5


def peer_python():
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def program():
    folder = measure.ROOT / "build" / "bench-programs"
    subprocess.run(["cmake", "--preset", "bench", "-B", folder], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "--target", "vectors_bench"], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder / "vectors_bench"


MAKE = """
import sys, numpy
def save(path, values):
    with open(path, "wb") as out:
        numpy.array(values.shape, numpy.uint32).tofile(out)
        numpy.ascontiguousarray(values, numpy.float32).tofile(out)
kind, folder = sys.argv[1:3]
if kind == "fashion":
    import gzip
    for source, target, count in ((sys.argv[3], "rows", 60000), (sys.argv[4], "queries", int(sys.argv[5]))):
        with gzip.open(source) as images:
            save(f"{folder}/{target}.f32", numpy.frombuffer(images.read(), numpy.uint8, offset=16).reshape(-1, 784)[:count])
else:
    rows, queries, dimension = int(sys.argv[3]), int(sys.argv[4]), 96
    random = numpy.random.default_rng(7)
    centres = max(rows // 200, 1)
    middle = random.normal(size=(centres, dimension)).astype(numpy.float32)
    share = random.pareto(1.2, centres) + 0.1
    spread = random.uniform(0.3, 0.9, centres).astype(numpy.float32)
    def draw(count):
        of = random.choice(centres, count, p=share / share.sum())
        tails = random.standard_t(4, size=(count, dimension)).astype(numpy.float32)
        return middle[of] + spread[of, None] * tails
    save(f"{folder}/rows.f32", draw(rows))
    save(f"{folder}/queries.f32", draw(queries))
"""


def images(name):
    found = subprocess.run(["dpkg", "-L", "dataset-fashion-mnist"], capture_output=True, text=True, check=False).stdout.split()
    for path in found:
        if path.endswith(name):
            return path
    raise SystemExit("bench: Debian's package dataset-fashion-mnist is missing (packages/bench.txt)")


def make(name, python):
    """The folder of a data set: its rows, its queries, and the metric."""
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "queries.f32").exists():
        arguments = ["fashion", folder, images("train-images-idx3-ubyte.gz"), images("t10k-images-idx3-ubyte.gz"), str(QUERIES)]
        if name != "fashion":
            arguments = ["clusters", folder, name.split("-")[1], str(QUERIES)]
        subprocess.run([python, "-c", MAKE, *arguments], check=True)
    return folder, "l2"


class Engine:
    def __init__(self, name, command, build):
        self.name = name
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.build = build
        self.efforts = {}

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "it ended"}
        if "error" in answer:
            raise SystemExit(f"bench: {self.name}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def read_answers(path):
    bytes_read = pathlib.Path(path).read_bytes()
    rows = memoryview(bytes_read).cast("I").tolist()
    return [rows[at:at + K] for at in range(0, len(rows), K)]


def recall(found, truth):
    return sum(len(set(f) & set(t)) for f, t in zip(found, truth)) / (K * len(truth))


def find_efforts(engine, truth, scratch):
    """The least effort of the grid for each recall, with the recall it gave; and the best recall of the grid."""
    best = 0.0
    for effort in EFFORTS:
        engine.ask("answers", effort, K, scratch)
        reached = recall(read_answers(scratch), truth)
        best = max(best, reached)
        for wanted in RECALLS:
            if reached >= wanted and wanted not in engine.efforts:
                engine.efforts[wanted] = (effort, reached)
        if len(engine.efforts) == len(RECALLS):
            break
    engine.best = best


def measure_set(name, python, binary, chosen, rounds, rows, ratios, table):
    folder, metric = make(name, python)
    with open(folder / "rows.f32", "rb") as file:
        count, dimension = memoryview(file.read(8)).cast("I").tolist()
    specs = [spec.replace("HALF", str(min(dimension // 2, 256))) for spec in SOUK_SPECS]
    engines = [Engine(f"souk {spec}", [binary, folder, metric], f"build {spec}") for spec in specs if not chosen or spec in chosen]
    peer = measure.ROOT / "bench" / "peers" / "vectors_peer.py"
    engines += [Engine(kind, [python, peer, folder, metric, kind], "build") for kind in PEERS if not chosen or kind in chosen]
    truth_path, scratch = folder / "truth", folder / "answers"
    first = engines[0] if engines[0].name.startswith("souk") else Engine("souk", [binary, folder, metric], "")
    first.ask("truth", K, truth_path)
    truth = read_answers(truth_path)
    table.append(f"{name}: queries per processor second (effort, recall)")
    for engine in engines:
        engine.built = engine.ask(engine.build)
        find_efforts(engine, truth, scratch)
        rows.append(measure.row(engine.name, "", f"{name} build", [engine.built["cpu"]], "processor s"))
    speeds = {(engine.name, wanted): [] for engine in engines for wanted in engine.efforts}
    for _ in range(rounds):
        for engine in engines:
            for wanted, (effort, _reached) in engine.efforts.items():
                run = engine.ask("run", effort, K, QUERIES)
                speeds[engine.name, wanted].append(run["queries"] / run["cpu"])
    for engine in engines:
        cells = []
        for wanted in RECALLS:
            if wanted not in engine.efforts:
                cells.append(f"- ({engine.best:.3f})")
                continue
            effort, reached = engine.efforts[wanted]
            rows.append(measure.row(engine.name, "", f"{name} at {wanted}", speeds[engine.name, wanted], "queries/s"))
            cells.append(f"{statistics.median(speeds[engine.name, wanted]):,.0f} ({effort}, {reached:.4f})")
        megabytes = engine.built["bytes"] / 1e6
        beside = f" + {engine.built['vectors'] / 1e6:.0f}" if engine.built.get("vectors") else ""
        if "vectors" in engine.built:
            beside += f" ({engine.built['bytes'] / (4 * count * dimension):.2f})"
            rows.append(measure.row(engine.name, "", f"{name} memory", [engine.built["bytes"] / (4 * count * dimension)], "of the vectors"))
        table.append(f"  {engine.name:<24} build {engine.built['cpu']:>7.1f} s  {megabytes:>6.0f}{beside} MB  " + "  ".join(f"{cell:>26}" for cell in cells))
        engine.close()
    for wanted in RECALLS:
        ours = [statistics.median(v) for (who, at), v in speeds.items() if who.startswith("souk") and at == wanted]
        peers = [statistics.median(v) for (who, at), v in speeds.items() if not who.startswith("souk") and at == wanted]
        if ours and peers:
            ratios[f"souk/fastest peer {name} at {wanted}"] = max(ours) / max(peers)
    builds = {engine.name: engine.built["cpu"] for engine in engines}
    if "hnswlib-M16" in builds and f"souk {SOUK_SPECS[0]}" in builds:
        ratios[f"souk/hnswlib-M16 {name} build"] = builds["hnswlib-M16"] / builds[f"souk {SOUK_SPECS[0]}"]


def main(as_json, arguments):
    chosen, rounds, sets = None, ROUNDS, []
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key == "engine":
            chosen = value.split(":")
        elif key == "rounds":
            rounds = int(value)
        elif argument == "fashion" or (argument.startswith("clusters-") and argument[9:].isdigit()):
            sets.append(argument)
        else:
            raise SystemExit(f"bench: unknown argument '{argument}'\n{__doc__}")
    python, binary = peer_python(), program()
    rows, ratios, table = [], {}, []
    for name in sets or ["fashion"]:
        measure_set(name, python, binary, chosen, rounds, rows, ratios, table)
    table += [f"  ratio {key}: {value:.2f}" for key, value in ratios.items()]
    measure.report("vectors", "nearest neighbours, recall@10, one thread, one query at a time", rows, ratios, as_json, table)
