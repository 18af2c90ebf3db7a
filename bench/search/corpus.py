#!/usr/bin/env python3
"""The texts, columns and queries of the search benchmark, made from the real catalogues of the shared data.

usage: corpus.py [--force]

Writes into build/bench-search; $SOUK_DATA names the folder of the data sets. One line is one product in every file, numbered from 0:

    real.txt      title and body of a product of the real catalogues, reduced to words of [a-z0-9], joined by single spaces
    real.tsv      its brand, category and price in cents
    million.txt   1,000,000 texts drawn from a Markov model of real.txt: each word by the one before it, as many words as a real text has
    million.tsv   brand, category and price of a random real product each
    queries.txt   bestbuy's popular searches, Chorus's, and 3 to 6 words out of titles, shuffled; words of one query are distinct
    shop.txt      each query again with one filter: "WORDS<TAB>category<TAB>NAME" or "WORDS<TAB>price<TAB>LOWEST<TAB>HIGHEST" (both included)
    manifest.json what they were made from and their SHA-256

The same data give the same bytes on every machine: all chance comes from Mersenne twisters with fixed seeds, used only through random().
A brand that a catalogue does not name is the first word of the title; a category is the source's shelf with a number drawn by Zipf's law;
a price is drawn log-normal with a median of its own for each source.
"""
import array
import bisect
import csv
import gzip
import hashlib
import json
import math
import os
import pathlib
import random
import re
import shutil
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "build" / "bench-search"
DATA = pathlib.Path(os.environ.get("SOUK_DATA", ROOT.parent / "shared" / "data"))
GENERATED = 1_000_000
TITLE_QUERIES = 1000
SHELVES = 40  # categories drawn for a source that has none
SEED = 6
WORD = re.compile("[a-z0-9]+")
FILES = ("real.txt", "real.tsv", "million.txt", "million.tsv", "queries.txt", "shop.txt")
SOURCES = ("complete-journey/products.csv.gz", "retrotech/products.csv.gz", "chorus-electronics/products.jsonl.gz",
           "pricerunner/pricerunner.tsv.gz", *(f"bundle-recommendation/{name}/{table}.csv.gz" for name in ("clothing", "electronic", "food")
                                               for table in ("item_titles", "item_categories")),
           "amazon-minionerec/Office_Products.item.json.gz", "amazon-minionerec/Industrial_and_Scientific.item.json.gz",
           "beauty-text/items.tsv.gz", "chorus-electronics/Broad_Query_Set_rated.csv",
           "bestbuy-suggestions/instant_search_demo_query_suggestions.json.gz")


def words(text):
    return WORD.findall(text.lower())


def drawn(generator, count):
    """A number below `count`; random() alone keeps its sequence from one version of Python to the next."""
    return int(generator.random() * count)


def normal(generator):
    return math.sqrt(-2 * math.log(1 - generator.random())) * math.cos(2 * math.pi * generator.random())


def lines(name):
    opened = gzip.open(DATA / name, "rt", encoding="utf-8", newline="") if name.endswith(".gz") else open(DATA / name, encoding="utf-8", newline="")
    with opened as file:
        yield from file


def tab_separated(name):
    rows = (line.rstrip("\r\n").split("\t") for line in lines(name))
    header = next(rows)
    for row in rows:
        yield dict(zip(header, row))


def category_of(path_list):
    """The third step, or the last above it, of the first path of "[[A,B,C],[A,D]]"."""
    return ",".join(path_list.strip("[]").split("],[")[0].split(",")[:4]).strip()


