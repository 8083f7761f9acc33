"""The answer key: a review's rationale in canonical words, with one wording per value and quality.

It contains only what the review says, nothing else that is known about the user or product.

    preference  the motives named; if there are none, the values; if there are none either, one quality, because anything else
                said is a remark on the product
    attributes  the most specific first: values, then motives that the product lacks, then qualities

A sentence has at most three claims, and fewer if they would exceed the student's target length (20 tokens): nothing is cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdrec.core.records import Claim, ClaimKind, Polarity, Rationale, Span
from rdrec.synthetic.motives import LACKS
from rdrec.synthetic.reviews import Sentence, Written
from rdrec.synthetic.spec import DETAIL, World

MOST_CLAIMS = 3  # per sentence
_VALUES = 2  # maximum values in a preference without a motive
MOST_TOKENS = 20  # per sentence: the limit of a student's target
# Token counts of a student's tokenizer trained on at least 1,200 users; tests check the limit of 20 at any `names`.
_PREFERS, _DISLIKES, _HAS, _NOT = 6, 9, 4, 2  # "The user prefers", "The user dislikes", "The item has", ", not"
_SHORT, _LONG, _LETTERS = 3, 4, 8  # a wording of at most _LETTERS letters is short


@dataclass(frozen=True)
class _Phrase:
    """One claim before it is joined into a sentence; `lacks`: the item does not have it."""

    wording: str
    polarity: Polarity
    said: Sentence
    lacks: bool = False

    @property
    def text(self) -> str:
        return f"no {self.wording}" if self.lacks else self.wording

    @property
    def tokens(self) -> int:
        """Including the comma, "and" or full stop after it; a few wordings need one more, but never two in one sentence."""
        return (_SHORT if len(self.wording) <= _LETTERS else _LONG) + self.lacks + 1


def answer_key(world: World, written: Written) -> Rationale:
    """The rationale that a perfect teacher could write of a review with at least one statement."""
    order = {aspect: place for place, aspect in enumerate(world.wordings)}
    said = sorted(written.statements, key=lambda one: order[str(one.aspect)])
    motives, values = [one for one in said if one.motive], [one for one in said if is_value(str(one.aspect))]
    preferences = _that_fit([_preference(world, one) for one in motives or values[:_VALUES] or said[:1]], _user_tokens)
    # A motive that the item has is selected before other values, then sorted among them: items are described in one order.
    attributes = _that_fit([_attribute(world, one) for one in sorted(said, key=_selection_key)], _item_tokens)
    attributes.sort(key=lambda phrase: (_specificity(phrase.said), order[str(phrase.said.aspect)]))
    claims = [_claim("user_preference", phrase) for phrase in preferences]
    claims += [_claim("item_attribution", phrase) for phrase in attributes]
    return Rationale(_user_sentence(preferences), f"The item has {_join(attributes)}.", tuple(claims))


def is_value(aspect: str) -> bool:
    """Whether an aspect is an attribute value, not a quality or detail."""
    return aspect != DETAIL and not aspect.startswith("quality=")


def _specificity(said: Sentence) -> int:
    return 2 if not is_value(str(said.aspect)) else 1 if said.sign == LACKS else 0


def _selection_key(said: Sentence) -> tuple[int, bool]:
    return _specificity(said), not said.motive


def _preference(world: World, said: Sentence) -> _Phrase:
    """A motive that the product lacks is still a preference."""
    disliked = said.sign == "-"
    return _Phrase(world.wordings[str(said.aspect)][disliked], "dislike" if disliked else "like", said)


def _attribute(world: World, said: Sentence) -> _Phrase:
    """What the item has, liked or not, or lacks; a bad quality has its own wording."""
    wording = world.wordings[str(said.aspect)][said.sign == "-"]
    return _Phrase(wording, "like" if said.sign == "+" else "dislike", said, lacks=said.sign == LACKS)


def _that_fit(phrases: list[_Phrase], tokens: Callable[[list[_Phrase]], int]) -> list[_Phrase]:
    """Keep at least the first phrase, and later ones while the sentence fits the target; a long one may be skipped for a shorter one."""
    kept = phrases[:1]
    for phrase in phrases[1:]:
        if len(kept) < MOST_CLAIMS and tokens([*kept, phrase]) <= MOST_TOKENS:
            kept.append(phrase)
    assert tokens(kept) <= MOST_TOKENS
    return kept


def _user_tokens(phrases: list[_Phrase]) -> int:
    likes = any(phrase.polarity == "like" for phrase in phrases)
    nots = sum(phrase.polarity == "dislike" for phrase in phrases) if likes else 0
    # the comma of ", not" is counted with the preceding wording
    return (_PREFERS if likes else _DISLIKES) + (_NOT - 1) * nots + sum(phrase.tokens for phrase in phrases)


def _item_tokens(phrases: list[_Phrase]) -> int:
    return _HAS + sum(phrase.tokens for phrase in phrases)


def _join(phrases: Sequence[_Phrase]) -> str:
    texts = [phrase.text for phrase in phrases]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _user_sentence(phrases: Sequence[_Phrase]) -> str:
    likes = [phrase for phrase in phrases if phrase.polarity == "like"]
    dislikes = [phrase for phrase in phrases if phrase.polarity == "dislike"]
    if not likes:
        return f"The user dislikes {_join(dislikes)}."
    return f"The user prefers {_join(likes)}{''.join(f', not {phrase.text}' for phrase in dislikes)}."


def _claim(kind: ClaimKind, phrase: _Phrase) -> Claim:
    return Claim(kind, phrase.text, phrase.polarity, (Span(phrase.said.start, phrase.said.end),))
