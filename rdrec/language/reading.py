"""Reads a review for opinions: runs the rules over its sentences and keeps one opinion for each judging word.

In: a text, or its analysed sentences.  Out: `Opinion`s in the order of the text.
It refuses to know any product: aspects are whatever nouns the reviewer judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rdrec.language.adjective_rules import ease, modifiers, predicates
from rdrec.language.manner_rules import handiness, manner, staying
from rdrec.language.opinions import Opinion
from rdrec.language.phrase_rules import duty, praise, value, wishes
from rdrec.language.tokens import Sentence, Token
from rdrec.language.verb_rules import absence, failures, liking

Rule = Callable[[Sequence[Token], int], Iterator[Opinion]]
RULES: tuple[Rule, ...] = (
    value,
    duty,
    ease,
    wishes,
    absence,
    staying,
    handiness,
    liking,
    manner,
    modifiers,
    predicates,
    failures,
    praise,
)  # where two claim a word, the earlier wins


def opinions(sentences: Sequence[Sentence]) -> list[Opinion]:
    """Opinions of analysed sentences; questions are not read."""
    found: list[Opinion] = []
    for number, sentence in enumerate(sentences):
        if sentence.tokens[-1].lower.startswith("?"):
            continue
        taken: set[int] = set()
        here: list[Opinion] = []
        for rule in RULES:
            for opinion in rule(sentence.tokens, number):
                if taken.isdisjoint(opinion.core):
                    taken.update(opinion.core)
                    here.append(opinion)
        found.extend(sorted(here, key=lambda opinion: opinion.spans[0].start))
    return found
