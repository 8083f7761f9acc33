"""Whether reviews entail what rationales claim of them, by a model of natural language inference, with shuffled reviews as the control.

Premise is the whole review, hypothesis a plain sentence made from the claim; evidence that a teacher gave is not looked at, so that
this check and the lexical one of `grounding` fail in different ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Protocol

from rdrec.core.records import Claim, Polarity
from rdrec.core.settings import integer
from rdrec.teachers.grounding import ground
from rdrec.teachers.measure import Told, auc, drawn, mean, shuffled_sources

Pair = tuple[str, str]  # premise, hypothesis
_FEELS: dict[Polarity, str] = {"like": "likes", "dislike": "dislikes", "neutral": "writes about"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Probabilities that the premise entails and contradicts the hypothesis; `contradiction` is None of a model that cannot tell."""

    entailment: float
    contradiction: float | None

    @property
    def entailed(self) -> bool:
        against = self.contradiction or 0.0
        return self.entailment > max(against, 1 - self.entailment - against)

    @property
    def contradicted(self) -> bool:
        against = self.contradiction or 0.0
        return against > max(self.entailment, 1 - self.entailment - against)


class Judge(Protocol):
    """`name` is what the numbers are reported under; a verdict for each pair, in their order."""

    @property
    def name(self) -> str: ...

    def __call__(self, pairs: Sequence[Pair]) -> list[Verdict]: ...


@dataclass(frozen=True)
class Entailed:
    """Shares of claims from 0 to 1; None where there is nothing to measure, or where the model does not tell contradictions.

    entailed, contradicted              by the claim's own review
    shuffled_entailed, .._contradicted  by another one: what the model says whatever it reads
    auc          how well a rationale's mean probability of entailment tells its own review from another one
    if_supported, if_unsupported        share entailed of the claims that the lexical check supports, and of the others
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
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


def hypothesis(claim: Claim) -> str:
    """A plain sentence that says the claim: "The product has a warm sound.", "The reviewer dislikes that the product is too loud."."""
    text = claim.text.strip().rstrip(".!?,; ")
    if claim.kind == "item_attribution":
        return f"The product is {text}." if _describes(text) else f"The product has {text}."
    return f"The reviewer {_FEELS[claim.polarity]} {f'that the product is {text}' if _describes(text) else text}."


@lru_cache(maxsize=65_536)
def _describes(text: str) -> bool:
    """Whether a claim says how a thing is, and names none: "sturdy", "very easy to use"; spaCy's parser decides."""
    from rdrec.teachers.spacy_model import english

    return any(token.dep_ == "acomp" and token.head.lower_ == "is" for token in english()(f"It is {text}."))


def measure_entailment(told: Sequence[Told], judge: Judge, seed: int = 0) -> Entailed:
    """Over at most `distill.entailed` rationales that claim anything, drawn with the seed; every claim is judged twice."""
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
    """None of a model without a label for contradictions."""
    return None if any(verdict.contradiction is None for verdict in verdicts) else mean([v.contradicted for v in verdicts])
