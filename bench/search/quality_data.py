"""What the quality benchmark searches and asks: the Chorus shop with its judgements, and titles in six languages with queries made of them.

$SOUK_DATA names the folder of the data sets; files are written into build/bench-quality.
"""
import csv
import gzip
import json
import os
import pathlib
import random
import re
import unicodedata

from lib import measure

FOLDER = measure.ROOT / "build" / "bench-quality"
DATA = pathlib.Path(os.environ.get("SOUK_DATA", measure.ROOT.parent / "shared" / "data"))
CHORUS = "chorus-electronics"
FIELDS = ("title", "brand", "mpn", "description", "attributes")  # of a product of Chorus, as both engines get them


def lines(name):
    path = DATA / name
    if not path.exists():
        raise SystemExit(f"bench quality: {path} is missing; SOUK_DATA names the folder of data sets")
    opened = gzip.open(path, "rt", encoding="utf-8", newline="") if name.endswith(".gz") else open(path, encoding="utf-8", newline="")
    with opened as file:
        yield from file


def tidy(text):
    return " ".join((text or "").split())


# ---- Chorus

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


# ---- titles in six languages

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


def indonesian():
    yield from (title for title, _ in tagged_titles("product-ner/id/ecommerce-BIO.txt", "\t", " "))
    for row in csv.reader(lines("prdect-id/PRDECT-ID_Dataset.csv.gz"), delimiter=";"):
        yield tidy(row[1]) if len(row) > 1 and row[1] != "Product Name" else ""


def chinese():
    for part in ("train", "dev", "test"):
        for title, spans in tagged_titles(f"product-ner/zh/{part}.txt.gz", " ", ""):
            yield title, spans


def distinct(titles):
    return [title for title in dict.fromkeys(map(tidy, titles)) if title]


HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[^\W_]+(?:[-./'’][^\W_]+)*[\"”]?", re.UNICODE)


def chinese_words(spans):
    """What a shopper could type of a title: its named spans, the rest in pairs of characters."""
    words, rest = [], ""

    def cut():
        words.extend(rest[i:i + 2] for i in range(0, len(rest) - 1, 2))

    for span in spans:
        if len(span) > 1 and (HAN.search(span) or span.isalnum()):
            cut()
            words.append(span)
            rest = ""
        elif HAN.match(span):
            rest += span
        else:
            cut()
            rest = ""
    cut()
    return words


def titles_of(language):
    """[(title, its words)] of a language, different titles each."""
    if language == "zh":
        found = dict(chinese())
        return [(title, chinese_words(spans)) for title, spans in found.items()]
    titles = {"en": chorus_titles, "de": lambda: [*offers("de"), *categories("de")], "fr": lambda: [*offers("fr"), *categories("fr")],
              "vi": lambda: [*offers("vi"), *reviews_vietnamese()], "id": lambda: [*offers("id"), *indonesian()]}[language]()
    return [(title, WORD.findall(title)) for title in distinct(titles)]


LANGUAGES = ("en", "zh", "de", "fr", "vi", "id")


# ---- queries made of titles

def plain_letters(word):
    """Without accents, in small letters: how people type."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return bare.replace("đ", "d").replace("Đ", "D").lower()


def other_number(language, word):
    """Singular for plural and back, by the commonest ending of the language; the word itself where there is none."""
    if not word.isalpha() or len(word) < 4:
        return word
    if language in ("en", "fr"):
        return word[:-1] if word.endswith("s") and not word.endswith("ss") else word + "s" if language == "fr" or word[-1] not in "sxyz" else word
    if language == "de":
        return word[:-1] if word.endswith("en") else word + "n" if word.endswith("e") else word
    return word


def other_spelling(word):
    """A code written together or apart: "WH-1000XM4" as "wh1000xm4", "30GB" as "30 gb", "wi-fi" as "wifi"."""
    if re.search(r"[-./]", word):
        return re.sub(r"[-./'’]", "", word)
    return re.sub(r"(?<=\d)(?=[A-Za-z])", " ", word, count=1)


class Splitter:
    """Compounds as shoppers write them apart: a word made of two words that other titles have, by a link or none."""
    LINKS = ("", "s", "n", "en", "es")

    def __init__(self, titles):
        counts = {}
        for _, words in titles:
            for word in set(map(str.lower, words)):
                counts[word] = counts.get(word, 0) + 1
        self.known = {word for word, count in counts.items() if count > 1 and len(word) >= 4 and word.isalpha()}

    def split(self, word):
        word = word.lower()
        for cut in range(len(word) - 4, 3, -1):
            for link in self.LINKS:
                if word[:cut].endswith(link) and word[cut:] in self.known and word[:cut].removesuffix(link) in self.known:
                    return f"{word[:cut].removesuffix(link)} {word[cut:]}"
        return word


KINDS = ("as written", "small letters, no accents", "other number", "codes otherwise", "compounds apart")


def queries(language, titles, kind, count, seed):
    """[(row of the title, query)]: three to five words of a title, not all, in another order and one way of typing; only queries that it changes."""
    generator = random.Random(f"{seed} {language} {kind}")
    splitter = Splitter(titles) if kind == "compounds apart" else None
    found = []
    for _ in range(200 * count):
        if len(found) == count:
            break
        row = int(generator.random() * len(titles))
        words = list(dict.fromkeys(word for word in titles[row][1] if len(word) > 1))
        if len(words) < 4:
            continue
        words.sort(key=lambda _: generator.random())
        words = words[:min(len(words) - 1, 3 + int(generator.random() * 3))]
        if kind == "small letters, no accents":
            typed = [plain_letters(word) for word in words]
        elif kind == "other number":
            typed = [other_number(language, word) for word in words]
        elif kind == "codes otherwise":
            typed = [other_spelling(word) for word in words]
        elif kind == "compounds apart":
            typed = [splitter.split(word) if language == "de" else word for word in words]
        else:
            typed = words
        changed = [a for a, b in zip(words, typed) if a != b and (kind != "compounds apart" or " " in b)]
        if kind == "as written" or changed:
            found.append((row, ("" if language == "zh" else " ").join(typed)))
    return found if len(found) == count else []
