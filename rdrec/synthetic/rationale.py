"""The answer key: the true rationale of a review, with one fixed wording per value and quality.

It contains only what the review says, nothing else that is known about the user or product.

    preference  the motives named; if there are none, the values; if there are none either, one quality (further ones describe the
                product rather than the user)
    attributes  the most specific first: values, then motives that the product lacks, then qualities

A sentence has at most three claims, and fewer if they would exceed the student's target length of 20 tokens, so that none is cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdrec.core.records import Claim, ClaimKind, Polarity, Rationale, Span, joined
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
    """One claim before it is joined into a sentence; `source`: the review's sentence; `lacks`: the item does not have it."""

    wording: str
    polarity: Polarity
    source: Sentence
    lacks: bool = False

    @property
    def text(self) -> str:
        return f"no {self.wording}" if self.lacks else self.wording

    @property
    def tokens(self) -> int:
        """Number of tokens with the following comma, "and" or full stop; a few wordings need one more, but never two in one sentence."""
        return (_SHORT if len(self.wording) <= _LETTERS else _LONG) + self.lacks + 1


def answer_key(world: World, written: Written) -> Rationale:
    """The rationale that a perfect teacher would write for a review with at least one statement."""
    order = {aspect: place for place, aspect in enumerate(world.wordings)}
    statements = sorted(written.statements, key=lambda s: order[str(s.aspect)])
    motives, values = [s for s in statements if s.motive], [s for s in statements if is_value(str(s.aspect))]
    preferences = _that_fit([_preference(world, s) for s in motives or values[:_VALUES] or statements[:1]], _user_tokens)
    # Motives that the item has are selected before other values, then sorted among them, so that attributes have a fixed order.
    attributes = _that_fit([_attribute(world, s) for s in sorted(statements, key=_selection_key)], _item_tokens)
    attributes.sort(key=lambda phrase: (_specificity(phrase.source), order[str(phrase.source.aspect)]))
    claims = [_claim("user_preference", phrase) for phrase in preferences]
    claims += [_claim("item_attribution", phrase) for phrase in attributes]
    return Rationale(_user_sentence(preferences), f"The item has {_join(attributes)}.", tuple(claims))


def is_value(aspect: str) -> bool:
    """Whether an aspect is an attribute value, not a quality or detail."""
    return aspect != DETAIL and not aspect.startswith("quality=")


def _specificity(statement: Sentence) -> int:
    return 2 if not is_value(str(statement.aspect)) else 1 if statement.sign == LACKS else 0


def _selection_key(statement: Sentence) -> tuple[int, bool]:
    return _specificity(statement), not statement.motive


def _preference(world: World, statement: Sentence) -> _Phrase:
    """What the user likes or dislikes; a motive that the product lacks is a like."""
    disliked = statement.sign == "-"
    return _Phrase(world.wordings[str(statement.aspect)][disliked], "dislike" if disliked else "like", statement)


def _attribute(world: World, statement: Sentence) -> _Phrase:
    """What the item has, liked or not, or lacks; a bad quality has its own wording."""
    wording = world.wordings[str(statement.aspect)][statement.sign == "-"]
    return _Phrase(wording, "like" if statement.sign == "+" else "dislike", statement, lacks=statement.sign == LACKS)


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
    return joined([phrase.text for phrase in phrases])


def _user_sentence(phrases: Sequence[_Phrase]) -> str:
    likes = [phrase for phrase in phrases if phrase.polarity == "like"]
    dislikes = [phrase for phrase in phrases if phrase.polarity == "dislike"]
    if not likes:
        return f"The user dislikes {_join(dislikes)}."
    return f"The user prefers {_join(likes)}{''.join(f', not {phrase.text}' for phrase in dislikes)}."


def _claim(kind: ClaimKind, phrase: _Phrase) -> Claim:
    return Claim(kind, phrase.text, phrase.polarity, (Span(phrase.source.start, phrase.source.end),))
