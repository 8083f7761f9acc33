"""The reference rationale of a review: what its statements say, in the field's two sentences, in varied words.

In: a world, a product, a written review.  Out: a `Rationale` whose claims point at their sentences.
Only what the review says goes in, never what else is known of the shopper or the product.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdrec.records import Claim, ClaimKind, Rationale, Span
from rdrec.world.reviews import Sentence, Written
from rdrec.world.spec import DETAIL, Product, World

MOST_WORDS = 19  # of a sentence: students' targets are cut to 20 tokens
_MOST_LIKES, _MOST_DISLIKES = 3, 2
_LIKED = ("prefers", "likes", "enjoys", "looks for")
_DISLIKED = ("dislikes", "does not care for", "would rather avoid")
_DETAIL_LIKED = ("touches like {detail}", "small things such as {detail}", "{detail}")
_DETAIL_DISLIKED = ("extras like {detail}", "{detail}")


@dataclass(frozen=True)
class _Phrase:
    text: str
    said: Sentence


def reference(world: World, product: Product, written: Written, salt: str) -> Rationale:
    """The rationale that a perfect teacher could write; `salt` draws the wording."""
    rng = random.Random(salt)
    liked = [said for said in written.statements if said.sign == "+"][:_MOST_LIKES]
    disliked = [said for said in written.statements if said.sign == "-"][:_MOST_DISLIKES]
    likes = [_Phrase(_preference(world, product, written, said, rng), said) for said in liked]
    dislikes = [_Phrase(_preference(world, product, written, said, rng), said) for said in disliked]
    verbs = _pick(rng, _LIKED), _pick(rng, _DISLIKED)
    likes, dislikes = _shortened(likes, dislikes, lambda good, bad: _user_sentence(good, bad, verbs))
    has = [_Phrase(_attribute(world, product, written, said, rng), said) for said in liked]
    lacks = [_Phrase(_attribute(world, product, written, said, rng), said) for said in disliked]
    has, lacks = _shortened(has, lacks, lambda good, bad: _item_sentence([*good, *bad]))
    claims = [_claim("user_preference", phrase) for phrase in (*likes, *dislikes)]
    claims += [_claim("item_attribution", phrase) for phrase in (*has, *lacks)]
    return Rationale(_user_sentence(likes, dislikes, verbs), _item_sentence([*has, *lacks]), tuple(claims))


def _pick(rng: random.Random, choices: Sequence[str]) -> str:
    return choices[int(rng.random() * len(choices))]


def _preference(world: World, product: Product, written: Written, said: Sentence, rng: random.Random) -> str:
    if said.aspect == DETAIL:
        frames = _DETAIL_LIKED if said.sign == "+" else _DETAIL_DISLIKED
        return _pick(rng, frames).format(detail=_detail(product, written, said))
    lines = world.phrases(str(said.aspect), "prefers" if said.sign == "+" else "avoids")
    return lines[int(rng.random() * len(lines))].say(lambda n: int(rng.random() * n), {})


def _attribute(world: World, product: Product, written: Written, said: Sentence, rng: random.Random) -> str:
    """What the item has, liked or not; a bad quality has words of its own."""
    if said.aspect == DETAIL:
        return _detail(product, written, said)
    lacks = said.sign == "-" and str(said.aspect).startswith("quality=")
    lines = world.phrases(str(said.aspect), "isnt" if lacks else "is")
    return lines[int(rng.random() * len(lines))].say(lambda n: int(rng.random() * n), {})


def _detail(product: Product, written: Written, said: Sentence) -> str:
    """The detail that the sentence names."""
    sentence = written.text[said.start : said.end].lower()
    return next(detail for detail in product.details if detail.lower().replace("'", "") in sentence.replace("'", ""))


def _shortened(
    good: list[_Phrase], bad: list[_Phrase], say: Callable[[list[_Phrase], list[_Phrase]], str]
) -> tuple[list[_Phrase], list[_Phrase]]:
    """Drop last phrases until the sentence is short enough; each side keeps one while it can."""
    good, bad = list(good), list(bad)
    while len(good) + len(bad) > 1 and len(say(good, bad).split()) > MOST_WORDS:
        (bad if bad and len(good) < 2 else good).pop()
    return good, bad


def _join(phrases: Sequence[_Phrase]) -> str:
    texts = [phrase.text for phrase in phrases]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _user_sentence(likes: Sequence[_Phrase], dislikes: Sequence[_Phrase], verbs: tuple[str, str]) -> str:
    liked, disliked = verbs
    if likes and dislikes:
        return f"The user {liked} {_join(likes)} but {disliked} {_join(dislikes)}."
    return f"The user {liked} {_join(likes)}." if likes else f"The user {disliked} {_join(dislikes)}."


def _item_sentence(phrases: Sequence[_Phrase]) -> str:
    return f"The item's attributes {'are' if len(phrases) > 1 else 'include'} {_join(phrases)}."


def _claim(kind: ClaimKind, phrase: _Phrase) -> Claim:
    return Claim(
        kind, phrase.text, "like" if phrase.said.sign == "+" else "dislike", (Span(phrase.said.start, phrase.said.end),)
    )
