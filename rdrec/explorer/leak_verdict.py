"""Describe the result of a leak audit in sentences: can the test be answered without learning?"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.explorer import sentences as words
from rdrec.explorer.answers import LEAK_LATER, LEAK_ORDER_RULE, LEAK_PLAIN, LEAK_RULE, LEAK_TEXT, Leak
from rdrec.explorer.points import of_100

AS_IT_CAME = "published"
GIVEN_AWAY = 0.01  # share of shoppers above which a rule counts as a leak; chance is 1 / number of items


def verdict(leaks: Sequence[Leak], protocol: str) -> str:
    """Whether numbers, reviews, order and time give answers away under the page's protocol, and numbers also as released."""
    found = {(row.protocol, row.measure): row.value for row in leaks}
    came, shown = (found.get((name, f"{LEAK_RULE}HR@1")) for name in (AS_IT_CAME, protocol))
    sentences = []
    if came is not None and shown is not None:
        leaky = max(came, shown) > GIVEN_AWAY
        sentence = words.LEAKS_VERDICT_RULE if leaky else words.LEAKS_VERDICT_NO_RULE
        sentences.append(sentence.format(rule=of_100(came), shown=of_100(shown), protocol=protocol))
    text = found.get((protocol, LEAK_TEXT))
    if text is None:
        sentences.append(words.LEAKS_VERDICT_TEXT_UNKNOWN)
    else:
        sentences.append(
            f"The review of the held-out purchase is in the training text for {of_100(text)} of 100 shoppers."
            if text
            else "No review of a held-out purchase is in the training text."
        )
    plain, ruled = (found.get((protocol, f"{name}NDCG@10")) for name in (LEAK_PLAIN, LEAK_ORDER_RULE))
    if plain is not None and ruled is not None:
        sentence = words.LEAKS_VERDICT_ORDER if ruled > plain else words.LEAKS_VERDICT_NO_ORDER
        sentences.append(sentence.format(plain=of_100(plain), rule=of_100(ruled)))
    later = found.get((protocol, LEAK_LATER))
    if later is not None:
        sentence = (
            words.LEAKS_VERDICT_LATER
            if later
            else "No training purchase was made later than a held-out purchase of the same product."
        )
        sentences.append(sentence.format(later=of_100(later)))
    return " ".join(sentences)
