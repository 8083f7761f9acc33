"""The Why tab: edits are checked on the server, and what is shown is what the students answer."""

from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import torch
from html_text import text_of
from tolerances import LOG_PROBABILITY
from transformers import T5Config, T5ForConditionalGeneration

from rdrec.core.records import InputError, UnknownNameError
from rdrec.explorer import live_students as live
from rdrec.explorer import live_why, url, what_if
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.live_runner import LiveRunner
from rdrec.explorer.points import ordinal
from rdrec.explorer.what_if import Edits
from rdrec.explorer.why_records import Case, Versus, make_case, rival
from rdrec.ranking.influence import Contrast, Decided, NumberInfluence
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent
from rdrec.student.model import Student
from rdrec.student.tasks import Task as TaskNumber
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.ui.render import Html
from rdrec.ui.why import beam_panel, what_if_panel
from rdrec.ui.why import panel as why
from rdrec.ui.why import strings as why_texts
from rdrec.ui.why import wiring as why_tab

NOTHING = Html("")


@pytest.fixture
def students(toy_student, store, monkeypatch):
    """`LiveStudents` with an untrained student in both roles."""
    student, tokenizer = toy_student

    def load_student(folder, where):
        return LoadedStudent(student, tokenizer, SimpleNamespace(precision="nf4"), where, 1.0)

    monkeypatch.setattr(live, "choose_device", lambda: "cpu")
    monkeypatch.setattr(live, "load_student", load_student)
    return live.LiveStudents(store)


@pytest.fixture
def case(store):
    found, asked = make_case(store, 1, "rdrec", None)
    assert asked
    return found


@pytest.fixture
def tab(store, students):
    name = store.facts.data
    return why_tab.WhyTab(Catalogue({name: store}), LiveRunner(lambda *_: students))


@pytest.fixture(scope="module")
def several():
    """A student whose ids are several tokens, and a case of its catalogue."""
    tokenizer = StudentTokenizer.train(["the user prefers a clear sound"] * 5, users=30, items=130, digits=1)
    torch.manual_seed(0)
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1, "num_decoder_layers": 1, "num_heads": 4}
    ends = {"pad_token_id": tokenizer.pad, "eos_token_id": tokenizer.eos, "decoder_start_token_id": tokenizer.pad}
    model = Student(T5ForConditionalGeneration(T5Config(vocab_size=tokenizer.size, **sizes, **ends))).eval()
    recommender = Recommender(
        LoadedStudent(model, tokenizer, SimpleNamespace(precision="nf4", compat=False), "cpu", 1.0), np.arange(131)
    )
    return recommender, Case(3, "rdrec", 31, (4, 90, 17), (4, 90, 17), 8)


def test_a_case_is_the_asked_one_or_the_first_item_and_says_so(store, case):
    listed = store.predictions(1, "sequential")["rdrec"]
    assert case.item == listed[0].item.item and case.truth == store.history(1)[-1].item.item and case.truth not in case.shown
    assert make_case(store, 1, "rdrec", listed[3].item.item)[0].item == listed[3].item.item
    for odd in (10**9, "1", True, [1], -1, case.shown[0]):
        again, asked = make_case(store, 1, "<b>", odd)
        assert not asked and (again.item, again.role) == (case.item, "rdrec")


def test_edits_leave_out_move_swap_and_add(store):
    history = (3, 5, 9)
    assert what_if.drop(history, 1) == (3, 9)
    assert what_if.move(history, 2, -1) == (3, 9, 5) and what_if.move(history, 0, 1) == (5, 3, 9)
    assert what_if.swap(store, history, 0, 7) == (7, 5, 9) and what_if.add(store, history, 7) == (3, 5, 9, 7)
    assert history == (3, 5, 9)


@pytest.mark.parametrize("place", [None, -1, 3, "1", True, 1.0])
def test_a_place_that_is_not_there_is_refused(store, place):
    for edit in (lambda: what_if.drop((3, 5, 9), place), lambda: what_if.swap(store, (3, 5, 9), place, 7)):
        with pytest.raises(InputError, match="no such purchase"):
            edit()


