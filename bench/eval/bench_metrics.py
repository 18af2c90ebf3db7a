"""Metrics beside their peers': the same lists judged by Souk, by trec_eval (through pytrec_eval) and by RecBole.

Random problems, seeded. `souk lab judge` judges what can be written as judgements and a run; the peers judge the same in processes of
their own; the largest difference of any number is printed and must stay below 1e-6. trec_eval: graded judgements with unjudged items,
negative grades and queries that only one side has, once without equal scores and once with many. RecBole: every item scored, several
truth items a user, no history, no equal scores (its order among equals is whatever torch.topk leaves).

`--fixture` writes tests/eval/fixtures/peer_metrics.tsv anew: small problems with the peers' numbers, which the tests hold Souk's code to
wherever there is no PyPI. docs/explanation/metrics.md says where definitions differ.
"""
import json
import os
import pathlib
import random
import subprocess
import sys

import bench_eval

from lib import measure

PEERS = measure.ROOT / "build" / "bench-peers"
FOLDER = measure.ROOT / "build" / "bench" / "metrics"
FIXTURE = measure.ROOT / "tests" / "eval" / "fixtures" / "peer_metrics.tsv"
LARGEST = 1e-6
TREC_SEED, RECBOLE_SEED = 20, 21

# trec_eval's name -> Souk's; all at grades from 1 on, then those that ask for a grade of 2 or more.
TREC = {"map": "MAP", "recip_rank": "MRR", "ndcg": "nDCG",
        **{f"ndcg_cut_{k}": f"nDCG@{k}" for k in (5, 10)}, **{f"recall_{k}": f"Recall@{k}" for k in (5, 10)},
        **{f"P_{k}": f"Precision@{k}" for k in (5, 10)}, **{f"map_cut_{k}": f"MAP@{k}" for k in (5, 10)},
        **{f"success_{k}": f"Success@{k}" for k in (1, 5)}}
ASKED = ["map", "recip_rank", "ndcg", "ndcg_cut.5,10", "recall.5,10", "P.5,10", "map_cut.5,10", "success.1,5"]
GRADED = {name: souk.replace("@", "(2)@") if "@" in souk else souk + "(2)" for name, souk in TREC.items() if not name.startswith("ndcg")}

# RecBole's name -> that of rank_eval (eval/rank_eval.h); `souk lab judge` has all but MAP, whose denominator differs.
RECBOLE = {"recall": "Recall", "mrr": "MRR", "ndcg": "NDCG", "hit": "HR", "precision": "Precision", "map": "MAP"}
JUDGED = {"recall": "Recall", "mrr": "MRR", "ndcg": "nDCG", "hit": "Success", "precision": "Precision"}
CUTOFFS = [1, 5, 10, 20]


def python_of(name, packages):
    """The interpreter of a scratch environment with these packages."""
    python = PEERS / name / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS / name], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
    return python


def ask(python, script, question):
    done = subprocess.run([python, measure.ROOT / "bench" / "peers" / script], input=json.dumps(question), stdout=subprocess.PIPE, text=True,
                          check=True, env={**os.environ, **bench_eval.ONE_THREAD})
    return json.loads(done.stdout.splitlines()[-1])


