"""The guessing game as HTML: five products to press, the guesses so far, after the reveal who was right, and the tally.

Before the reveal nothing in the HTML distinguishes the true product from the others.
"""

from __future__ import annotations

from functools import lru_cache

from rdrec.explorer.answers import Item
from rdrec.explorer.guess import LETTERS, RULES, Guesses, Key, Question, Tally, revealed, votes
from rdrec.explorer.store import Store, name
from rdrec.ui import texts
from rdrec.ui.evidence.tables import table
from rdrec.ui.explore import guess_strings as words
from rdrec.ui.parts import STUDENT_CLASS, TITLE_CHARS, heading, item_name, notice, small_print
from rdrec.ui.render import Child, Html, element, page, plain

SAID = 3  # attributes of a product, which fit one line
CACHED = 2_000  # products whose attributes are cached: they are the same for all visitors


def panel(store: Store, asked: Question, state: Guesses, key: Key, problem: str | None = None) -> str:
    """The open or answered question; `problem`: a sentence if the last press was invalid."""
    known = revealed(state, key)
    given = votes(state, key)
    body = _answered(asked, given) if known else _open(store, asked, given)
    cards = [
        _card(store, item, letter, given.count(item.item), asked if known else None)
        for item, letter in zip(asked.items, LETTERS, strict=False)
    ]
    return page(
        element(
            "section",
            heading(None, words.TITLE, "h3"),
            notice(problem) if problem else None,
            body[0],
            element("ol", *cards, cls="five"),
            *body[1:],
            _tally(state.tally),
            cls="rd-panel rd-guess",
        )
    )


def nothing(state: Guesses) -> str:
    """For a shopper without a purchase to guess."""
    return page(element("section", element("p", words.NONE_HIDDEN), _tally(state.tally), cls="rd-panel rd-guess"))


def folded_lists(ranked: Html) -> str:
    """Both students' lists (`predictions.lists_without_truth`), closed at first so as not to influence the guess."""
    return page(element("details", element("summary", words.LOOK), ranked, cls="rd-look"))


def withheld(sentence: str) -> str:
    return page(element("p", sentence, cls="rd-panel rd-withheld"))


def _open(store: Store, asked: Question, given: tuple[int, ...]) -> list[Html]:
    count = words.COUNT.get(len(given)) or words.COUNT_MANY.format(count=len(given))
    row = [element("span", count, cls="count", role="status")]
    if given:
        row += [
            element("button", words.BACK, type="button", cls="door", data_guess="back"),
            element("button", words.REVEAL, type="button", cls="door reveal", data_guess="reveal"),
        ]
    return [
        element("p", words.ASK.format(user=asked.user)),
        element("div", *row, cls="row"),
        small_print(words.SMALL.format(among=store.facts.candidates), " ", words.CLOSED),
    ]


def _answered(asked: Question, given: tuple[int, ...]) -> list[Html]:
    at = asked.numbers.index(asked.truth)
    right = given.count(asked.truth)
    end = words.ANSWER_END.format(right=right, count=len(given)) if len(given) > 1 else words.ANSWER_END_ONE[right == 1]
    start = words.ANSWER_START.format(letter=LETTERS[at])
    answer = element("p", start, element("b", item_name(asked.items[at])), end, cls="answer", role="status")
    return [answer, small_print(words.NEXT)]


def _card(store: Store, item: Item, letter: str, count: int, answered: Question | None) -> Html:
    """One product: a button while the question is open."""
    title = plain(name(item), TITLE_CHARS)
    facts = " · ".join(plain(part, 60) for part in (item.categories, item.brand) if part)
    number = words.VOTES.get(count) or words.VOTES_MANY.format(count=count)
    sign = element("span", letter, " ", cls="letter")
    what: list[Child] = [element("b", element("bdi", title)), " ", element("small", facts) if facts else None, " "]
    counted = element("span", number, cls="votes") if count else None
    if answered is None:
        said = ", ".join(_said(store, item.item))
        what.append(element("small", texts.SAID.format(said=said), cls="says") if said else None)
        inside = (sign, element("span", *what, " ", cls="what"), counted)
        hint = words.CHOOSE.format(letter=letter, title=title)
        return element("li", element("button", *inside, type="button", cls="candidate", data_guess=item.item, title=hint))
    true = item.item == answered.truth
    picked = [words.RULE[rule] for rule in RULES if answered.picks.get(rule) == item.item]
    badge = element("span", "★ ", texts.TRUE_PURCHASE, cls="badge") if true else None
    chosen = element("span", words.PICKED.format(rules=", ".join(picked)), cls="marks") if picked else None
    inside = (sign, element("span", badge, " ", *what, chosen, cls="what"), counted)
    return element("li", element("div", *inside, cls="candidate"), cls="true" if true else None)


@lru_cache(maxsize=CACHED)
def _said(store: Store, item: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain(attribute.text, 40) for attribute in store.attribute_counts(item, SAID)))


def _tally(tally: Tally) -> Html | None:
    if not tally.questions:
        return None
    rows = [_row(words.TALLY_CLASS, tally.right, tally.guesses)]
    rows += [_row(words.TALLY_RULE[rule], tally.hits[rule], tally.picked[rule]) for rule in RULES if tally.picked.get(rule)]
    rows.append([words.TALLY_LUCK, "", "", "20"])
    classes = [None, *(STUDENT_CLASS.get(rule) for rule in RULES if tally.picked.get(rule)), None]
    return element(
        "div",
        table(words.TALLY, words.TALLY_COLUMNS, rows, classes),
        small_print(words.TALLY_SMALL),
        cls="tally",
    )


def _row(label: str, right: int, count: int) -> list[str]:
    return [label, str(right), str(count - right), f"{100 * right / count:.0f}" if count else "–"]
