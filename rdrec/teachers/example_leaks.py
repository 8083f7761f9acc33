"""Find claims whose words come from the prompt's examples and not from the review; small models repeat what they were shown."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from rdrec.core.records import CLAIM_KINDS, NothingFound, Rationale, TeacherAnswer
from rdrec.data.content_words import content_stems
from rdrec.teachers.compose import sentence_of
from rdrec.teachers.prompts import Prompt

ONLY_EXAMPLES = "only words of the prompt's examples"


def mark_leaks(rationale: Rationale, text: str, prompt: Prompt) -> TeacherAnswer:
    """The rationale with `Claim.leaked` set for claims whose words come from the prompt's examples.

    A claim is leaked if all its content words that are not in `text` are in the examples, and these are more than half of its words; half
    is enough if all its words are from one phrase of an example ("tight at the toes").  Leaked claims are kept, so that they can be shown
    and counted, but are left out of the two sentences.  Returns NothingFound if nothing else is left.
    """
    shown = _stems_of_examples(prompt)
    read = content_stems(text)
    claims = tuple(replace(claim, leaked=_leaked(claim.text, read, *shown)) for claim in rationale.claims)
    if not any(claim.leaked for claim in claims):
        return rationale
    kept = [claim for claim in claims if not claim.leaked]
    preference, attribution = (sentence_of(kind, kept) for kind in CLAIM_KINDS)
    return Rationale(preference, attribution, claims) if preference or attribution else NothingFound(ONLY_EXAMPLES)


def _leaked(phrase: str, read: set[str], shown: frozenset[str], phrases: tuple[frozenset[str], ...]) -> bool:
    said = content_stems(phrase)
    absent = said - read
    repeated = any(said <= one for one in phrases)
    return bool(absent) and absent <= shown and 2 * len(absent) + repeated > len(said)


@lru_cache(maxsize=32)
def _stems_of_examples(prompt: Prompt) -> tuple[frozenset[str], tuple[frozenset[str], ...]]:
    """Content stems of all examples together, and of each phrase in their answers."""
    texts = [text for example in prompt.examples for text in (example.review, *example.phrases)]
    phrases = tuple(frozenset(content_stems(phrase)) for example in prompt.examples for phrase in example.phrases)
    return frozenset(stem for text in texts for stem in content_stems(text)), phrases
