"""Queries made of titles: some of the words, in another order, typed one way or another. Seeded: the same titles give the same queries."""
import random
import re
import unicodedata

import title_data

HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[^\W_]+(?:[-./'’][^\W_]+)*[\"”]?", re.UNICODE)
UNITS = ("gb", "tb", "mb", "kg", "g", "mg", "ml", "cl", "l", "oz", "lb", "inch", "cm", "mm", "m", "w", "v", "a", "ah", "mah", "hz", "mhz", "ghz", "mp",
         "fps", "dpi", "rpm", "db", "px")
QUANTITY = re.compile(rf"(\d+(?:[.,]\d+)?)([\"”]|(?:{'|'.join(UNITS)})\b)", re.IGNORECASE)
NUMBER = re.compile(r"\d+(?:[.,]\d+)?$")
LINKS = ("", "s", "n", "en", "es")  # of German compounds


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


def units_together(words):
    """A number and its unit behind it are one word: "64 GB"."""
    merged = []
    for word in words:
        if merged and NUMBER.match(merged[-1]) and word.lower() in UNITS:
            merged[-1] += " " + word
        else:
            merged.append(word)
    return merged


class Titles:
    """The titles of a language with the words that a shopper could type of each."""

    def __init__(self, language):
        self.language, self.by_source = language, title_data.titles_of(language)
        self.titles = [title for titles in self.by_source.values() for title in titles]
        if language == "zh":
            spans = {title_data.tidy(title): cut for title, cut in title_data.chinese()}
            self.words = [chinese_words(spans[title]) for title in self.titles]
        else:
            self.words = [units_together(WORD.findall(title)) for title in self.titles]
        counts = {}
        for words in self.words:
            for word in set(map(str.lower, words)):
                counts[word] = counts.get(word, 0) + 1
        self.known = {word for word, count in counts.items() if count > 1 and len(word) >= 4 and word.isalpha()}  # by other titles, too

    def parts(self, word):
        """The two words of other titles that a compound is made of, by a link or none; else nothing."""
        word = word.lower()
        for cut in range(len(word) - 4, 3, -1):
            for link in LINKS:
                if word[:cut].endswith(link) and word[cut:] in self.known and word[:cut].removesuffix(link) in self.known:
                    return word[:cut].removesuffix(link), word[cut:]
        return None


# ---- ways of typing: another spelling of a word, or the word itself where there is none

def as_written(titles, word):
    return word


def plain_letters(titles, word):
    """Without accents, in small letters."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return bare.replace("đ", "d").replace("Đ", "D").lower()


def other_number(titles, word):
    """Singular for plural and back, by the commonest ending of the language."""
    if not word.isalpha() or len(word) < 4:
        return word
    if titles.language in ("en", "fr"):
        if word.endswith("s"):
            return word if word.endswith("ss") else word[:-1]
        return word + "s" if titles.language == "fr" or word[-1] not in "xyz" else word
    if titles.language == "de":
        return word[:-1] if word.endswith("en") else word + "n" if word.endswith("e") else word
    return word


def other_code(titles, word):
    """A name with joiners without them, a code apart: "WH-1000XM4" as "wh1000xm4", "wi-fi" as "wifi", "MDR7506" as "mdr 7506"."""
    if " " in word or QUANTITY.fullmatch(word):
        return word
    if re.search(r"[-/]", word):
        return re.sub(r"[-/]", "", word).lower()
    return re.sub(r"(?<=[A-Za-z])(?=\d)", " ", word, count=1).lower() if re.match(r"[A-Za-z]{2,}\d", word) else word


def other_unit(titles, word):
    """"30GB" as "30 gb" and back, 15.6" as 15.6 inch."""
    found = QUANTITY.fullmatch(word)
    if found:
        return f"{found[1]} {found[2].lower() if found[2].isalpha() else 'inch'}"
    number, _, unit = word.partition(" ")
    return number + unit.lower() if unit else word


def parts_apart(titles, word):
    """A compound as its two words."""
    found = titles.parts(word)
    return " ".join(found) if found else word


def head(titles, word):
    """What a compound is: its last word."""
    found = titles.parts(word)
    return found[1] if found else word


ACCENTED, COMPOUNDS = ("de", "fr", "vi"), ("de",)
KINDS = {  # name: (spelling, languages that have it)
    "as written": (as_written, title_data.LANGUAGES),
    "small letters, no accents": (plain_letters, ACCENTED),
    "other number": (other_number, ("en", "de", "fr")),
    "codes otherwise": (other_code, ("en", "zh", "de", "fr", "id")),
    "units otherwise": (other_unit, ("en", "de", "fr", "id")),
    "compounds apart": (parts_apart, COMPOUNDS),
    "heads of compounds": (head, COMPOUNDS),
    "words with blanks": (as_written, ("zh",)),
}


def queries(titles, kind, count, seed):
    """[(row of the title, query)], at most one a title: three to five words of it, never all, in another order, and typed in one way. Only
    queries that typing so changes; fewer than `count` where the titles give no more."""
    generator = random.Random(f"{seed} {titles.language} {kind}")
    spell, languages = KINDS[kind]
    if titles.language not in languages:
        return []
    glue = "" if titles.language == "zh" and kind != "words with blanks" else " "
    rows = list(range(len(titles.titles)))
    generator.shuffle(rows)
    found = []
    for row in rows:
        words = list(dict.fromkeys(word for word in titles.words[row] if len(word) > 1))
        if len(words) < 4:
            continue
        generator.shuffle(words)
        size = min(len(words) - 1, 3 + int(generator.random() * 3))
        if spell is not as_written:  # one of those that it changes is among them
            changed = [word for word in words if spell(titles, word) != word]
            if not changed:
                continue
            words.remove(changed[0])
            words.insert(int(generator.random() * size), changed[0])
        found.append((row, glue.join(spell(titles, word) for word in words[:size])))
        if len(found) == count:
            break
    return found
