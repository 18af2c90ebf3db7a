"""Titles in six languages for known-item search, out of the shared data."""
import csv
import json
import re

from quality_data import CHORUS, DATA, lines, tidy

OFFER = re.compile(r'"([^"]{12,})"@([a-z]{2})\b')


def chorus_titles():
    return [row["title"] for row in map(json.loads, lines(f"{CHORUS}/products.jsonl.gz")) if row.get("title")]


def tagged_titles(name, separator, glue):
    """Titles of a file with a token and its tag on each line: the tokens, and the spans that a tag names."""
    tokens, spans = [], []
    for line in lines(name):
        token, _, tag = line.rstrip("\r\n").rpartition(separator)
        if tag and token:
            if tag.startswith("I-") and spans:
                spans[-1] += glue + token
            else:
                spans.append(token)
            tokens.append(token)
        elif tokens:
            yield glue.join(tokens), spans
            tokens, spans = [], []
    if tokens:
        yield glue.join(tokens), spans


def offers(language):
    """Titles of shops' offers (WDC), of which the language is said."""
    found = []
    for shop in ("cameras", "computers", "shoes", "watches"):
        for path in sorted((DATA / "er-products" / f"wdc-{shop}").iterdir()):
            for line in lines(f"er-products/wdc-{shop}/{path.name}"):
                found += [tidy(title) for title, tongue in OFFER.findall(line) if tongue == language]
    return found


def categories(language):
    """Names of categories as shops write them, the last three steps."""
    for line in lines(f"shopify-taxonomy/categories.{language}.txt.gz"):
        if " : " in line and not line.startswith("#"):
            yield tidy(" ".join(line.split(" : ", 1)[1].split(" > ")[-3:]))


def reviews_vietnamese():
    """There are no Vietnamese titles: the beginnings of reviews, up to twelve words, stand for them."""
    for part in ("Train", "Dev", "Test"):
        for row in csv.DictReader(lines(f"visfd/{part}.csv.gz")):
            yield " ".join(re.split(r"[.\n]", row["comment"])[0].split()[:12])


def indonesian_offers():
    yield from (title for title, _ in tagged_titles("product-ner/id/ecommerce-BIO.txt", "\t", " "))


def indonesian_reviewed():
    for row in csv.reader(lines("prdect-id/PRDECT-ID_Dataset.csv.gz"), delimiter=";"):
        yield row[1] if len(row) > 1 and row[1] != "Product Name" else ""


def chinese():
    for part in ("train", "dev", "test"):
        for title, spans in tagged_titles(f"product-ner/zh/{part}.txt.gz", " ", ""):
            yield title, spans


# What stands for titles in each language, best first. Vietnamese has thirteen titles of offers: beginnings of reviews make up for the rest.
SOURCES = {
    "en": {"Chorus": chorus_titles},
    "zh": {"product-ner": lambda: (title for title, _ in chinese())},
    "de": {"offers of WDC": lambda: offers("de"), "names of Shopify's categories": lambda: categories("de")},
    "fr": {"offers of WDC": lambda: offers("fr"), "names of Shopify's categories": lambda: categories("fr")},
    "vi": {"offers of WDC": lambda: offers("vi"), "beginnings of reviews, UIT-ViSFD": reviews_vietnamese},
    "id": {"offers of WDC": lambda: offers("id"), "product-ner": indonesian_offers, "PRDECT-ID": indonesian_reviewed},
}
LANGUAGES = tuple(SOURCES)


def titles_of(language):
    """Different titles of a language, by source."""
    found, seen = {}, set()
    for source, titles in SOURCES[language].items():
        found[source] = []
        for title in map(tidy, titles()):
            if title and title not in seen:
                seen.add(title)
                found[source].append(title)
    return found
