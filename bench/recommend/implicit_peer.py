"""The peer of bench_knn: fits and ranks once with the library `implicit`, on one thread, and prints its processor seconds as JSON."""
import json
import sys
import time

import implicit.nearest_neighbours as neighbours
import numpy
import scipy.sparse

K, TOP = 500, 20


def seconds(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def main():
    events = numpy.loadtxt(sys.argv[1], dtype=numpy.int64)
    users = scipy.sparse.csr_matrix((numpy.ones(len(events), dtype=numpy.float64), (events[:, 0], events[:, 1])))
    everybody = numpy.arange(users.shape[0])
    result = {}
    for name, model in (("cosine", neighbours.CosineRecommender(K=K, num_threads=1)), ("bm25", neighbours.BM25Recommender(K=K, num_threads=1))):
        fit, _ = seconds(lambda model=model: model.fit(users, show_progress=False))
        top, (items, scores) = seconds(lambda model=model: model.recommend(everybody, users, N=TOP, filter_already_liked_items=True))
        # What the lists say, so that equal work is compared: the sum of all scores of items that have one.
        result[name] = {"fit": fit, "top-20": top, "mass": float(scores[(items >= 0) & (scores > 0)].sum())}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
