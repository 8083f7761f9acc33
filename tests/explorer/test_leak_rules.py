"""The leaks that are worked out live, against the rules and the audit one case at a time."""

from pathlib import Path

import numpy as np
import pytest
from made_set import write_set

from rdrec.baselines.rules import bought_together, max_id_rule, order_rule
from rdrec.core.home import PROJECT
from rdrec.core.records import Dataset
from rdrec.data.cases import Case
from rdrec.data.splits import ProtocolView, histories_of
from rdrec.evaluation.metrics import Places, per_user, place_of_truth
from rdrec.explorer import leak_rules
from rdrec.explorer.leak_rules import METRICS, PERIODS, arrays_of, evaluate_rules, in_catalogue_order
from rdrec.explorer.store import Store


def view_of(data, ids=None) -> ProtocolView:
    """The same purchases as a protocol view, which the rules of `rdrec.baselines` take."""
    import pandas as pd

    numbers = np.arange(1, len(data.item_ids))
    keys = [str(n) for n in numbers] if data.places is None else [f"K{data.places[n]:06d}" for n in numbers]
    position = np.arange(len(data.user)) - data.starts[data.user]
    rows = pd.DataFrame({"user": data.user + 1, "position": position, "item": data.item})
    dataset = Dataset(
        "made",
        pd.DataFrame({"user": np.unique(data.user) + 1}),
        pd.DataFrame({"item": numbers, "item_key": keys}),
        rows,
        None,
        {},
    )
    ids = data.item_ids if ids is None else ids
    return ProtocolView(dataset, "clean", 0, ids, histories_of(dataset))


def naive(view, make, first=()):
    """The rule case by case; `first`: users (from 1) whose held-out product comes first."""
    rule, above, tied = make(view), [], []
    for user, split in enumerate(view.splits, 1):
        if split.test is None:
            continue
        case = Case(user, split.shown, split.test, None, view.dataset.n_items)
        scores = rule(case)
        at = int(np.flatnonzero(case.compete == case.truth)[0])
        if user in first:
            scores = scores.copy()
            scores[at] = np.inf
        place = place_of_truth(scores, at)
        above.append(place[0])
        tied.append(place[1])
    places = Places(np.array(above), np.array(tied))
    return {metric: float(per_user(metric, places).mean()) for metric in METRICS}


@pytest.fixture(scope="module")
def data(store):
    return arrays_of(store)


def random_arrays(seed, users=60, items=40):
    """Histories of 1 to 9 purchases without repeats, times that often coincide."""
    rng = np.random.default_rng(seed)
    user, item, times, train, test = [], [], [], [], []
    for one in range(users):
        length = int(rng.integers(1, 10))
        user += [one] * length
        item += rng.choice(np.arange(1, items + 1), length, replace=False).tolist()
        times += sorted((rng.integers(0, 6, length) * 86_400 + rng.integers(0, 86_400, length)).tolist())
        held_out = length >= 3
        train += [not held_out or place < length - 2 for place in range(length)]
        test += [held_out and place == length - 1 for place in range(length)]
    ids = np.concatenate([[0], rng.permutation(items) + 1])
    places = np.concatenate([[0], rng.permutation(items) + 1])
    flags = [np.array(values) for values in (train, test)]
    reviewed = rng.random(len(user)) < 0.8
    return leak_rules.PurchaseArrays(np.array(user), np.array(item), *flags, np.array(times), reviewed, ids, places)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_rule_scores_what_it_scores_case_by_case(seed):
    data = random_arrays(seed)
    found = evaluate_rules(data, seed)
    view = view_of(data)
    assert found.off["numbers"].plain == pytest.approx(naive(view, bought_together))
    assert found.off["order"].values == pytest.approx(naive(view, order_rule))
    off = found.off["numbers"].values
    assert off["HR@10"] == pytest.approx(guessed(view)["HR@10"]) and off["NDCG@10"] == pytest.approx(guessed(view)["NDCG@10"])
    numbers = leak_rules.first_appearance(data)
    assert found.on["numbers"].values == pytest.approx(guessed(view_of(data, numbers)))
    moved = view_of(in_catalogue_order(data, PERIODS[found.period]))
    assert found.on["order"].values == pytest.approx(naive(moved, order_rule))
    assert found.on["order"].plain == pytest.approx(naive(moved, bought_together))
    leaked = set((data.user[leak_rules.leaked_reviews(data, seed)] + 1).tolist())
    assert leaked and found.on["reviews"].values == pytest.approx(naive(view, bought_together, leaked))
    assert found.off["reviews"].values == found.off["reviews"].plain


