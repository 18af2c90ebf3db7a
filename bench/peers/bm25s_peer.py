"""bm25s with numba in the search benchmark; protocol: README.md.

usage: bm25s_peer.py build-text CORPUS INDEX | serve QUERIES INDEX

Scores are computed when the index is made (method "lucene"), a query adds up the rows of its words into an array over all texts and takes
the largest k. A cell is one call, its intended form; a query at a time costs more, so the clock between queries shows its latencies only.
No AND, no filters, no facets. The k best of a query with fewer matches hold texts with score 0, which are dropped here. The clock is the
process's: numba may answer in a thread of its own.
"""
import importlib.metadata
import sys
import time

import bm25s

import search_peer


def build(corpus, index):
    with open(corpus, encoding="ascii") as lines:
        texts = [line.split() for line in lines]
    model = bm25s.BM25(k1=1.2, b=0.75, method="lucene", backend="numba")
    model.index(texts, show_progress=False)
    model.save(str(index))
    return sum(path.stat().st_size for path in index.iterdir()), len(texts)


class Bm25sSide:
    engine, version = "bm25s", importlib.metadata.version("bm25s")
    cells = {"or-10": (False, 10), "or-100": (False, 100)}

    def __init__(self, index):
        self.model = bm25s.BM25.load(str(index), load_vocab=True)
        self.model.backend = "numba"
        self.documents = int(self.model.scores["num_docs"])

    def answer(self, all_words, k, queries, each):
        del all_words
        clock, batch = [time.process_time_ns()], []
        for lines in ([query] for query in queries) if each else [queries]:
            batch.append(self.model.retrieve([line.split() for line in lines], k=k, n_threads=1, show_progress=False))
            clock.append(time.process_time_ns())
        return clock[-1] - clock[0], clock, batch

    def results(self, batch):
        return [[(line, score) for line, score in zip(lines, scores) if score > 0]
                for found in batch for lines, scores in zip(found.documents.tolist(), found.scores.tolist())]


if __name__ == "__main__":
    search_peer.main(sys.argv[1:], build, Bm25sSide)
