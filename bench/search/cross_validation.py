"""Settings chosen on some queries and judged on others: folds, coordinate ascent, nested cross-validation, the paired bootstrap."""
import dataclasses
import math
import random

FOLDS = 5
SWEEPS = 3


@dataclasses.dataclass
class Family:
    """Settings that differ in numbers alone. `evaluate(setting)` gives a value a query; `grids` the numbers a name may take."""
    name: str
    start: dict
    grids: dict
    evaluate: callable

    def neighbours(self, setting, name):
        return [{**setting, name: value} for value in self.grids[name]]


def mean(values, rows):
    return math.fsum(values[row] for row in rows) / len(rows)


def folds_of(count, seed, folds=FOLDS):
    """Rows 0 to count - 1 in so many parts of nearly equal size, drawn."""
    rows = list(range(count))
    generator = random.Random(f"folds {seed}")
    rows.sort(key=lambda _: generator.random())
    return [sorted(rows[fold::folds]) for fold in range(folds)]


def ascend(family, rows):
    """The setting at which no single number is better on these rows, from the family's start; of equally good ones the earlier."""
    setting, best = family.start, mean(family.evaluate(family.start), rows)
    for _ in range(SWEEPS):
        before = setting
        for name in family.grids:
            for other in family.neighbours(setting, name):
                value = mean(family.evaluate(other), rows)
                if value > best + 1e-12:
                    setting, best = other, value
        if setting == before:
            break
    return setting, best


def nested(families, folds, say=lambda text: None):
    """(the row's held-out fold's setting by fold, values by row of nobody's own choosing).

    For each fold: every family is judged on the other folds in turn, each time with numbers chosen without that one; the best family gets
    its numbers from all the other folds, and is judged on the fold that none of this has seen."""
    chosen, scores = [], {}
    for held, fold in enumerate(folds):
        others = [part for number, part in enumerate(folds) if number != held]
        ranked = []
        for family in families:
            inner = []
            for part in others:
                setting, _ = ascend(family, [row for other in others if other is not part for row in other])
                values = family.evaluate(setting)
                inner += [values[row] for row in part]
            ranked.append((math.fsum(inner) / len(inner), family))
        value, family = max(ranked, key=lambda pair: pair[0])
        setting, _ = ascend(family, [row for part in others for row in part])
        chosen.append((family, setting))
        scores.update({row: (family, setting) for row in fold})
        say(f"fold {held + 1}: {family.name}, {value:.4f} on the other folds, {mean(family.evaluate(setting), fold):.4f} on its own")
    return chosen, [scores[row] for row in range(len(scores))]


def interval(differences, seed, rounds=10_000):
    """The mean, its 95 % interval by resampling queries, and the share of resamples in which it is not above 0."""
    generator = random.Random(f"bootstrap {seed}")
    count = len(differences)
    means = sorted(math.fsum(generator.choices(differences, k=count)) / count for _ in range(rounds))
    return (math.fsum(differences) / count, means[int(0.025 * rounds)], means[int(0.975 * rounds) - 1], sum(m <= 0 for m in means) / rounds)
