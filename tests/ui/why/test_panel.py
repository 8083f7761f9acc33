"""The Why tab: edits are checked on the server, and what is shown is what the students answer."""

from types import SimpleNamespace

import numpy as np
import pytest
from html_text import text_of
from made_set import write_set
from payloads import HOSTILE
from tolerances import LOG_PROBABILITY

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError, UnknownNameError
from rdrec.explorer import live_students as live
from rdrec.explorer import live_why, what_if
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.live_records import Ran
from rdrec.explorer.live_runner import LiveRunner
from rdrec.explorer.store import Store
from rdrec.explorer.what_if import Edits
from rdrec.explorer.why_records import make_case
from rdrec.student.checkpoint import LoadedStudent
from rdrec.ui.render import Html
from rdrec.ui.why import panel as why
from rdrec.ui.why import strings as why_texts
from rdrec.ui.why import what_if_panel
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
    return live.LiveStudents(store.folder, store)


@pytest.fixture
def case(store):
    found, asked = make_case(store, 1, "rdrec", None)
    assert asked
    return found


@pytest.fixture
def tab(store, students):
    name = store.facts.data
    return why_tab.WhyTab(Catalogue({name: store}), LiveRunner(lambda *_: students))


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
        with pytest.raises(InputError, match="Choose one"):
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
    with pytest.raises(InputError, match="pinned already"):
        what_if.pin(edits, original)
    with pytest.raises(InputError, match="At most 3"):
        what_if.pin(Edits("gear", 1, (5, 3, 9), edits.pins), original)


def test_edits_of_another_shopper_or_set_do_not_count():
    mine = Edits("gear", 1, (5, 3))
    assert what_if.edited(mine, "gear", 1, (3, 5)) is mine
    for data, user, kept in (("gear", 2, mine), ("toys", 1, mine), ("gear", 1, {"history": [1]}), ("gear", 1, None)):
        assert what_if.edited(kept, data, user, (3, 5)) == Edits(data, user, (3, 5))


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
    found = students.run(lambda by: live_why.driven(by["rdrec"], case)).result
    student, compete = students._students["rdrec"], case.competing(store.facts.items)
    assert found.among == len(compete) == store.facts.items - len(set(case.bought))
    for at, row in enumerate(found.left_out):
        scores = student.sequential([1], [case.shown[:at] + case.shown[at + 1 :]])[0]
        assert row.rank == 1 + (scores[compete] > scores[case.item]).sum() and row.left_out == case.shown[at]
        share = scores[case.item] - np.log(np.exp(scores[compete].astype(float)).sum())
        assert np.log(found.probability) - row.log_ratio == pytest.approx(share, abs=LOG_PROBABILITY)
    words = text_of(why.drives(store, case, found, NOTHING))
    assert f"in place {found.rank} of {found.among}" in words
    assert why.times(np.log(2)) == "2.0" and why.times(-np.log(2)) == "0.50" and why.times(np.log(31)) == "31"


def test_variants_rank_what_is_not_among_the_purchases(store, students, case):
    new = next(n for n in range(1, store.facts.items + 1) if n not in (*case.bought, case.truth, case.item))
    histories = [case.shown, (*case.shown[1:], new)]
    found = students.run(lambda by: live_why.variants(by, case, histories)).result
    before, after = found["rdrec"]
    assert after.ranks[new] == 0 and before.ranks[new] > 0 and after.ranks[case.shown[0]] == 0
    assert len(after.order) == len(before.order) - 1 and after.ranks[after.order].tolist() == list(
        range(1, len(after.order) + 1)
    )
    naive = students._students["rdrec"].sequential([1], [histories[1]])[0]
    assert after.order[0] == max(after.order, key=lambda item: naive[item])
    words = text_of(what_if_panel.panel(store, case, Edits("gear", 1, histories[1]), found, NOTHING))
    assert "Changed: without" in words and "Your edit" in words and "As bought" in words


def test_a_number_is_spelled_by_branches_whose_shares_multiply(store, students, case):
    found = students.run(lambda by: live_why.spelled(by["rdrec"], case)).result
    student = students._students["rdrec"]
    scores = student.sequential([1], [case.shown])[0]
    assert np.prod([branch.taken.share for branch in found.branches]) == pytest.approx(
        np.exp(scores[case.item]), rel=LOG_PROBABILITY
    )
    missed = [item for item in range(1, store.facts.items + 1) if student.fall(1, case.shown, item, 1)]
    assert len(missed) == store.facts.items - 1, "one beam finds one item"
    words = text_of(why.spelling(store, case, found, NOTHING))
    assert f"number {store.item(case.item).item_id}" in words and "beam search with 20 beams" in words


