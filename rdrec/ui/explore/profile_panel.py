"""Who is shopping: facts, the newest purchases with review and rationale, and the profile of tastes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.records import plural
from rdrec.explorer.answers import Distilled, Purchase, Shopper
from rdrec.explorer.example_review import RECENT, example
from rdrec.explorer.points import date_words
from rdrec.explorer.profile import profile
from rdrec.ui import texts
from rdrec.ui.explore.history import words_marked
from rdrec.ui.render import fill
from rdrec.ui.side_by_side import sentences

REVIEW_CHARS = 700  # the style sheet cuts it further; the whole text is in the history


def panel(
    shopper: Shopper,
    history: Sequence[Purchase],
    rationales: Mapping[int, Distilled],
    learned: Mapping[int, Distilled] | None = None,
) -> str:
    """rationales: those shown with the reviews; learned: those that the student with rationales learned from (default: the same), which
    the profile counts and which stand below the others."""
    learned = rationales if learned is None else learned
    bought = [purchase for purchase in history if purchase.split != "test"]
    found = profile(history, learned)
    note = texts.PROFILE_NOTE if len(bought) < len(history) else texts.PROFILE_NOTE_ALL
    recent = bought[-RECENT:]
    made = fill(
        "profile", shopper=shopper, facts=_facts(history), recent=recent[::-1], opened=_opened(recent, rationales, learned), rationales=rationales,
        learned=learned, profile=found, note=note.format(reviews=plural(found.reviews, "earlier review")), texts=texts, sentences=sentences,
        words_marked=words_marked, REVIEW_CHARS=REVIEW_CHARS,
    )  # fmt: skip
    return made.text


def _opened(recent: Sequence[Purchase], rationales: Mapping[int, Distilled], learned: Mapping[int, Distilled]) -> int | None:
    """The position of the purchase that is open at first: the strip's example if it is among them, else the newest with claims."""
    if found := example(recent, rationales, learned):
        return found.purchase.position
    return next((p.position for p in reversed(recent) if p.position in rationales and rationales[p.position].claims), None)


def _facts(history: Sequence[Purchase]) -> str:
    dates = [purchase.timestamp for purchase in history if purchase.timestamp is not None]
    count = plural(len(history), "purchase")
    if dates:
        first, last = date_words(min(dates), "%Y"), date_words(max(dates), "%Y")
        count = texts.FACTS.format(purchases=count, years=first if first == last else f"{first}–{last}")
    ratings = [purchase.rating for purchase in history if purchase.rating is not None and purchase.split != "test"]
    mean = f", {texts.MEAN_RATING.format(mean=f'{sum(ratings) / len(ratings):.1f}')}" if ratings else ""
    return f"{count}{mean}"
