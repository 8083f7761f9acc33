"""The leak audit by hand, and against the table in section 3 of the method."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from tolerances import printed

from rdrec.core.records import Dataset
from rdrec.data.leakage import audit_of
from rdrec.data.release import read_release
from rdrec.data.splits import protocol_view

EXPECTED = {
    "beauty": ((22_363, 12_101, 198_502), (0.0441, 0.0453, 0.0447, 0.0463, 0.0450)),
    "toys": ((19_412, 11_924, 167_597), (0.0654, 0.0663, 0.0659, 0.0667, 0.0660)),
}


def audit(dataset, protocol="published", seed=0):
    return audit_of(protocol_view(dataset, protocol, seed))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_released_sets_give_the_published_table(real_data: Path, name: str) -> None:
    dataset = read_release(real_data / name, name).dataset
    found = audit(dataset)
    sizes, scores = EXPECTED[name]
    assert (found["users"], found["items"], found["interactions"]) == sizes
    assert tuple(round(found["max_id_rule"][key], 4) for key in ("HR@1", "HR@5", "NDCG@5", "HR@10", "NDCG@10")) == scores
    assert found["id_order_correlation"] == pytest.approx(1.0)
    assert found["test_pairs_in_text_training"] is None
    shuffled = audit(dataset, "shuffled", 1)
    assert shuffled["max_id_rule"]["HR@10"] < 0.003 and abs(shuffled["id_order_correlation"]) < 0.05


def test_by_hand(make_dataset: Callable[..., Dataset]) -> None:
    # ranks of the test item: user 1: 4 after 3 -> 1; user 2: 9 after 6 -> 3; user 3: 2 after 9 -> never; user 4 is too short
    dataset = make_dataset(
        [[1, 2, 3, 4], [5, 6, 9], [9, 7, 2], [8, 10]],
        [[None, None, None, "a"], ["b", None, "c"], [None, None, None], ["d", "e"]],
        splits=[[None, None, None, "train"], ["train", None, "val"], [None, None, None], ["train", "train"]],
    )
    found = audit(dataset)
    assert found["max_id_rule"]["HR@1"] == pytest.approx(1 / 3, abs=printed(6))
    assert found["max_id_rule"]["HR@5"] == pytest.approx(2 / 3, abs=printed(6))
    assert found["max_id_rule"]["NDCG@5"] == pytest.approx((1 + 1 / math.log2(4)) / 3, abs=printed(6))
    assert found["test_pairs_in_text_training"] == pytest.approx(1 / 3)
    assert audit(dataset, "clean")["test_pairs_in_text_training"] == 0.0


def test_without_a_test_item_there_is_no_score(make_dataset: Callable[..., Dataset]) -> None:
    found = audit(make_dataset([[1], [1]]))
    assert found["max_id_rule"]["HR@1"] is None and found["id_order_correlation"] is None
