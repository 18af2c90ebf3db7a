"""PISA in the search benchmark, by the compiled module of PyPI's pyterrier-pisa; protocol: README.md.

usage: pisa_peer.py maxscore|bmw build-text CORPUS INDEX | serve QUERIES INDEX

`maxscore` is MaxScore and ranked AND, `bmw` is block-max WAND and block-max ranked AND; both read one index: block_simdbp postings, blocks of
64 for the maxima, documents in the order of the corpus. Only the module itself is loaded, not the package around it. All queries of a cell
go through one call, which takes them from a Python list and leaves a Python string a result: a set operation and a tuple a query and as
many strings as there are results are Python's part of the time (bench/search/README.md says how much that is). The set operation is there
because PISA drops words that no text has: a query for all words is asked only when all are known, one for any when one is.

No shop cells: PISA has neither columns nor filters.
"""
import ctypes
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
    """(the compiled module, its version). It asks for a libtbb that PyPI's tbb leaves in the environment, where no linker looks."""
    ctypes.CDLL(str(pathlib.Path(sys.prefix) / "lib" / "libtbb.so.2"), mode=ctypes.RTLD_GLOBAL)
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
        if path not in kept and path.name != "fwd.terms":  # from which the vocabulary is read
            path.unlink()
    (index / "documents").write_text(str(documents))
    return size, documents


class Clocked:
    """An iterable of known length that reads the clock at each row and hands over those that are to be asked."""

    def __init__(self, rows, askable):
        self.rows, self.askable, self.clock = rows, askable, []

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        for number, text, words in self.rows:
            self.clock.append(time.thread_time_ns())
            if self.askable(words):
                yield number, text


class PisaSide:
    engine, version = None, VERSION
    cells = {"or-10": (False, 10), "or-100": (False, 100), "and-10": (True, 10), "and-100": (True, 100)}

    def __init__(self, index, algorithm):
        self.engine = f"pisa-{algorithm}"
        self.algorithms = ALGORITHMS[algorithm]  # for any word, for all words
        self.context = prepared(index)
        self.documents = int((index / "documents").read_text())
        self.vocabulary = set((index / "fwd.terms").read_text(encoding="ascii").split())

    def answer(self, all_words, k, queries, each):
        vocabulary = self.vocabulary
        rows = [(number, text, frozenset(text.split())) for number, text in enumerate(queries)]
        size = len(rows) * k
        numbers, ranks = numpy.empty(size, dtype=numpy.int32), numpy.empty(size, dtype=numpy.int32)
        names, scores = numpy.empty(size, dtype=object), numpy.empty(size, dtype=numpy.float32)
        start = time.thread_time_ns()
        askable = vocabulary.issuperset if all_words else lambda words: not vocabulary.isdisjoint(words)
        asked = Clocked(rows, askable) if each else [(number, text) for number, text, words in rows if askable(words)]
        found = PISA.retrieve(self.context, self.algorithms[all_words], asked, k=k, threads=1, pretokenised=0, query_weighted=0,
                              result_qidxs=numbers, result_docnos=names, result_ranks=ranks, result_scores=scores)
        end = time.thread_time_ns()
        return end - start, [*asked.clock, end] if each else [], (len(rows), numbers[:found], names[:found], scores[:found])

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
