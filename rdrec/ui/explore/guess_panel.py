"""The guessing game as HTML: five products to press, the guesses so far, after the reveal who was right, and the tally.

Before the reveal nothing in the HTML distinguishes the true product from the others.
"""

from __future__ import annotations

from functools import lru_cache

from rdrec.explorer.answers import Item
from rdrec.explorer.guess import LETTERS, RULES, Guesses, Key, Question, Tally, revealed, votes
from rdrec.explorer.store import Store
from rdrec.ui.evidence.tables import table
from rdrec.ui.explore import guess_strings as words
from rdrec.ui.parts import STUDENT_CLASS
from rdrec.ui.render import Html, element, fill, page, plain

SAID = 3  # attributes of a product, which fit one line
CACHED = 2_000  # products whose attributes are cached: they are the same for all visitors


def panel(store: Store, asked: Question, state: Guesses, key: Key, problem: str | None = None) -> str:
    """The open or answered question; `problem`: a sentence if the last press was invalid."""

    def picked_by(item: Item) -> list[str]:
        return [words.RULE[rule] for rule in RULES if asked.picks.get(rule) == item.item]

    made = fill(
        "guess", asked=asked, known=revealed(state, key), given=votes(state, key), problem=problem, tally=_tally(state.tally), words=words,
        among=store.facts.candidates, LETTERS=LETTERS, picked_by=picked_by,
        said_of=lambda item: _said(store, item.item),
    )  # fmt: skip
    return made.text


def nothing(state: Guesses) -> str:
    """For a shopper without a purchase to guess."""
    return fill("guess", asked=None, tally=_tally(state.tally), words=words).text


def folded_lists(ranked: Html) -> str:
    """Both students' lists (`predictions.lists_without_truth`), closed at first so as not to influence the guess."""
    return page(element("details", element("summary", words.LOOK), ranked, cls="rd-look"))


def withheld(sentence: str) -> str:
    """What stands in place of a part that would give the answer away."""
    return page(element("p", sentence, cls="rd-panel rd-withheld"))


@lru_cache(maxsize=CACHED)
def _said(store: Store, item: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain(attribute.text, 40) for attribute in store.attribute_counts(item, SAID)))


def _tally(tally: Tally) -> Html | None:
    if not tally.questions:
        return None
    rules = [rule for rule in RULES if tally.picked.get(rule)]
    rows = [_row(words.TALLY_CLASS, tally.right, tally.guesses)]
    rows += [_row(words.TALLY_RULE[rule], tally.hits[rule], tally.picked[rule]) for rule in rules]
    rows.append(["Random guess", "", "", "20"])
    head = ("Who answered", "Right", "Wrong", "Right of 100")
    return table("So far in this session", head, rows, [None, *(STUDENT_CLASS.get(rule) for rule in rules), None])


def _row(label: str, right: int, count: int) -> list[str]:
    return [label, str(right), str(count - right), f"{100 * right / count:.0f}" if count else "–"]
