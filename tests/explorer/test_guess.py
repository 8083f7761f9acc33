"""Guess first: five fair candidates, guesses that are one session's, and nothing told before the reveal."""

import subprocess
import sys

import pytest
from html_text import text_of
from made_set import write_set

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError
from rdrec.core.vocabulary import POPULARITY, ROLES
from rdrec.explorer import guess
from rdrec.explorer.guess import CANDIDATES, Guesses
from rdrec.explorer.store import Store
from rdrec.explorer.url import view
from rdrec.ui import page, texts
from rdrec.ui.classroom import look, press
from rdrec.ui.explore import guess_panel
from rdrec.ui.explore import guess_strings as guess_texts
from rdrec.ui.explore.lazy_tabs import LazyTabs

KEY = ("gear", 1)
HIDDEN = range(1, 10)  # shoppers of the made set with a hidden purchase; the tenth has a single one


def truth_of(store, user):
    return next(iter(store.truth(user, "topn").values())).item


@pytest.mark.parametrize("user", HIDDEN)
def test_five_different_products_the_true_one_once_and_none_bought_before(store, user):
    asked = guess.question(store, user)
    assert len(set(asked.numbers)) == CANDIDATES == len(asked.numbers)
    assert asked.truth == truth_of(store, user).item and asked.numbers.count(asked.truth) == 1
    bought = {purchase.item.item for purchase in store.history(user) if purchase.split != "test"}
    assert not bought & (set(asked.numbers) - {asked.truth})
    assert set(asked.numbers) <= set(store.candidates(user))


def test_the_draw_depends_on_the_set_and_the_shopper_alone(store, gear_home):
    """The same in another process, whatever its hash seed; the true one is not always in one place."""
    code = f"""
from pathlib import Path
from rdrec.explorer.store import Store
from rdrec.explorer import guess
store = Store.open(Path({str(gear_home.precomputed("gear"))!r}))
print([guess.question(store, user).numbers for user in range(1, 10)])
"""
    env = {"PYTHONHASHSEED": "77", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=120)
    asked = [guess.question(store, user) for user in range(1, 10)]
    assert done.stdout.strip() == str([one.numbers for one in asked]), done.stderr
    assert len({one.numbers.index(one.truth) for one in asked}) > 1


@pytest.mark.parametrize("user", HIDDEN)
def test_each_rule_picks_what_it_ranks_highest_of_the_five(store, user):
    asked = guess.question(store, user)
    assert set(asked.picks) == {*ROLES, POPULARITY}
    for role in ROLES:
        ranks = {one.item.item: one.rank for one in store.predictions(user, "topn")[role]}
        ranks |= {asked.truth: store.truth(user, "topn")[role].rank}
        assert asked.picks[role] == min(asked.numbers, key=lambda number: ranks.get(number, 10**6))
    most = max(item.purchases for item in asked.items)
    assert store.item(asked.picks[POPULARITY]).purchases == most


def test_the_draw_favours_neither_the_true_product_nor_a_student():
    """On the set that ships each answers better than luck: candidates from their own first places would make them worse than it."""
    store = Store.open(PROJECT / "precomputed" / "toys")
    asked = [guess.question(store, user) for user in range(1, 301)]
    for rule in guess.RULES:
        right = sum(one.picks[rule] == one.truth for one in asked)
        assert 0.24 < right / len(asked) < 0.65, rule
    places = [one.numbers.index(one.truth) for one in asked]
    assert all(40 <= places.count(place) <= 80 for place in range(5)), "the true one stands in every place equally often"


def test_with_nothing_hidden_or_too_few_products_there_is_no_question(store, tmp_path):
    assert guess.question(store, 10) is None

    def short(tables):
        tables["candidates"]["candidates"] = [found[:2] for found in tables["candidates"]["candidates"]]

    assert guess.question(Store.open(write_set(tmp_path, edit=short)), 1) is None