class Products:
    """Products as they come: (source, title, body, brand, category, price in cents); what a catalogue lacks is None."""

    def complete_journey(self):
        for row in csv.DictReader(lines(SOURCES[0])):
            title = " ".join((row["product_type"], row["package_size"]))
            body = " ".join((row["product_category"], row["department"], row["brand"]))
            yield "groceries", title, body, f"maker {row['manufacturer_id']}", row["product_category"] or row["department"], None

    def retrotech(self):
        for row in csv.DictReader(lines(SOURCES[1]), escapechar="\\"):
            body = " ".join((row["manufacturer"], row["short_description"], row["long_description"]))
            yield "media", row["name"], body, row["manufacturer"].strip(), None, None

    def chorus(self):
        for row in map(json.loads, lines(SOURCES[2])):
            yield "electronics", row["title"], row.get("short_description") or "", row.get("supplier"), row.get("attr_t_product_type"), row.get("price")

    def pricerunner(self):
        for row in tab_separated(SOURCES[3]):
            yield "offers", row["title"], "", None, row["category"], None

    def bundles(self):
        for titles, categories in zip(SOURCES[4:10:2], SOURCES[5:10:2]):
            shelf = {row["item ID"]: category_of(row["categories"]) for row in csv.DictReader(lines(categories))}
            for row in csv.DictReader(lines(titles)):
                yield titles.split("/")[1], row["titles"], "", None, shelf.get(row["item ID"]), None

    def minionerec(self):
        for name in SOURCES[10:12]:
            source = "office" if "Office" in name else "industrial"
            for row in json.loads("".join(lines(name))).values():
                body = re.sub(r"<[^>]*>|\{[^}]*\}", " ", row["description"])
                yield source, row["title"], body, row["brand"], None, None

    def beauty(self):
        for row in tab_separated(SOURCES[12]):
            yield "beauty", row["title"], "", None, None, None

    def all(self):
        for part in (self.complete_journey, self.retrotech, self.chorus, self.pricerunner, self.bundles, self.minionerec, self.beauty):
            yield from part()


def plain(text):
    """A name as a column keeps it: no tabs, single spaces, small letters, as an engine that folds names counts "LG" and "Lg" together."""
    return " ".join((text or "").lower().split())


def real_products():
    """(texts as lists of words, number of words of each title, rows of columns, count of each source)"""
    generator = random.Random(SEED)
    texts, titles, columns, counts = [], [], [], {}
    chances = [1 / (1 + shelf) for shelf in range(SHELVES)]
    steps = [sum(chances[:shelf + 1]) for shelf in range(SHELVES)]
    for source, title, body, brand, category, price in Products().all():
        title_words = words(title)
        text = title_words + words(body)
        if not text:
            continue
        shelf, deviation = bisect.bisect(steps, generator.random() * steps[-1]), normal(generator)
        median = 300 if source in ("groceries", "food") else 2500  # cents
        texts.append(text)
        titles.append(len(title_words))
        columns.append((plain(brand) or text[0], plain(category) or f"{source} {shelf + 1}",
                        int(price) if price is not None else max(1, round(median * math.exp(deviation)))))
        counts[source] = counts.get(source, 0) + 1
    return texts, titles, columns, counts


def write_texts(name, texts):
    with open(FOLDER / name, "w", encoding="ascii") as file:
        file.writelines(" ".join(text) + "\n" for text in texts)


def write_columns(name, rows):
    with open(FOLDER / name, "w", encoding="utf-8") as file:
        file.writelines(f"{brand}\t{category}\t{price}\n" for brand, category, price in rows)


class Markov:
    """Each word by the one before it, as often as it follows it in the texts. After a word that only ever ended a text comes a beginning."""

    def __init__(self, texts):
        number_of = {}
        for text in texts:
            for word in text:
                number_of.setdefault(word, len(number_of))
        self.words = list(number_of)
        self.beginnings = array.array("i", (number_of[text[0]] for text in texts))
        self.lengths = array.array("i", map(len, texts))
        followers = [array.array("i") for _ in self.words]
        for text in texts:
            for word, following in zip(text, text[1:]):
                followers[number_of[word]].append(number_of[following])
        self.followers = followers

    def texts(self, count):
        generator = random.Random(SEED + 1)
        chance, beginnings, lengths, followers, names = generator.random, self.beginnings, self.lengths, self.followers, self.words
        for _ in range(count):
            text, after = [], ()
            for _ in range(lengths[int(chance() * len(lengths))]):
                after = after or beginnings
                word = after[int(chance() * len(after))]
                text.append(names[word])
                after = followers[word]
            yield text


def shuffled(generator, rows):
    for last in range(len(rows) - 1, 0, -1):
        other = drawn(generator, last + 1)
        rows[last], rows[other] = rows[other], rows[last]
    return rows


