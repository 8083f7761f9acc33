"""The history: each purchase with its review, the evidence for each claim marked, and the rationale beside it; also as a table.

Purchases come oldest first, rationales by position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from rdrec.core.records import Claim, plural
from rdrec.core.settings import integer
from rdrec.explorer.answers import Distilled, Purchase
from rdrec.explorer.highlights import Piece, pieces, why_not
from rdrec.explorer.points import date_words
from rdrec.explorer.store import name
from rdrec.ui import texts
from rdrec.ui.parts import SIGN
from rdrec.ui.render import Child, Html, element, fill, join, plain
from rdrec.ui.side_by_side import About, cards

KIND_TITLE = {"user_preference": texts.PREFERENCE, "item_attribution": texts.ATTRIBUTES}
ROLE = {"val": "used to decide when training stops", "test": "★ held-out purchase"}
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

    def others_of(purchase: Purchase, shown: Distilled | None) -> list[Distilled]:
        found = [by_position[purchase.position] for by_position in teachers if purchase.position in by_position]
        return [distilled for distilled in found if shown is None or distilled.teacher != shown.teacher]

    limit = integer("page.history_rows")
    cut = texts.HISTORY_CUT.format(shown=limit, all=plural(len(history), "purchase")) if len(history) > limit else None
    made = fill(
        "history", user=user, shown=list(reversed(history))[:limit], cut=cut, rationales=rationales, others_of=others_of, about=about,
        cards=cards, claims_of=_claims, words_marked=words_marked, lit=lit, texts=texts, KIND_TITLE=KIND_TITLE, ROLE=ROLE,
    )  # fmt: skip
    return made.text


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


def _claims(purchase: Purchase, distilled: Distilled, kind: str) -> list[tuple[int, Claim, str | None]]:
    """(number, claim, why the review does not support it or None) for the claims of a kind."""
    return [
        (index + 1, claim, why_not(distilled, index, purchase.review or ""))
        for index, claim in enumerate(distilled.claims)
        if claim.kind == kind
    ]


def lit(number: int) -> str:
    """The class of a claim and of its evidence, with a leading space; none for claims that are only linked."""
    return f" k{number}" if number <= CLAIMS_STYLED else ""


def words_marked(text: str, claims: Sequence[Claim], anchor: str) -> Html:
    """The whole text, the evidence for each claim marked and numbered; numbers link to `#ANCHOR-NUMBER`."""
    return join(*(_piece(piece, claims, anchor) for piece in pieces(text, claims)))


def _piece(piece: Piece, claims: Sequence[Claim], anchor: str) -> Child:
    if not piece.claims:
        return piece.text
    polarities = {claims[index].polarity for index in piece.claims}
    cls = polarities.pop() if len(polarities) == 1 else "mixed"
    numbers = [
        element("a", f"{SIGN[claims[index].polarity]}{index + 1}", href=f"#{anchor}-{index + 1}", cls="ref")
        for index in piece.starts
    ]
    return element("mark", *numbers, piece.text, cls=cls + "".join(lit(index + 1) for index in piece.claims))
