"""How faithful a teacher's rationales are, over a whole data set, with the control that every such number needs.

As a control, every rationale is also checked against another review.  A check that cannot tell the two apart (AUC .5) says nothing,
however high the share of supported claims.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import mannwhitneyu

from rdrec.core.records import Claim, Rationale, Review
from rdrec.core.settings import integer
from rdrec.data.content_words import content_stems
from rdrec.teachers.evidence import claims_of, find_evidence
from rdrec.teachers.grounding import ground, supported_by

ReviewedRationale = tuple[Review, Rationale]


@dataclass(frozen=True)
class Measured:
    """Shares from 0 to 1; None if there is nothing to measure.

    supported   of claims: there is evidence that says the same and not the opposite; `why_not` counts the others.  None for a rule-based
                teacher, which repeats the review's own words and would get credit for finding them again
    faithful    of rationales: every claim is supported and nothing is copied; None likewise
    copied      of rationales: eight consecutive words, or a whole sentence, are the review's
    auc         how well support, found by words alone, distinguishes a rationale's own review from another one
    words       per sentence
    distinct    number of different sentences divided by the number of sentences
    stems       different content words per thousand content words
    """

    rationales: int
    claims: int
    supported: float | None
    faithful: float | None
    copied: float | None
    auc: float | None
    words: float | None
    distinct: float | None
    stems: float | None
    why_not: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The numbers as JSON types, rounded."""
        return rounded(asdict(self))


def measure(told: Sequence[ReviewedRationale], seed: int = 0, by_rules: bool = False) -> Measured:
    """Measure at most `distill.measured` rationales, sampled with the seed.  by_rules: whether the teacher is one of `base.RULES`."""
    sample = drawn(told, seed, integer("distill.measured"))
    found = [ground(review, rationale) for review, rationale in sample]
    checks = [check for grounding in found for check in grounding.claims]
    sentences = [s for _, rationale in sample for s in (rationale.user_preference, rationale.item_attribution) if s]
    stems = [stem for sentence in sentences for stem in sorted(content_stems(sentence))]
    return Measured(
        len(sample),
        len(checks),
        None if by_rules else mean([check.supported for check in checks]),
        None if by_rules else mean([grounding.faithful for grounding in found]),
        mean([grounding.copied is not None for grounding in found]),
        source_auc(sample, seed),
        mean([len(sentence.split()) for sentence in sentences]),
        len(set(sentences)) / len(sentences) if sentences else None,
        1000 * len(set(stems)) / len(stems) if stems else None,
        {} if by_rules else dict(sorted(Counter(check.why for check in checks if not check.supported).items())),
    )


def drawn(told: Sequence[ReviewedRationale], seed: int, most: int) -> list[ReviewedRationale]:
    """A seeded sample of at most `most` rationales in their order, with their claims; those without claims are left out."""
    places: Sequence[int] = range(len(told))
    if len(told) > most:
        places = sorted(np.random.default_rng([seed, len(told)]).choice(len(told), most, replace=False).tolist())
    sample = [(told[place][0], with_claims(*told[place])) for place in places]
    return [one for one in sample if one[1].claims]


def with_claims(review: Review, rationale: Rationale) -> Rationale:
    """The rationale with claims.  If its teacher gave none, as in the released files, they are derived from its sentences."""
    if rationale.claims:
        return rationale
    return replace(rationale, claims=claims_of(review.text, rationale.user_preference, rationale.item_attribution))


def source_auc(told: Sequence[ReviewedRationale], seed: int = 0) -> float | None:
    """The probability that a rationale is better supported by its own review than by another one; ties count half (Mann-Whitney).

    Evidence is searched by words on both sides, ignoring the teacher's own spans.  None for fewer than two rationales.
    """
    sources = shuffled_sources(told, seed) if len(told) > 1 else []
    own = [_support(review.text, rationale.claims) for review, rationale, _ in sources]
    return auc(own, [_support(text, rationale.claims) for _, rationale, text in sources])


def shuffled_sources(told: Sequence[ReviewedRationale], seed: int = 0) -> list[tuple[Review, Rationale, str]]:
    """Every rationale with its own review and the text of another review, along one seeded cycle through all of them."""
    order = np.random.default_rng([seed, len(told)]).permutation(len(told))
    return [(*told[place], told[source][0].text) for place, source in zip(order, np.roll(order, 1), strict=True)]


def auc(own: Sequence[float] | np.ndarray, other: Sequence[float] | np.ndarray) -> float | None:
    """How often a score of `own` is above one of `other`, ties counting half (Mann-Whitney's U); None if one of them is empty."""
    if not len(own) or not len(other):
        return None
    return float(mannwhitneyu(own, other, method="asymptotic").statistic / (len(own) * len(other)))


def _support(text: str, claims: Sequence[Claim]) -> float:
    """The share of claims that a text supports."""
    return float(np.mean([supported_by(text, replace(claim, spans=find_evidence(text, claim.text))) for claim in claims]))


def rounded(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Fractions with four decimals, for JSON; other values as they are."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in numbers.items()}


def mean(values: Sequence[float]) -> float | None:
    """The mean; None for no values."""
    return float(np.mean(values)) if values else None