def test_edits_are_bounded(store):
    with pytest.raises(InputError, match="last purchase"):
        what_if.drop((3,), 0)
    with pytest.raises(InputError, match="further"):
        what_if.move((3, 5), 0, -1)
    with pytest.raises(InputError, match="already"):
        what_if.add(store, (3, 5), 5)
    with pytest.raises(UnknownNameError):
        what_if.add(store, (3, 5), 10**12)
    with pytest.raises(InputError, match="at most 20"):
        what_if.add(store, tuple(range(1, 21)), 21)


def test_at_most_three_variants_are_pinned_and_none_twice():
    edits, original = Edits("gear", 1, (3, 5)), (3, 5)
    with pytest.raises(InputError, match="nothing to pin"):
        what_if.pin(edits, original)
    for history in ((5, 3), (3,), (5,)):
        edits = what_if.pin(Edits("gear", 1, history, edits.pins), original)
    with pytest.raises(InputError, match="already pinned"):
        what_if.pin(edits, original)
    with pytest.raises(InputError, match="At most 3"):
        what_if.pin(Edits("gear", 1, (5, 3, 9), edits.pins), original)


def test_edits_of_another_shopper_or_set_do_not_count(tab, store, case):
    view = url.view(tab.catalogue, {"user": 1})
    mine = {"data": "gear", "user": 1, "edit": "5,3"}
    assert why_tab._edits(store, view, case, mine).history == (5, 3)
    for kept in ({**mine, "user": 2}, {**mine, "data": "toys"}, {"history": [1]}, None, "5,3"):
        assert why_tab._edits(store, view, case, kept) == Edits("gear", 1, case.shown)


def test_changes_are_told_in_words(store):
    a, b, c = (store.item(n) for n in (1, 2, 3))
    told = what_if.changes(store, [a.item, b.item], [c.item, a.item])
    assert told.startswith("without “") and ", with “" in told and "another order" not in told
    assert what_if.changes(store, [1, 2], [2, 1]) == "in another order" and what_if.changes(store, [1], [1]) == "nothing"


def test_a_run_is_timed_and_says_whether_it_loaded(students):
    first, second = students.run(len), students.run(sorted)
    assert (first.result, second.result) == (2, ["baseline", "rdrec"]) and second.load_ms is None and first.load_ms is not None
    assert (first.device, first.precision) == ("cpu", "nf4")


def test_what_drives_an_item_is_ranking_again_without_each(store, students, case):
    found = students.run(lambda by: live_why.drivers(by["rdrec"], case)).result
    student, compete = students._at(students._pair)._students["rdrec"], case.competing(store.facts.items)
    assert found.among == len(compete) == store.facts.items - len(set(case.bought))
    for at, row in enumerate(found.left_out):
        scores = student.sequential([1], [case.shown[:at] + case.shown[at + 1 :]])[0]
        assert row.rank == 1 + (scores[compete] > scores[case.item]).sum() and row.left_out == case.shown[at]
        share = scores[case.item] - np.log(np.exp(scores[compete].astype(float)).sum())
        assert np.log(found.probability) - row.log_ratio == pytest.approx(share, abs=LOG_PROBABILITY)
    words = text_of(why.drives(store, case, found, NOTHING).text)
    assert f"{ordinal(found.rank)} of {found.among}" in words


def test_the_shoppers_number_is_a_part_that_can_be_left_out(store, students, case):
    nobody = replace(case, named=False)
    found = students.run(lambda by: live_why.drivers(by["rdrec"], case)).result
    alone = students.run(lambda by: live_why.drivers(by["rdrec"], nobody)).result
    assert alone.number is None and found.number is not None
    assert np.log(found.probability) - np.log(alone.probability) == pytest.approx(
        found.number.log_ratio, abs=2 * LOG_PROBABILITY
    )
    with_it, without = (text_of(why.drives(store, one, told, NOTHING).text) for one, told in ((case, found), (nobody, alone)))
    assert why_texts.NUMBER in with_it and why_texts.NUMBER not in without and why_texts.ANONYMOUS in without
    strong = replace(found, number=NumberInfluence(np.log(4), 77))
    told = text_of(why.drives(store, case, strong, NOTHING).text)
    assert "75 % less likely and rank 77th" in told and "learned about this shopper, not any single purchase" in told
    tokens = students.run(lambda by: live_why.prompt(by["rdrec"], nobody, case.shown)).result.pieces
    assert "user_" not in "".join(piece for piece, _ in tokens)
    read = students.run(lambda by: live_why.prompt(by["rdrec"], nobody, case.shown)).result
    assert 'class="user"' not in why.prompt(store, case.shown, read, NOTHING, "rdrec", named=False)
    assert 'class="user"' in why.prompt(store, case.shown, read, NOTHING, "rdrec")


