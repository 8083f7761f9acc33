"""How sure a student may be: the temperature at which the validation items are most likely (Guo et al., 2017, section 4.2).

A student that starts from purchases ranks well but may be far too sure: on Musical Instruments, its first item had a probability of .4
to .8 on average and was right in .02 of all cases (`LOG.md`, 2026-11-29).  One number for each task mends most of that and leaves every
ranking as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar

from rdrec.core.vocabulary import TASKS
from rdrec.data.cases import every_validation_case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.ranking import batches, student_scores
from rdrec.evaluation.validation_ndcg import validation_cases
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.shares import tempered

LOWEST, HIGHEST = 0.1, 100.0
LEAST_CASES = 20  # with fewer, the temperature would be chance
DECIMALS = 3

# (C,) log-probabilities of the items of one case, and the place of the true one
ScoredCase = tuple[np.ndarray, int]


def fit_temperatures(
    recommender: Recommender, view: ProtocolView, batch_users: int, *, progress: bool = True
) -> dict[str, float]:
    """A temperature for each task, from the items of `validation_cases`; for `Recommender(temperatures=...)`.

    Empty for a student whose IDs consist of several tokens, since the shares of their steps would no longer multiply to the probability
    (`explain.py`), and if fewer than LEAST_CASES users have a validation item.  The sampled candidates of the task "topn" leave out all
    that a user ever buys, so that of the test items only their absence can be known.
    """
    if not recommender.one_token_ids or len(every_validation_case(view)) < LEAST_CASES:
        return {}
    return {task: best_temperature(_scored(recommender, view, task, batch_users, progress)) for task in TASKS}


def best_temperature(cases: Sequence[ScoredCase]) -> float:
    """The temperature with the lowest `loss`, between LOWEST and HIGHEST."""
    found = minimize_scalar(
        lambda log: loss(cases, float(np.exp(log))), bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded"
    )
    return round(float(np.exp(found.x)), DECIMALS)


def loss(cases: Sequence[ScoredCase], temperature: float) -> float:
    """Mean negative log-probability of the true items at a temperature, in nats."""
    return -float(np.mean([tempered(scores, temperature)[place] for scores, place in cases]))


def _scored(recommender: Recommender, view: ProtocolView, task: str, batch_users: int, progress: bool) -> list[ScoredCase]:
    asked, found = validation_cases(view, task), []
    for chunk in batches(asked, f"calibrate {task}", batch_users, progress):
        chosen = [asked[index] for index in chunk]
        for row, case in zip(student_scores(recommender, chosen, task), chosen, strict=True):
            compete = case.compete
            found.append((row[compete], int(np.flatnonzero(compete == case.truth)[0])))
    return found
