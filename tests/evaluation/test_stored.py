"""What `evaluate --add` keeps of an evaluation, and what it replaces."""

from pathlib import Path

import pandas as pd
import pytest

from rdrec.core.records import InputError
from rdrec.evaluation.stored import Stored, Tables

SAME = {"data_sha256": "x", "protocol": "clean", "seed": 0, "ties": "", "cut": None, "world": None, "attributes": "brands"}


def tables(*models, teacher="t"):
    """One row for each model in each table; only `a` and `b` learned from a teacher and were checked."""
    rows = pd.DataFrame(
        {"model": models, "value": range(len(models)), "teacher": [teacher if len(one) == 1 else "" for one in models]}
    )
    checked = [model for model in models if len(model) == 1]
    return Tables(rows, rows[["model", "value"]], rows[["model", "value"]], pd.DataFrame({"model": checked}, dtype="str"))


def meta(**more):
    return SAME | {"rivals": {}, "weights": {}, "measured": {}, "rationales": {}, "ridge": None} | more


def stored(*models, **more):
    return Stored(Path("here"), meta(**more), tables(*models))


def test_everything_about_a_replaced_model_goes():
    """Its rows in every table, also where the new one has none, its max-id rule, and what the meta says of it."""
    before = stored(
        "a", "b", "max-id rule on a", "ease", measured={"a": "1", "b": "2"}, rivals={"ease": "ease", "a": "sasrec"},
        rationales={"t": "5"}, weights={"a": 0.1},
    )  # fmt: skip
    new = Tables(*(part[part["model"] != "b"] for part in vars(tables("a", teacher="")).values()))
    new = Tables(new.rows, new.ranks, new.beyond, new.checks.iloc[:0])
    both, found = before.with_results(new, meta(measured={"a": "3"}))
    assert [both.rows["model"].tolist(), both.checks["model"].tolist()] == [["a", "b", "ease"], ["b"]]
    assert found["measured"] == {"a": "3", "b": "2"} and found["rivals"] == {"ease": "ease"} and found["weights"] == {}
    assert found["rationales"] == {"t": "5"}, "b still has that teacher"
    alone, found = stored("a", rationales={"t": "5"}).with_results(new, meta())
    assert found["rationales"] == {} and len(alone.rows) == 1


def test_a_teacher_whose_students_are_all_replaced_may_have_other_rationales():
    before = stored("a", "b", rationales={"t": "old"})
    before.check_extends(meta(rationales={"t": "new"}), ["a", "b"])
    with pytest.raises(InputError, match="another distillation of the teacher 't'"):
        before.check_extends(meta(rationales={"t": "new"}), ["a"])


@pytest.mark.parametrize(("kept", "words"), [({"ridge": 20.0}, "the ridge 20, not 50"), ({}, "an unrecorded ridge, not 50")])
def test_ease_of_another_ridge_must_be_measured_again(kept, words):
    rivals = {"ease": "ease", "rationale neighbours:t": "rationale neighbours:t", "sas": "sasrec"}
    before = stored("ease", "rationale neighbours:t", "sas", rivals=rivals, **kept)
    before.check_extends(meta(), ["a"])
    before.check_extends(meta(ridge=50.0), list(rivals))
    with pytest.raises(InputError, match=words):
        before.check_extends(meta(ridge=50.0), ["ease"])
