"""The audit of order and time: by hand, against the rules of an evaluation, and against the figures of the real sets."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rdrec.baselines.rules import bought_together, order_rule
from rdrec.core.records import Dataset
from rdrec.data.cases import cases
from rdrec.data.importers import amazon
from rdrec.data.release import read_release
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.evaluation import audit as auditing
from rdrec.evaluation.audit import audit, audit_in_words, order_and_time
from rdrec.evaluation.metrics import per_user
from rdrec.evaluation.ranking import rule_places

DAY = 86_400


def dated(dataset: Dataset, days: list[int | None]) -> Dataset:
    times = pd.array([None if day is None else DAY * day for day in days], dtype="Int64")
    return dataclasses.replace(dataset, interactions=dataset.interactions.assign(timestamp=times))


@pytest.fixture
def tiny(toy_dataset: Dataset) -> Dataset:
    """Five shoppers, twelve products A to L with numbers 1 to 12.

    user       1: A B C D  days 1 2 3 3   the hidden D has the time of C, and the higher original id
               2: A B D C  days 1 2 4 4   the hidden C has the time of D, and the smaller one
               3: A B E F  days 1 2 5 6   another time, greater
               4: D C F A  days 1 2 5 9   another time, smaller
               5: A B      too short, all training
    """
    histories = [[1, 2, 3, 4], [1, 2, 4, 3], [1, 2, 5, 6], [4, 3, 6, 1], [1, 2]]
    days = [1, 2, 3, 3, 1, 2, 4, 4, 1, 2, 5, 6, 1, 2, 5, 9, 1, 7]
    rows = pd.DataFrame(
        [(u, p, i) for u, h in enumerate(histories, 1) for p, i in enumerate(h)], columns=["user", "position", "item"]
    )
    blank = toy_dataset.interactions.iloc[: len(rows)].reset_index(drop=True).copy()
    blank[["user", "position", "item"]] = rows
    items = toy_dataset.items.iloc[:12].assign(item_key=list("ABCDEFGHIJKL"))
    return dated(dataclasses.replace(toy_dataset, users=toy_dataset.users.iloc[:5], items=items, interactions=blank), days)


def test_by_hand(tiny: Dataset) -> None:
    found = order_and_time(protocol_view(tiny, "published"))
    order = found["order"]
    assert (order["ties"], order["ascending"]) == (0.5, 0.5)
    assert (order["ascending_in_ties"], order["ascending_elsewhere"]) == (0.5, 0.5)
    # neighbours: AB BC CD, AB BD DC, AB BE EF, DC CF FA, AB; CD and DC at the same time
    assert order["all_pairs"] == {
        "ascending": pytest.approx(10 / 13),
        "ascending_in_ties": 0.5,
        "ascending_elsewhere": pytest.approx(9 / 11),
    }
    assert found["reasons"] == {}
    # training: AB, AB, AB, DC, AB; pairs A-B and C-D alone.  What is bought together with the shown purchases:
    #   1 shown A B C -> D 1/sqrt(1+5)/sqrt(1+5) > 0, all others 0: rank 1
    #   2 shown A B D -> C: rank 1
    #   3 shown A B E -> F: 0 like C D F G..L (9 left, all 0): ranks 1 to 9, all equally likely
    #   4 shown D C F -> A: 0 like A B E G..L (9 left): ranks 1 to 9
    assert order["plain"]["HR@1"] == pytest.approx((1 + 1 + 1 / 9 + 1 / 9) / 4, abs=1e-6)
    assert order["plain"]["HR@5"] == pytest.approx((1 + 1 + 5 / 9 + 5 / 9) / 4, abs=1e-6)
    assert order["plain"]["HR@10"] == 1.0
    # higher original ids first:
    #   1 after C: D E..L, D still rank 1;  2 after D: E..L (8) before C, rank 9;  3 after E: F G..L are 7, F one of ranks 1 to 7
    #   4 after F: G..L (6) before A B E, one of ranks 7 to 9
    ndcg = (
        1
        + 1 / math.log2(10)
        + sum(1 / math.log2(1 + r) for r in range(1, 8)) / 7
        + sum(1 / math.log2(1 + r) for r in (7, 8, 9)) / 3
    ) / 4
    assert order["with_rule"]["NDCG@10"] == pytest.approx(ndcg, abs=1e-6)
    assert order["with_rule"]["HR@1"] == pytest.approx((1 + 1 / 7) / 4, abs=1e-6)
    assert order["with_rule"]["HR@5"] == pytest.approx((1 + 5 / 7) / 4, abs=1e-6)
    # hidden D on day 3, C on 4, F on 6, A on 9; training A: days 1 1 1 1, C: 2, D: 1, F: none -> none lies later
    assert found["time"] == {"later_share": 0.0, "later_share_by_case": 0.0, "cases_with_later": 0.0}


def test_purchases_from_the_future_by_hand(tiny: Dataset) -> None:
    """The same purchases, but user 4 bought D and C on days 8 and 9, and A on day 10: later than D and C were hidden by 1 and 2."""
    days = [1, 2, 3, 3, 1, 2, 4, 4, 1, 2, 5, 6, 8, 9, 9, 10, 1, 7]
    found = order_and_time(protocol_view(dated(tiny, days), "published"))["time"]
    # training purchases of D: 1 (later), of C: 1 (later), of F: 0, of A: 4 (none later)
    assert found["later_share"] == pytest.approx(2 / 6, abs=1e-6)
    assert found["later_share_by_case"] == pytest.approx((1 + 1 + 0) / 3, abs=1e-6)
    assert found["cases_with_later"] == 0.5


def test_a_part_that_the_data_cannot_give_is_null_with_its_reason(tiny: Dataset) -> None:
    without = dated(tiny, [None] * 18)
    found = audit(protocol_view(without, "published"))
    assert found["time"] is None and found["reasons"]["time"] == "the data has no times"
    for name in ("ties", "ascending_in_ties", "ascending_elsewhere"):
        assert found["order"][name] is None and found["reasons"][f"order.{name}"] == "the data has no times"
    assert found["order"]["ascending"] == 0.5 and found["order"]["plain"]["HR@10"] == 1.0
    assert "unknown (the data has no times)" in "\n".join(audit_in_words(found))
    numbers = dataclasses.replace(tiny, items=tiny.items.assign(item_key=[str(n) for n in range(1, 13)]))
    found = audit(protocol_view(numbers, "published"))
    assert found["order"]["with_rule"] is None and "no original item IDs" in found["reasons"]["order.with_rule"]
    assert found["order"]["ties"] == 0.5 and found["order"]["plain"] is not None
    some = audit(protocol_view(dated(tiny, [None] * 2 + [3] * 16), "published"))
    assert some["reasons"]["time"] == "2 of 18 purchases have no time"
    untied = audit(protocol_view(dated(tiny, list(range(18))), "published"))
    assert untied["order"]["ties"] == 0.0 and untied["order"]["ascending_in_ties"] is None
    assert "the same time as" in untied["reasons"]["order.ascending_in_ties"]


def test_nobody_to_test(tiny: Dataset) -> None:
    short = dataclasses.replace(tiny, interactions=tiny.interactions.query("position < 2").reset_index(drop=True))
    found = audit(protocol_view(short, "clean"))
    assert set(found["order"].values()) == {None} and found["time"] is None
    assert set(found["reasons"].values()) == {"no user has a held-out purchase"}
    said = audit_in_words(found)
    assert any("unknown (no user has a held-out purchase)" in line for line in said)
    assert all(line.count("unknown") <= 1 for line in said)  # a reason once is enough


@pytest.mark.parametrize("protocol", ["clean", "temporal"])
def test_the_batched_ranking_is_that_of_the_rules(toy_dataset: Dataset, protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of three users against the rules of `evaluate`, case by case."""
    monkeypatch.setattr(auditing, "_SCORES_AT_ONCE", 3 * 131)
    keys = [f"B{(37 * n) % 130:03}" for n in range(130)]
    view = protocol_view(dataclasses.replace(toy_dataset, items=toy_dataset.items.assign(item_key=keys)), protocol)
    found, asked = order_and_time(view)["order"], cases(view, "sequential")
    for name, rule in (("plain", bought_together(view)), ("with_rule", order_rule(view))):
        places = rule_places(rule, asked)
        for metric, value in found[name].items():
            assert value == pytest.approx(per_user(metric, places).mean(), abs=1e-6), (name, metric)


