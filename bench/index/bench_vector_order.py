"""What the dimension of vectors and the order in which they enter a graph do to its recall, and whether a tuned effort holds on other queries.

usage: vector-order [rows=20000] [seeds=5]

After Elliott and Clark, "The Impacts of Data, Ordering, and Intrinsic Dimensionality on Recall in HNSW" (2024). Made-up vectors, one thread:
points of 256 numbers that lie in 4 to 128 dimensions, and 64 numbers in 50 categories of different width, sorted by category. Recall@10 against
the exact scan at degree 8, efConstruction 64 and a breadth of 32, over vectors kept whole; no time is measured.
"""
import json
import statistics
import subprocess

from lib import measure


def program():
    folder = measure.ROOT / "build" / "bench-programs"
    subprocess.run(["cmake", "--preset", "bench", "-B", folder], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "--target", "vector_order_bench"], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder / "vector_order_bench"


def main(as_json, arguments):
    asked = {"rows": 20_000, "seeds": 5}
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key not in asked or not value.isdigit():
            raise SystemExit(f"bench: unknown argument '{argument}'\n{__doc__}")
        asked[key] = int(value)
    run = subprocess.run([program(), str(asked["rows"]), str(asked["seeds"])], check=True, capture_output=True, text=True)
    cells = [json.loads(line) for line in run.stdout.splitlines()]
    rows, table = [], [f"recall@10 of a graph, {asked['rows']:,} rows, mean of {asked['seeds']} seeds (smallest to largest)"]
    for part, key in (("dimension", "inner"), ("order", "order")):
        for value in dict.fromkeys(cell[key] for cell in cells if cell["part"] == part):
            these = [cell for cell in cells if cell["part"] == part and cell[key] == value]
            recalls = [cell["recall"] for cell in these]
            rows.append(measure.row("souk", "", f"{part} {value}", recalls, "recall"))
            line = f"  {value!s:>30}  {statistics.mean(recalls):.4f} ({min(recalls):.4f} to {max(recalls):.4f})"
            if part == "dimension":
                line += f"  local dimension {statistics.mean(cell['local_dimension'] for cell in these):.1f}"
            else:
                line += (f"  tuned to .95: breadth {statistics.mean(cell['tuned'] for cell in these):.0f}, held out "
                         f"{statistics.mean(cell['held_out'] for cell in these):.4f}")
            table.append(line)
    measure.report("vector-order", "dimension, order of insertion and tuned effort of a graph", rows, {}, as_json, table)