def make_queries(texts, titles):
    """Queries as lists of distinct words, and how many come from where."""
    bestbuy = [row["query"] for row in json.loads("".join(lines(SOURCES[14])))]
    chorus = list(dict.fromkeys(row["query"] for row in csv.DictReader(lines(SOURCES[13]))))
    generator = random.Random(SEED + 2)
    sampled = []
    while len(sampled) < TITLE_QUERIES:
        row = drawn(generator, len(texts))
        title = list(dict.fromkeys(texts[row][:titles[row]]))
        size = 3 + drawn(generator, 4)
        if len(title) >= size:
            sampled.append(shuffled(generator, title)[:size])
    every = [list(dict.fromkeys(words(query))) for query in bestbuy + chorus] + sampled
    counts = {"bestbuy": len(bestbuy), "chorus": len(chorus), "titles": len(sampled)}
    return shuffled(generator, [query for query in every if query]), counts


def filters(queries, texts, columns):
    """One filter a query, in turn: the category of a product with the query's rarest known word, and half of all prices."""
    generator = random.Random(SEED + 3)
    having = {word: [] for query in queries for word in query}
    for row, text in enumerate(texts):
        for word in set(text):
            if word in having:
                having[word].append(row)
    prices = sorted(price for _, _, price in columns)
    for number, query in enumerate(queries):
        if number % 2 == 0:
            known = [having[word] for word in query if having[word]] or [range(len(texts))]
            rows = min(known, key=len)
            yield "category", columns[rows[drawn(generator, len(rows))]][1]
        else:
            lowest = drawn(generator, len(prices) // 2)
            yield "price", prices[lowest], prices[lowest + len(prices) // 2 - 1]


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wanted():
    """What the files depend on: this program and the data."""
    missing = [name for name in SOURCES if not (DATA / name).exists()]
    if missing:
        raise SystemExit(f"corpus: {DATA / missing[0]} is missing; SOUK_DATA names the folder of data sets")
    return {"program": digest(__file__), "data": {name: digest(DATA / name) for name in SOURCES}}


def ready(made_from):
    try:
        manifest = json.loads((FOLDER / "manifest.json").read_text())
    except (OSError, ValueError):
        return None
    here = all((FOLDER / name).exists() and (FOLDER / name).stat().st_size == manifest["files"][name]["bytes"] for name in FILES)
    return manifest if here and manifest["made_from"] == made_from else None


def prepare(say=lambda text: print(text, file=sys.stderr), force=False):
    """Makes the files unless they are there, and returns the manifest."""
    made_from = wanted()
    manifest = None if force else ready(made_from)
    if manifest:
        return manifest
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "manifest.json").unlink(missing_ok=True)
    shutil.rmtree(FOLDER / "index", ignore_errors=True)  # of the texts before these
    csv.field_size_limit(1 << 30)
    start = time.monotonic()
    texts, titles, columns, counts = real_products()
    write_texts("real.txt", texts)
    write_columns("real.tsv", columns)
    say(f"corpus: {len(texts):,} real products, {sum(map(len, texts)):,} words ({time.monotonic() - start:.0f} s)")
    queries, query_counts = make_queries(texts, titles)
    (FOLDER / "queries.txt").write_text("".join(" ".join(query) + "\n" for query in queries), encoding="ascii")
    with open(FOLDER / "shop.txt", "w", encoding="utf-8") as file:
        for query, chosen in zip(queries, filters(queries, texts, columns)):
            file.write(" ".join(query) + "\t" + "\t".join(map(str, chosen)) + "\n")
    say(f"corpus: {len(queries):,} queries {query_counts} ({time.monotonic() - start:.0f} s)")
    generator = random.Random(SEED + 4)
    write_texts("million.txt", Markov(texts).texts(GENERATED))
    write_columns("million.tsv", (columns[drawn(generator, len(columns))] for _ in range(GENERATED)))
    say(f"corpus: {GENERATED:,} generated texts ({time.monotonic() - start:.0f} s)")
    manifest = {"made_from": made_from, "products": counts, "documents": {"real": len(texts), "million": GENERATED}, "queries": query_counts,
                "files": {name: {"bytes": (FOLDER / name).stat().st_size, "sha256": digest(FOLDER / name)} for name in FILES}}
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


if __name__ == "__main__":
    print(json.dumps({key: value for key, value in prepare(force="--force" in sys.argv).items() if key != "made_from"}, indent=1))
