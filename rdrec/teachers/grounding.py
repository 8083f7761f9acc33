"""Checks a rationale against its review: evidence, words, negation, copying.

Cheap lexical checks are what tells faithful from
unfaithful rationales on this data; embedding scores hardly do (arXiv 2512.24366).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rdrec.core.records import Claim, Rationale, Review
from rdrec.data.content_words import content_stems, general_stems
from rdrec.data.english import NEGATORS, WORDS, stem, valence, words_of

COPY_WORDS = 8  # so many words in a row shared with the review are a copy; seven happen by chance ("it is easy to set up and")
FROM_EXAMPLES = "from the examples"  # of the prompt, not from the review
_NEGATION_REACH = 5  # words back to a "not": "does not come with a case"
_ABSENCE = frozenset(["free", "freedom", "lack", "lacks", "absence", "without", "less"])
# "Nothing beats it", "I could not be happier", "You cannot get a better deal", "I did not expect to like it".
_PRAISE_BY_NEGATION = re.compile(
    r"\bnothing beats\b|\b(?:ca|can|could|would)(?: not|not| n't|nt)\b.{0,30}\b(?:better|happier|more pleased)\b|\bdid(?: not| n't|nt) expect\b"
)


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """`why` is a short stable phrase; for a supported claim it says by what."""

    claim: Claim
    supported: bool
    why: str


@dataclass(frozen=True, slots=True)
class Grounding:
    """`copied`: the words of the rationale that are a copy of the review, or None."""

    claims: tuple[ClaimCheck, ...]
    copied: str | None

    @property
    def faithful(self) -> bool:
        return self.copied is None and all(check.supported for check in self.claims)


def ground(review: Review, rationale: Rationale) -> Grounding:
    """Every claim of the rationale against the review's text."""
    return Grounding(tuple(_check(review.text, claim) for claim in rationale.claims), copied_words(review.text, rationale))


def supported_by(text: str, claim: Claim) -> bool:
    """Whether a text supports a claim; its spans must point into this text."""
    return _check(text, claim).supported


def _check(text: str, claim: Claim) -> ClaimCheck:
    """One claim: spans inside the text, a shared word or a judgement of the same sign, the same negation."""
    if claim.leaked:
        return ClaimCheck(claim, False, FROM_EXAMPLES)
    if not claim.spans:
        return ClaimCheck(claim, False, "no evidence given")
    if any(span.end > len(text) for span in claim.spans):
        return ClaimCheck(claim, False, "evidence outside the review")
    evidence = [word for span in claim.spans for word in words_of(text[span.start : span.end])]
    if not evidence:
        return ClaimCheck(claim, False, "evidence without words")
    said = content_stems(claim.text)
    shared = said & {stem(word) for word in evidence}
    # A claim in general words ("good quality") is held against the other words: "the quality is poor" denies it.
    sign = _sign(evidence) if said else _sign([word for word in evidence if stem(word) not in general_stems(claim.text)])
    wanted = {"like": 1, "dislike": -1}.get(claim.polarity, 0)
    if sign and wanted and sign != wanted and not _excused(claim.text, evidence):
        return ClaimCheck(claim, False, "the evidence says the opposite")
    if shared and not sign and wanted >= 0 and _denied(shared, evidence) and not _denies(claim.text) and not _praises(evidence):
        return ClaimCheck(claim, False, "the evidence denies it")
    shared = shared or (set() if said else general_stems(claim.text) & {stem(word) for word in evidence})
    if shared:
        first = sorted(shared)[0]
        return ClaimCheck(claim, True, f"says '{next(word for word in evidence if stem(word) == first)}'")
    if sign and sign == wanted:
        return ClaimCheck(claim, True, "judges the same way")
    return ClaimCheck(claim, False, "none of its words are in the evidence")


def _denied(stems: set[str], words: list[str]) -> bool:
    """Whether every one of the stems stands behind a negation among these words ("does not come with a case")."""
    places = [at for at, word in enumerate(words) if stem(word) in stems]
    return bool(places) and all(any(word in NEGATORS for word in words[max(0, at - _NEGATION_REACH) : at]) for at in places)


def _denies(text: str) -> bool:
    return any(word in NEGATORS or word in _ABSENCE for word in words_of(text))


def _excused(text: str, evidence: list[str]) -> bool:
    """Whether a claim of the other sign is no contradiction: it speaks of something that is not there, its own words are what judges
    in the evidence ("fiddly handwork", "eliminates flaws"), or the evidence praises by a negation."""
    if _denies(text) or _praises(evidence):
        return True
    said = {stem(word) for word in words_of(text)}
    rest = [word for word in evidence if stem(word) not in said]
    return not any(word in NEGATORS for word in evidence) and not _sign(rest)


def _praises(evidence: list[str]) -> bool:
    return _PRAISE_BY_NEGATION.search(" ".join(evidence)) is not None


def copied_words(text: str, rationale: Rationale) -> str | None:
    """The first run of `COPY_WORDS` words (or the whole sentence) that a sentence of the rationale shares with the review."""
    source = [word.lower() for word in WORDS.findall(text)]
    for sentence in (rationale.user_preference, rationale.item_attribution):
        words = [word.lower() for word in WORDS.findall(sentence or "")]
        size = min(COPY_WORDS, len(words))
        if not size:
            continue
        runs = {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}
        firsts = {run[0] for run in runs}
        for at in range(len(source) - size + 1):
            if source[at] in firsts and (run := tuple(source[at : at + size])) in runs:
                return " ".join(run)
    return None


def sign_of_text(text: str) -> int:
    """1 where the words of a phrase praise, -1 where they blame, 0 where they do neither or disagree."""
    return _sign(words_of(text))


def _sign(words: list[str]) -> int:
    """The judgement of the evidence, turned round by an odd number of negations; 0 where its words do not judge or disagree."""
    signs = {1 if valence(word) > 0 else -1 for word in words if valence(word)}
    if len(signs) != 1:
        return 0
    negations = sum(word in NEGATORS for word in words)
    return signs.pop() * (-1 if negations % 2 else 1)