def trec_problem(rng, queries, items, ties):
    """Judgements and a run: unjudged and negative items, queries of one side only, queries without a relevant item."""
    qrels, run = {}, {}
    for number in range(queries):
        query = f"q{number}"
        names = [f"d{item}" for item in rng.sample(range(10 * items), items)]
        if number % 10 != 1:
            qrels[query] = {name: rng.choice((-1, 0, 0, 1, 1, 2, 3, 4)) for name in names if rng.random() < 0.7} or {names[0]: 1}
        if number % 10 == 3:
            qrels[query] = dict.fromkeys(qrels[query], 0)
        if number % 10 != 2:
            shown = rng.sample(names, rng.randint(1, items))
            scores = [rng.randint(0, 1 + items // 4) for _ in shown] if ties else rng.sample(range(100 * items), len(shown))
            run[query] = {name: score / 64 for name, score in zip(shown, scores)}  # exact in any precision
    return {"qrels": qrels, "run": run}


def recbole_problem(rng, users, items):
    """Distinct scores that a float holds exactly, and one to eight truth items a user."""
    scores = [[value / 1024 for value in rng.sample(range(-20 * items, 20 * items), items)] for _ in range(users)]
    truth = [sorted(rng.sample(range(items), rng.randint(1, min(8, items)))) for _ in range(users)]
    return {"scores": scores, "truth": truth}


def binary_problem(rng, rows):
    labels = [1, 0] + [rng.randint(0, 1) for _ in range(rows - 2)]
    return {"scores": [rng.randint(1, 63) / 64 for _ in range(rows)], "labels": labels}


def write_lists(name, qrels, run):
    FOLDER.mkdir(parents=True, exist_ok=True)
    judgements, lists = FOLDER / f"{name}.qrels", FOLDER / f"{name}.run"
    judgements.write_text("".join(f"{q} 0 {d} {g}\n" for q, items in qrels.items() for d, g in items.items()))
    lists.write_text("".join(f"{q} Q0 {d} 1 {s!r} bench\n" for q, items in run.items() for d, s in items.items()))
    return judgements, lists


def souk_judges(name, qrels, run, metrics):
    """{query: {metric: value}} and the means, of the queries both sides have."""
    judgements, lists = write_lists(name, qrels, run)
    command = [measure.SOUK, "lab", "judge", "--json", "--per-query", "--answered-only", "--qrels", judgements, "--run", lists, "--metrics",
               ",".join(metrics)]
    answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return {query: values["run"] for query, values in answer["per_query"].items()}, answer["run"]["metrics"]


class Differences:
    """The largest difference of each metric, over all problems."""

    def __init__(self):
        self.largest, self.count = {}, {}

    def add(self, metric, ours, theirs):
        self.largest[metric] = max(self.largest.get(metric, 0.0), abs(ours - theirs))
        self.count[metric] = self.count.get(metric, 0) + 1

    def rows(self, engine, version):
        return [{**measure.row(engine, version, f"{metric} ({self.count[metric]} numbers)", [0], "largest difference"),
                 "median": value, "min": value, "max": value} for metric, value in sorted(self.largest.items())]


def trec_differences(python):
    found = Differences()
    rng = random.Random(TREC_SEED)
    for ties in (False, True):
        problem = trec_problem(rng, 200, 60, ties)
        gains = {q: {d: 2 ** g - 1 if g > 0 else g for d, g in items.items()} for q, items in problem["qrels"].items()}
        asked = [(TREC, problem, ASKED, 1), (GRADED, problem, [m for m in ASKED if not m.startswith("ndcg")], 2),
                 ({f"ndcg_cut_{k}": f"nDCGexp@{k}" for k in (5, 10)}, {"qrels": gains, "run": problem["run"]}, ["ndcg_cut.5,10"], 1)]
        for names, given, measures, level in asked:
            theirs = ask(python, "trec_metrics.py", {"problems": [given], "measures": measures, "level": level})[0]
            ours, means = souk_judges("ties" if ties else "distinct", problem["qrels"], problem["run"], list(names.values()))
            relevant = {q for q, items in problem["qrels"].items() if any(grade > 0 for grade in items.values())}
            if set(ours) != relevant & set(theirs):
                raise SystemExit("bench metrics: other queries were judged than trec_eval's with a relevant item")
            for peer, name in names.items():
                for query, values in ours.items():
                    found.add(name, values[name], theirs[query][peer])
                found.add(name, means[name], sum(theirs[q][peer] for q in ours) / len(ours))
    return found


def recbole_differences(python):
    found = Differences()
    rng = random.Random(RECBOLE_SEED)
    problems = [recbole_problem(rng, 100, items) for items in (25, 200, 1000)]
    theirs = ask(python, "recbole_metrics.py", {"cutoffs": CUTOFFS, "problems": problems, "binary": []})
    for number, (problem, values) in enumerate(zip(problems, theirs["problems"])):
        qrels = {f"u{user}": {f"i{item}": 1 for item in items} for user, items in enumerate(problem["truth"])}
        run = {f"u{user}": {f"i{item}": score for item, score in enumerate(row)} for user, row in enumerate(problem["scores"])}
        names = {f"{peer}@{k}": f"{name}@{k}" for peer, name in JUDGED.items() for k in CUTOFFS}
        _, means = souk_judges(f"recbole{number}", qrels, run, list(names.values()))
        for peer, name in names.items():
            found.add(name, means[name], values[peer])
    return found, theirs["version"]


def write_fixture(trec, recbole):
    """Small problems with the peers' numbers. Lines: what, problem, then its fields."""
    rng = random.Random(TREC_SEED + 2)
    lines = [f"# Made by `./run bench metrics --fixture`; Python's random, seed {TREC_SEED + 2}. See tests/eval/peers_test.cc.",
             "# grade and score: problem, query, item, value. trec: problem, query, metric, trec_eval's value.",
             "# scores and truth: problem, user, one value an item or the items. recbole: problem, metric, RecBole's mean.",
             "# binary: problem, score, label. binary-recbole: problem, metric, RecBole's value."]
    for number, ties in enumerate((False, True, True)):
        problem = trec_problem(rng, 8, 14, ties)
        lines += [f"grade\t{number}\t{q}\t{d}\t{g}" for q, items in problem["qrels"].items() for d, g in items.items()]
        lines += [f"score\t{number}\t{q}\t{d}\t{s!r}" for q, items in problem["run"].items() for d, s in items.items()]
        for names, measures, level in ((TREC, ASKED, 1), (GRADED, [m for m in ASKED if not m.startswith("ndcg")], 2)):
            theirs = ask(trec, "trec_metrics.py", {"problems": [problem], "measures": measures, "level": level})[0]
            relevant = [q for q in theirs if any(grade > 0 for grade in problem["qrels"][q].values())]
            lines += [f"trec\t{number}\t{q}\t{name}\t{theirs[q][peer]!r}" for q in sorted(relevant) for peer, name in names.items()]
    problems = [recbole_problem(rng, users, items) for users, items in ((6, 24), (9, 40), (12, 65))]
    binary = [binary_problem(rng, rows) for rows in (10, 60)]
    theirs = ask(recbole, "recbole_metrics.py", {"cutoffs": CUTOFFS, "problems": problems, "binary": binary})
    for number, problem in enumerate(problems):
        lines += [f"scores\t{number}\t{user}\t{' '.join(map(repr, row))}" for user, row in enumerate(problem["scores"])]
        lines += [f"truth\t{number}\t{user}\t{' '.join(map(str, items))}" for user, items in enumerate(problem["truth"])]
        lines += [f"recbole\t{number}\t{name}@{k}\t{theirs['problems'][number][f'{peer}@{k}']!r}" for peer, name in RECBOLE.items() for k in CUTOFFS]
    for number, problem in enumerate(binary):
        lines += [f"binary\t{number}\t{score!r}\t{label}" for score, label in zip(problem["scores"], problem["labels"])]
        lines += [f"binary-recbole\t{number}\t{name}\t{value!r}" for name, value in sorted(theirs["binary"][number].items())]
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    FIXTURE.write_text("\n".join(lines) + "\n")
    print(f"wrote {FIXTURE.relative_to(measure.ROOT)}: {len(lines)} lines", file=sys.stderr)


def main(as_json, arguments):
    trec = python_of("metrics", ["pytrec_eval-terrier==0.5.11", "numpy<1.24"])
    recbole = python_of(bench_eval.VENV.name, bench_eval.PACKAGES)
    if "--fixture" in arguments:
        write_fixture(trec, recbole)
        return 0
    if not measure.SOUK.exists():
        raise SystemExit("bench metrics: build first: ./run build")
    with_trec = trec_differences(trec)
    with_recbole, version = recbole_differences(recbole)
    rows = with_trec.rows("trec_eval", "pytrec_eval-terrier 0.5.11") + with_recbole.rows("RecBole", version)
    largest = {"trec_eval": max(with_trec.largest.values()), "RecBole": max(with_recbole.largest.values())}
    measure.report("metrics", f"the largest difference between Souk's metrics and the peers' (seeds {TREC_SEED}, {RECBOLE_SEED})", rows, {}, as_json)
    for peer, value in largest.items():
        print(f"largest difference from {peer}: {value:.2g} ({'within' if value <= LARGEST else 'ABOVE'} {LARGEST:g})", file=sys.stderr)
    return 0 if max(largest.values()) <= LARGEST else 1