RELEASED = {  # share of ascending last pairs; HR@10 and NDCG@10 of "often bought together", and with the rule
    "beauty": (0.712, (0.0615, 0.0355), (0.0863, 0.0535)),
    "toys": (0.752, (0.0722, 0.0431), (0.0987, 0.0624)),
}


@pytest.mark.parametrize("name", RELEASED)
def test_the_released_sets_give_the_known_figures(real_data: Path, name: str) -> None:
    found = order_and_time(protocol_view(read_release(real_data / name, name).dataset, "published"))
    ascending, plain, with_rule = RELEASED[name]
    order = found["order"]
    assert order["ascending"] == pytest.approx(ascending, abs=0.001)
    assert (order["plain"]["HR@10"], order["plain"]["NDCG@10"]) == pytest.approx(plain, abs=0.001)
    assert (order["with_rule"]["HR@10"], order["with_rule"]["NDCG@10"]) == pytest.approx(with_rule, abs=0.001)
    assert order["ties"] is None and found["time"] is None


@pytest.fixture(scope="module")
def instrument_view(instruments: Path) -> Callable[[str], ProtocolView]:
    def make(ties: str) -> ProtocolView:
        with pytest.MonkeyPatch.context() as patch:  # explanations do not matter here and take most of the time
            patch.setattr(amazon, "pick_explanations", lambda texts: ([None] * len(texts), [None] * len(texts)))
            return protocol_view(
                amazon.open_reviews(instruments, "guitars", core_users=1, core_items=1, seed=0, ties=ties).dataset(), "clean"
            )

    return make


def test_random_ties_take_the_rule_its_worth(instrument_view: Callable[[str], ProtocolView]) -> None:
    by_file, by_hash = (order_and_time(instrument_view(ties)) for ties in ("file", "hash"))
    assert by_file["order"]["ties"] == by_hash["order"]["ties"] == pytest.approx(0.442, abs=0.001)
    assert by_file["order"]["ascending_in_ties"] == 1.0
    count = round(0.442 * 1429)
    assert abs(by_hash["order"]["ascending_in_ties"] - 0.5) < 4 * 0.5 / np.sqrt(count), (
        "four standard deviations of a fair coin"
    )
    assert by_file["order"]["with_rule"]["NDCG@10"] > by_file["order"]["plain"]["NDCG@10"] + 0.02
    assert by_hash["order"]["with_rule"]["NDCG@10"] < by_hash["order"]["plain"]["NDCG@10"]
    assert by_file["time"]["later_share"] == pytest.approx(0.29, abs=0.005)
    assert by_file["time"]["cases_with_later"] == pytest.approx(0.67, abs=0.005)
