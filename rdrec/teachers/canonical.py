"""Use one wording for each thing: "easy to set up", "set-up is easy" and "sets up easily" become the most frequent of them.

Two phrases mean the same if they have the same content words, in any form and order; a negation is a content word.  Nothing is invented:
every canonical phrase is the wording of some claim.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from rdrec.core.records import CLAIM_KINDS, Claim, Rationale
from rdrec.data.english import stem
from rdrec.data.rationales import answer_of, with_answers
from rdrec.teachers.compose import sentence_of

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_EMPTY = re.compile(
    r"an?|the|is|are|was|were|be|been|being|am|do|does|did|has|have|had|its?|they|them|their|this|that|these|those|which|who|i|my|me"
    r"|we|our|you|your|he|his|she|her|to|of|for|in|on|at|as|and|very|really|quite|so|just"
)
_DIRECTED = frozenset(["than", "from", "instead", "over", "versus", "vs", "not", "without", "no", "but"])  # word order matters
_SUITS = frozenset(["good", "great", "perfect", "ideal", "nice", "excellent", "fine", "right"])  # before "for"
_INTENSE = frozenset(["very", "really", "quite", "so"])
_SHORTEST_PART = 2  # letters in each part of a compound that may also be written as two words

_Key = tuple[str, ...]
_Group = tuple[str, str, _Key]  # kind, polarity, words


@dataclass(frozen=True)
class Wordings:
    """The most frequent wording of each thing that a set of claims says."""

    wording: dict[_Group, str]
    compounds: dict[str, tuple[str, str]]

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> Wordings:
        """Wordings of all claims; of equally frequent ones the shortest, then the first in the alphabet, whatever the order of claims."""
        said = list(claims)
        compounds = _compounds(_words(claim.text) for claim in said)
        counts: dict[_Group, Counter[str]] = defaultdict(Counter)
        for claim in said:
            counts[_group(claim, compounds)][claim.text] += 1
        best = {group: min(found, key=lambda text: (-found[text], len(text.split()), text)) for group, found in counts.items()}
        return cls(best, compounds)

    def of_claim(self, claim: Claim) -> str:
        """The canonical phrase of a claim; its own words where the set has none."""
        return self.wording.get(_group(claim, self.compounds), claim.text)


def in_one_wording(rationales: pd.DataFrame) -> pd.DataFrame:
    """`rationales` (columns of `schema.RATIONALES`) with every claim, and the sentences made of them, in canonical phrases.

    A sentence without a claim stays as it is.
    """
    answers = [answer_of(row) for row in rationales.to_dict("records")]
    wordings = Wordings.of(claim for answer in answers if isinstance(answer, Rationale) for claim in answer.claims)
    said = [_reworded(answer, wordings) if isinstance(answer, Rationale) else answer for answer in answers]
    return with_answers(rationales, said)


def _reworded(rationale: Rationale, wordings: Wordings) -> Rationale:
    claims = tuple(replace(claim, text=wordings.of_claim(claim)) for claim in rationale.claims)
    if claims == rationale.claims:
        return rationale
    preference, attribution = (sentence_of(kind, claims) for kind in CLAIM_KINDS)
    return Rationale(preference or rationale.user_preference, attribution or rationale.item_attribution, claims)


def _group(claim: Claim, compounds: dict[str, tuple[str, str]]) -> _Group:
    words = [part for word in _words(claim.text) for part in compounds.get(word, (word,))]
    kept = [stem(word) for before, word in pairwise(["", *words]) if not _EMPTY.fullmatch(word) or _matters(before, word)]
    if not kept:
        return claim.kind, claim.polarity, tuple(words)
    directed = any(word in _DIRECTED for word in words)
    return claim.kind, claim.polarity, tuple(kept if directed else sorted(set(kept)))


def _matters(before: str, word: str) -> bool:
    """Whether a word that is usually empty changes the sense: "good for arithmetic" is no "good arithmetic", "not very loud" is no
    "not loud"."""
    return (word == "for" and before in _SUITS) or (before == "not" and word in _INTENSE)


def _words(text: str) -> list[str]:
    """Lower-cased words; a hyphen parts two, and "n't" is a "not"."""
    found: list[str] = []
    for word in _WORD.findall(text.lower().replace("’", "'")):
        found += [word[:-3], "not"] if word.endswith("n't") else [word.removesuffix("'s")]
    return found


def _compounds(phrases: Iterable[list[str]]) -> dict[str, tuple[str, str]]:
    """Words that are two others put together which stand side by side somewhere ("setup" where "set up" is said too)."""
    words: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for phrase in phrases:
        words.update(phrase)
        pairs.update(pairwise(phrase))
    joined = {one + other: (one, other) for one, other in sorted(pairs) if min(len(one), len(other)) >= _SHORTEST_PART}
    return {word: joined[word] for word in words if word in joined}
