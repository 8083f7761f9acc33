"""What each student says about the shopper, each phrase checked against the shopper's true motives if the shop is invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.explorer.answers import Written
from rdrec.explorer.motives import Motive, SaidPhrase, phrases
from rdrec.ui import texts
from rdrec.ui.explore import guess_strings as guess_texts
from rdrec.ui.parts import small_print
from rdrec.ui.render import Child, Html, element, page, plain

TASK = "user_preference"
SHOWN = {"rdrec": "with", "scrambled": "scrambled"}
PHRASE_CHARS, MOST_PHRASES = 40, 6


def panel(written: Sequence[Written], motives: Sequence[Motive] | None, *, secret: bool = False) -> str:
    """`secret`: withhold the sentences, which were written about the held-out purchase."""
    if secret:
        return page(_section(element("p", guess_texts.WITHHELD_SAYS)))
    said = {text.student: text.text for text in written if text.task == TASK}
    cards: list[Child] = [_card(role, said, motives) for role in SHOWN if role in said or role == "rdrec"]
    if motives:
        cards.append(_truth(motives))
    return page(_section(element("div", *cards, cls="cards")))


def _section(body: Html) -> Html:
    return element("section", element("h3", texts.SAYS), body, cls="rd-says")


def _card(role: str, said: Mapping[str, str], motives: Sequence[Motive] | None) -> Html:
    text = said.get(role)
    if text is None:
        body: Html = small_print(texts.SAYS_NONE)
    else:
        found = phrases(text, motives)[:MOST_PHRASES]
        likes = [_phrase(phrase) for phrase in found if not phrase.dislikes]
        against = [_phrase(phrase) for phrase in found if phrase.dislikes]
        body = element(
            "p",
            *([texts.SAYS_LIKES, " ", *_spaced(likes)] if likes else []),
            *([" ", texts.SAYS_DISLIKES, " ", *_spaced(against)] if against else []),
        )
    return element("div", element("h4", texts.SAYS_STUDENT[role]), body, cls=f"says-card {SHOWN[role]}")


def _spaced(parts: Sequence[Html]) -> Sequence[Child]:
    return [child for part in parts for child in (part, " ")][:-1]


def _phrase(phrase: SaidPhrase) -> Html:
    words = element("bdi", plain(phrase.text, PHRASE_CHARS))
    if phrase.true is None:
        return element("span", words, cls="word")
    sign, label = ("✓", texts.SAYS_TRUE) if phrase.true else ("✗", texts.SAYS_FALSE)
    return element(
        "span", element("span", sign, cls="sign", role="img", aria_label=label, title=label), " ", words,
        cls=f"word {'right' if phrase.true else 'wrong'}",
    )  # fmt: skip


def _truth(motives: Sequence[Motive]) -> Html:
    words = _spaced([element("span", element("bdi", motive.text), cls="word") for motive in motives])
    return element("div", element("h4", texts.SAYS_TRUTH), element("p", *words), cls="says-card truth")
