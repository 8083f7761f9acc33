"""Claims whose words come from the examples of the prompt and not from the review: small models repeat what they were shown."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from rdrec.distill.compose import attribute_sentence, preference_sentence, sides
from rdrec.distill.grounding import content_stems
from rdrec.distill.prompts import Prompt
from rdrec.records import NothingFound, Rationale, TeacherAnswer

ONLY_EXAMPLES = "only words of the prompt's examples"


def mark_leaks(rationale: Rationale, text: str, prompt: Prompt) -> TeacherAnswer:
    """The rationale with `Claim.leaked` set where at least half of a claim's content words, and all of those that `text` does not
    hold, stand in an example.

    What leaked stays a claim, so that it can be shown and counted, and is not said in the two sentences; NothingFound where
    nothing else is left.
    """
    shown = _stems_of_examples(prompt)
    read = content_stems(text)
    claims = tuple(replace(claim, leaked=_leaked(claim.text, read, shown)) for claim in rationale.claims)
    if not any(claim.leaked for claim in claims):
        return rationale
    kept = [claim for claim in claims if not claim.leaked]
    preference = preference_sentence(*sides(kept, "user_preference"))
    attribution = attribute_sentence(*sides(kept, "item_attribution"))
    return Rationale(preference, attribution, claims) if preference or attribution else NothingFound(ONLY_EXAMPLES)


def _leaked(phrase: str, read: set[str], shown: frozenset[str]) -> bool:
    said = content_stems(phrase)
    absent = said - read
    return bool(absent) and absent <= shown and 2 * len(absent) >= len(said)


@lru_cache(maxsize=32)
def _stems_of_examples(prompt: Prompt) -> frozenset[str]:
    texts = [text for example in prompt.examples for text in (example.review, *example.phrases)]
    return frozenset(stem for text in texts for stem in content_stems(text))
