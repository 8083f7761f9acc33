"""The history: each purchase with its review, the evidence for each claim marked, and the rationale beside it; also as a table.

Purchases come oldest first, rationales by position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from rdrec.core.records import CLAIM_KINDS, Claim, plural
from rdrec.core.settings import integer
from rdrec.explorer.answers import Distilled, Purchase
from rdrec.explorer.dates import date_words
from rdrec.explorer.highlights import Piece, pieces, why_not
from rdrec.explorer.store import name
from rdrec.ui import texts
from rdrec.ui.parts import item_name, stars, time_tag
from rdrec.ui.render import Child, Html, element, join, page, plain
from rdrec.ui.side_by_side import SIGN, About, byline, cards, flag, title, without

KIND_TITLE = {"user_preference": texts.PREFERENCE, "item_attribution": texts.ATTRIBUTES}
TABLE_CELL_CHARS = 400
CLAIMS_STYLED = 24  # claims of a review that the style sheet highlights with their evidence; others are only linked


def panel(
    user: int,
    history: Sequence[Purchase],
    rationales: Mapping[int, Distilled],
    teachers: Sequence[Mapping[int, Distilled]] = (),
    about: About = MappingProxyType({}),
) -> str:
    """The most recent purchases, newest first.

    rationales  those shown beside the reviews
    teachers    those of every teacher, for the comparison
    """
    limit = integer("page.history_rows")
    shown = list(reversed(history))[:limit]
    cut = texts.HISTORY_CUT.format(shown=limit, all=plural(len(history), "purchase")) if len(history) > limit else None
    rows = [
        _purchase(user, purchase, rationales.get(purchase.position), _others(purchase, rationales, teachers), about)
        for purchase in shown
    ]
    return page(
        element(
            "section", element("p", texts.HISTORY_INTRO, cut, _legend(), cls="intro"), element("ol", *rows), cls="rd-history"
        )
    )


def table(history: Sequence[Purchase], rationales: Mapping[int, Distilled]) -> pd.DataFrame:
    """The same as plain text, for a sortable table; ISO dates sort correctly as text."""
    rows = []
    for purchase in list(reversed(history))[: integer("page.history_rows")]:
        distilled = rationales.get(purchase.position)
        rows.append(
            (
                "" if purchase.timestamp is None else date_words(purchase.timestamp, "%Y-%m-%d"),
                plain(name(purchase.item), TABLE_CELL_CHARS),
                purchase.rating,
                plain(purchase.summary or "", TABLE_CELL_CHARS),
                plain(purchase.review or "", TABLE_CELL_CHARS),
                plain((distilled and distilled.user_preference) or "", TABLE_CELL_CHARS),
                plain((distilled and distilled.item_attribution) or "", TABLE_CELL_CHARS),
                texts.TABLE_SPLIT.get(purchase.split, purchase.split),
            )
        )
    return pd.DataFrame(rows, columns=list(texts.TABLE_HEADERS))


def _legend() -> Html:
    words = {"like": texts.LEGEND_LIKE, "dislike": texts.LEGEND_DISLIKE, "neutral": texts.LEGEND_NEUTRAL}
    return element("span", *(element("mark", f"{SIGN[p]} {word}", cls=p) for p, word in words.items()), cls="legend")


def _others(
    purchase: Purchase, rationales: Mapping[int, Distilled], teachers: Sequence[Mapping[int, Distilled]]
) -> list[Distilled]:
    """The other teachers' rationales of the review."""
    shown = rationales.get(purchase.position)
    found = [by_position[purchase.position] for by_position in teachers if purchase.position in by_position]
    return [distilled for distilled in found if shown is None or distilled.teacher != shown.teacher]