def guessed(view):
    """The max-id rule of the baselines where the next ten numbers are all that is guessed."""
    rule, values = max_id_rule(view), []
    for user, split in enumerate(view.splits, 1):
        if split.test is not None:
            case = Case(user, split.shown, split.test, None, view.dataset.n_items)
            rank = -rule(case)[int(np.flatnonzero(case.compete == case.truth)[0])]
            values.append((rank <= 10, 1 / np.log2(1 + rank) if rank <= 10 else 0.0))
    return dict(zip(METRICS, np.mean(values, axis=0).tolist(), strict=True))


def test_items_are_numbered_as_they_first_appear():
    data = random_arrays(3)
    numbers, seen = leak_rules.first_appearance(data), []
    for item in data.item:
        if item not in seen:
            seen.append(item)
    assert [int(numbers[item]) for item in seen] == list(range(1, len(seen) + 1))
    assert sorted(numbers) == list(range(len(numbers)))


def test_catalogue_order_keeps_every_purchase_and_the_order_of_periods():
    data = random_arrays(4)
    moved = in_catalogue_order(data, 86_400)
    for user in np.unique(data.user):
        before, after = data.item[data.user == user], moved.item[moved.user == user]
        assert sorted(before) == sorted(after)
        days, places = moved.times[moved.user == user] // 86_400, moved.places[after]
        assert all(a < b or (a == b and c < d) for a, b, c, d in zip(days, days[1:], places, places[1:], strict=False))


def test_it_agrees_with_the_audit_of_the_shipped_set():
    if not (PROJECT / "precomputed/toys/manifest.json").is_file():
        pytest.skip("the shipped set is not here")
    shipped = Store.open(PROJECT / "precomputed/toys")
    found = leak_rules.leak_rules(shipped)
    audit = {(row.protocol, row.measure): row.value for row in shipped.leak_audit()}
    assert found.off["order"].plain["NDCG@10"] == pytest.approx(audit["clean", "bought together NDCG@10"], abs=1e-6)
    assert found.off["order"].values["HR@10"] == pytest.approx(audit["clean", "order rule HR@10"], abs=1e-6)
    assert found.off["numbers"].values["NDCG@10"] == pytest.approx(audit["clean", "rule NDCG@10"], abs=1e-6)
    assert found.on["numbers"].values["NDCG@10"] == pytest.approx(audit["published", "rule NDCG@10"], abs=1e-6)
    assert found.reviewed == pytest.approx(audit["published", "test text in training"], abs=0.02)
    assert leak_rules.leak_rules(shipped) is found, "worked out once a set"


def test_what_the_data_cannot_show_is_left_out(tmp_path):
    def edit(tables):
        tables["history"]["timestamp"] = tables["history"]["timestamp"].where(tables["history"]["user"] > 1)
        tables["history"]["review"] = None

    store = Store.open(write_set(Path(tmp_path), edit=edit))
    found = leak_rules.leak_rules(store)
    assert set(found.off) == set(found.on) == {"numbers"} and found.period is None

    def nobody(tables):
        tables["history"]["split"] = "train"

    alone = Store.open(write_set(Path(tmp_path) / "none", edit=nobody))
    assert leak_rules.leak_rules(alone) is None
