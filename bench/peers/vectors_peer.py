"""hnswlib, FAISS and usearch in the vectors benchmark; the protocol stands at the top of bench/index/vectors_bench.cc.

usage: vectors_peer.py FOLDER METRIC ENGINE

What each engine is told to do is its fastest honest form: one thread; all queries of a `run` in one call where the engine answers them one
after the other anyway (hnswlib, usearch, the graphs of FAISS), a call a query where a batch would be answered together (FAISS's IVF),
which costs 2 microseconds a query.
"""
import json
import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy  # noqa: E402  (after the number of threads)

CONSTRUCTION = 200  # efConstruction of every graph, as of Souk's


def floats(path):
    shape = numpy.fromfile(path, dtype=numpy.uint32, count=2)
    return numpy.fromfile(path, dtype=numpy.float32, offset=8).reshape(shape)


class Hnswlib:
    def __init__(self, degree):
        self.degree = degree

    def build(self, rows, metric):
        import hnswlib
        self.index = hnswlib.Index(space=metric if metric != "dot" else "ip", dim=rows.shape[1])
        self.index.init_index(max_elements=len(rows), ef_construction=CONSTRUCTION, M=self.degree)
        self.index.add_items(rows, num_threads=1)
        return self.index.index_file_size()

    def search(self, queries, k, effort):
        self.index.set_ef(max(effort, k))
        return self.index.knn_query(queries, k=k, num_threads=1)[0]


class Faiss:
    def __init__(self, factory, graph, refine=0):
        self.factory, self.graph, self.refine = factory, graph, refine

    def build(self, rows, metric):
        import faiss
        self.faiss = faiss
        faiss.omp_set_num_threads(1)
        self.unit = metric == "cosine"
        if self.unit:
            rows = rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
        kind = faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT
        self.index = faiss.index_factory(rows.shape[1], self.factory.replace("HALF", str(rows.shape[1] // 2)), kind)
        if self.graph:
            self.index.hnsw.efConstruction = CONSTRUCTION
        self.index.train(rows)
        self.index.add(rows)
        return len(faiss.serialize_index(self.index))

    def search(self, queries, k, effort):
        if self.unit:
            queries = queries / numpy.linalg.norm(queries, axis=1, keepdims=True)
        if self.graph:
            self.index.hnsw.efSearch = effort
            return self.index.search(queries, k)[1]
        if self.refine:
            self.index.k_factor = self.refine
            self.faiss.extract_index_ivf(self.index.base_index).nprobe = effort
        return numpy.vstack([self.index.search(query[None], k)[1] for query in queries])


class Usearch:
    def build(self, rows, metric):
        from usearch.index import Index
        self.index = Index(ndim=rows.shape[1], metric={"l2": "l2sq", "dot": "ip", "cosine": "cos"}[metric], dtype="bf16", connectivity=16,
                           expansion_add=CONSTRUCTION)
        self.index.add(numpy.arange(len(rows)), rows, threads=1)
        return self.index.memory_usage

    def search(self, queries, k, effort):
        self.index.expansion_search = max(effort, k)
        return self.index.search(queries, k, threads=1).keys


ENGINES = {
    "hnswlib-M16": lambda: Hnswlib(16),
    "hnswlib-M32": lambda: Hnswlib(32),
    "faiss-HNSW32": lambda: Faiss("HNSW32,Flat", True),
    "faiss-PQfs-kf10": lambda: Faiss("IVF1024,PQHALFx4fs,RFlat", False, 10),
    "faiss-PQfs-kf40": lambda: Faiss("IVF1024,PQHALFx4fs,RFlat", False, 40),
    "usearch-bf16": Usearch,
}


def main():
    folder, metric, name = sys.argv[1:]
    rows, queries = floats(folder + "/rows.f32"), floats(folder + "/queries.f32")
    engine = ENGINES[name]()
    for line in sys.stdin:
        command, *words = line.split()
        start = time.process_time()
        answer = {}
        if command == "build":
            answer["bytes"] = int(engine.build(rows, metric))
        elif command == "run":
            effort, k, count = map(int, words)
            engine.search(queries[:count], k, effort)
            answer["queries"] = min(count, len(queries))
        elif command == "answers":
            effort, k, path = words
            engine.search(queries, int(k), int(effort)).astype(numpy.uint32).tofile(path)
        else:
            answer["error"] = "no such command"
        answer["cpu"] = time.process_time() - start
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