def _purchase(user: int, purchase: Purchase, distilled: Distilled | None, others: Sequence[Distilled], about: About) -> Html:
    claims = distilled.claims if distilled else ()
    anchor = f"c{user}-{purchase.position}"
    role = texts.SPLIT.get(purchase.split)
    star = "★ " if purchase.split == "test" else ""
    return element(
        "li",
        element(
            "div",
            element("p", time_tag(purchase.timestamp), stars(purchase.rating), cls="meta"),
            element("h3", item_name(purchase.item)),
            element("p", f"{star}{role}", cls=f"role {purchase.split}") if role else None,
            cls="product",
        ),
        element("div", _review(purchase, claims, anchor), cls="review"),
        element("div", *_rationale(purchase, distilled, anchor, about), cls="rationale"),
        _compared(purchase, distilled, others, about),
        cls=f"purchase {purchase.split}",
    )


def _review(purchase: Purchase, claims: Sequence[Claim], anchor: str) -> Html:
    summary = element("h4", element("bdi", purchase.summary)) if purchase.summary else None
    if not purchase.review:
        return join(summary, element("p", texts.NO_REVIEW, cls="small"))
    return join(summary, element("p", *words_marked(purchase.review, claims, anchor), cls="words", dir="auto"))


def words_marked(text: str, claims: Sequence[Claim], anchor: str) -> list[Child]:
    """The whole text, the evidence for each claim marked and numbered; numbers link to `#ANCHOR-NUMBER`."""
    return [_piece(piece, claims, anchor) for piece in pieces(text, claims)]


def _piece(piece: Piece, claims: Sequence[Claim], anchor: str) -> Child:
    if not piece.claims:
        return piece.text
    polarities = {claims[index].polarity for index in piece.claims}
    cls = polarities.pop() if len(polarities) == 1 else "mixed"
    numbers = [
        element("a", f"{SIGN[claims[index].polarity]}{index + 1}", href=f"#{anchor}-{index + 1}", cls="ref")
        for index in piece.starts
    ]
    lit = " ".join(f"k{index + 1}" for index in piece.claims if index < CLAIMS_STYLED)
    return element("mark", *numbers, piece.text, cls=f"{cls} {lit}".strip())


def _rationale(purchase: Purchase, distilled: Distilled | None, anchor: str, about: About) -> list[Html]:
    if distilled is None:
        return []
    if distilled.status != "ok":
        return [byline(distilled, about), element("p", without(distilled), cls="small")]
    said = {"user_preference": distilled.user_preference, "item_attribution": distilled.item_attribution}
    blocks = [byline(distilled, about)]
    for kind in CLAIM_KINDS:
        listed = [
            _claim(index, claim, why_not(distilled, index, purchase.review or ""), anchor)
            for index, claim in enumerate(distilled.claims)
            if claim.kind == kind
        ]
        sentence = said[kind]
        if sentence or listed:
            blocks.append(
                element(
                    "div",
                    element("h4", KIND_TITLE[kind]),
                    element("p", element("bdi", sentence)) if sentence else None,
                    element("ul", *listed, cls="claims") if listed else None,
                )
            )
    return blocks


def _compared(purchase: Purchase, shown: Distilled | None, others: Sequence[Distilled], about: About) -> Html | None:
    """All teachers' rationales of this review side by side, closed at first."""
    if not others:
        return None
    names = " · ".join(title(distilled.teacher) for distilled in others)
    compared = [shown, *others] if shown else others
    return element(
        "details",
        element("summary", texts.OTHER_TEACHERS.format(teachers=names)),
        cards(compared, purchase.review or "", about),
        cls="compare",
    )


def _claim(index: int, claim: Claim, why: str | None, anchor: str) -> Html:
    lit = f" k{index + 1}" if index < CLAIMS_STYLED else ""
    return element(
        "li",
        element("span", f"{SIGN[claim.polarity]}{index + 1}", cls="ref"),
        " ",
        element("bdi", claim.text),
        flag(why),
        cls=f"{claim.polarity}{lit}{' unsupported' if why else ''}", id=f"{anchor}-{index + 1}", tabindex=-1,
    )  # fmt: skip
