"""Whether reviews entail the claims of rationales, according to a natural language inference model, with shuffled reviews as a control.

The premise is the whole review, the hypothesis a plain sentence made from the claim.  The teacher's own evidence is ignored, so that this
check and the lexical one of `grounding` fail in different ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Protocol

from rdrec.core.records import Claim, Polarity
from rdrec.core.settings import integer
from rdrec.teachers.grounding import ground
from rdrec.teachers.measure import ReviewedRationale, auc, drawn, mean, rounded, shuffled_sources

Pair = tuple[str, str]  # premise, hypothesis
_FEELS: dict[Polarity, str] = {"like": "likes", "dislike": "dislikes", "neutral": "writes about"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Probabilities that the premise entails and contradicts the hypothesis; contradiction: None if the model has no such label."""

    entailment: float
    contradiction: float | None

    @property
    def entailed(self) -> bool:
        """Whether entailment is the most probable label."""
        against = self.contradiction or 0.0
        return self.entailment > max(against, 1 - self.entailment - against)

    @property
    def contradicted(self) -> bool:
        """Whether contradiction is the most probable label."""
        against = self.contradiction or 0.0
        return against > max(self.entailment, 1 - self.entailment - against)


class Judge(Protocol):
    """A model that gives a verdict on each pair of premise and hypothesis."""

    @property
    def name(self) -> str:
        """The name under which the numbers are reported."""

    def __call__(self, pairs: Sequence[Pair]) -> list[Verdict]:
        """A verdict for each pair, in their order."""


@dataclass(frozen=True)
class Entailed:
    """Shares of claims from 0 to 1; None if there is nothing to measure, or if the model has no label for contradictions.

    entailed, contradicted              by the claim's own review
    shuffled_entailed, .._contradicted  by another review: the model's base rate
    auc                                 how well the mean probability of entailment distinguishes a rationale's own review from another
    if_supported, if_unsupported        share of entailed claims among those that the lexical check supports, and among the others
    """

    model: str
    rationales: int
    claims: int
    entailed: float | None
    contradicted: float | None
    shuffled_entailed: float | None
    shuffled_contradicted: float | None
    auc: float | None
    if_supported: float | None
    if_unsupported: float | None

    def as_json(self) -> dict[str, Any]:
        """The numbers as JSON types, rounded."""
        return rounded(asdict(self))


def hypothesis(claim: Claim) -> str:
    """The claim as a plain sentence: "The product has a warm sound.", "The reviewer dislikes that the product is too loud."."""
    text = claim.text.strip().rstrip(".!?,; ")
    if claim.kind == "item_attribution":
        return f"The product is {text}." if _describes(text) else f"The product has {text}."
    return f"The reviewer {_FEELS[claim.polarity]} {f'that the product is {text}' if _describes(text) else text}."


@lru_cache(maxsize=65_536)
def _describes(text: str) -> bool:
    """Whether a claim is an adjective phrase ("sturdy", "very easy to use") and not a noun phrase; spaCy's parser decides."""
    from rdrec.teachers.spacy_model import english

    return any(token.dep_ == "acomp" and token.head.lower_ == "is" for token in english()(f"It is {text}."))


def measure_entailment(told: Sequence[ReviewedRationale], judge: Judge, seed: int = 0) -> Entailed:
    """Judge the claims of at most `distill.entailed` rationales, sampled with the seed, by their own review and by another one."""
    sample = drawn(told, seed, integer("distill.entailed"))
    sources = shuffled_sources(sample, seed)
    own = [[(review.text, hypothesis(claim)) for claim in rationale.claims] for review, rationale, _ in sources]
    other = [[(text, said) for _, said in pairs] for pairs, (_, _, text) in zip(own, sources, strict=True)]
    verdicts = iter(judge([pair for pairs in (*own, *other) for pair in pairs]))
    mine = [[next(verdicts) for _ in pairs] for pairs in own]
    theirs = [[next(verdicts) for _ in pairs] for pairs in other]
    control = theirs if len(sample) > 1 else []
    checks = [check.supported for review, rationale, _ in sources for check in ground(review, rationale).claims]
    flat = [verdict for verdicts_ in mine for verdict in verdicts_]
    by_check = list(zip(flat, checks, strict=True))
    return Entailed(
        judge.name,
        len(sample),
        len(flat),
        mean([verdict.entailed for verdict in flat]),
        _contradicted(flat),
        mean([verdict.entailed for verdicts_ in control for verdict in verdicts_]),
        _contradicted([verdict for verdicts_ in control for verdict in verdicts_]),
        auc([_belief(verdicts_) for verdicts_ in mine], [_belief(verdicts_) for verdicts_ in control]),
        mean([verdict.entailed for verdict, supported in by_check if supported]),
        mean([verdict.entailed for verdict, supported in by_check if not supported]),
    )


def _belief(verdicts: Sequence[Verdict]) -> float:
    return sum(verdict.entailment for verdict in verdicts) / len(verdicts)


def _contradicted(verdicts: Sequence[Verdict]) -> float | None:
    """Share of contradicted claims; None if the model has no label for contradictions."""
    return None if any(verdict.contradiction is None for verdict in verdicts) else mean([v.contradicted for v in verdicts])