def test_numbers_are_put_into_words():
    assert why.times(np.log(2)) == "2.0" and why.times(-np.log(2)) == "0.50" and why.times(np.log(31)) == "31"
    ranks = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 43: "43rd", 112: "112th", 1001: "1,001st"}  # fmt: skip
    assert {rank: ordinal(rank) for rank in ranks} == ranks
    assert why.change(np.log(0.57)) == "75\u00a0% more likely"
    assert why.change(np.log(1 / 0.57)) == "43\u00a0% less likely" and why.change(-np.log(3)) == "3.0 times as likely"


def test_a_list_of_candidates_is_explained_by_its_own_prompt(store, students, catalogue):
    """The first of the list that Explore shows, its probability among those candidates; purchases by the prompt that holds them."""
    listed = store.predictions(1, "topn")["rdrec"]
    case, asked = make_case(store, 1, "rdrec", None, task="topn")
    assert asked and case.item == listed[0].item.item and case.task == "topn"
    assert sorted(case.candidates) == case.competing(store.facts.items).tolist() == sorted(store.candidates(1))
    found, versus = students.run(lambda by: live_why.explained(by["rdrec"], case, case.truth)).result
    student, compete = students._at(students._pair)._students["rdrec"], case.competing(store.facts.items)
    scores = student.topn([1], [case.candidates])[0]
    assert found.among == len(compete) and found.rank == 1 + (scores[compete] > scores[case.item]).sum()
    assert found.probability == pytest.approx(float(np.exp(scores[case.item]) / np.exp(scores[compete]).sum()), rel=1e-4)
    plain = student.sequential([1], [case.shown])[0]
    share = float(np.exp(plain[case.item]) / np.exp(plain[compete]).sum())
    assert found.by_purchases == (pytest.approx(share, rel=1e-4), 1 + (plain[compete] > plain[case.item]).sum())
    without = student.sequential([1], [case.shown[1:]])[0]
    assert versus.contrast.decided[0].log_odds == pytest.approx(
        (plain[case.item] - plain[case.truth]) - (without[case.item] - without[case.truth]), abs=2 * LOG_PROBABILITY
    )
    words = text_of(why.cards(store, case, found, versus, NOTHING))
    assert "but no purchases" in words and "rather than" in words
    prompt = students.run(lambda by: live_why.prompt(by["rdrec"], case, case.shown)).result
    text = "".join(piece for piece, _ in prompt.pieces)
    assert all(f"item_{store.item(item).item_id}" in text for item in case.candidates)


def test_two_products_are_compared_and_the_main_driver_is_named(store, case):
    def told(log_odds, *shifts, number=None):
        decided = tuple(Decided(at, case.shown[at], shift) for at, shift in enumerate(shifts))
        other = rival(store, case, None)
        return text_of(why.against(store, case, Versus(other, log_odds, Contrast(log_odds, decided, number), ())).text)

    first, second = ((store.item(case.shown[at]).title or store.item(case.shown[at]).item_key)[:20] for at in (0, 1))
    ahead = told(np.log(6), np.log(3), np.log(1.2), -np.log(2))
    assert "6.0 times as likely" in ahead and f"Of the purchases, {first}" in ahead and "2.0 times as likely" in ahead
    assert "the order would be reversed" in told(np.log(2), np.log(8), 0.0)
    behind = told(-np.log(4), np.log(2), -np.log(2))
    assert f"Of the purchases, {second}" in behind, "the purchase that pushes towards the one that is ahead"
    assert "No single purchase decides" in told(1.0, 0.01, -0.01) and "about equally likely" in told(0.01, 0.5, 0.0)
    assert "single token" in ahead
    assert "speaks more strongly" not in ahead + behind
    opposed = told(np.log(1.2), np.log(1.5), -np.log(1.1), number=-np.log(16))
    assert f"Of the purchases, {first}" in opposed and "more strongly for" in opposed and "by a factor of 16." in opposed
    assert "speaks more strongly" not in told(np.log(1.2), np.log(20), 0.0, number=-np.log(16)), "less than the purchase"
    assert "speaks more strongly" not in told(-np.log(4), -np.log(2), 0.0, number=-np.log(9)), "it speaks for the one ahead"


