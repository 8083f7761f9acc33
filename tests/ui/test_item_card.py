"""A product's card, and the doors through which links of the page reach the server."""

import re

import pytest
from html_text import text_of
from made_set import write_set

from rdrec.explorer.store import Store
from rdrec.ui import doors, item_texts, parts
from rdrec.ui.evidence import multi_seed
from rdrec.ui.explore import history, predictions
from rdrec.ui.page import build_page


def best_seller(store):
    return max(range(1, store.facts.items + 1), key=lambda item: store.buyers(item, 1)[0])


def test_the_card_says_what_it_is_who_bought_it_and_what_goes_with_it(store):
    item = best_seller(store)
    html, product = doors.card(store, item), store.item(item)
    said = text_of(html)
    for words in (product.title, product.categories, item_texts.BUYERS, item_texts.TOGETHER, f"{product.item_id} (all that"):
        assert str(words) in said
    count, buyers = store.buyers(item, doors.BUYERS)
    assert f"{count} shopper" in said
    assert [int(user) for user in re.findall(r'data-user="(\d+)"', html)] == [one.shopper.user for one in buyers]
    near = [one.item.item for one in store.neighbours(item, doors.NEIGHBOURS)]
    assert [int(other) for other in re.findall(r'data-item="(\d+)"', html)] == near and near


def test_the_price_has_no_currency_that_the_data_do_not_name(tmp_path):
    def edit(tables):
        tables["items"]["price"] = 1234.5

    store = Store.open(write_set(tmp_path, edit=edit))
    said = text_of(doors.card(store, best_seller(store)))
    assert "Price 1,234.50 (the data give no currency)" in said and not re.search(r"[$€£¥]", said)


def test_a_product_is_named_by_its_title_and_its_key_stands_on_the_card_alone(store):
    item = next(one for one in (store.item(n) for n in range(1, store.facts.items + 1)) if one.title)
    user = next(
        user for user in range(1, 99) if store.has_user(user) and item.item in {p.item.item for p in store.history(user)}
    )
    assert item.item_key in text_of(doors.card(store, item.item))
    assert item.item_key not in history.panel(user, store.history(user), store.rationales(user))
    ranked = store.predictions(user, "sequential")
    shown = predictions.panel(ranked, store.truth(user, "sequential"), store.facts.top)
    named = [one.item for rows in ranked.values() for one in rows if one.item.title]
    assert named and not [one.item_key for one in named if one.item_key in shown]


def test_a_product_that_nobody_bought_says_so(store):
    item = next(item for item in range(1, store.facts.items + 1) if store.buyers(item, 1)[0] == 0)
    said = text_of(doors.card(store, item))
    assert item_texts.BUYERS_NONE in said and item_texts.TOGETHER_NONE in said and item_texts.SAID_NONE in said


def test_every_name_of_a_product_opens_its_card(store):
    product = store.item(3)
    assert f'data-item="{product.item}"' in parts.item_name(product).text


@pytest.mark.parametrize(
    "wish",
    [None, {}, {"item": "0"}, {"item": "99999"}, {"item": "<b>"}, {"item": [1]}, {"item": True}, "item", {"item": "1" * 30}],
)
def test_no_such_product_is_said(catalogue, wish):
    build_page(catalogue)
    door = object.__new__(doors.Doors)
    door.catalogue = catalogue
    said = door._card("gear", wish)
    assert "There is no product" in said and "<dialog" not in said and "<b>" not in said
    assert "<dialog" in door._card("gear", {"item": "3"})


def test_a_link_to_a_slice_leads_to_one_of_its_shoppers_and_says_so(store):
    members = set(store.members("purchases shown", "1 to 4"))
    reached = {doors.shopper(store, {"slice": "purchases shown", "label": "1 to 4"}, 1)[0] for _ in range(60)}
    assert reached <= members and len(reached) > 1
    user, (said,) = doors.shopper(store, {"slice": "purchases shown", "label": "1 to 4"}, 1)
    assert f"Shopper {user} was drawn at random from the {len(members)} in" in said


@pytest.mark.parametrize(
    "wish",
    [
        None,
        {},
        {"slice": "x"},
        {"slice": "purchases shown", "label": "900 or more"},
        {"label": 4},
        [1],
        {"slice": ["a"], "label": {}},
    ],
)
def test_a_wish_for_no_slice_leaves_the_shopper(store, wish):
    assert doors.shopper(store, wish, 7) == (7, (item_texts.NO_SLICE,))


def test_a_link_to_a_shopper_is_checked_like_an_address(store):
    assert doors.shopper(store, {"user": "<b>"}, 7) == ("<b>", ())


def test_slices_offer_an_example_only_where_one_can_be_told(store):
    evidence = multi_seed.panel(store.seed_results(), "gear", store.can_show).text
    assert re.findall(r'data-slice="purchases shown" data-label="([^"]+)"', evidence) == ["1 to 4", "5 or more"]
    assert "data-slice" not in multi_seed.panel(store.seed_results(), "gear").text
