"""RecBole's full ranking of a leave-one-out test set by an untrained BPR (two embeddings of 64: a dot product), for bench_eval.py.

usage: recbole_eval.py SEQUENCES FOLDER EVAL_BATCH_SIZE...
SEQUENCES has a line "shopper item item ..." each; FOLDER takes RecBole's files. Prints "ready VERSION"; then for each line of standard
input (the number of one of the batch sizes) evaluates once and prints a line of JSON: processor seconds, and NDCG@20 to show that it ran.
"""
import json
import logging
import pathlib
import sys
import time

import recbole
import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.model.general_recommender import BPR
from recbole.trainer import Trainer


def write_atomic(sequences, folder):
    target = folder / "bench" / "bench.inter"
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(sequences, encoding="utf-8") as lines, target.open("w") as out:
        out.write("user_id:token\titem_id:token\ttimestamp:float\n")
        for line in lines:
            user, *items = line.split()
            out.writelines(f"{user}\t{item}\t{place}\n" for place, item in enumerate(items))


def evaluation(folder, batch):
    """A function that ranks all test users once."""
    settings = {"data_path": str(folder), "dataset": "bench", "use_gpu": False, "show_progress": False, "state": "ERROR", "embedding_size": 64,
                "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "group_by": "user", "mode": "full"}, "topk": [5, 10, 20],
                "load_col": {"inter": ["user_id", "item_id", "timestamp"]}, "checkpoint_dir": str(folder / "saved"),
                "metrics": ["Recall", "MRR", "NDCG", "Hit", "Precision", "MAP"]}
    if batch:
        settings["eval_batch_size"] = batch
    config = Config(model="BPR", dataset="bench", config_dict=settings)
    dataset = create_dataset(config)
    train, _, test = data_preparation(config, dataset)
    model = BPR(config, train.dataset)
    trainer = Trainer(config, model)
    return lambda: trainer.evaluate(test, load_best_model=False, show_progress=False)


def main():
    sequences, folder, *batches = sys.argv[1:]
    sys.argv = sys.argv[:1]  # RecBole reads the command line
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    folder = pathlib.Path(folder)
    write_atomic(sequences, folder)
    evaluations = [evaluation(folder, int(batch)) for batch in batches]
    print("ready", recbole.__version__, flush=True)
    for line in sys.stdin:
        start = time.process_time()
        metrics = evaluations[int(line)]()
        print(json.dumps({"cpu": time.process_time() - start, "ndcg": metrics["ndcg@20"]}), flush=True)


if __name__ == "__main__":
    main()
