"""Leave-one-out, protocols as properties, negatives."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.core.records import Dataset, InputError
from rdrec.core.vocabulary import PROTOCOLS
from rdrec.data.leakage import id_order_correlation
from rdrec.data.splits import histories_of, leave_one_out, negatives, protocol_view
from rdrec.data.text import same_text

WORDS = st.sampled_from(["good", "Good ", "bad", "loud\nand clear", "loud and  CLEAR", "fine"])
TEXTS = st.lists(st.lists(st.one_of(st.none(), WORDS), min_size=1, max_size=7), min_size=1, max_size=8)


def test_leave_one_out_by_hand() -> None:
    split = leave_one_out(np.array([5, 3, 9, 4]))
    assert (split.train.tolist(), split.validation, split.test) == ([5, 3], 9, 4)
    split = leave_one_out(np.array([5, 3]))
    assert (split.train.tolist(), split.validation, split.test) == ([5, 3], None, None)


@pytest.fixture(scope="module")
def build(make_dataset: Callable[..., Dataset]) -> Callable[..., Dataset]:
    return make_dataset


@settings(deadline=None)
@given(TEXTS)
def test_clean_lets_no_held_out_text_into_training(build: Callable[..., Dataset], texts: list[list[str | None]]) -> None:
    tidy = [[text.strip() if text else None for text in row] for row in texts]
    dataset = build([list(range(1, len(row) + 1)) for row in tidy], tidy)
    view = protocol_view(dataset, "clean", 0)
    train, val, test = (view.text_rows(split) for split in ("train", "val", "test"))
    secret = {same_text(text) for part in (val, test) for text in part["review"]}
    assert not secret & {same_text(text) for text in train["review"]}
    held = {(u, p) for u, row in enumerate(tidy, 1) if len(row) >= 3 for p in (len(row) - 2, len(row) - 1)}
    assert not held & set(zip(train["user"], train["position"], strict=True))
    # and nothing else is lost: every other text that is no copy is there
    kept = {
        (u, p)
        for u, row in enumerate(tidy, 1)
        for p, t in enumerate(row)
        if t and (u, p) not in held and same_text(t) not in secret
    }
    assert set(zip(train["user"], train["position"], strict=True)) == kept
    assert set(zip(test["user"], test["position"], strict=True)) == {
        (u, len(row) - 1) for u, row in enumerate(tidy, 1) if len(row) >= 3 and row[-1]
    }


def test_the_other_protocols_use_the_released_split(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset([[1, 2, 3, 4]], [["a", None, "c", "d"]], splits=[["test", None, "train", "train"]])
    for protocol in ("published", "shuffled"):
        view = protocol_view(dataset, protocol, 1)
        assert view.text_rows("train")["item"].tolist() == [3, 4]
        assert view.text_rows("val").empty and view.text_rows("test")["item"].tolist() == [1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ids_are_a_seeded_permutation(random_dataset: Callable[[int], Dataset], protocol: str) -> None:
    dataset = random_dataset(0)
    days = 86_400 * dataset.interactions["position"].astype("Int64")
    dataset = dataclasses.replace(dataset, interactions=dataset.interactions.assign(timestamp=days))
    view = protocol_view(dataset, protocol, 3)
    assert view.item_ids[0] == 0 and sorted(view.item_ids) == list(range(201))
    assert (view.item_ids == protocol_view(dataset, protocol, 3).item_ids).all()
    assert (view.item_ids == protocol_view(dataset, protocol, 4).item_ids).all() == (protocol == "published")
    assert [history.tolist() for history in view.histories] == [history.tolist() for history in histories_of(dataset)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_shuffled_ids_carry_no_order(random_dataset: Callable[[int], Dataset], seed: int) -> None:
    dataset = random_dataset(1)
    bought = dataset.interactions["item"].nunique()
    for protocol in ("shuffled", "clean"):  # six standard deviations of a random order
        assert abs(id_order_correlation(protocol_view(dataset, protocol, seed)) or 0.0) < 6 / np.sqrt(bought)


def test_an_unknown_protocol_is_refused(make_dataset: Callable[..., Dataset]) -> None:
    with pytest.raises(InputError, match="unknown protocol 'leaky' - use one of published, shuffled, clean, temporal"):
        protocol_view(make_dataset([[1, 2, 3]]), "leaky")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(0, 5))
def test_negatives_are_distinct_and_never_bought(random_dataset: Callable[[int], Dataset], seed: int, which: int) -> None:
    dataset = random_dataset(which)
    drawn = negatives(dataset, seed)
    assert drawn.shape == (50, 99) and drawn.dtype == np.int64 and drawn.min() >= 1 and drawn.max() <= 200
    for row, history in zip(drawn, histories_of(dataset), strict=True):
        assert len(set(row)) == 99 and not set(row) & set(history)
    assert (drawn == negatives(protocol_view(dataset, "clean", 5).dataset, seed)).all()


def test_negatives_cover_all_that_was_not_bought(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset([[3, 1, 102], [1, 2, 100]], n_items=102)
    assert sorted(negatives(dataset, 0)[0]) == [i for i in range(1, 103) if i not in (1, 3, 102)]
    with pytest.raises(
        InputError, match=r"fewer than 99 of the 102 items remain unbought for user 1 - import with a smaller --core-items"
    ):
        negatives(make_dataset([[1, 2, 3, 102], [1]], n_items=102), 0)


def test_another_users_purchases_change_nothing(make_dataset: Callable[..., Dataset]) -> None:
    one = negatives(make_dataset([[1, 2, 3], [4, 5, 6], [7]], n_items=150), 7)
    other = negatives(make_dataset([[1, 2, 3], [9, 8, 140, 20], [7]], n_items=150), 7)
    assert (one[[0, 2]] == other[[0, 2]]).all() and (one[1] != other[1]).any()
    assert (one != negatives(make_dataset([[1, 2, 3], [4, 5, 6], [7]], n_items=150), 8)).any()
