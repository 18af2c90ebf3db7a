"""PISA in the search benchmark, by the compiled module of PyPI's pyterrier-pisa; protocol: README.md.

usage: pisa_peer.py maxscore|bmw build-text CORPUS INDEX | serve QUERIES INDEX

`maxscore` is MaxScore and ranked AND, `bmw` is block-max WAND and block-max ranked AND; both read one index: block_simdbp postings, blocks of
64 for the maxima, documents in the order of the corpus. Only the module itself is loaded, not the package around it. All queries of a cell
go through one call, which takes them from a Python iterator and leaves a Python string a result: an iterator step, a tuple, and as many
strings as there are results are Python's part of the time. (README.md of bench/search says how much that is.) Words that no text has are
dropped by PISA, so a query for all words is asked only when all are known, a set operation.

No shop cells: PISA has neither columns nor filters.
"""
import importlib.metadata
import importlib.util
import pathlib
import sys
import time

import numpy

import search_peer

ENCODING, SCORER = "block_simdbp", {"bm25_k1": 1.2, "bm25_b": 0.75}
ALGORITHMS = {"maxscore": ("maxscore", "ranked_and"), "bmw": ("block_max_wand", "block_max_ranked_and")}


def load_module():
    package = importlib.metadata.distribution("pyterrier-pisa")
    path = next(file for file in package.files if file.name.startswith("_pisathon") and file.suffix == ".so").locate()
    spec = importlib.util.spec_from_file_location("_pisathon", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, package.version


PISA, VERSION = load_module()


def prepared(index):
    """The index, its postings and maxima written first if they are not there."""
    context = PISA.RetrievalContext()
    PISA.prepare_index(context, str(index), ENCODING, "bm25", "", **SCORER)
    return context


def build(corpus, index):
    index.mkdir(parents=True)
    numbered = index / "numbered.txt"
    with open(corpus, encoding="ascii") as texts, open(numbered, "w", encoding="ascii") as out:
        out.writelines(f"{number} {line}" for number, line in enumerate(texts))
    PISA.index(str(numbered), str(index), "", 100_000, 1)
    prepared(index)
    documents = PISA.num_docs(str(index))
    kept = [index / "fwd.doclex", index / "fwd.termlex", *index.glob("bm25.*")]
    size = sum(path.stat().st_size for path in kept)
    for path in index.iterdir():
        if path not in kept and path.name != "fwd.terms":
            path.unlink()
    return size, documents


class Queries:
    """What the module iterates: (number, text), the clock read at each step when asked. It asks for the length too."""

    def __init__(self, rows, vocabulary, each):
        self.rows, self.vocabulary, self.each, self.clock = rows, vocabulary, each, []

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        clock, vocabulary = self.clock, self.vocabulary
        if vocabulary is None and not self.each:
            yield from ((number, text) for number, (text, _) in enumerate(self.rows))
            return
        for number, (text, words) in enumerate(self.rows):
            if self.each:
                clock.append(time.thread_time_ns())
            if vocabulary is None or words <= vocabulary:
                yield number, text


class PisaSide:
    engine, version = None, VERSION
    cells = {"or-10": (False, 10), "or-100": (False, 100), "and-10": (True, 10), "and-100": (True, 100)}

    def __init__(self, index, algorithm):
        self.engine = f"pisa-{algorithm}"
        self.algorithms = ALGORITHMS[algorithm]
        self.context = prepared(index)
        self.documents = PISA.num_docs(str(index))
        self.vocabulary = set((index / "fwd.terms").read_text(encoding="ascii").split())
        self.rows = {}

    def answer(self, all_words, k, queries, each):
        # Text and words in one tuple, so that Queries holds nothing that depends on the index.
        rows = [self.rows.setdefault(text, (text, frozenset(text.split()))) for text in queries]
        if not all_words:
            rows = [row if not row[1].isdisjoint(self.vocabulary) else ("", row[1]) for row in rows]
        asked = Queries(rows, self.vocabulary if all_words else None, each)
        size = len(rows) * k
        numbers, ranks = numpy.empty(size, dtype=numpy.int32), numpy.empty(size, dtype=numpy.int32)
        names, scores = numpy.empty(size, dtype=object), numpy.empty(size, dtype=numpy.float32)
        start = time.thread_time_ns()
        found = PISA.retrieve(self.context, self.algorithms[all_words], asked, k=k, threads=1, pretokenised=0, query_weighted=0,
                              result_qidxs=numbers, result_docnos=names, result_ranks=ranks, result_scores=scores)
        end = time.thread_time_ns()
        return end - start, [*asked.clock, end], (len(rows), numbers[:found], names[:found], scores[:found])

    def results(self, batch):
        count, numbers, names, scores = batch
        results = [[] for _ in range(count)]
        for number, name, score in zip(numbers.tolist(), names.tolist(), scores.tolist()):
            results[number].append((int(name), score))
        return results


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ALGORITHMS:
        raise SystemExit(f"usage: {pathlib.Path(sys.argv[0]).name} {'|'.join(ALGORITHMS)} build-text CORPUS INDEX | serve QUERIES INDEX")
    search_peer.main(sys.argv[2:], build, lambda index: PisaSide(index, sys.argv[1]))
