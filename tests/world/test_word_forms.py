"""The offline teacher writes no broken -ing forms for reviews of the invented shop."""

import pytest
from word_forms import broken_gerunds

from rdrec.data.store import load_dataset
from rdrec.distill.offline import OfflineTeacher
from rdrec.home import Home
from rdrec.records import Rationale, Review
from rdrec.world.make import MakePlan, make


def broken_in(home):
    frame, teacher, broken = load_dataset(home, "toys").interactions, OfflineTeacher(), {}
    for text, stars in zip(frame["review"], frame["rating"], strict=True):
        answer = teacher.answer(Review(1, 0, 1, text, rating=float(stars)))
        if isinstance(answer, Rationale):
            broken |= dict.fromkeys(broken_gerunds(text, answer), text)
    return broken


def test_no_broken_gerund(made_home):
    assert broken_in(made_home) == {}


@pytest.mark.slow
def test_no_broken_gerund_in_the_whole_shop(toys, tmp_path):
    home = Home(tmp_path)
    make(home, MakePlan(toys, "toys", 1_200, 0), progress=False)
    assert broken_in(home) == {}
