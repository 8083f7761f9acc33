"""Cards of students as if they were trained, and tables of an evaluation beside its ranks, for tests that gather and collect."""

import dataclasses

import pandas as pd

from rdrec.core.storage import new_artefact, write_table
from rdrec.evaluation.beyond_accuracy import COLUMNS as BEYOND
from rdrec.evaluation.outcomes import COLUMNS as CHECKS
from rdrec.evaluation.outcomes import Check
from rdrec.student.checkpoint import StudentCard

LEARNED = Check(
    "user_preference", "learned", "", 400, 1.2, 2.17, 0.97, 0.94, 1.0, 0.47, 0.45, 0.49, 0.6, 0.37, 0.0, 0.94, 900.0, 0.93, 0.1
)
CARD = StudentCard(
    "toys", "abc", 8, 456, "nano", "rdrec", "clean", 0, "answer-key", "told", None, 3, {"epochs": 3}, [], 1, "fp32", None, 4
)


def write_card(home, data, name, variant, seed, **changes):
    """A student that nobody can load, with a card that everybody can read."""
    teacher = None if variant == "baseline" else "answer-key"
    card = dataclasses.replace(CARD, data=data, variant=variant, seed=seed, teacher=teacher, **changes)
    with new_artefact(home.student(data, name), "student", dataclasses.asdict(card)) as folder:
        (folder / "student.safetensors").write_bytes(b"no weights")


def write_beside(folder, names, checks=()):
    """beyond.parquet of these models and checks.parquet of (model, Check)."""
    measured = dict(zip(BEYOND, (0.4, 30.0, 12.0, 9.0, 0.3, 0.1), strict=True))
    write_table(pd.DataFrame([{"model": name} | measured for name in names]), folder / "beyond.parquet")
    columns = {"model": "str"} | CHECKS
    rows = [{"model": name} | dataclasses.asdict(check) for name, check in checks]
    write_table(pd.DataFrame(rows, columns=list(columns)).astype(columns), folder / "checks.parquet")


def checks_of(outcome="learned"):
    """Both rationale tasks of one run."""
    gap = {"gap": 0.97, "low": 0.94} if outcome == "learned" else {"gap": 0.0, "low": -0.01}
    return [dataclasses.replace(LEARNED, task=task, outcome=outcome, **gap) for task in ("user_preference", "item_attribution")]
