"""Wherever the page shows probabilities, it says whether they are calibrated."""

import dataclasses

import pytest
from html_text import text_of
from made_set import write_set

from rdrec.explorer import published
from rdrec.explorer.store import Store
from rdrec.ui.evidence import panel as evidence
from rdrec.ui.explore import live_panel
from rdrec.ui.own import panel as own
from rdrec.ui.render import element


@pytest.fixture(scope="module")
def older(tmp_path_factory, store):
    """The same set, but made when probabilities were not calibrated yet."""
    students = [
        {key: value for key, value in dataclasses.asdict(one).items() if key != "temperatures"} for one in store.facts.students
    ]
    return Store.open(write_set(tmp_path_factory.mktemp("older"), more={"students": students}))


def test_the_page_says_whether_probabilities_are_calibrated(store, older):
    assert "Bars: calibrated probability, on one scale" in text_of(live_panel.idle(store, "topn"))
    assert "Bars: probability, not calibrated, on one scale" in text_of(live_panel.idle(older, "topn"))
    about, about_older = (text_of(evidence.panel(one, published.shipped())) for one in (store, older))
    assert about.count("Temperature: next purchase 1.31, short list 0.87.") == 2
    assert "calibrated: for each student and each list, log-probabilities are divided by" in about
    assert "Temperature" not in about_older and "are calibrated" not in about_older
    firsts = {role: [(1, 0.5), (2, 0.25)] for role in ("rdrec", "baseline")}
    own_list, own_older = (text_of(own.panel(one, (5,), firsts, element("p", "live"))) for one in (store, older))
    assert "Bars: probability, calibrated for known shoppers," in own_list and "not calibrated" in own_older
