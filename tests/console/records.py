"""Made-up records for the tests of the runs page: what `souk lab run --record` and `souk evaluate --record` keep."""

import json

METRICS = ["HR@5", "HR@10", "NDCG@5", "NDCG@10", "MRR@10", "Coverage@10", "Gini@10"]
LOO = "leave-one-out, full ranking, history masked"
CLICKS = {"name": "bazaar-clicks", "hash": "a8385e62a5d2081efa6493edc33e82ec", "users": 22363, "items": 12101, "events": 198502}
ORDERS = {"name": "bazaar-orders", "hash": "caa342b1a905d3d6e2197af38505e91a", "users": 35598, "items": 18357, "events": 296337}
FLOORS = {"popularity": 0.0055, "co-visitation": 0.0478}
SLICES = {
    "history": [("1-4", 1203, 0.8), ("5-9", 12410, 0.95), ("10-19", 6420, 1.1), ("20-49", 2100, 1.3), ("50+", 230, 1.2)],
    "popularity": [("head", 9100, 1.9), ("middle", 8200, 0.6), ("tail", 4900, 0.2), ("cold", 163, 0.0)],
}


def metrics_of(ndcg):
    """Metrics that go with an NDCG@10."""
    factors = {"HR@5": 1.3, "HR@10": 1.7, "NDCG@5": 0.88, "NDCG@10": 1.0, "MRR@10": 0.8}
    return {**{name: ndcg * factor for name, factor in factors.items()}, "Coverage@10": 0.6, "Gini@10": 0.8}


def record(model, ndcg, data=CLICKS, seed=1, **more):
    """A run record; floors that are the model itself stand in it too, as the lab keeps them."""
    metrics = metrics_of(ndcg)
    floor = max((name for name in FLOORS if name != model), key=FLOORS.get)
    delta = ndcg - FLOORS[floor]
    run = {
        "recipe": f"recommend/{model}",
        "system": None,
        "model": model,
        "data": data,
        "protocol": LOO,
        "split": "d3780c3b19010b174e0c2633cbd5e24b" if data is CLICKS else "77aa0c3b19010b174e0c2633cbd5e24b",
        "cases": data["users"],
        "seed": seed,
        "metrics": metrics,
        "interval": {name: [value - 0.0022, value + 0.0022] for name, value in metrics.items() if "@" in name and name[0] not in "CG"},
        "floors": {name: metrics_of(value) for name, value in FLOORS.items()},
        "versus": {
            "floor": floor,
            "metric": "NDCG@10",
            "delta": delta,
            "interval": [delta - 0.0021, delta + 0.0021],
            "p": 0.001998,
            "verdict": "beats" if delta > 0 else "does not beat",
        },
        "slices": [
            {"group": group, "name": name, "cases": cases, "metrics": {"NDCG@10": ndcg * factor, "HR@10": 1.7 * ndcg * factor}}
            for group, slices in SLICES.items()
            for name, cases, factor in slices
        ],
        "seconds": {"load": 0.83, "train": 0.79, "evaluate": 0.88},
        "cpu_seconds": {"load": 0.06, "train": 1.08, "evaluate": 0.13},
        "epochs": 0,
        "peak_rss_mb": 58.1,
        "version": "0.1.0",
    }
    return {**run, **more}


