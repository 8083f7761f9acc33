"""The reviews that the Teacher tab offers, the shopper's own and examples, each with its recorded answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.core.records import Review
from rdrec.core.settings import integer
from rdrec.explorer.about_items import LANGUAGE_MODELS, Caught
from rdrec.explorer.answers import Distilled, Purchase, StoreFacts
from rdrec.explorer.store import Store
from rdrec.explorer.teacher_examples import teacher_examples
from rdrec.teachers.grounding import FROM_EXAMPLES
from rdrec.ui.render import plain
from rdrec.ui.teacher import strings as texts

CAUGHT_SHOWN = 3  # examples of hallucinations
CLAIM_CHARS = 32  # of the hallucinated claim, in the example's name


@dataclass(frozen=True)
class Subject:
    """A review, and the recorded answers about it by teacher."""

    review: Review
    facts: StoreFacts
    stored: Mapping[str, Distilled]
    note: str | None = None  # what to look for, if it is an example


def reviews_of(store: Store, user: int) -> list[Purchase]:
    """The shopper's reviews, newest first, without that of the held-out purchase, which would give the answer away."""
    bought = store.history(user)[-integer("page.history_rows") :]
    return [p for p in reversed(bought) if p.review and p.review.strip() and p.split != "test"]


def as_review(user: int, purchase: Purchase, rating: float | None) -> Review:
    """The review as a teacher gets it in a run over the data set, with the shopper's exact rating unless the stars were changed."""
    exact = purchase.rating if rating == shown_stars(purchase) or (rating is None and not shown_stars(purchase)) else rating
    text = purchase.review or ""
    return Review(user, purchase.position, purchase.item.item, text, purchase.summary, exact, text)


def newest_read(store: Store, user: int, reviews: Sequence[Purchase]) -> Purchase | None:
    """The newest review with a recorded answer of a language model, or else the newest."""
    rationales = store.all_rationales(user)
    models = [name for name in rationales if name in _models(store)]
    read = (review for review in reviews if any(review.position in rationales[name] for name in models))
    return next(read, reviews[0] if reviews else None)


def _models(store: Store) -> list[str]:
    about = store.facts.about_teachers
    return [name for name in store.facts.teachers if about.get(name, {}).get("kind") in LANGUAGE_MODELS]


def caught_reviews(store: Store) -> list[Caught]:
    """Reviews of the data set for which a language model made up a claim."""
    return store.caught(_models(store), FROM_EXAMPLES, CAUGHT_SHOWN)


def example_choices(caught: Sequence[Caught]) -> list[tuple[str, str]]:
    """Names and keys of all examples."""
    found = [(texts.CAUGHT.format(claim=plain(one.claim, CLAIM_CHARS)), _key(one)) for one in caught]
    return [*found, *((texts.EXAMPLE[one.key], one.key) for one in teacher_examples())]


def _key(caught: Caught) -> str:
    return f"caught-{caught.user}-{caught.position}"


def example_subject(store: Store, key: object) -> Subject | None:
    """The example with this key, or None.  Keys are untrusted: they are compared, never parsed."""
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
    """The recorded answers about one review, by teacher."""
    return {teacher: answers[position] for teacher, answers in store.all_rationales(user).items() if position in answers}


def shown_stars(purchase: Purchase) -> int:
    """Whole stars; 0 for none."""
    return 0 if purchase.rating is None else max(1, min(5, round(purchase.rating)))
