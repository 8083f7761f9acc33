"""How much released item numbers give away: students on released against permuted numbers, on Beauty and Toys, shopper by shopper.

Reads the evaluations that make-evidence.sh made in RDREC_HOME; prints differences, also split by whether the max-id rule is right.
"""

import os

import pandas as pd

from rdrec.evaluation.multi_seed import evidence

RELEASED, PERMUTED, RULE = "digits-published-s0", "digits-shuffled-s0", "max-id rule"


def read(data: str, name: str, models: list[str]) -> pd.DataFrame:
    """The ranks of `models` in one evaluation, a row for each user, task and method."""
    ranks = pd.read_parquet(f"{os.environ['RDREC_HOME']}/evaluations/{data}/{name}/ranks.parquet").rename(
        columns={"model": "method"}
    )
    return ranks[ranks["method"].isin(models)]


for data in ("beauty", "toys-real"):
    ranks = pd.concat([read(data, "published-s0", [RELEASED, RULE]), read(data, "shuffled-s0", [PERMUTED])])
    rule = ranks[(ranks["method"] == RULE) & (ranks["task"] == "sequential")]
    right = {int(user): "right" if rank == 1 else "wrong" for user, rank in zip(rule["user"], rule["rank"], strict=True)}
    found = evidence({0: ranks}, [(RELEASED, PERMUTED)], {"rule": right})
    shown = found.differences.drop(columns=["seed_low", "seed_high", "seed_sd"])
    print(data, shown.to_string(), found.slices.to_string(), sep="\n\n", end="\n\n")
