"""Evidence from several training runs: what each method achieves, and whether two methods differ.

Methods (`methods.py`; column `method`) are compared on evaluations of one data set and protocol, one per seed.  A seed determines initial
weights, samples, shuffled IDs and negatives in the same way for all methods, so results are paired by user and seed.

    runs          one row per method, seed, task and metric
    differences   one row per pair of methods, task and metric: the mean over users of the difference, where each user's difference is the
                  mean over seeds; its 95 % bootstrap interval and the two-sided sign-flip test over users; lowest and highest value of
                  the seeds, and their standard deviation; p_holm: p corrected for all tests of the pair (Holm, 1979)
    slices        one row per method, task and slice of users: mean NDCG@10 and HR@10 over users and seeds
    beyond        one row per method and seed: coverage, popularity and the like (`rdrec.evaluation.beyond_accuracy`)
    checks        one row per method, seed and text task: whether the student learned its rationales (`rdrec.evaluation.outcomes`)

The interval tells what to expect for other users, the range what to expect for other seeds; neither replaces the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.evaluation.beyond_accuracy import COLUMNS as BEYOND
from rdrec.evaluation.methods import in_table_order
from rdrec.evaluation.metrics import METRICS, Places, mean_interval, per_user
from rdrec.evaluation.outcomes import COLUMNS as CHECKS
from rdrec.evaluation.outcomes import holm

SLICED = ("HR@10", "NDCG@10")
TABLES: dict[str, dict[str, str]] = {
    "runs": {"method": "str", "task": "str", "metric": "str", "seed": "int64", "value": "float64"},
    "differences": {
        "one": "str", "other": "str", "task": "str", "metric": "str", "difference": "float64", "low": "float64", "high": "float64",
        "p": "float64", "seeds": "int64", "users": "int64", "seed_low": "float64", "seed_high": "float64",
    },
    "slices": {
        "slice": "str", "label": "str", "method": "str", "task": "str", "users": "int64", "HR@10": "float64", "NDCG@10": "float64",
    },
    "beyond": {"method": "str", "seed": "int64"} | dict.fromkeys(BEYOND, "float64"),
    "checks": {"method": "str", "seed": "int64"} | CHECKS,
}  # fmt: skip
"""The columns that the page reads; `differences` also has `seed_sd` and `p_holm`."""
_DIFFERENCES = [*TABLES["differences"], "seed_sd", "p_holm"]
_SWAPS = 500  # permutations drawn at a time
_ROUNDING = 1e-12  # relative tolerance within which sums of the same differences in another order count as equal
CONTRASTS = ("HR@10", "NDCG@10")  # tested metrics; more metrics of the same ranks would only repeat the question


@dataclass(frozen=True)
class Evidence:
    """The tables that the module describes."""

    runs: pd.DataFrame
    differences: pd.DataFrame
    slices: pd.DataFrame
    beyond: pd.DataFrame
    checks: pd.DataFrame


def evidence(
    ranks: Mapping[int, pd.DataFrame],
    pairs: Sequence[tuple[str, str]],
    slices: Mapping[str, Mapping[int, str]],
    beyond: pd.DataFrame | None = None,
    checks: pd.DataFrame | None = None,
) -> Evidence:
    """Compute the tables from the ranks of several seeds.

    ranks           by seed: one row per method, task and user, with the columns method, task, user, above, tied
    pairs           (one, other): the difference is one minus other
    slices          name -> user -> label, in the order of the table; users without a label are in no slice of that name
    beyond, checks  the tables of these names, copied unchanged
    Raises InputError if a method lacks a seed, or if seeds have different users.
    """
    if not ranks:
        raise InputError("there is no evaluation to gather", todo="run: python -m rdrec evaluate")
    methods = in_table_order(sorted({method for frame in ranks.values() for method in frame["method"].unique()}))
    tasks = list(next(iter(ranks.values()))["task"].unique())
    runs: list[dict[str, object]] = []
    values: dict[tuple[str, str, str], np.ndarray] = {}  # (method, task, metric) -> (seeds, users)
    users: np.ndarray | None = None
    for method in methods:
        for task in tasks:
            by_seed = {seed: _of(frame, method, task, seed) for seed, frame in sorted(ranks.items())}
            for frame in by_seed.values():
                users = frame["user"].to_numpy() if users is None else users
                if not np.array_equal(users, frame["user"].to_numpy()):
                    raise InputError(
                        f"the evaluations of {method} have different users", todo="evaluate all seeds on the same data set"
                    )
            places = [Places(frame["above"].to_numpy(), frame["tied"].to_numpy()) for frame in by_seed.values()]
            for metric in METRICS:
                per = np.stack([per_user(metric, place) for place in places])
                values[method, task, metric] = per
                runs += [
                    {"method": method, "task": task, "metric": metric, "seed": seed, "value": float(row.mean())}
                    for seed, row in zip(by_seed, per, strict=True)
                ]
    assert users is not None
    return Evidence(
        pd.DataFrame(runs),
        pd.DataFrame([row for one, other in pairs for row in _differences(values, one, other, tasks)], columns=_DIFFERENCES),
        pd.DataFrame(_slices(values, methods, tasks, users, slices), columns=list(TABLES["slices"])),
        *(_cast(table, name) for name, table in (("beyond", beyond), ("checks", checks))),
    )


def _cast(table: pd.DataFrame | None, name: str) -> pd.DataFrame:
    columns = TABLES[name]
    return pd.DataFrame([] if table is None else table, columns=list(columns)).astype(columns).reset_index(drop=True)


def _of(frame: pd.DataFrame, method: str, task: str, seed: int) -> pd.DataFrame:
    rows = frame[(frame["method"] == method) & (frame["task"] == task)].sort_values("user")
    if rows.empty:
        raise InputError(
            f"{method} was not evaluated with seed {seed}", todo="train, quantise and evaluate every method with every seed"
        )
    if rows["user"].duplicated().any():
        raise InputError(
            f"two students of {method} were evaluated with seed {seed}", todo="evaluate one precision of each with --models"
        )
    return rows


def _differences(
    values: Mapping[tuple[str, str, str], np.ndarray], one: str, other: str, tasks: Sequence[str]
) -> list[dict[str, object]]:
    """The rows of one pair.  All its tasks and metrics are one family of tests for Holm's correction."""
    rows = [_difference(values, one, other, task, metric) for task in tasks for metric in CONTRASTS]
    corrected = holm([float(str(row["p"])) for row in rows])
    return [row | {"p_holm": p} for row, p in zip(rows, corrected, strict=True)]


