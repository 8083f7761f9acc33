"""Students of several teachers in one invented shop: only like is compared with like."""

import dataclasses

import pytest

from rdrec.explorer.by_teacher import by_teacher
from rdrec.explorer.collected import Collected, Measurement

STUDENTS = {"rdrec:answer-key": 0.2, "baseline": 0.15, "rdrec:model": 0.1}


def measured(method, value, *, task="sequential", data="shop", metric="NDCG@10", recipe="nano", ids="protocol", seeds=(0, 1)):
    values = {seed: value + 0.02 * seed for seed in seeds}
    return Measurement(data, "clean", ids, method, recipe, task, metric, values, None, None, 1850)


def collected(*others, students=STUDENTS, worlds=("shop",)):
    rows = [measured(method, value) for method, value in students.items()]
    return Collected((*rows, *others), worlds=dict.fromkeys(worlds, "invented world"))


@pytest.fixture
def facts(store):
    return dataclasses.replace(store.facts, teacher="answer-key")


def test_students_are_ordered_by_their_mean_over_the_runs(facts):
    found = by_teacher(collected(), facts)
    assert [teacher for teacher, _ in found.rows] == ["answer-key", None, "model"] and (found.users, found.runs) == (1850, 2)
    assert [value for _, value in found.rows] == pytest.approx([0.21, 0.16, 0.11])


@pytest.mark.parametrize(
    "other",
    [
        measured("scrambled:model", 0.3),
        measured("rdrec:other without item_attribution", 0.3),
        measured("rdrec:model", 0.3, task="topn"),
        measured("rdrec:model", 0.3, metric="HR@10"),
        measured("rdrec:model", 0.3, recipe="tiny"),
        measured("rdrec:model", 0.3, ids="clustered"),
        measured("rdrec:late", 0.3, seeds=(0,)),
        measured("baseline", 0.3, recipe="nano, random start"),
    ],
)
def test_other_variants_tasks_metrics_recipes_numbers_and_seeds_are_not_mixed_in(facts, other):
    assert by_teacher(collected(other), facts) == by_teacher(collected(), facts)


def test_a_later_shop_is_used_if_the_first_has_one_teacher_alone(facts):
    second = [measured(method, value, data="second") for method, value in STUDENTS.items()]
    alone = {"rdrec:model": 0.1, "baseline": 0.2}
    found = by_teacher(collected(*second, students=alone, worlds=("shop", "second")), facts)
    assert [value for _, value in found.rows] == pytest.approx([0.21, 0.16, 0.11])


def test_nothing_is_compared_where_it_would_say_nothing(facts):
    no_baseline = {"rdrec:answer-key": 0.2, "rdrec:model": 0.1}
    for other, found in (
        (
            dataclasses.replace(facts, teacher="model"),
            collected(),
        ),  # the page's own students already show what this teacher achieves
        (dataclasses.replace(facts, protocol="temporal"), collected()),
        (dataclasses.replace(facts, data="shop"), collected()),
        (facts, collected(worlds=())),  # real purchases
        (facts, collected(students=no_baseline)),
        (facts, Collected()),
    ):
        assert by_teacher(found, other) is None
