"""Checks a rationale against its review: evidence, words, negation, copying.

In: a review and a rationale of any teacher.  Out: `Grounding`, claim by claim, each with a reason in words.
It refuses to know how the rationale was made; it changes nothing.  Cheap lexical checks are what tells faithful from
unfaithful rationales on this data; embedding scores hardly do (arXiv 2512.24366).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rdrec.language.lexicons import adjectives, manners, nouns
from rdrec.language.negation import NEGATORS
from rdrec.language.opinions import DIMENSIONS, Opinion
from rdrec.language.phrases import adjective_of, base, base_verb, singular
from rdrec.language.reading import opinions
from rdrec.language.tokens import analyse
from rdrec.records import Claim, Rationale, Review

COPY_WORDS = 8  # so many words in a row shared with the review are a copy; seven happen by chance ("it is easy to set up and")
FROM_EXAMPLES = "from the examples"  # of the prompt, not from the review
_NEGATION_REACH = 5  # words back to a "not": "does not come with a case"
_ABSENCE = frozenset(["free", "freedom", "lack", "lacks", "absence", "without", "less"])
# "Nothing beats it", "I could not be happier", "You cannot get a better deal", "I did not expect to like it".
_PRAISE_BY_NEGATION = re.compile(
    r"\bnothing beats\b|\b(?:can|could|would)(?: not|not| n't|nt)\b.{0,30}\b(?:better|happier|more pleased)\b|\bdid(?: not| n't|nt) expect\b"
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_GENERAL = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "and",
        "or",
        "that",
        "is",
        "are",
        "be",
        "good",
        "poor",
        "well",
        "products",
        "quality",
        "overall",
        "very",
        "not",
        "no",
    ]
)


_JUDGING = frozenset(["good", "poor", "well", "quality"])


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
    read = _read(review.text)
    return Grounding(
        tuple(_check(review.text, claim, read) for claim in rationale.claims), copied_words(review.text, rationale)
    )


def supported_by(text: str, claim: Claim) -> bool:
    """Whether a text supports a claim; its spans must point into this text."""
    return _check(text, claim, _read(text)).supported


@lru_cache(maxsize=256)
def _read(text: str) -> list[Opinion]:
    return opinions(analyse(text))


def _check(text: str, claim: Claim, read: list[Opinion]) -> ClaimCheck:
    """One claim: spans inside the text, a shared word or a judgement of the same sign, the same negation."""
    if claim.leaked:
        return ClaimCheck(claim, False, FROM_EXAMPLES)
    if not claim.spans:
        return ClaimCheck(claim, False, "no evidence given")
    if any(span.end > len(text) for span in claim.spans):
        return ClaimCheck(claim, False, "evidence outside the review")
    evidence = [word for span in claim.spans for word in _words(text[span.start : span.end])]
    if not evidence:
        return ClaimCheck(claim, False, "evidence without words")
    said = content_stems(claim.text)
    shared = said & {stem(word) for word in evidence}
    sign = _sign_read(claim, read)
    if sign is None:
        sign = _sign(evidence)
    wanted = {"like": 1, "dislike": -1}.get(claim.polarity, 0)
    if sign and wanted and sign != wanted and not _excused(claim.text, evidence):
        return ClaimCheck(claim, False, "the evidence says the opposite")
    if shared and not sign and wanted >= 0 and _denied(shared, evidence) and not _denies(claim.text) and not _praises(evidence):
        return ClaimCheck(claim, False, "the evidence denies it")
    shared = shared or (set() if said else general_stems(claim.text) & {stem(word) for word in evidence})
    if shared:
        return ClaimCheck(claim, True, f"says '{sorted(shared)[0]}'")
    judged = {DIMENSIONS[known.dimension].text for word in evidence if (known := adjectives().get(word))}
    if judged & said:
        return ClaimCheck(claim, True, f"judges the {sorted(judged & said)[0]}")
    if sign and sign == wanted:
        return ClaimCheck(claim, True, "judges the same way")
    return ClaimCheck(claim, False, "none of its words are in the evidence")


def _denied(stems: set[str], words: list[str]) -> bool:
    """Whether every one of the stems stands behind a negation among these words ("does not come with a case")."""
    places = [at for at, word in enumerate(words) if stem(word) in stems]
    return bool(places) and all(any(word in NEGATORS for word in words[max(0, at - _NEGATION_REACH) : at]) for at in places)


def _denies(text: str) -> bool:
    return any(word in NEGATORS or word in _ABSENCE for word in _words(text))


def _sign_read(claim: Claim, read: list[Opinion]) -> int | None:
    """The sign of the opinions that our own reader finds on the claim's evidence (the claim's own if it is among them); None where it finds none."""
    signs = {
        opinion.sign
        for opinion in read
        if any(mine.start < span.end and span.start < mine.end for mine in opinion.spans for span in claim.spans)
    }
    if not signs:
        return None
    wanted = {"like": 1, "dislike": -1}.get(claim.polarity, 0)
    return wanted if wanted in signs else 0 if 0 in signs or len(signs) > 1 else signs.pop()


def _excused(text: str, evidence: list[str]) -> bool:
    """Whether a claim of the other sign is no contradiction: it speaks of something that is not there, its own words are what judges
    in the evidence ("fiddly handwork", "eliminates flaws"), or the evidence praises by a negation."""
    if _denies(text) or _praises(evidence):
        return True
    said = {stem(word) for word in _words(text)}
    rest = [word for word in evidence if stem(word) not in said]
    return not any(word in NEGATORS for word in evidence) and not _sign(rest)


def _praises(evidence: list[str]) -> bool:
    return _PRAISE_BY_NEGATION.search(" ".join(evidence)) is not None


def copied_words(text: str, rationale: Rationale) -> str | None:
    """The first run of `COPY_WORDS` words (or the whole sentence) that a sentence of the rationale shares with the review."""
    source = [word.lower() for word in _WORD.findall(text)]
    for sentence in (rationale.user_preference, rationale.item_attribution):
        words = [word.lower() for word in _WORD.findall(sentence or "")]
        size = min(COPY_WORDS, len(words))
        if not size:
            continue
        runs = {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}
        firsts = {run[0] for run in runs}
        for at in range(len(source) - size + 1):
            if source[at] in firsts and (run := tuple(source[at : at + size])) in runs:
                return " ".join(run)
    return None


def content_stems(text: str) -> set[str]:
    """The words of a phrase in one form each ("clamps" and "clamp"), without those that name nothing."""
    return {stem(word) for word in _words(text)} - _GENERAL


def general_stems(text: str) -> set[str]:
    """Those of its words that judge in general ("good", "quality")."""
    return {stem(word) for word in _words(text)} & _JUDGING


def sign_of_text(text: str) -> int:
    """1 where the words of a phrase praise, -1 where they blame, 0 where they do neither or disagree."""
    return _sign(_words(text))


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in _WORD.findall(text.lower().replace("’", "'")):
        if word.endswith("n't"):
            words += [word[:-3], "n't"]
        else:
            words.append(word)
    return words


def stem(word: str) -> str:
    """One form for the forms of a word: 'clamps', 'fits', 'easily', 'setting'."""
    return base(singular(adjective_of(word)))


_BLAME_VERBS = frozenset(["hate", "dislike", "regret", "lack"])
_PRAISE_VERBS = frozenset(["love", "enjoy", "adore", "appreciate", "like"])


def _sign(words: list[str]) -> int:
    """The judgement of the evidence, turned round by an odd number of negations; 0 where its words do not judge or disagree."""
    signs = set()
    for word in words:
        base = base_verb(word)
        if (judgement := adjectives().get(word)) and judgement.sign:
            signs.add(judgement.sign)
        elif sign := manners().get(word, 0):
            signs.add(sign)
        elif base in _PRAISE_VERBS or base in _BLAME_VERBS:
            signs.add(1 if base in _PRAISE_VERBS else -1)
        elif word in nouns()["trouble"] or word in nouns()["bad"]:
            signs.add(-1)
    if len(signs) != 1:
        return 0
    negations = sum(word in NEGATORS for word in words)
    return signs.pop() * (-1 if negations % 2 else 1)
