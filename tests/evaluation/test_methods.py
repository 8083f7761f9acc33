"""Names of methods: read back as they were written, ordered as tables show them."""

import dataclasses

import pytest

from rdrec.core.vocabulary import VARIANTS
from rdrec.evaluation.methods import Method, control_of, family, in_table_order, method_of_card
from rdrec.student.checkpoint import StudentCard

METHODS = {
    "baseline": Method("baseline"),
    "rdrec:offline": Method("rdrec", "offline"),
    "start-only:qwen-1-5b": Method("start-only", "qwen-1-5b"),
    "tasks-only:answer-key": Method("tasks-only", "answer-key"),
    "rdrec:offline without user_preference": Method("rdrec", "offline", ablated=("user_preference",)),
    "rdrec:offline without user_preference and item_attribution": Method("rdrec", "offline", ablated=("user_preference", "item_attribution")),
    "baseline with clustered numbers": Method("baseline", ids="clustered"),
    "rdrec:a without explanation with clustered-text numbers": Method("rdrec", "a", ("explanation",), "clustered-text"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "method"), METHODS.items())
def test_names_are_read_as_they_are_written(name, method):
    assert Method.parse(name) == method and str(method) == name and family(name) == method.variant


@pytest.mark.parametrize(
    "name", ["popularity", "ease", "max-id rule", "max-id rule on rdrec-s0", "rationale neighbours:offline", "knows all tastes"]
)
def test_what_is_no_student_is_no_method(name):
    assert Method.parse(name) is None and family(name) == name.partition(":")[0]


@pytest.mark.parametrize("name", ["rdrec:", "rdrec without", "rdrec with numbers", "rdrec:a with x", "RDREC", ""])
def test_what_was_not_written_by_a_method_is_none(name):
    assert Method.parse(name) is None


def test_the_control_is_trained_in_the_same_way():
    assert (
        control_of("rdrec:a without explanation with clustered numbers")
        == "scrambled:a without explanation with clustered numbers"
    )
    assert control_of("ease") == ""


def test_the_method_of_a_card():
    card = StudentCard("toy", "abc", 30, 130, "tiny", "rdrec", "clean", 5, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)
    assert method_of_card(card) == "rdrec:offline"
    assert method_of_card(dataclasses.replace(card, variant="baseline", teacher=None)) == "baseline"
    other = dataclasses.replace(card, ablated=["explanation"], training={"ids": "clustered"})
    assert method_of_card(other) == "rdrec:offline without explanation with clustered numbers"


def test_tables_show_five_methods_then_ablations_within_each_then_the_rest():
    names = [
        "ease",
        "tasks-only:a",
        "rdrec:a without item_attribution",
        "popularity",
        "start-only:a",
        "rdrec:a",
        "scrambled:a",
        "baseline",
    ]
    assert in_table_order(names) == [
        "baseline", "rdrec:a", "rdrec:a without item_attribution", "scrambled:a", "start-only:a", "tasks-only:a", "ease", "popularity",
    ]  # fmt: skip
    assert {family(name) for name in in_table_order(names)[:6]} == set(VARIANTS)