def _difference(
    values: Mapping[tuple[str, str, str], np.ndarray], one: str, other: str, task: str, metric: str
) -> dict[str, object]:
    for method in (one, other):
        if (method, task, metric) not in values:
            raise InputError(
                f"there are no results for {method}", todo=f"use one of {', '.join(sorted({key[0] for key in values}))}"
            )
    by_seed = values[one, task, metric] - values[other, task, metric]  # (seeds, users)
    users = by_seed.mean(0)
    mean, low, high = mean_interval(users)
    seeds = by_seed.mean(1)
    return {
        "one": one, "other": other, "task": task, "metric": metric, "difference": mean, "low": low, "high": high,
        "p": sign_flip(users), "seeds": len(seeds), "users": len(users),
        "seed_low": float(seeds.min()), "seed_high": float(seeds.max()),
        "seed_sd": float(seeds.std(ddof=1)) if len(seeds) > 1 else float("nan"),
    }  # fmt: skip


def sign_flip(differences: np.ndarray) -> float:
    """Two-sided p of the paired permutation test: how often randomly swapped pairs differ on average by at least as much.

    With few pairs all swaps are tried, otherwise `evaluate.permutations` random ones.  (scipy's general test permutes whole samples and
    takes a hundred times as long for thousands of users.)
    """
    if not differences.any():
        return 1.0
    drawn, pairs = integer("evaluate.permutations"), len(differences)
    if pairs < drawn.bit_length():
        exact = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True)
        return float(exact.pvalue)
    rng, observed = np.random.default_rng(0), abs(differences.sum()) * (1 - _ROUNDING)
    as_large = 0
    for begin in range(0, drawn, _SWAPS):
        signs = rng.integers(0, 2, (min(_SWAPS, drawn - begin), pairs), dtype=np.int8)
        as_large += int((abs(2 * (signs @ differences) - differences.sum()) >= observed).sum())
    return (as_large + 1) / (drawn + 1)


def _slices(
    values: Mapping[tuple[str, str, str], np.ndarray],
    methods: Sequence[str],
    tasks: Sequence[str],
    users: np.ndarray,
    slices: Mapping[str, Mapping[int, str]],
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, labels in slices.items():
        label = np.array([labels.get(int(user), "") for user in users])
        for one in dict.fromkeys(labels.values()):
            chosen = label == one
            for method in methods if chosen.any() else ():
                for task in tasks:
                    means = {metric: float(values[method, task, metric][:, chosen].mean()) for metric in SLICED}
                    rows.append(
                        {"slice": name, "label": one, "method": method, "task": task, "users": int(chosen.sum()), **means}
                    )
    return rows
