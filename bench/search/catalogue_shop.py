"""A shop of the search benchmark's texts, for benchmarks that ask a server: the first words of a text are the title, the rest the description."""
import itertools
import json
import shutil
import subprocess

from lib import measure
from search import corpus

TITLE_WORDS = 12


def products(name, count=None):
    """The lines of a feed of items, keys "p0", "p1", ..."""
    with open(corpus.FOLDER / f"{name}.txt", encoding="ascii") as texts, open(corpus.FOLDER / f"{name}.tsv", encoding="utf-8") as columns:
        for number, (text, row) in itertools.islice(enumerate(zip(texts, columns)), count):
            words, (brand, category, price) = text.split(), row.rstrip("\n").split("\t")
            item = {"key": f"p{number}", "title": " ".join(words[:TITLE_WORDS]), "brand": brand, "category": [category],
                    "price": f"{int(price) / 100:.2f}"}
            if len(words) > TITLE_WORDS:
                item["description"] = " ".join(words[TITLE_WORDS:])
            yield item


def queries():
    return (corpus.FOLDER / "queries.txt").read_text(encoding="ascii").splitlines()


def shop_of(name, folder, count=None):
    """Makes the shop in `folder`: of "real" or "million", of so many of its texts (all)."""
    corpus.prepare()
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    feed = folder.parent / f"{folder.name}.jsonl"
    with open(feed, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in products(name, count))
    for command in (["init", folder], ["import", folder, feed]):
        subprocess.run([measure.SOUK, "--quiet", *command], check=True, stdout=subprocess.DEVNULL)
    feed.unlink()
    return folder
