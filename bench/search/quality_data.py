"""What the quality benchmark searches and asks: the Chorus shop with its judgements.

$SOUK_DATA names the folder of the data sets; files are written into build/bench-quality.
"""
import csv
import gzip
import json
import os
import pathlib

from lib import measure

FOLDER = measure.ROOT / "build" / "bench-quality"
DATA = pathlib.Path(os.environ.get("SOUK_DATA", measure.ROOT.parent / "shared" / "data"))
CHORUS = "chorus-electronics"
FIELDS = ("title", "brand", "mpn", "description", "attributes")  # of a product of Chorus, as both engines get them


def lines(name):
    path = DATA / name
    if not path.exists():
        raise SystemExit(f"bench: {path} is missing; SOUK_DATA names the folder of data sets")
    opened = gzip.open(path, "rt", encoding="utf-8", newline="") if name.endswith(".gz") else open(path, encoding="utf-8", newline="")
    with opened as file:
        yield from file


def tidy(text):
    return " ".join((text or "").split())


class Chorus:
    """The products as five texts each, and the queries with a relevant product. Attributes are the values of `attr_t_*`, in the file's order."""

    def __init__(self):
        self.keys, self.products = [], []
        for row in map(json.loads, lines(f"{CHORUS}/products.jsonl.gz")):
            attributes = {name.removeprefix("attr_t_"): tidy(str(value)) for name, value in row.items() if name.startswith("attr_t_")}
            self.keys.append(str(row["id"]))
            self.products.append({"title": tidy(row.get("title")), "brand": tidy(row.get("supplier")), "mpn": tidy(row.get("name")),
                                  "description": tidy(row.get("short_description")), "attributes": attributes})
        grades = {}
        for row in csv.DictReader(lines(f"{CHORUS}/Broad_Query_Set_rated.csv")):
            grades.setdefault(row["query"], {})[row["docid"]] = int(row["rating"])
        self.grades = {query: found for query, found in sorted(grades.items()) if max(found.values()) > 0}
        self.queries = list(self.grades)

    def write(self):
        """(products for Souk, products for Lucene, queries)"""
        FOLDER.mkdir(parents=True, exist_ok=True)
        paths = FOLDER / "chorus.jsonl", FOLDER / "chorus.tsv", FOLDER / "chorus-queries.txt"
        with open(paths[0], "w", encoding="utf-8") as records, open(paths[1], "w", encoding="utf-8") as cells:
            for key, product in zip(self.keys, self.products):
                records.write(json.dumps({"key": key, **{name: value for name, value in product.items() if value}}, ensure_ascii=False) + "\n")
                cells.write("\t".join([*(product[name] for name in FIELDS[:4]), tidy(" ".join(product["attributes"].values()))]) + "\n")
        paths[2].write_text("".join(query + "\n" for query in self.queries), encoding="utf-8")
        return paths
