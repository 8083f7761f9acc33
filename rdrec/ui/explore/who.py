"""Panel 1: who is shopping: facts, a profile from the training reviews, the latest purchases.

In: a shopper, their history, the teacher's rationales.  Out: HTML.
The profile is gathered from claims about the purchases that students may learn from (split "train"), never from the held-out ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.core.records import plural
from rdrec.explorer.answers import Distilled, Purchase, Shopper
from rdrec.explorer.highlights import why_not
from rdrec.ui import texts
from rdrec.ui.parts import date_words, heading, item_name, small_print, stars, time_tag
from rdrec.ui.render import Html, element, page, plain

PROFILE_ROWS = 6  # of each kind; the rest is in the reviews below
RECENT_ROWS = 4
CLAIM_CHARS = 60


@dataclass(frozen=True)
class Profile:
    """Claims with how often they were made, most frequent first; `reviews` is how many reviews they come from."""

    likes: tuple[tuple[str, int], ...]
    dislikes: tuple[tuple[str, int], ...]
    attributes: tuple[tuple[str, int], ...]
    reviews: int


def profile(history: Sequence[Purchase], rationales: Mapping[int, Distilled]) -> Profile:
    """Gather the claims over the training purchases only, without those that their reviews do not support."""
    counts: dict[str, Counter[str]] = {"like": Counter(), "dislike": Counter(), "attributes": Counter()}
    reviews = 0
    for purchase in history:
        distilled = rationales.get(purchase.position)
        if purchase.split != "train" or distilled is None or not distilled.claims:
            continue
        reviews += 1
        for index, claim in enumerate(distilled.claims):
            if why_not(distilled, index, purchase.review or ""):
                continue
            if claim.kind == "item_attribution":
                counts["attributes"][claim.text.strip()] += 1
            elif claim.polarity in counts:
                counts[claim.polarity][claim.text.strip()] += 1
    likes, dislikes, attributes = (tuple(counts[key].most_common()) for key in ("like", "dislike", "attributes"))
    return Profile(likes, dislikes, attributes, reviews)


def panel(shopper: Shopper, history: Sequence[Purchase], rationales: Mapping[int, Distilled]) -> str:
    return page(
        element(
            "section",
            heading(1, texts.WHO),
            element(
                "div",
                element("h3", texts.SHOPPER.format(user=shopper.user), " ", element("small", shopper.user_key, cls="key")),
                element("p", _facts(history), cls="facts"),
                small_print(texts.FEATURED_BECAUSE.format(reason=shopper.featured.rstrip("."))) if shopper.featured else None,
                cls="shopper",
            ),
            _profile(profile(history, rationales), hidden=any(purchase.split == "test" for purchase in history)),
            _recent([purchase for purchase in history if purchase.split != "test"]),
            cls="rd-panel rd-who",
        )
    )


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
    rows = [
        _claims(texts.LIKES, found.likes, "like"),
        _claims(texts.DISLIKES, found.dislikes, "dislike"),
        _claims(texts.NOTICED, found.attributes, "neutral"),
    ]
    if not found.reviews:
        return element("div", element("h4", texts.PROFILE), small_print(texts.PROFILE_NONE), cls="profile")
    note = texts.PROFILE_NOTE if hidden else texts.PROFILE_NOTE_ALL
    return element(
        "div",
        element("h4", texts.PROFILE),
        *rows,
        small_print(note.format(reviews=plural(found.reviews, "earlier review"))),
        cls="profile",
    )


def _claims(label: str, claims: Sequence[tuple[str, int]], cls: str) -> Html | None:
    if not claims:
        return None
    chips = [
        element(
            "li",
            element("bdi", plain(text, CLAIM_CHARS)),
            element("b", f"×{count}", aria_label=texts.TIMES.format(count=count)) if count > 1 else None,
        )
        for text, count in claims[:PROFILE_ROWS]
    ]
    return element("div", element("span", label, cls="label"), element("ul", *chips, cls="claims"), cls=f"row {cls}")


def _recent(shown: Sequence[Purchase]) -> Html:
    rows = [
        element(
            "li", time_tag(purchase.timestamp), element("span", item_name(purchase.item, small=False), cls="what"),
            stars(purchase.rating),
        )
        for purchase in reversed(shown[-RECENT_ROWS:])
    ]  # fmt: skip
    link = element("p", element("a", texts.RECENT_LINK, " ↓", href="#rd-more"), cls="small")
    return element("div", element("h4", texts.RECENT), element("ol", *rows, cls="recent"), link)
