"""trec_eval's measures, by pytrec_eval, for bench_metrics.py.

Reads {"problems": [{"qrels": {query: {item: grade}}, "run": {query: {item: score}}}, ...], "measures": [...], "level": 1} from standard
input and prints [{query: {measure: value}}, ...]; `level` is the grade from which on an item is relevant.
"""
import json
import sys

import pytrec_eval


def main():
    asked = json.load(sys.stdin)
    answers = []
    for problem in asked["problems"]:
        judge = pytrec_eval.RelevanceEvaluator(problem["qrels"], set(asked["measures"]), relevance_level=asked["level"])
        answers.append(judge.evaluate(problem["run"]))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
