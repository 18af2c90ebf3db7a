"""Known items: words of a title in another order, typed otherwise. Is the title among the first ten, and what does each part of the analyzer add?

Titles of the shared data in English, Chinese, German, French, Vietnamese and Indonesian; one catalogue a language, and one of all but the
Chinese, in a shop whose language is English. Every catalogue is asked with the analyzer as it is and with one part of it switched off.
bench/search/README.md says how to read it.

Options: --queries N (of each kind and language, at most, 1000); --seed N (7); --languages en,de,...
"""
import argparse
import json
import math
import shutil

from lib import measure

import quality_data
import title_data
import title_queries
from quality_side import Program, say, souk_program

FOLDER = quality_data.FOLDER / "known"
EXACT = {"title": {"search": 8, "exact": 4, "length": 0.5}, "parts": {"search": 0.5, "length": 0}}
PARTS = ("stems", "folds", "codes", "units", "grams", "compounds")
WITHOUT = {f"without {part}": {"reads": {part: False}} for part in PARTS}  # what quality_bench is told beside the language
BESIDE = {"with exact forms": {"fields": EXACT}, "with detection": {"reads": {"detects": True}}}
FEWEST = 30  # queries of a kind: of fewer nothing is said


def options(arguments):
    parser = argparse.ArgumentParser(prog="bench known-items")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--languages", type=lambda text: text.split(","), default=list(title_data.LANGUAGES))
    given = parser.parse_args(arguments)
    if unknown := set(given.languages) - set(title_data.LANGUAGES):
        parser.error(f"--languages: {', '.join(sorted(unknown))}: expected some of {', '.join(title_data.LANGUAGES)}")
    return given


def reciprocal(row, found):
    return 1 / (found.index(row) + 1) if row in found[:10] else 0.0


class Catalogue:
    """Titles in one index, and all that is asked of it: {name of a kind: [(row, query)]}."""

    def __init__(self, binary, name, titles, asked):
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.asked = {kind: drawn for kind, drawn in asked.items() if len(drawn) >= FEWEST}
        items, queries = FOLDER / f"{name}.jsonl", FOLDER / f"{name}.txt"
        items.write_text("".join(json.dumps({"key": str(row), "title": title}, ensure_ascii=False) + "\n" for row, title in enumerate(titles)),
                         encoding="utf-8")
        queries.write_text("".join(query + "\n" for drawn in self.asked.values() for _, query in drawn), encoding="utf-8")
        self.program = Program("souk", [binary, items, queries, FOLDER / "index"])

    def answers(self, language, setting):
        """{kind: [reciprocal rank of the title, 0 when it is not among the first ten]}"""
        lists = iter(self.program.ask(json.dumps({"language": language, "match": "auto", **setting})))
        return {kind: [reciprocal(row, next(lists)) for row, _ in drawn] for kind, drawn in self.asked.items()}


def success(ranks):
    return sum(rank > 0 for rank in ranks) / len(ranks)


def difference(ours, theirs):
    """How much more often we find the title, and half the 95 % interval of that, over queries in pairs."""
    gains = [(a > 0) - (b > 0) for a, b in zip(ours, theirs)]
    mean = sum(gains) / len(gains)
    return mean, 1.96 * math.sqrt(sum((gain - mean) ** 2 for gain in gains)) / len(gains)


def report_rows(name, full, others):
    """Rows of JSON and a line of the table for each kind."""
    rows, table = [], []
    for kind, ranks in full.items():
        metric = f"{name}, {kind}"
        mrr = sum(ranks) / len(ranks)
        rows.append(measure.row("souk", "", f"{metric}, {len(ranks)} queries, success@10", [success(ranks)], ""))
        rows.append(measure.row("souk", "", f"{metric}, MRR@10", [mrr], ""))
        line = f"  {metric:<50} {len(ranks):>5} {success(ranks):.3f} {mrr:.3f}"
        for other, answered in others.items():
            mean, half = difference(answered[kind], ranks)
            row = measure.row("souk", "", f"{metric}, {other}, success@10", [success(answered[kind])], "")
            rows.append({**row, "difference": round(mean, 4), "half_interval": round(half, 4)})
            if answered[kind] != ranks:
                line += f"  {other} {mean:+.3f} ({half:.3f})"
        table.append(line)
    return rows, table


def one_language(binary, titles, given):
    name = titles.language
    catalogue = Catalogue(binary, name, titles.titles, {kind: title_queries.queries(titles, kind, given.queries, given.seed) for kind in title_queries.KINDS})
    full = catalogue.answers(name, {})
    others = {other: catalogue.answers(name, setting) for other, setting in {**WITHOUT, **BESIDE}.items()}
    catalogue.program.close()
    return report_rows(name, full, others)


def mixed(binary, all_titles, given):
    """Titles of several languages in one shop, whose language is English: what are stems of the wrong language worth, and those that are detected?"""
    every, asked = [], {}
    for titles in all_titles:
        for kind in ("as written", "other number"):
            drawn = title_queries.queries(titles, kind, given.queries, given.seed)
            asked[f"{titles.language}, {kind}"] = [(row + len(every), query) for row, query in drawn]
        every += titles.titles
    catalogue = Catalogue(binary, "mixed", every, asked)
    full = catalogue.answers("en", {})
    others = {"with detection": catalogue.answers("en", BESIDE["with detection"])}
    for titles in all_titles:  # what each language would gain by the shop's being its own
        others[f"shop in {titles.language}"] = catalogue.answers(titles.language, {})
    catalogue.program.close()
    return report_rows("mixed shop in en", full, others)


def main(as_json, arguments):
    given = options(arguments)
    binary, rows, table, all_titles = souk_program(), [], [], []
    for language in given.languages:
        titles = title_queries.Titles(language)
        all_titles.append(titles)
        say(f"{language}: " + ", ".join(f"{len(found):,} {source}" for source, found in titles.by_source.items()))
        more, lines = one_language(binary, titles, given)
        rows += more
        table += lines
    latin = [titles for titles in all_titles if titles.language != "zh"]
    if len(latin) > 1 and latin[0].language == "en":
        more, lines = mixed(binary, latin, given)
        rows += more
        table += lines
    shutil.rmtree(FOLDER)
    work = f"at most {given.queries} titles of each kind and language; seed {given.seed}; success@10, MRR@10, and differences of success@10 (half a 95 % interval)"
    measure.report("known-items", work, rows, {}, as_json, table)