def test_guesses_are_counted_taken_back_and_tallied_at_the_reveal(store):
    asked = guess.question(store, 1)
    wrong = next(number for number in asked.numbers if number != asked.truth)
    state = Guesses()
    with pytest.raises(InputError, match="Guess first"):
        guess.reveal(state, KEY, asked)
    for item in (asked.truth, wrong, wrong, wrong):
        state = guess.cast(state, KEY, asked, item)
    state = guess.take_back(state, KEY)
    assert (
        guess.votes(state, KEY) == (asked.truth, wrong, wrong) and state.tally.guesses == 0 and not guess.revealed(state, KEY)
    )
    state = guess.reveal(state, KEY, asked)
    assert (state.tally.questions, state.tally.guesses, state.tally.right) == (1, 3, 1) and guess.revealed(state, KEY)
    assert state.tally.hits == {rule: int(asked.picks[rule] == asked.truth) for rule in guess.RULES}
    assert guess.votes(state, KEY) == (asked.truth, wrong, wrong)
    for late in (guess.cast, guess.take_back, guess.reveal):
        with pytest.raises(InputError, match="already been revealed"):
            late(*{guess.cast: (state, KEY, asked, wrong), guess.take_back: (state, KEY)}.get(late, (state, KEY, asked)))


def test_another_shopper_starts_anew_and_keeps_the_tally(store):
    one, two = guess.question(store, 1), guess.question(store, 2)
    state = guess.reveal(guess.cast(Guesses(), KEY, one, one.truth), KEY, one)
    other = ("gear", 2)
    assert guess.votes(state, other) == () and not guess.revealed(state, other)
    state = guess.reveal(guess.cast(state, other, two, two.truth), other, two)
    assert (state.tally.questions, state.tally.guesses, state.tally.right) == (2, 2, 2)
    unfinished = guess.cast(state, ("gear", 3), guess.question(store, 3), guess.question(store, 3).truth)
    assert guess.votes(unfinished, ("gear", 4)) == (), "guesses on one shopper are no guesses on another"


def test_only_one_of_the_five_is_a_guess(store):
    asked = guess.question(store, 1)
    for item in (None, 0, -1, True, str(asked.truth), float(asked.truth), 10**9, [asked.truth]):
        with pytest.raises(InputError, match="none of the five"):
            guess.cast(Guesses(), KEY, asked, item)


def test_guesses_and_remembered_questions_are_bounded(store, monkeypatch):
    monkeypatch.setattr(guess, "integer", lambda name: 2)
    asked = guess.question(store, 1)
    state = guess.cast(guess.cast(Guesses(), KEY, asked, asked.truth), KEY, asked, asked.truth)
    with pytest.raises(InputError, match="enough"):
        guess.cast(state, KEY, asked, asked.truth)
    for user in (2, 3, 4):
        one = guess.question(store, user)
        state = guess.reveal(guess.cast(state, ("gear", user), one, one.truth), ("gear", user), one)
    assert [key for key, _ in state.done] == [("gear", 3), ("gear", 4)] and state.tally.questions == 3


def test_the_open_question_looks_alike_for_all_five(store, catalogue):
    """Nothing in the HTML of the true product's button differs in kind from the others'."""
    import re

    asked = guess.question(store, 1)
    html = guess_panel.panel(store, asked, Guesses(), KEY)
    kinds = [re.sub(r">[^<]*<", "><", re.sub(r'"[^"]*"', '""', part)) for part in re.findall(r"<li>.*?</li>", html)]
    without = [kind.replace('<small class=""></small>', "") for kind in kinds]
    assert len(without) == CANDIDATES and len(set(without)) == 1
    assert texts.TRUE_PURCHASE not in html and "★" not in html


def test_presses_of_untrusted_kinds_change_nothing_and_say_why(store, catalogue):
    seen = view(catalogue, {"user": "1"})
    for wish in (None, {}, {"guess": "nonsense"}, {"guess": "99999"}, {"guess": ["1"]}, "reveal", {"guess": "reveal"}):
        done = press(store, seen, wish, None)
        assert done.state == Guesses() and not done.revealed and 'role="alert"' in done.panel
    assert press(store, view(catalogue, {"user": "10"}), {"guess": "1"}, None).panel.count(guess_texts.NONE_HIDDEN) == 1


