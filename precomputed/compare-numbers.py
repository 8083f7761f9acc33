"""What the numbers alone are worth: the Beauty student on released numbers against the same one on permuted numbers, shopper by shopper.

Reads the evaluations that make-evidence.sh has made in RDREC_HOME; prints differences, and both students where the rule is right.
"""

import os

import pandas as pd

from rdrec.evaluate.evidence import evidence

RELEASED, PERMUTED, RULE = "digits-published-s0", "digits-shuffled-s0", "max-id rule"


def read(name: str, models: list[str]) -> pd.DataFrame:
    ranks = pd.read_parquet(f"{os.environ['RDREC_HOME']}/evaluations/beauty/{name}/ranks.parquet").rename(
        columns={"model": "way"}
    )
    return ranks[ranks["way"].isin(models)]


ranks = pd.concat([read("published-s0", [RELEASED, RULE]), read("shuffled-s0", [PERMUTED])])
rule = ranks[(ranks["way"] == RULE) & (ranks["task"] == "sequential")]
slices = {"rule": {int(user): "right" if rank == 1 else "wrong" for user, rank in zip(rule["user"], rule["rank"], strict=True)}}
found = evidence({0: ranks}, [(RELEASED, PERMUTED)], slices)
print(found.differences.drop(columns=["seed_low", "seed_high", "seed_sd"]).to_string(), found.slices.to_string(), sep="\n\n")
