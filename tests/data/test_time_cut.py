"""The protocol `temporal`: what is on which side of the cut, by hand and as properties."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rdrec.cli.main import main
from rdrec.core.records import Dataset, InputError
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.data.text import same_text
from rdrec.data.time_cut import CutShares, cut_in_time, facts_in_words

DAY = 86_400
Build = Callable[..., Dataset]
PURCHASES = st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=7).map(sorted), min_size=2, max_size=9)
SHARES = st.builds(CutShares, st.sampled_from([0.1, 0.25, 0.4]), st.sampled_from([0.1, 0.3]))


@pytest.fixture(scope="module")
def build(make_dataset: Build) -> Build:
    """A data set from the days on which each user bought something; a new item each time, with a review."""

    def make(days: list[list[int]], **columns: Any) -> Dataset:
        histories = [[1 + (3 * user + 5 * place) % 40 for place in range(len(row))] for user, row in enumerate(days)]
        reviews = [[f"text {(user + place) % 5}" for place in range(len(row))] for user, row in enumerate(days)]
        times = [DAY * day for row in days for day in row]
        return make_dataset(histories, reviews, n_items=40, timestamp=times, **columns)

    return make


def by_hand(make: Build) -> ProtocolView:
    # 10 purchases; days from 8 on have 4 of them, days 5 to 7 have 2
    return protocol_view(make([[1, 2, 5, 8, 9], [6, 8], [2, 3], [9]]), "temporal", 0, CutShares(0.4, 0.2))


def test_by_hand(build: Build) -> None:
    view = by_hand(build)
    assert view.cut is not None and (view.cut.validation_from, view.cut.test_from) == (5 * DAY, 8 * DAY)
    first, second, third, fourth = view.splits
    history = view.histories[0].tolist()
    assert (first.train.tolist(), first.validation, first.shown.tolist(), first.test) == (
        history[:2],
        history[2],
        history[:3],
        history[3],
    )
    assert first.rows == ["train", "train", "val", "test", "after"]
    assert (second.train.tolist(), second.validation, second.test) == ([], None, view.histories[1][1]), (
        "shown is enough to be asked"
    )
    assert second.shown.tolist() == view.histories[1][:1].tolist() and second.rows == ["val", "test"]
    assert (third.train.tolist(), third.validation, third.test) == (view.histories[2].tolist(), None, None)
    assert (fourth.train.tolist(), fourth.validation, fourth.test, fourth.rows) == ([], None, None, ["after"])


def test_the_effects_of_the_cut_are_counted(build: Build) -> None:
    facts = by_hand(build).cut_facts()
    assert facts is not None
    assert (facts["test_from"], facts["validation_from"], facts["validation_days"]) == ("1970-01-09", "1970-01-06", 3)
    assert (facts["after_share"], facts["validation_share"]) == (0.4, 0.2)
    assert (facts["test_users"], facts["users_without_history"], facts["users_without_later"]) == (2, 1, 1)
    assert (facts["after_cut"], facts["validation_stretch"]) == (0.4, 0.2)
    words = facts_in_words(facts)
    assert "Cut at 1970-01-09: 40.0% of purchases lie after it" in words and "the 3 days before it" in words
    assert "1 without a purchase before it" in words


def test_items_never_bought_before_the_cut_are_counted(make_dataset: Build) -> None:
    histories = [
        [1, 2, 3],
        [2, 1, 9],
        [1, 3, 2],
    ]  # day 1, 2, 3 each: 9 is new on the last day, 3 was bought in validation alone
    dataset = make_dataset(histories, timestamp=[DAY * day for _ in histories for day in (1, 2, 3)])
    facts = protocol_view(dataset, "temporal", 0, CutShares(0.3, 0.3)).cut_facts()
    assert facts is not None and facts["test_users"] == 3
    assert (facts["unseen_test_items"], facts["untrained_test_items"]) == (1, 2)


@settings(deadline=None, max_examples=60)
@given(PURCHASES, SHARES)
def test_every_purchase_is_on_its_side(build: Build, days: list[list[int]], shares: CutShares) -> None:
    assume(len({day for row in days for day in row}) >= 3)
    dataset = build(days)
    view = protocol_view(dataset, "temporal", 0, shares)
    assert view.cut is not None and view.cut.validation_from < view.cut.test_from
    times = dataset.interactions["timestamp"].to_numpy(dtype=np.int64)
    rows = view.row_splits
    assert (times[rows == "train"] < view.cut.validation_from).all() and (rows == "train").any()
    assert ((times[rows == "val"] >= view.cut.validation_from) & (times[rows == "val"] < view.cut.test_from)).all() and (
        rows == "val"
    ).any()
    later = np.isin(rows, ("test", "after"))
    assert (
        (times[later] >= view.cut.test_from).all()
        and later.any()
        and later.sum() + (times < view.cut.test_from).sum() == len(times)
    )
    for row, split, history in zip(days, view.splits, view.histories, strict=True):
        before = [item for day, item in zip(row, history, strict=True) if day * DAY < view.cut.test_from]
        after = [item for day, item in zip(row, history, strict=True) if day * DAY >= view.cut.test_from]
        assert split.test == (after[0] if before and after else None), (
            "the first purchase after the cut, of users with a history"
        )
        assert split.shown.tolist() == before
        trained = [item for day, item in zip(row, history, strict=True) if day * DAY < view.cut.validation_from]
        assert split.train.tolist() == trained
        stretch = before[len(trained) :]
        assert split.validation == (stretch[0] if trained and stretch else None)


@settings(deadline=None, max_examples=60)
@given(PURCHASES, SHARES)
def test_no_text_from_the_stretch_or_after_the_cut_is_in_training(
    build: Build, days: list[list[int]], shares: CutShares
) -> None:
    assume(len({day for row in days for day in row}) >= 3)
    dataset = build(days)
    view = protocol_view(dataset, "temporal", 0, shares)
    assert view.cut is not None
    train, val, test = (view.text_rows(split) for split in ("train", "val", "test"))
    assert (train["timestamp"] < view.cut.validation_from).all()
    late = dataset.interactions.loc[dataset.interactions["timestamp"] >= view.cut.validation_from, "review"]
    assert not {same_text(text) for text in train["review"]} & {same_text(text) for text in late}, "nor a copy of one"
    assert len(val) == (view.row_splits == "val").sum() and len(test) == sum(one.test is not None for one in view.splits)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=3, max_size=60), SHARES)
def test_the_cut_is_the_moment_nearest_to_the_share(build: Build, days: list[int], shares: CutShares) -> None:
    moments = sorted(set(days))
    assume(len(moments) >= 3)
    cut = cut_in_time(build([[day] for day in days]), shares)
    after = sum(DAY * day >= cut.test_from for day in days)
    wanted = shares.after_cut * len(days)
    assert all(abs(after - wanted) <= abs(sum(day >= moment for day in days) - wanted) + 1e-9 for moment in moments[2:])


def test_a_data_set_without_times_is_refused(build: Build, make_dataset: Build) -> None:
    with pytest.raises(
        InputError, match=r"the protocol temporal needs times, but no interaction has one .*released folders have no times"
    ):
        protocol_view(make_dataset([[1, 2, 3]]), "temporal")
    with pytest.raises(InputError, match="1 of 3 interactions have none"):
        protocol_view(make_dataset([[1, 2, 3]], timestamp=[1, None, 3]), "temporal")
    with pytest.raises(InputError, match="user 2 are not in order of time"):
        protocol_view(build([[1, 2, 3], [3, 2]]), "temporal")
    with pytest.raises(InputError, match=r"only 2 different times.* at least 3 - use --protocol clean$"):
        protocol_view(build([[1, 2, 2]]), "temporal")


def test_shares_that_leave_nothing_for_training_are_refused(build: Build) -> None:
    days = build([[1, 2, 3, 4, 5, 6], [2, 3, 4, 5]])
    for stretch in (0.5, 0.6):
        with pytest.raises(
            InputError, match=r"--after-cut 0.5 --validation-stretch 0.\d leave nothing for training - .* below 1"
        ):
            cut_in_time(days, CutShares(0.5, stretch))
    assert cut_in_time(days, CutShares(0.5, 0.4)).validation_from > DAY


def test_other_protocols_know_no_cut(build: Build) -> None:
    view = protocol_view(build([[1, 2, 3, 4]]), "clean")
    assert view.cut is None and view.cut_facts() is None and view.row_splits.tolist() == ["train", "train", "val", "test"]
    assert dataclasses.replace(view, histories=[view.histories[0][:2]]).splits[0].test is None


def test_the_command_reports_the_cut(
    tmp_path: Path, review_rows: list[dict[str, Any]], write_reviews: Any, capsys: Any
) -> None:
    home = ["--home", str(tmp_path / "home")]
    rows = [{**row, "unixReviewTime": 1_393_545_600 + DAY * n} for n, row in enumerate(review_rows)]
    assert main(["data", "import", str(write_reviews(rows)), "--name", "toy", "--core", "0", *home]) == 0
    capsys.readouterr()
    assert main(["data", "audit", "toy", "--protocol", "temporal", "--after-cut", "0.25", "--json", *home]) == 0
    out = capsys.readouterr().out
    answer = json.loads(out.splitlines()[-1])
    assert answer["cut"]["after_share"] == 0.25 and answer["cut"]["test_users"] == 3 and "Cut at 2014-03-09" in out
    assert answer["time"] is None and answer["reasons"]["time"] == "no held-out item is in training"
    assert main(["data", "audit", "toy", "--after-cut", "0.25", *home]) == 2
    assert "--after-cut has no effect with --protocol published" in capsys.readouterr().err
    (tmp_path / "released").mkdir()
    (tmp_path / "released" / "sequential.txt").write_text("1 1 2 3\n2 1 3 2\n")
    assert main(["data", "audit", str(tmp_path / "released"), "--protocol", "temporal", *home]) == 2
    assert "released folders have no times" in capsys.readouterr().err
