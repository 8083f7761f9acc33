"""The reviews that the Teacher tab offers: the shopper's own, and examples; each with what is recorded about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.core.records import Review
from rdrec.core.settings import integer
from rdrec.explorer.answers import Distilled, Purchase, StoreFacts
from rdrec.explorer.caught import LANGUAGE_MODELS, Caught
from rdrec.explorer.store import Store
from rdrec.explorer.teacher_examples import teacher_examples
from rdrec.teachers.grounding import FROM_EXAMPLES
from rdrec.ui.render import plain
from rdrec.ui.teacher import strings as texts

CAUGHT_SHOWN = 3  # examples of a hallucination that was caught
CLAIM_CHARS = 32  # of its claim, in the name of the example


@dataclass(frozen=True)
class Subject:
    """The review in question, and what teachers were recorded to say about it, by name."""

    review: Review
    facts: StoreFacts
    stored: Mapping[str, Distilled]
    note: str | None = None  # what to look at, of an example


def reviews_of(store: Store, user: int) -> list[Purchase]:
    """The shopper's reviews, newest first, without that of the hidden purchase: its title would give the answer away."""
    bought = store.history(user)[-integer("page.history_rows") :]
    return [p for p in reversed(bought) if p.review and p.review.strip() and p.split != "test"]


def as_review(user: int, purchase: Purchase, rating: float | None) -> Review:
    """The review as a run over the data set gives it to a teacher, with the shopper's exact stars unless they were changed."""
    exact = purchase.rating if rating == shown_stars(purchase) or (rating is None and not shown_stars(purchase)) else rating
    text = purchase.review or ""
    return Review(user, purchase.position, purchase.item.item, text, purchase.summary, exact, text)


def newest_read(store: Store, user: int, reviews: Sequence[Purchase]) -> Purchase | None:
    """The newest review with a recorded answer of a language model, or else the newest."""
    told = store.all_rationales(user)
    models = [name for name in told if name in _models(store)]
    read = (one for one in reviews if any(one.position in told[name] for name in models))
    return next(read, reviews[0] if reviews else None)


def _models(store: Store) -> list[str]:
    about = store.facts.about_teachers
    return [name for name in store.facts.teachers if about.get(name, {}).get("kind") in LANGUAGE_MODELS]


def caught_reviews(store: Store) -> list[Caught]:
    """Reviews of the set on which a language model invented a claim."""
    return store.caught(_models(store), FROM_EXAMPLES, CAUGHT_SHOWN)


def example_choices(caught: Sequence[Caught]) -> list[tuple[str, str]]:
    """Names and keys of all examples."""
    found = [(texts.CAUGHT.format(claim=plain(one.claim, CLAIM_CHARS)), _key(one)) for one in caught]
    return [*found, *((texts.EXAMPLE[one.key], one.key) for one in teacher_examples())]


def _key(one: Caught) -> str:
    return f"caught-{one.user}-{one.position}"


def example_subject(store: Store, key: object) -> Subject | None:
    """The example of this key; None where there is none.  A key is compared with what is there, never read."""
    for example in teacher_examples():
        if example.key == key:
            review = Review(0, 0, 0, example.text, rating=float(example.stars), sentence=example.text)
            return Subject(review, store.facts, {one.teacher: one for one in example.answers}, texts.EXAMPLE_NOTE[example.key])
    for one in caught_reviews(store):
        if _key(one) == key:
            purchase = next(p for p in store.history(one.user) if p.position == one.position)
            return Subject(
                as_review(one.user, purchase, purchase.rating),
                store.facts,
                stored_answers(store, one.user, one.position),
                texts.CAUGHT_NOTE,
            )
    return None


def stored_answers(store: Store, user: int, position: int) -> dict[str, Distilled]:
    """What every teacher was recorded to say about one review."""
    return {name: told[position] for name, told in store.all_rationales(user).items() if position in told}


def shown_stars(purchase: Purchase) -> int:
    """Whole stars; 0 for none."""
    return 0 if purchase.rating is None else max(1, min(5, round(purchase.rating)))
