"""The first lines of Evidence: how students of other teachers rank."""

import dataclasses

from html_text import text_of

from rdrec.explorer.by_teacher import ByTeacher
from rdrec.explorer.collected import Collected
from rdrec.ui.evidence import panel as evidence


def test_the_verdict_says_how_students_of_other_teachers_rank(store, monkeypatch):
    assert "Does the teacher matter" not in text_of(evidence.lead(store, Collected()))
    others = ByTeacher(1850, 1, (("answer-key", 0.2), (None, 0.15), ("keywords", 0.12), ("qwen", 0.1)))
    monkeypatch.setattr(evidence, "by_teacher", lambda elsewhere, facts: others)
    words = text_of(evidence.lead(store, Collected())).replace("\u00a0", " ")
    assert "1,850 shoppers (one run each, so close values may swap)" in words
    assert "answer key 20.0, no rationales 15.0, keyword rules 12.0, qwen 10.0." in words
    monkeypatch.setattr(evidence, "by_teacher", lambda elsewhere, facts: dataclasses.replace(others, runs=3))
    assert "(mean of 3 runs each): answer key" in text_of(evidence.lead(store, Collected()))
