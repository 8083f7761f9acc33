"""Check a rationale against its review: evidence, words, negation, copying.

On such data, cheap lexical checks distinguish faithful from unfaithful rationales; embedding scores hardly do (arXiv 2512.24366).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rdrec.core.records import Claim, Polarity, Rationale, Review
from rdrec.data.content_words import content_stems, general_stems
from rdrec.data.english import NEGATORS, WORDS, stem, valence, words_of

COPY_WORDS = (
    8  # consecutive words shared with the review that count as a copy; seven can be chance ("it is easy to set up and")
)
FROM_EXAMPLES = "from the examples"  # the examples of the prompt
_NEGATION_REACH = 5  # how many words before a word a negation may be: "does not come with a case"
_ABSENCE = frozenset(["free", "freedom", "lack", "lacks", "absence", "without", "less"])
# "Nothing beats it", "I could not be happier", "You cannot get a better deal", "I did not expect to like it".
_PRAISE_BY_NEGATION = re.compile(
    r"\bnothing beats\b|\b(?:ca|can|could|would)(?: not|not| n't|nt)\b.{0,30}\b(?:better|happier|more pleased)\b|\bdid(?: not| n't|nt) expect\b"
)


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """The check of one claim.  why: a short, stable phrase that says why it is supported or not."""

    claim: Claim
    supported: bool
    why: str


@dataclass(frozen=True, slots=True)
class Grounding:
    """The checks of a rationale.  copied: words that are copied from the review, or None."""

    claims: tuple[ClaimCheck, ...]
    copied: str | None

    @property
    def faithful(self) -> bool:
        """Whether every claim is supported and nothing is copied."""
        return self.copied is None and all(check.supported for check in self.claims)


def ground(review: Review, rationale: Rationale) -> Grounding:
    """Check every claim of the rationale against the review."""
    return Grounding(tuple(_check(review.text, claim) for claim in rationale.claims), copied_words(review.text, rationale))


def supported_by(text: str, claim: Claim) -> bool:
    """Whether a text supports a claim, whose spans must refer to this text."""
    return _check(text, claim).supported


def _check(text: str, claim: Claim) -> ClaimCheck:
    """Check one claim: its spans must be inside the text, and share a word or a judgement of the same sign with the same negation."""
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
    # A claim in general words ("good quality") is compared with the other words: "the quality is poor" contradicts it.
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
    """Whether each of the stems follows a negation in these words ("does not come with a case")."""
    places = [at for at, word in enumerate(words) if stem(word) in stems]
    return bool(places) and all(any(word in NEGATORS for word in words[max(0, at - _NEGATION_REACH) : at]) for at in places)


def _denies(text: str) -> bool:
    return any(word in NEGATORS or word in _ABSENCE for word in words_of(text))


def _excused(text: str, evidence: list[str]) -> bool:
    """Whether evidence of the opposite sign does not contradict a claim: because the claim is about something missing, because its own
    words are the evaluative ones in the evidence ("fiddly handwork", "eliminates flaws"), or because the evidence praises by negation."""
    if _denies(text) or _praises(evidence):
        return True
    said = {stem(word) for word in words_of(text)}
    rest = [word for word in evidence if stem(word) not in said]
    return not any(word in NEGATORS for word in evidence) and not _sign(rest)


def _praises(evidence: list[str]) -> bool:
    return _PRAISE_BY_NEGATION.search(" ".join(evidence)) is not None


def copied_words(text: str, rationale: Rationale) -> str | None:
    """The first `COPY_WORDS` consecutive words (or a whole shorter sentence) of the rationale that are also in the review, or None."""
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


def polarity_of(phrase: str) -> Polarity:
    """Like if the words of a phrase praise, dislike if they criticise, neutral if they do neither or both."""
    sign = _sign(words_of(phrase))
    return "like" if sign > 0 else "dislike" if sign < 0 else "neutral"


def _sign(words: list[str]) -> int:
    """The sign of the evaluative words, reversed by an odd number of negations; 0 if there are none or they disagree."""
    signs = {1 if valence(word) > 0 else -1 for word in words if valence(word)}
    if len(signs) != 1:
        return 0
    negations = sum(word in NEGATORS for word in words)
    return signs.pop() * (-1 if negations % 2 else 1)
