"""Score a teacher's rationales against the truth by comparing every claim with the sentence that its span points at.

A claim is judged by its span, sign and words.  A sentence about a missing motive ("no dinosaurs, sadly") is a like of the user and a
dislike of the item.

    right      the span overlaps a sentence with the same sign, and the claim shares a word with that sentence or with the
               world's phrases for its aspect
    negated    the span overlaps a statement, but the claim says the opposite: a negation error
    elsewhere  the span overlaps no statement, or there is no span
    strange    span and sign are right, but the words have nothing to do with the sentence
    precision  right claims / all claims
    recall     statements with a right claim / all statements (one sentence is one statement)
    named      right claims that share a word with the world's phrases / right claims; the others quote the sentence

The span alone proves little: more than half of all sentences are statements, most of them positive, so even claims assigned to the wrong
reviews overlap some that agree.  The shared word shows that the teacher has read the review.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from rdrec.core.records import CLAIM_KINDS, Claim, ClaimKind, InputError
from rdrec.data.content_words import content_stems
from rdrec.data.rationales import decode_claims
from rdrec.synthetic.motives import LACKS
from rdrec.synthetic.spec import DETAIL, World

_COUNTED = ("claims", "right", "negated", "elsewhere", "strange", "named", "statements", "found")
_SIGNS = {"like": "+", "dislike": "-"}
_USES = ("prefers", "avoids", "is", "isnt", "motive")
_LACKS_MEANS: dict[ClaimKind, str] = {"user_preference": "+", "item_attribution": "-"}


@dataclass(frozen=True)
class Score:
    """Counts for one kind of claim, over all reviews that the teacher read."""

    kind: ClaimKind
    claims: int
    right: int
    negated: int
    elsewhere: int
    strange: int
    named: int
    statements: int
    found: int

    @property
    def precision(self) -> float:
        """Share of the claims that are right."""
        return self.right / self.claims if self.claims else 0.0

    @property
    def recall(self) -> float:
        """Share of the statements in the reviews that were found."""
        return self.found / self.statements if self.statements else 0.0

    def as_dict(self) -> dict[str, object]:
        """Counts and shares by name, for a table."""
        shares = {"precision": self.precision, "recall": self.recall}
        shares |= {"negation_errors": self.negated / max(self.claims, 1), "elsewhere": self.elsewhere / max(self.claims, 1)}
        shares |= {"strange": self.strange / max(self.claims, 1)}
        shares |= {"named": self.named / max(self.right, 1)}
        return {"kind": self.kind, "claims": self.claims, "statements": self.statements} | {
            name: round(value, 4) for name, value in shares.items()
        }


def score(world: World, truth: pd.DataFrame, rationales: pd.DataFrame) -> list[Score]:
    """One `Score` per kind of claim.

    truth  from `load_truth`, including the review texts
    Raises InputError if the tables have no review in common.
    """
    both = truth.merge(rationales, on=["user", "position"], how="inner", suffixes=("", "_teacher"))
    if both.empty:
        raise InputError("this teacher has read no review of the data set", todo="run `rdrec distill` for it first")
    names = {aspect: _names(world, aspect) for aspect in _aspects(world)}
    counts = {kind: dict.fromkeys(_COUNTED, 0) for kind in CLAIM_KINDS}
    for text, sentences, claims in zip(both["review"], both["sentences"], both["claims"], strict=True):
        rows = [tuple(sentence) for sentence in json.loads(sentences)]
        statements = {place for place, (_, _, aspect, _) in enumerate(rows) if aspect}
        made = decode_claims(claims)
        for kind in CLAIM_KINDS:
            signed = [(a, b, aspect, _LACKS_MEANS[kind] if sign == LACKS else sign) for a, b, aspect, sign in rows]
            _count(counts[kind], text, signed, statements, [claim for claim in made if claim.kind == kind], names)
    return [Score(kind, **counts[kind]) for kind in CLAIM_KINDS]


def _count(
    counts: dict[str, int],
    text: str,
    sentences: list[tuple[int, int, str | None, str | None]],
    statements: set[int],
    claims: Iterable[Claim],
    names: Mapping[str, frozenset[str]],
) -> None:
    found = set()
    for claim in claims:
        counts["claims"] += 1
        places = {place for span in claim.spans for place, s in enumerate(sentences) if s[0] < span.end and span.start < s[1]}
        about = places & statements
        signs = {sentences[place][3] for place in about}
        if not about:
            counts["elsewhere"] += 1
        elif _SIGNS.get(claim.polarity) in signs:
            agreeing = {place for place in about if sentences[place][3] == _SIGNS[claim.polarity]}
            words = content_stems(claim.text)
            named = {place for place in agreeing if words & names.get(str(sentences[place][2]), frozenset())}
            quoted = {place for place in agreeing if words & content_stems(text[sentences[place][0] : sentences[place][1]])}
            counts["right" if named | quoted else "strange"] += 1
            counts["named"] += bool(named | {place for place in quoted if sentences[place][2] == DETAIL})
            found |= named | quoted
        elif claim.polarity != "neutral":
            counts["negated"] += 1
    counts["statements"] += len(statements)
    counts["found"] += len(found)


def _aspects(world: World) -> list[str]:
    return list(world.wordings)


def _names(world: World, aspect: str) -> frozenset[str]:
    """Stems of all phrases that name an aspect, including its own name and its wordings in the answer key."""
    phrases = [aspect.rpartition("=")[2].replace("-", " "), *world.wordings[aspect]]
    phrases += [line.render(lambda _: 0, {}) for use in _USES for line in world.bank.get(f"{aspect} {use}", ())]
    return frozenset(stem for phrase in phrases for stem in content_stems(phrase))