# Where a record stands below the folder of results, and what it says.
RUNS = {
    "recommend/popularity/bazaar-clicks-seed1": record("popularity", 0.0055),
    "recommend/item-knn/bazaar-clicks-seed1": record(
        "item-knn", 0.0612, tuned={"on": "validation", "trials": 24, "grid": {"settings.neighbours": [50, 200]}, "forced": False}
    ),
    "recommend/item-knn/bazaar-clicks-seed2": record("item-knn", 0.0605, seed=2, set=["settings.neighbours=50"]),
    "recommend/ease/bazaar-clicks-seed1": record(
        "ease", 0.0694, system=181, paper={"NDCG@10": 0.0734, "HR@10": 0.1201, "source": "table 2"}
    ),
    "recommend/greedy/bazaar-clicks-seed1": record("greedy", 0.0811, tuned={"on": "test", "trials": 60, "grid": None, "forced": True}),
    "recommend/item-knn/bazaar-orders-seed1": record(
        "item-knn", 0.0301, data=ORDERS, primary="NDCG@20", metrics={"NDCG@20": 0.0301}, interval={"NDCG@20": [0.028, 0.032]}
    ),
    "recommend/ease/bazaar-clicks-sampled-seed1": record(
        "ease", 0.42, protocol="leave-one-out, ranked among 100 drawn uniformly, history masked"
    ),
}


def shelf(name, context, hits, verdicts, cases=1728):
    """One shelf of a shop's evaluation; `verdicts` by floor."""

    def figures(value):
        metrics = {"HR@10": value, "NDCG@10": value * 0.43, "Recall@10": value * 0.15, "MRR@10": value * 0.7}
        return {"metrics": metrics, "interval": {key: [number * 0.96, number * 1.04] for key, number in metrics.items()}}

    floors = {"popularity": 0.58, "buy-again": 0.756, "co-visitation": 0.382}
    return {
        "shelf": name,
        "context": context,
        "repeats": "keep",
        "cases": cases,
        "possible_cases": cases,
        **figures(hits),
        "floors": {floor: figures(value) for floor, value in floors.items()},
        "versus": [
            {
                "floor": floor,
                "verdict": verdict,
                "delta": 0.43 * (hits - floors[floor]),
                "interval": [-0.01, 0.02],
                "p": 0.002,
                "shoppers": cases,
                "hits": {
                    "verdict": verdict,
                    "delta": hits - floors[floor],
                    "interval": [hits - floors[floor] - 0.01, hits - floors[floor] + 0.01],
                    "p": 0.002,
                },
            }
            for floor, verdict in verdicts.items()
        ],
        "slices": [
            {
                "group": "history",
                "name": name,
                "cases": cases // 2,
                "metrics": figures(hits * factor)["metrics"],
                "floors": {floor: figures(value * factor)["metrics"] for floor, value in floors.items()},
            }
            for name, factor in (("1-4", 0.8), ("5-9", 1.2))
        ],
        "latency_ms": {"p50": 0.61, "p99": 8.9},
    }


BEATS = {"popularity": "beats", "buy-again": "beats", "co-visitation": "beats"}
REPORT = {
    "shop": "Test Bazaar",
    "split": "events from 2017-12-18T04:01:20Z on are held out",
    "fingerprint": "e04e23392b5814aa94a7f7a164aa232b",
    "data": {"hash": "a8996b29e71a109f72e453ea4a6cdf2c", "shoppers": 2469, "items": 68509, "events": 1469307, "train_events": 1411279},
    "metric": "NDCG@10",
    "seed": 1,
    "shelves": [
        shelf("for-you", "shopper", 0.777, BEATS),
        shelf("also-bought", "item", 0.47, {**BEATS, "popularity": "does not beat", "buy-again": "does not beat"}, 4000),
        shelf("complete-the-basket", "basket", 0.76, {**BEATS, "buy-again": "cannot be told from"}, 4000),
        shelf("new", "none", 0.0, dict.fromkeys(BEATS, "too few"), 12),
    ],
    "seconds": 12.5,
    "version": "0.1.0",
}
BROKEN = "recommend/torn/bazaar-clicks-seed1"


def write(results):
    """Writes all records below `results`, and one file that is none."""
    files = {**{name: json.dumps(run, indent=1) for name, run in RUNS.items()}, "shops/Test-Bazaar": json.dumps(REPORT, indent=1)}
    files["shops/Other-Bazaar"] = json.dumps({**REPORT, "shop": "Other Bazaar"}, indent=1)
    files[BROKEN] = '{"recipe": "recommend/torn", '
    for name, text in files.items():
        path = results / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
