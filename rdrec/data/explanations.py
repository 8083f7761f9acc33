"""The target of the explanation task for reviews that came whole: one sentence of the review, and the feature it is about.

In: review texts.  Out: a sentence and a feature each, or None.  The released sets bring theirs; raw reviews get them here.
How a sentence is chosen is the business of `rdrec.language`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tqdm import tqdm

from rdrec.data.text import tidy
from rdrec.language import explanations as language


def pick_explanations(reviews: Sequence[str | None]) -> tuple[list[str | None], list[str | None]]:
    """Explanation and feature of each review; None for both where there is no review or no sentence says anything."""
    sentences: list[str | None] = []
    features: list[str | None] = []
    for review in tqdm(reviews, desc="picking explanations", unit=" reviews", leave=False, disable=None):
        picked = None if review is None else language.pick_explanation(review)
        sentence = None if picked is None else tidy(picked.sentence)
        sentences.append(sentence)
        features.append(None if picked is None or sentence is None else tidy(picked.feature))
    return sentences, features
