"""RecBole's own collector and metrics on given scores, for bench_metrics.py.

Reads {"cutoffs": [...], "problems": [{"scores": [[...] a user], "truth": [[item, ...] a user]}, ...],
"binary": [{"scores": [...], "labels": [...]}, ...]} from standard input and prints {"version", "problems": [{metric: value}, ...],
"binary": [{metric: value}, ...]}.
"""
import json
import logging
import pathlib
import sys
import tempfile

import recbole
import torch
from recbole.config import Config
from recbole.data.interaction import Interaction
from recbole.evaluator import Collector, Evaluator

DIGITS = 15


def settings(metrics, cutoffs):
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "none").mkdir()
    (folder / "none" / "none.inter").write_text("user_id:token\titem_id:token\n")
    chosen = {"data_path": str(folder), "dataset": "none", "use_gpu": False, "state": "ERROR", "metrics": metrics,
              "valid_metric": metrics[0] + (f"@{cutoffs[0]}" if len(cutoffs) and metrics[0] != "AUC" else ""), "topk": cutoffs,
              "metric_decimal_place": DIGITS, "LABEL_FIELD": "label"}
    if metrics[0] == "AUC":
        chosen["eval_args"] = {"mode": "labeled", "split": {"RS": [8, 1, 1]}, "order": "RO", "group_by": None}
    return Config(model="BPR", dataset="none", config_dict=chosen)


def ranked(problems, cutoffs):
    config = settings(["Recall", "MRR", "NDCG", "Hit", "Precision", "MAP"], cutoffs)
    for problem in problems:
        collector, evaluator = Collector(config), Evaluator(config)
        users = [user for user, items in enumerate(problem["truth"]) for _ in items]
        items = [item for items in problem["truth"] for item in items]
        collector.eval_batch_collect(torch.tensor(problem["scores"]), None, torch.tensor(users), torch.tensor(items))
        yield evaluator.evaluate(collector.get_data_struct())


def binary(problems):
    config = settings(["AUC", "LogLoss"], [10])
    for problem in problems:
        collector, evaluator = Collector(config), Evaluator(config)
        labels = Interaction({"label": torch.tensor(problem["labels"], dtype=torch.float32)})
        collector.eval_batch_collect(torch.tensor(problem["scores"]), labels, None, None)
        yield evaluator.evaluate(collector.get_data_struct())


def main():
    logging.disable(logging.CRITICAL)
    sys.argv = sys.argv[:1]  # RecBole reads the command line
    asked = json.load(sys.stdin)
    print(json.dumps({"version": recbole.__version__, "problems": [dict(found) for found in ranked(asked["problems"], asked["cutoffs"])],
                      "binary": [dict(found) for found in binary(asked["binary"])]}, default=float))


if __name__ == "__main__":
    main()
