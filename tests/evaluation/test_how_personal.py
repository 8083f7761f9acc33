"""How personal texts are: worked by hand, on texts that are and are not, and on real reviews against known figures."""

import numpy as np
import pandas as pd
import pytest

from rdrec.core.records import InputError
from rdrec.evaluation import how_personal as module
from rdrec.evaluation.how_personal import how_personal, of_column

WORDS = [f"{a}{b}" for a in ("lamp", "rope", "bell", "moss", "tide") for b in ("ing", "ed", "er", "ish")]


def made(personal, users=60, each=10, seed=0):
    """Texts of six words; of a personal writer they come from four words of their own."""
    rng = np.random.default_rng(seed)
    texts, keys = [], []
    for user in range(users):
        own = rng.choice(WORDS, 4, replace=False)
        for _ in range(each):
            texts.append(" ".join(rng.choice(own if personal else WORDS, 6)))
            keys.append(user)
    return texts, keys


def test_personal_texts_are_told_from_others():
    found, control = how_personal(*made(True)), how_personal(*made(False))
    assert found.words.low > 0.5 and found.gap.low > 0.5
    assert abs(control.words.value) < 0.02 and control.gap.low < 0 < control.gap.high
    assert (found.texts, found.keys) == (600, 60)


def test_keys_of_others_tell_nothing():
    texts, keys = made(True)
    shuffled = np.random.default_rng(1).permutation(keys).tolist()
    assert how_personal(texts, shuffled).gap.low < 0.01


def test_the_gain_of_a_word_by_hand(monkeypatch):
    """Two users with one word each, ten training texts and one held-out text each: smoothed with 10 of the overall kind, the own
    word has (10 + 10 / 2) / (10 + 10) = .75 instead of .5."""
    monkeypatch.setattr(module, "_SMOOTHING", (10,))
    texts, keys = ["lamp"] * 11 + ["rope"] * 11, np.array([0] * 11 + [1] * 11)
    held = np.array(([False] * 10 + [True]) * 2)
    gains, of = module._bags(texts, keys, held)
    assert gains == pytest.approx(np.log([1.5, 1.5])) and of.tolist() == [0, 1]


def test_rows_without_a_text_are_left_out():
    texts, keys = made(True)
    frame = pd.DataFrame({"user": keys, "item": np.arange(len(keys)) % 7, "review": texts})
    frame.loc[::10, "review"] = None
    found = {by: of_column(frame, "review", by) for by in ("user", "item")}
    assert found["user"].texts == found["item"].texts == 540 and found["item"].keys == 7
    assert found["user"].gap.low > found["item"].gap.high


@pytest.mark.parametrize(
    ("texts", "keys", "said"),
    [(["a lamp"] * 9, [1] * 9, "9 texts are too few"), (["lamps"] * 60, range(60), "no user or item has two")],
)
def test_too_little_is_refused(texts, keys, said):
    with pytest.raises(InputError, match=said):
        how_personal(texts, list(keys))


def test_real_reviews_against_known_figures(real_data):
    """10,261 reviews of musical instruments (10,254 with a text), in the order of the file."""
    table = pd.read_json(real_data / "musical_instruments_5core" / "reviews.json.gz", lines=True)
    table = table[table["reviewText"].fillna("").str.strip() != ""].rename(columns={"reviewerID": "user", "asin": "item"})
    found = {by: of_column(table, "reviewText", by) for by in ("user", "item")}
    assert found["user"].words.value == pytest.approx(0.059, abs=0.001) and found["user"].gap.value == pytest.approx(
        0.031, abs=0.0015
    )
    assert found["item"].words.value == pytest.approx(0.134, abs=0.001) and found["item"].gap.value == pytest.approx(
        0.067, abs=0.0015
    )