def test_the_prompt_shows_every_token_with_its_word(store, students, case):
    found = students.run(lambda by: live_why.prompt(by["rdrec"], case, case.shown)).result
    encoded = students._students["rdrec"].prompt(1, case.shown)
    assert [word for _, word in found.pieces] == list(encoded.whole_words) and found.slots == 3
    text = "".join(piece for piece, _ in found.pieces).split()
    assert text == ["user_1", *(f"item_{store.item(item).item_id}" for item in case.shown)]
    assert why.prompt(store, case.shown, found, NOTHING, "rdrec").count("<small>") >= len(found.pieces)


def test_every_sentence_is_used():
    files = [path for path in (PROJECT / "rdrec" / "ui" / "why").glob("*.py") if path.name != "strings.py"]
    sources = "".join(path.read_text("utf-8") for path in files)
    assert [name for name in vars(why_texts) if name.isupper() and f"texts.{name}" not in sources] == []


def test_products_are_found_by_words_and_by_key(store):
    item = store.item(3)
    word = (item.title or " ".join(item.said)).split()[0]
    assert item.item in {found.item for found in store.search_items(word, 500)}
    assert [found.item for found in store.search_items(item.item_key.lower(), 5)][:1] == [3]
    assert store.search_items("  ", 5) == [] and store.search_items("no such thing", 5) == []
    assert store.item_by_number(str(item.item_id)) == item and store.item_by_number("x") is None


def test_opening_answers_and_editing_end_to_end(tab, store):
    data = store.facts.data
    opened = tab._open(data, 1, "rdrec", None, None, False, SimpleNamespace(query_params={}))
    edits = opened[2]
    assert isinstance(edits, Edits) and edits.user == 1
    drives, shown, _, _ = tab._answer(data, 1, "rdrec", None, edits)
    assert "Ran live on CPU (NF4)" in text_of(drives) and "Nothing is changed yet" in text_of(shown)
    new, _, shown, said, _, link = tab._editing("drop")(data, 1, "rdrec", None, edits, False, 0, None)
    assert link["edit"] == ",".join(map(str, new.history))
    assert new.history == edits.history[1:] and "Changed: without" in text_of(shown) and said == ""
    said = tab._editing("drop")(data, 1, "rdrec", None, new, False, 99, None)[3]
    assert "Choose one of the purchases first" in text_of(said)
    said = tab._editing("add")(data, 1, "rdrec", None, new, False, None, 10**12)[3]
    assert "no item" in text_of(said)
    pinned = tab._editing("pin")(data, 1, "rdrec", None, new, False, None, None)[0]
    assert "Pinned A" in text_of(tab._answer(data, 1, "rdrec", None, pinned)[1])
    assert "recommendations for this shopper" in text_of(tab._answer(data, 1, "rdrec", 10**9, edits)[0])
    assert tab._left(data, 2, edits)[1] is None, "nothing of one shopper stays with another"


def test_an_installation_without_the_model_library_says_so(tab, store, monkeypatch):
    def without(*_):
        raise ImportError("no module named torch")

    monkeypatch.setattr(tab.runner, "run", without)
    assert "cannot run the students live" in text_of(tab._answer(store.facts.data, 1, "rdrec", None, None)[0])


def test_hostile_titles_make_no_markup(tmp_path, students, case):
    def edit(tables):
        tables["items"]["title"] = [HOSTILE[i % len(HOSTILE)] for i in range(len(tables["items"]))]

    hostile = Store.open(write_set(tmp_path, edit=edit))
    run = students.run(lambda by: live_why.driven(by["rdrec"], case))
    both = students.run(lambda by: live_why.variants(by, case, [case.shown, case.shown[:0:-1]])).result
    spelled = students.run(lambda by: live_why.spelled(by["rdrec"], case)).result
    prompt = students.run(lambda by: live_why.prompt(by["rdrec"], case, case.shown)).result
    ran = why.ran(Ran("cpu", "nf4", None, 0.2, HOSTILE[0], None))
    for html in (
        why.drives(hostile, case, run.result, ran),
        what_if_panel.panel(hostile, case, Edits("gear", 1, case.shown[:0:-1]), both, ran),
        why.spelling(hostile, case, spelled, ran),
        why.prompt(hostile, case.shown, prompt, ran, "rdrec"),
    ):
        assert not any(f"<{tag}" in html.lower() for tag in ("script", "img", "iframe", "svg ", "style", "object", "form"))
        assert not any(mark in html for mark in "`{}$")