def test_the_product_compared_with_is_the_asked_one_or_the_true_purchase_or_the_best_other(store, case):
    listed = [row.item.item for row in store.predictions(1, "sequential")["rdrec"]]
    assert rival(store, case, listed[4]) == listed[4]
    for odd in (None, "x", case.item, 10**9, True):
        assert rival(store, case, odd) == (case.truth if case.truth != case.item else listed[1])
    hidden, _ = make_case(store, 1, "rdrec", None, hide=True)
    assert rival(store, hidden, None) == listed[1]


def test_the_steps_of_two_ids_make_up_the_log_odds(several):
    """For a student with ids of several tokens; what both ids begin with is no step."""
    recommender, case = several
    for other in (2, 7, 12, 55, 103):
        steps = live_why.id_steps(recommender, case, other)
        scores = recommender.sequential([case.user], [case.shown])[0]
        assert sum(step.log_ratio for step in steps) == pytest.approx(
            scores[case.item] - scores[other], abs=10 * LOG_PROBABILITY
        )
        assert len(steps) > 1 and steps[0].one != steps[0].other


def test_the_beam_that_is_shown_is_among_what_was_not_bought(store, several):
    recommender, case = several
    found = live_why.beam(recommender, case, 3)
    plain = recommender._raw.nodes(recommender._encode(TaskNumber.SEQUENTIAL, [case.user], [list(case.shown)]))[0].numpy()
    leaves = plain[recommender._ranker.trie.leaf]
    free = [item for item in range(1, recommender.n_items + 1) if item not in case.bought or item == case.truth]
    assert [one.item + 1 for one in found.tree.exact] == sorted(free, key=lambda item: -leaves[item - 1])[:3]
    assert not found.one_token and len(found.tree.steps) > 1
    words = text_of(beam_panel.beams(store, replace(found, tree=replace(found.tree, steps=(), exact=())), (), True, NOTHING))
    assert "beam search of width 3" in words


def test_variants_rank_what_is_not_among_the_purchases(store, students, case):
    new = next(n for n in range(1, store.facts.items + 1) if n not in (*case.bought, case.truth, case.item))
    histories = [case.shown, (*case.shown[1:], new)]
    found = students.run(lambda by: live_why.variants(by, case, histories)).result
    before, after = found["rdrec"]
    assert after.ranks[new] == 0 and before.ranks[new] > 0 and after.ranks[case.shown[0]] == 0
    assert len(after.order) == len(before.order) - 1 and after.ranks[after.order].tolist() == list(
        range(1, len(after.order) + 1)
    )
    naive = students._at(students._pair)._students["rdrec"].sequential([1], [histories[1]])[0]
    assert after.order[0] == max(after.order, key=lambda item: naive[item])
    words = text_of(what_if_panel.panel(store, case, Edits("gear", 1, histories[1]), found, NOTHING))
    assert "Changed: without" in words and "Your edit" in words and "As bought" in words


def test_the_prompt_shows_every_token_with_its_word(store, students, case):
    found = students.run(lambda by: live_why.prompt(by["rdrec"], case, case.shown)).result
    encoded = students._at(students._pair)._students["rdrec"].prompt(1, case.shown)
    assert [word for _, word in found.pieces] == list(encoded.whole_words) and found.slots == 3
    text = "".join(piece for piece, _ in found.pieces).split()
    assert text == ["user_1", *(f"item_{store.item(item).item_id}" for item in case.shown)]
    assert why.prompt(store, case.shown, found, NOTHING, "rdrec").count("<small>") >= len(found.pieces)


