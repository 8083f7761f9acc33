"""Queries about products and slices, compared with naive computations."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from made_set import make_tables, write_set

from rdrec.core.home import PROJECT, Home
from rdrec.core.records import UnknownNameError
from rdrec.data.splits import protocol_view
from rdrec.data.store import load_dataset
from rdrec.data.together import SHRINK as RULE_SHRINK
from rdrec.data.together import bought_by_the_same
from rdrec.evaluation import gather
from rdrec.explorer import build_tables
from rdrec.explorer.about_items import SHRINK
from rdrec.explorer.store import Store
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """An invented shop of 300 users, its view, and a store with its interactions and causes."""
    home = Home(tmp_path_factory.mktemp("shop"))
    make(home, MakePlan(read_world("toys"), "toys", 300, 0), progress=False)
    view = protocol_view(load_dataset(home, "toys"), "clean", 0)

    def edit(tables):
        users = range(1, view.dataset.n_users + 1)
        tables["users"] = pd.DataFrame(
            {"user": users, "user_key": [f"u{u}" for u in users], "interactions": 1, "featured": None}
        )
        tables["users"] = tables["users"].astype({"featured": "str"})
        tables["items"], tables["history"] = build_tables.items_table(view), build_tables.history_table(view)
        tables["causes"] = build_tables.causes_table(home, view)

    return home, view, Store.open(write_set(home.root / "precomputed", edit=edit))


def test_neighbours_agree_with_the_co_purchase_rule(shop):
    _, view, store = shop
    together = bought_by_the_same(view.training_parts, view.dataset.n_items).toarray()
    np.fill_diagonal(together, 0)
    assert SHRINK == RULE_SHRINK
    for item in (1, 7, 40):
        found = store.neighbours(item, 10)
        assert [one.likeness for one in found] == pytest.approx(np.sort(together[item])[::-1][:10])
        assert [one.likeness for one in found] == pytest.approx([together[item, one.item.item] for one in found])
        carts = [set(part) for part in view.training_parts]
        assert [one.users for one in found] == [sum({item, one.item.item} <= cart for cart in carts) for one in found]


def test_slices_contain_the_users_counted_by_the_evidence(shop):
    home, view, store = shop
    slices = gather._slices(home, "toys", view)
    assert len(slices) == 3
    for name, labels in slices.items():
        for label in set(labels.values()):
            assert store.can_show(name, label)
            assert store.members(name, label) == sorted(user for user, own in labels.items() if own == label), (name, label)


def test_slices_of_the_bundled_set_have_the_recorded_sizes():
    store = Store.open(PROJECT / "precomputed" / "toys")
    counted = {(row.slice, row.label): row.users for row in store.seed_results().slices if store.can_show(row.slice, row.label)}
    assert len(counted) >= 7
    assert {key: len(store.members(*key)) for key in counted} == counted


def test_unknown_slices_are_refused(store):
    assert not store.can_show("true cause of the purchase", "gift"), "this set holds no causes"
    assert not store.can_show("purchases shown", "many") and not store.can_show("shoe size", "1 to 4")
    for name, label in (("true cause of the purchase", "gift"), ("purchases shown", "1 to 4 OR 1=1"), ("x", "y")):
        with pytest.raises(UnknownNameError, match="evidence tab"):
            store.members(name, label)
    assert store.members("purchases shown", "900 or more") == []


def test_held_out_purchases_are_never_counted(store):
    history = make_tables()["history"]
    train = history[history.split == "train"]
    for item in train.item.unique()[:8]:
        count, buyers = store.buyers(int(item), 100)
        users = set(train[train.item == item].user)
        assert count == len(users) and {one.shopper.user for one in buyers} == users
        last = train[train.item == item].groupby("user").rating.last()
        assert {one.shopper.user: one.rating for one in buyers} == last.to_dict()
    only_hidden = set(history.item) - set(train.item)
    assert all(store.buyers(int(item), 5) == (0, []) and store.neighbours(int(item), 5) == [] for item in only_hidden)


def test_attributes_of_a_product_are_counted_over_training_reviews(store):
    history = make_tables()["history"]
    train = {(row.user, row.position): row.item for row in history[history.split == "train"].itertuples()}
    plain = {item: Counter() for item in range(1, store.facts.items + 1)}
    for user in history.user.unique():
        for position, told in store.rationales(int(user)).items():
            if told.status == "ok" and (user, position) in train:
                said = plain[train[user, position]]
                said.update((c.text, c.polarity) for c in told.claims if c.kind == "item_attribution")
    assert any(plain.values())
    for item, counts in plain.items():
        found = store.attribute_counts(item, 1000)
        assert {(one.text, one.polarity): one.times for one in found} == dict(counts)
        assert [one.times for one in found] == sorted((one.times for one in found), reverse=True)


def test_what_teachers_left_out_is_counted(store):
    rationales = make_tables()["rationales"]
    ours = rationales[rationales.teacher == "offline"]
    left = store.teacher_gaps()
    assert left.reviews == int((ours.status != "ok").sum()) > 0
    claims = [
        claim
        for user in range(1, 13)
        for told in store.rationales(user).values()
        if told.status == "ok"
        for claim in told.claims
    ]
    assert left.claims == len(claims) and left.unsupported == sum(not claim.spans for claim in claims)


def test_unknown_products_are_refused(store):
    for asked in (store.neighbours, store.buyers, store.attribute_counts):
        with pytest.raises(UnknownNameError):
            asked(10_000, 5)
