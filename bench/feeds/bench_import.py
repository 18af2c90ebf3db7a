"""Import of the Complete Journey purchases, end to end and durable, beside sqlite3's .import of the same CSV.

Both begin with an empty store; SQLite's table has the two indexes Souk keeps too (shopper and time, item) before the rows come, and
synchronous=FULL. Interleaved, wall seconds; Souk reads the file twice (it checks every row before it applies one).
"""
import os
import re
import shutil
import subprocess

from lib import measure

ROUNDS = 5
DATA = measure.ROOT / "build" / "demo-data" / "complete-journey"
SCRATCH = measure.ROOT / "build" / "bench" / "import"
SQL = """PRAGMA synchronous=FULL;
CREATE TABLE transactions(household_id TEXT, store_id TEXT, basket_id TEXT, product_id TEXT, quantity REAL, sales_value REAL,
  retail_disc REAL, coupon_disc REAL, coupon_match_disc REAL, week INTEGER, transaction_timestamp TEXT);
CREATE INDEX by_shopper ON transactions(household_id, transaction_timestamp);
CREATE INDEX by_item ON transactions(product_id);
.mode csv
.import --skip 1 {csv} transactions
SELECT 'rows', count(*) FROM transactions;
"""


def sqlite(csv):
    database = SCRATCH / "peer.sqlite"
    for path in SCRATCH.glob("peer.sqlite*"):
        path.unlink()
    os.sync()  # what the run before left to be written is not this one's work
    return measure.run(["sqlite3", str(database)], stdin=SQL.format(csv=csv))


def events_only():
    """The data set's descriptor without its items: the very rows that SQLite reads."""
    head, *files = (measure.ROOT / "recipes" / "data" / "complete-journey.toml").read_text().split("[[files]]")
    path = SCRATCH / "events.toml"
    path.write_text("[[files]]".join([head] + [part for part in files if 'as = "events"' in part]))
    return path


def souk(shop, descriptor):
    os.sync()
    return measure.run([measure.SOUK, "--json", "import", shop, "--data", descriptor, "--folder", DATA])


def main(as_json, arguments):
    del arguments
    subprocess.run(["python3", "tools/fetch_complete_journey.py", str(DATA)], cwd=measure.ROOT, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    csv, descriptor = DATA / "transactions.csv", events_only()
    events = sum(chunk.count(b"\n") for chunk in iter(lambda f=csv.open("rb"): f.read(1 << 24), b"")) - 1
    peers, ours, again = [], [], []
    for number in range(ROUNDS):
        peers.append(sqlite(csv))
        shop = SCRATCH / f"shop-{number}"
        measure.run([measure.SOUK, "init", shop, "--currency", "USD"])
        ours.append(souk(shop, descriptor))
        if number == 0:
            again.append(souk(shop, descriptor))
        shutil.rmtree(shop)
    version = measure.run(["sqlite3", "--version"]).output.split()[0]
    own = re.search(r"\d+\.\d+\.\d+", measure.run([measure.SOUK, "--version"]).output)[0]
    rows = [
        measure.row("sqlite3", version, "wall", [c.wall for c in peers], "s"),
        measure.row("souk", own, "wall", [c.wall for c in ours], "s"),
        measure.row("sqlite3", version, "processor", [c.cpu for c in peers], "s"),
        measure.row("souk", own, "processor", [c.cpu for c in ours], "s"),
        measure.row("souk", own, "events per processor second", [events / c.cpu for c in ours], "events/s"),
        measure.row("souk", own, "peak memory", [c.peak_mb for c in ours], "MB"),
        measure.row("souk", own, "second import of the same file, wall", [c.wall for c in again], "s"),
    ]
    wall = {engine: next(r["median"] for r in rows if r["engine"] == engine and r["metric"] == "wall") for engine in ("sqlite3", "souk")}
    measure.report("import", f"{events:,} purchases of Complete Journey, CSV to durable store", rows,
                   {"souk/sqlite3 wall": wall["sqlite3"] / wall["souk"]}, as_json)
    print(again[0].output.strip().splitlines()[-1] if not as_json else "", end="" if as_json else "\n")
