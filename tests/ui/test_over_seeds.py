"""Several training runs on the evidence tab: a verdict that follows from the numbers, and tables with every number."""

import dataclasses

import pytest
from html_text import text_of

from rdrec.precompute.answers import Difference, OverSeeds
from rdrec.ui import over_seeds
from rdrec.ui.render import page


def difference(one="rdrec:reference", other="baseline", value=0.03, p=0.001, seeds=(0.01, 0.05)):
    return Difference(one, other, "sequential", "NDCG@10", value, value - 0.02, value + 0.02, p, 3, 100, *seeds)


def test_the_verdict_follows_from_the_numbers():
    clear = over_seeds.verdict([difference()])
    assert clear.startswith(
        "With rationales (reference teacher) ranks the next purchase better than without rationales: +3.0 points"
    )
    assert "worse" in over_seeds.verdict([difference(value=-0.03, seeds=(-0.05, -0.01))])


@pytest.mark.parametrize("unclear", [{"p": 0.2}, {"seeds": (-0.01, 0.05)}])
def test_chance_or_one_run_against_the_others_is_no_difference(unclear):
    assert over_seeds.verdict([difference(**unclear)]).startswith("No clear difference")


def test_only_rationales_against_controls_make_the_verdict():
    assert (
        over_seeds.verdict([difference("baseline", "popularity")])
        == "Nothing was trained here both with rationales and without."
    )
    both = over_seeds.verdict([difference(), difference(other="scrambled:reference", p=0.5)])
    assert "No clear difference between With rationales" in both and "ranks the next purchase better" in both


def test_every_run_is_in_the_table(store):
    found = store.over_seeds()
    words = text_of(page(over_seeds.panel(found)))
    for run in found.runs:
        if run.metric == "NDCG@10":
            assert f"{100 * run.value:.1f}" in words
    assert "Over 2 training runs of each" in words and "run 0" in words and "run 1" in words
    assert "NDCG@10 by how many purchases the student is shown" in words and "1 to 4 (25)" in words


def test_one_run_shows_nothing(store):
    found = store.over_seeds()
    alone = dataclasses.replace(found, runs=tuple(run for run in found.runs if run.seed == 0))
    assert over_seeds.panel(alone) is None and over_seeds.panel(OverSeeds((), (), ())) is None
