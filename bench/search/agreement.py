"""Whether the engines of the search benchmark found the same: each one's answers beside Lucene's."""
import dataclasses

REFERENCES = ("lucene", "tantivy", "pisa-maxscore")  # the first that takes part
LEAST_OVERLAP = 0.99  # Lucene keeps lengths in one byte: an engine that has them exactly orders a few documents otherwise
BEST = 10
EQUAL = 1e-5  # scores that differ by no more than this share are a tie


@dataclasses.dataclass
class Found:
    total: int
    hits: list        # (document, score), best first
    rest: tuple       # price statistics and facets of a shop cell, as written


@dataclasses.dataclass
class Judged:
    engine: str
    metric: str
    value: float      # a share of the queries, or the mean overlap
    least: float      # what it should be

    @property
    def right(self):
        return self.value >= self.least


def read(path, shop):
    answers = []
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        total, hits, *rest = line.split("\t")
        pairs = (hit.split(":") for hit in hits.split())
        answers.append(Found(int(total), [(int(document), float(score)) for document, score in pairs], tuple(rest) if shop else ()))
    return answers


def share(flags):
    flags = list(flags)
    return sum(flags) / len(flags) if flags else 1.0


def overlap(ours, theirs, deeper):
    """Mean share of our best ten that the reference has among its best ten or ties with the tenth; over queries that it found anything for.
    `deeper`: its longest lists for the same queries, from which the ties are read."""
    shares = []
    for a, b, pool in zip(ours, theirs, deeper):
        best = b.hits[:BEST]
        if best:
            good = {document for document, score in pool.hits if score >= best[-1][1] * (1 - EQUAL)}
            shares.append(sum(document in good for document, _ in a.hits[:BEST]) / len(best))
    return sum(shares) / len(shares) if shares else 1.0


def judge(corpus, answers):
    """`answers`: {engine: {cell: [Found]}}. An engine that was asked fewer queries is judged on those."""
    reference = next((name for name in REFERENCES if name in answers), None)
    judged = []
    for engine, cells in answers.items():
        if reference is None or engine == reference:
            continue
        for cell, ours in cells.items():
            theirs = answers[reference].get(cell)
            if theirs is None:
                continue
            pairs = list(zip(ours, theirs))
            judged.append(Judged(engine, f"{cell} {corpus} totals as {reference}", share(a.total == b.total for a, b in pairs), 1.0))
            deeper = answers[reference].get(cell.replace("-10", "-100") if cell.endswith("-10") else cell, theirs)
            judged.append(Judged(engine, f"{cell} {corpus} best ten among {reference}'s", overlap(ours, theirs, deeper), LEAST_OVERLAP))
            if cell.startswith("shop"):
                judged.append(Judged(engine, f"{cell} {corpus} facets and prices as {reference}", share(a.rest == b.rest for a, b in pairs), 1.0))
    return judged


def lines(judged):
    """What to tell: how many comparisons were as they should be, and each that was not."""
    wrong = [j for j in judged if not j.right]
    return [f"agreement: {len(judged) - len(wrong)} of {len(judged)} comparisons as they should be"] + [
        f"  {j.engine}: {j.metric}: {j.value:.4f}, expected at least {j.least}" for j in wrong]
