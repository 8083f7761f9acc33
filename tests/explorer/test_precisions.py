"""Precisions: ten best and rank of one shopper, and over all shoppers against fp32."""

import pandas as pd
import pytest
from made_set import write_set

from rdrec.explorer import precisions
from rdrec.explorer.store import Store
from rdrec.explorer.tables import OPTIONAL_TABLES


def made(tables):
    rows = [
        (user, "rdrec", name, rank, size, items)
        for user in (1, 2)
        for name, rank, size, items in (
            ("fp32", 1, 400, [3, 4]),
            ("nf4", 1 if user == 1 else 11, 100, [3, 5] if user == 2 else [3, 4]),
        )
    ]
    tables["precisions"] = pd.DataFrame(rows, columns=list(OPTIONAL_TABLES["precisions"]))


def test_over_all_shoppers_by_hand(tmp_path):
    store = Store.open(write_set(tmp_path, edit=made))
    full, nf4 = precisions.over_all(store, "rdrec")
    assert (full.precision, full.overlap, full.change, full.moved) == ("fp32", 1.0, 0.0, 0.0)
    assert (nf4.bytes, nf4.overlap, nf4.agreement, nf4.moved) == (100, 0.75, 1.0, 0.5)
    assert nf4.ndcg == pytest.approx(0.5) and nf4.change == pytest.approx(-0.5), "one of two shoppers lost the first place"


def test_one_shopper(tmp_path):
    store = Store.open(write_set(tmp_path, edit=made))
    found = precisions.of_user(store, 2, "rdrec")
    assert found["nf4"].rank == 11 and found["nf4"].items == (3, 5) and precisions.of_user(store, 3, "rdrec") == {}


def test_a_set_made_before_has_none(store):
    assert precisions.of_user(store, 1, "rdrec") == {} and precisions.over_all(store, "rdrec") == ()