def test_products_are_found_by_words_and_by_key(store):
    item = store.item(3)
    word = (item.title or " ".join(item.said)).split()[0]
    assert item.item in {found.item for found in store.search_items(word, 500)}
    assert [found.item for found in store.search_items(item.item_key.lower(), 5)][:1] == [3]
    assert store.search_items("  ", 5) == [] and store.search_items("no such thing", 5) == []


def pressed(tab, kept, wish, **more):
    return tab._press("gear", {"edit": wish, **more}, 1, "sequential", False, "rdrec", None, True, None, kept)


def test_opening_answers_and_editing_end_to_end(tab, store):
    request, view = SimpleNamespace(query_params={}), ("gear", 1, "sequential", False)
    opened = tab._open(request, *view, "rdrec", None, True, None, None, None, None)
    kept = opened[3]
    assert (opened[5].value, opened[6]) == ("rdrec", 3)
    again = tab._open(request, *view, "rdrec", None, True, None, kept, "baseline", 10)
    assert (again[5].value, again[6]) == ("baseline", 10), "a choice stays"
    asked = SimpleNamespace(query_params={"user": "1", "beam": "20", "beam_student": "baseline"})
    linked = tab._open(asked, *view, "rdrec", None, True, None, None, None, 3)
    assert (linked[5].value, linked[6]) == ("baseline", 20)
    assert (kept["user"], kept["edit"], kept["pins"]) == (1, "", "")
    cards, shown = tab._answer(*view, "rdrec", None, True, None, kept)
    assert "Ran live on CPU (NF4)" in text_of(cards) and "Nothing has been changed" in text_of(shown)
    bought = make_case(store, 1, "rdrec", None)[0].shown
    new, listed, *_ = pressed(tab, kept, "drop-1")
    assert new["edit"] == ",".join(map(str, bought[1:])) and listed.count("why drop-") == len(bought) - 1
    assert "Changed: without" in text_of(tab._ranked(*view, "rdrec", None, True, None, new))
    assert pressed(tab, new, "restore", to={"edit": "", "pins": ""})[0]["edit"] == "", "Back undoes it"
    assert pressed(tab, new, "reset")[0]["edit"] == ""
    assert "no such purchase" in text_of(pressed(tab, new, "drop-99")[1])
    assert "no such product" in text_of(pressed(tab, new, f"put-{10**8}")[1])
    waits = pressed(tab, new, "replace-1")[0]
    assert waits["replacing"] == 0 and "replaces" in text_of(pressed(tab, new, "replace-1")[1])
    free = next(item for item in range(1, 50) if item not in bought)
    assert pressed(tab, waits, f"put-{free}")[0]["edit"].split(",")[0] == str(free)
    one = {**kept, "edit": str(bought[0])}
    assert "last purchase has to stay" in text_of(pressed(tab, one, "drop-1")[1])
    pinned = pressed(tab, new, "pin")[0]
    assert "Pinned A" in text_of(tab._answer(*view, "rdrec", None, True, None, pinned)[1])
    assert "recommendations for this shopper" in text_of(tab._answer(*view, "rdrec", 10**9, True, None, kept)[0])
    left = tab._left("gear", 2, "sequential", False, kept)
    assert left[3] is None, "nothing of one shopper stays with another"
    other_list = tab._left("gear", 1, "topn", False, kept)
    assert other_list[3] != left[3], "the edits stay with another list of the same shopper"
    assert len(left) == len(opened) and all(one == gr.skip() for one in tab._left(*view, kept))


def test_an_installation_without_the_model_library_says_so(tab, store, monkeypatch):
    def without(*_):
        raise ImportError("no module named torch")

    monkeypatch.setattr(tab.runner, "of", without)
    assert "cannot run the students live" in text_of(
        tab._answer(store.facts.data, 1, "sequential", False, "rdrec", None, True, None, None)[0]
    )