def test_what_is_hidden_is_in_no_panel_of_the_page(catalogue, store):
    """Every text of the view with `hide`: neither the hidden purchase's review nor a word that names the product as true."""
    explorer = page._Explorer(catalogue, page.LiveRunner())
    for user in HIDDEN:
        hidden = store.history(user)[-1]
        secret = explorer._change_user("gear", user, "sequential", True, None)
        parts = [str(getattr(part, "value", part)) for part in secret] + [
            str(getattr(part, "choices", "")) for part in secret[:2]
        ]
        everything = " ".join(parts)
        for telling in (
            texts.TRUE_PURCHASE,
            "Bought next: ",
            "★ ",
            texts.TOP_HIT,
            "This is 1 of",
            "largest gain",
            *texts.FEATURED.values(),
            "both students:",
        ):
            assert telling not in everything.replace("★★", ""), (user, telling)
        assert secret[2] is True
        assert not hidden.review or text_of(hidden.review) not in text_of(everything)
        tabs = LazyTabs(catalogue)
        assert texts.TABLE_SPLIT["test"] in tabs.tabulate("gear", user, False)[0]["Role"].tolist()
        assert texts.TABLE_SPLIT["test"] not in tabs.tabulate("gear", user, True)[0]["Role"].tolist()
        assert guess_texts.WITHHELD_WRITING in tabs.write("gear", user, True)[0]
        told = explorer._change_user("gear", user, "sequential", False, None)
        assert told[2] is False and "Bought next: " in told[7]
        assert explorer._change_task("gear", user, "topn", True)[1] == ""
        assert "Bought next: " not in explorer._change_task("gear", user, "topn", True)[0]


def test_the_reveal_tells_all_and_only_of_this_shopper(catalogue, store):
    explorer = page._Explorer(catalogue, page.LiveRunner())
    first = guess.question(store, 1)
    voted = explorer._guess("gear", {"guess": str(first.numbers[0])}, 1, "sequential", True, None)
    state = voted[0]
    assert guess.votes(state, KEY) == (first.numbers[0],) and texts.TRUE_PURCHASE not in voted[4]
    shown = explorer._guess("gear", {"guess": "reveal"}, 1, "sequential", True, state)
    assert shown[3] is False and texts.TRUE_PURCHASE in shown[4] and "Bought next: " in shown[8]
    assert explorer._change_user("gear", 2, "sequential", True, shown[0])[2] is True
    assert explorer._change_user("gear", 1, "sequential", True, shown[0])[2] is False
    assert explorer._change_user("gear", 1, "sequential", True, None)[2] is True, "another visitor has his own guesses"


def test_a_shopper_without_a_hidden_purchase_is_shown_as_ever(catalogue, store):
    seen = look(store, view(catalogue, {"user": "10"}), True, None)
    assert not seen.secret and guess_texts.NONE_HIDDEN in seen.panel


def test_the_why_tab_knows_nothing_of_the_hidden_purchase(store):
    from rdrec.explorer.why_records import make_case
    from rdrec.ui.why.wiring import _items

    for user in HIDDEN:
        case, _ = make_case(store, user, "rdrec", None, hide=True)
        assert case.truth is None
        assert all("true purchase" not in label for label, _ in _items(store, case).choices)


def test_a_live_run_says_nothing_of_the_true_purchase(store):
    from rdrec.explorer.live_runner import LiveStudent, Ran
    from rdrec.ui.explore import live_panel

    stored = store.predictions(1, "sequential")
    students = tuple(
        LiveStudent(role, 1.0, [p.item.item for p in rows], [p.probability for p in rows], 399) for role, rows in stored.items()
    )

    class Runner:
        def of(self, _):
            return self

        def predict(self, *_):
            return Ran("CPU", "nf4", None, 0.0, None, students)

    assert "true purchase" in live_panel.panel(store, 1, "sequential", Runner())[0]
    assert "true purchase" not in live_panel.panel(store, 1, "sequential", Runner(), hide=True)[0]


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_no_file_is_made_that_would_name_the_hidden_purchase(catalogue, kind):
    import gradio as gr

    from rdrec.ui import export_texts
    from rdrec.ui.export_panel import ExportPanel

    with gr.Blocks():
        make = ExportPanel(catalogue)._making(kind)
    file, said = make("gear", 1, "sequential", "rankings", True, "http://127.0.0.1:7860/")
    assert file is None and export_texts.SECRET in text_of(said)
    assert make("gear", 1, "sequential", "rankings", False, "http://127.0.0.1:7860/")[0]["text"]
