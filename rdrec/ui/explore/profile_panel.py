"""Who is shopping: facts, the newest purchases with review and rationale, and the profile of tastes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.records import plural
from rdrec.explorer.answers import Distilled, Purchase, Shopper
from rdrec.explorer.dates import date_words
from rdrec.explorer.profile import Profile, profile
from rdrec.explorer.store import name
from rdrec.ui import texts
from rdrec.ui.explore import strip
from rdrec.ui.explore.history import words_marked
from rdrec.ui.parts import TITLE_CHARS, heading, small_print, stars, time_tag
from rdrec.ui.render import Html, element, page, plain
from rdrec.ui.side_by_side import title as teacher_name
from rdrec.ui.side_by_side import without

PROFILE_ROWS = {"like": 5, "dislike": 3}  # the others are in the reviews below
RECENT_ROWS = 3
CLAIM_CHARS = 60
REVIEW_CHARS = 700  # the style sheet cuts it further; the whole text is in the history


def panel(
    shopper: Shopper,
    history: Sequence[Purchase],
    rationales: Mapping[int, Distilled],
    liked_by: Mapping[int, Distilled] | None = None,
) -> str:
    """rationales: those shown with the reviews; liked_by: those that the students learned from, for the profile (default: the same)."""
    reason = texts.FEATURED_BECAUSE.format(reason=shopper.featured.rstrip(".")) if shopper.featured else None
    return page(
        element(
            "section",
            heading(None, texts.WHO),
            element(
                "div",
                element(
                    "h3", texts.SHOPPER.format(user=shopper.user), " · ", element("small", _facts(history), cls="facts"),
                    title=shopper.user_key,
                ),
                small_print(reason) if reason else None,
                cls="shopper",
            ),
            _recent(shopper.user, [purchase for purchase in history if purchase.split != "test"], rationales),
            _profile(profile(history, rationales if liked_by is None else liked_by), hidden=any(purchase.split == "test" for purchase in history)),
            cls="rd-panel rd-who",
        )
    )  # fmt: skip


def _facts(history: Sequence[Purchase]) -> str:
    dates = [purchase.timestamp for purchase in history if purchase.timestamp is not None]
    count = plural(len(history), "purchase")
    if dates:
        first, last = date_words(min(dates), "%b %Y"), date_words(max(dates), "%b %Y")
        count = texts.FACTS.format(purchases=count, years=first if first == last else f"{first} to {last}")
    ratings = [purchase.rating for purchase in history if purchase.rating is not None and purchase.split != "test"]
    mean = f"; {texts.MEAN_RATING.format(mean=f'{sum(ratings) / len(ratings):.1f}')}" if ratings else ""
    return f"{count}{mean}"


def _profile(found: Profile, *, hidden: bool) -> Html:
    if not found.reviews:
        return element("div", small_print(texts.PROFILE_NONE), cls="profile")
    note = (texts.PROFILE_NOTE if hidden else texts.PROFILE_NOTE_ALL).format(reviews=plural(found.reviews, "earlier review"))
    rows = [_claims(texts.LIKES, found.likes, "like"), _claims(texts.DISLIKES, found.dislikes, "dislike")]
    return element("div", *rows, element("p", note, cls="small from"), cls="profile", title=note)


def _claims(label: str, claims: Sequence[tuple[str, int]], cls: str) -> Html | None:
    if not claims:
        return None
    chips = [
        element(
            "li",
            element("bdi", plain(text, CLAIM_CHARS)),
            element("b", f"×{count}", aria_label=texts.TIMES.format(count=count)) if count > 1 else None,
        )
        for text, count in claims[: PROFILE_ROWS[cls]]
    ]
    return element("div", element("span", label, cls="label"), element("ul", *chips, cls="claims"), cls=f"row {cls}")


def _recent(user: int, bought: Sequence[Purchase], rationales: Mapping[int, Distilled]) -> Html:
    """Newest first, one of them open; the browser closes it when another is opened."""
    shown = list(reversed(bought[-RECENT_ROWS:]))
    learned = strip.example(shown[::-1], rationales)  # the strip's example, if it is among them
    opened = learned.purchase.position if learned else None
    if opened is None:
        opened = next((p.position for p in shown if p.position in rationales and rationales[p.position].claims), None)
    rows = [
        _purchase(user, purchase, rationales.get(purchase.position), opened=purchase.position == opened) for purchase in shown
    ]
    link = element("a", texts.RECENT_LINK, " ↓", href="#rd-more", cls="small")
    return element("div", element("h4", texts.RECENT, " ", link), element("div", *rows, cls="recent"))


def _purchase(user: int, purchase: Purchase, distilled: Distilled | None, *, opened: bool) -> Html:
    title = element("span", element("bdi", plain(name(purchase.item), TITLE_CHARS)), cls="what")
    return element(
        "details",
        element("summary", title, stars(purchase.rating), time_tag(purchase.timestamp)),
        element("div", _review(user, purchase, distilled), *_rationale(distilled), cls="inside"),
        name="rd-recent", open="" if opened else None,
    )  # fmt: skip


def _review(user: int, purchase: Purchase, distilled: Distilled | None) -> Html:
    if not purchase.review:
        return small_print(texts.NO_REVIEW)
    marked = words_marked(purchase.review[:REVIEW_CHARS], distilled.claims if distilled else (), f"c{user}-{purchase.position}")
    return element("p", *marked, cls="words", dir="auto")


def _rationale(distilled: Distilled | None) -> list[Html]:
    if distilled is None:
        return []
    said = " ".join(text for text in (distilled.user_preference, distilled.item_attribution) if text)
    by = element("b", teacher_name(distilled.teacher), ": ")
    return [element("p", by, element("bdi", said or without(distilled)), cls="told")]
