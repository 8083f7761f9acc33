"""Be the shopper: the list is checked on the server, the students are asked without a shopper's number, nothing is kept."""

import re

import numpy as np
import pytest
from html_text import text_of
from payloads import HOSTILE
from tolerances import LOG_PROBABILITY

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.explorer import sentences
from rdrec.explorer.live_runner import LiveRunner
from rdrec.explorer.url import items
from rdrec.ui.own import panel as own
from rdrec.ui.own.wiring import OwnTab
from rdrec.ui.render import element
from rdrec.ui.why import rows
from rdrec.ui.why import strings as why_texts
from rdrec.ui.why.rows import Rows

MOST = integer("train.max_history")


def test_a_list_in_the_address_is_read_in_its_order(store):
    assert own.read(store, "12,7,3") == ((12, 7, 3), ())
    assert own.read(store, "12, 7 ,12") == ((12, 7), ()), "each once, spaces are nothing"
    assert own.read(store, "") == own.read(store, None) == ((), ())


@pytest.mark.parametrize("value", ["0", "-1", "1e3", "01", "١", "999999", "a", "../1", *HOSTILE[:8]])
def test_what_is_not_a_product_is_named_and_left_out(store, value):
    found, said = own.read(store, f"5,{value.replace(',', ' ')}")
    assert found == (5,) and len(said) == 1 and f"from 1 to {store.facts.items}" in said[0] and len(said[0]) < 400


def test_a_list_too_long_is_cut_and_said(store):
    found, said = items(store, ",".join(map(str, range(1, 31))), MOST)
    assert found == tuple(range(1, MOST + 1)) and said == (sentences.TOO_MANY.format(most=MOST),)
    assert own.read(store, "1," * 100_000)[0] == (1,), "a long address costs nothing"


@pytest.mark.parametrize("value", [None, {}, "1", [[1]], [None, True, -1, 10**12, "x"], 3])
def test_a_browser_may_send_anything(store, value):
    assert own.known(store, value) == ()


def test_add_move_replace_remove_clear(store):
    mine = Rows("own", ())
    for item in (5, 9, 2):
        mine = own.pressed(store, mine, {"edit": f"put-{item}"})
    assert mine.history == (5, 9, 2)
    for wish, after in (
        ("up-1", (9, 5, 2)), ("down-3", (5, 2, 9)), ("drop-2", (5, 2)), ("reset", ()), ("keep", (5, 9, 2)),
    ):  # fmt: skip
        assert own.pressed(store, mine, {"edit": wish}).history == after, wish
    waits = own.pressed(store, mine, {"edit": "replace-2"})
    assert waits.history == mine.history and waits.replacing == 1
    assert own.pressed(store, waits, {"edit": "put-7"}) == Rows("own", (5, 7, 2))
    assert own.pressed(store, waits, {"edit": "keep"}) == mine
    assert own.pressed(store, mine, {"edit": "restore", "to": {"own": "9,4,x"}}).history == (9, 4)
    assert own.pressed(store, Rows("own", (5,)), {"edit": "drop-1"}).history == (), "one's own list may be empty"
    for wish in (None, {}, {"edit": 7}, {"edit": "up--1"}, {"edit": "explode-1"}, {"edit": "restore", "to": "x"}, "reset"):
        assert own.pressed(store, mine, wish) == mine


def test_what_cannot_be_done_is_said(store):
    full = tuple(range(1, MOST + 1))
    for mine, wish, words in (
        ((5,), "put-5", sentences.ALREADY),
        ((5,), "put-99999", sentences.CHOOSE_FOUND),
        ((5,), "put-x", sentences.CHOOSE_FOUND),
        (full, f"put-{MOST + 1}", sentences.FULL.format(most=MOST)),
        ((5, 6), "up-2", sentences.EDGE),
        ((5, 6), "down-1", sentences.EDGE),
        ((5, 6), "drop-3", sentences.CHOOSE_PLACE),
        ((5, 6), "replace-3", sentences.CHOOSE_PLACE),
    ):
        with pytest.raises(InputError) as error:
            own.pressed(store, Rows("own", mine), {"edit": wish})
        assert error.value.what == words


def test_the_rows_are_newest_first_and_their_buttons_name_what_they_do(store):
    html = own.listed(store, Rows("own", (5, 9)))
    assert [int(number) for number in re.findall(r'data-item="(\d+)"', html)] == [9, 5]
    assert html.count('data-edit="own drop-') == html.count('data-edit="own replace-') == 2
    assert re.findall(r"own ((?:up|down)-\d)", html) == ["down-2", "up-1"], "no button for a move that cannot be made"
    assert html.count("aria-label=") >= 6
    empty = own.listed(store, Rows("own", ()))
    assert why_texts.EMPTY in text_of(empty) and "own put-" in empty
    assert 'aria-disabled="true"' in empty and "own undo" not in empty, "there is nothing to undo"
    assert (
        why_texts.FOUND_NONE in rows.search_results(store, "own", "xylophonic nothing")
        and rows.search_results(store, "own", "  ") == ""
    )


def test_the_answer_says_that_nobody_is_known(store):
    firsts = {role: [(1, 0.5), (2, 0.25)] for role in ("rdrec", "baseline")}
    told = text_of(own.panel(store, (5,), firsts, element("p", "live")))
    assert "do not know you" in told and "only on prompts with an ID" in told and f"{store.facts.items - 1} products" in told
    assert "too few purchases" not in told, "no verdict: there is no true purchase"


def test_an_unknown_user_reads_somebody_and_ranks_as_that_prompt_does(toy_student):
    """The answer equals that of ranking the same prompt directly."""
    from types import SimpleNamespace

    from rdrec.ranking.recommender import Recommender
    from rdrec.student.batches import Row, make_batch
    from rdrec.student.tasks import Task, without_user

    model, tokenizer = toy_student
    ids = np.arange(21)
    recommender = Recommender(SimpleNamespace(model=model, tokenizer=tokenizer), ids)
    scores = recommender.sequential([None, 7], [[3, 5], [3, 5]])
    source = recommender._source(Task.SEQUENTIAL, None, [3, 5])
    assert source == without_user("user_7 item_3 item_5") == "somebody item_3 item_5"
    encoding = model.encode(make_batch([Row(Task.SEQUENTIAL, source)], tokenizer))
    assert np.allclose(scores[0, 1:], recommender._ranker.rank(encoding, None).cpu().numpy()[0], atol=LOG_PROBABILITY)
    assert not np.allclose(scores[0, 1:], scores[1, 1:], atol=10 * LOG_PROBABILITY)


def test_another_data_set_or_a_strange_list_starts_anew(catalogue):
    tab = OwnTab(catalogue, LiveRunner())
    _, key, mine = tab._of("gear", {"data": "gear", "items": [3, 4]})
    assert (key, mine.history) == ("gear", (3, 4))
    assert tab._of("gear", {"data": "other", "items": [3, 4]})[2].history == () == tab._of("gear", "x")[2].history
    assert tab._of("gear", {"data": "gear", "items": [3], "replacing": 5})[2].replacing is None
    assert tab._answer("gear", {"data": "gear", "items": []}) == "", "no student is asked about an empty list"
    kept = tab._press("gear", {"edit": "put-4"}, {"data": "gear", "items": [3]})
    assert kept[0] == {"data": "gear", "items": [3, 4], "replacing": None}
    assert sentences.ALREADY in tab._press("gear", {"edit": "put-3"}, {"data": "gear", "items": [3]})[1]
