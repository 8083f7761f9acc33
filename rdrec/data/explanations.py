"""Targets of the explanation task for raw reviews: one sentence of each review and its feature.

Released data sets already contain them.  `rdrec.language` selects the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

from tqdm import tqdm

from rdrec.data.text import tidy
from rdrec.language import explanations as language


def pick_explanations(reviews: Sequence[str | None]) -> tuple[list[str | None], list[str | None]]:
    """Explanation and feature of each review; both None without a review or a suitable sentence."""
    sentences: list[str | None] = []
    features: list[str | None] = []
    for review in tqdm(reviews, desc="picking explanations", unit=" reviews", leave=False, disable=None):
        picked = None if review is None else language.pick_explanation(review)
        sentence = None if picked is None else tidy(picked.sentence)
        sentences.append(sentence)
        features.append(None if picked is None or sentence is None else tidy(picked.feature))
    return sentences, features
