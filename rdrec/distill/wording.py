"""Says opinions as the two sentences of a rationale, and keeps the claim behind each phrase.

In: the opinions of one review.  Out: a `Rationale`, or None where nothing judges.
It refuses to know the text.  Sentences stay under `MOST_WORDS` words (students' targets are cut to 20 tokens) and
under `distill.max_sentence_chars`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdrec.language.opinions import Opinion, Said, article
from rdrec.records import Claim, ClaimKind, Polarity, Rationale
from rdrec.settings import integer

MOST_WORDS = 19
_MOST_LIKES, _MOST_DISLIKES = 5, 4
_BARE = 3  # the rank of bare praise


@dataclass(frozen=True, slots=True)
class _Phrase:
    text: str
    opinion: Opinion


_Say = Callable[[Sequence[_Phrase], Sequence[_Phrase]], str]


def rationale(opinions: Sequence[Opinion]) -> Rationale | None:
    """The rationale of one review: what is liked and disliked most clearly, each aspect once."""
    chosen = _once_each(sorted(opinions, key=_worth))
    likes = [o for o in chosen if o.sign > 0][:_MOST_LIKES]
    dislikes = [o for o in chosen if o.sign < 0][:_MOST_DISLIKES]
    neutral = [o for o in chosen if o.sign == 0][: _MOST_LIKES - len(likes)]
    if not likes and not dislikes:
        return None
    good, bad = _fit(_phrases(likes, user=True), _phrases(dislikes, user=True), _user_sentence)
    user_sentence = _user_sentence(good, bad)
    has, lacks = _fit(_phrases([*likes, *neutral], user=False), _phrases(dislikes, user=False), _item_sentence)
    item_sentence = _item_sentence(has, lacks)
    claims = [_claim("user_preference", phrase) for phrase in (*good, *bad)]
    claims += [_claim("item_attribution", phrase) for phrase in (*has, *lacks)]
    return Rationale(user_sentence, item_sentence, tuple(claims))


def _worth(opinion: Opinion) -> tuple[int, int]:
    """Sort key: aspects that are judged by name, qualities of the whole, phrases by the stars alone, bare praise; then the text's order."""
    general = opinion.aspect in ("overall quality", "trouble-free use") and opinion.form != "idiom"
    bare = general or opinion.form == "duty"
    weak = opinion.form in ("about", "idiom")
    return (_BARE if bare else 2 if weak else 0 if opinion.named else 1, opinion.spans[0].start)


def _once_each(opinions: Sequence[Opinion]) -> list[Opinion]:
    """The first opinion on each aspect; bare praise only where little else is said."""
    kept: list[Opinion] = []
    seen: set[str] = set()
    for opinion in opinions:
        keys = {opinion.aspect, opinion.item.text, opinion.user.text}
        bare = _worth(opinion)[0] == _BARE
        if keys & seen or (bare and kept):
            continue
        seen |= keys
        kept.append(opinion)
    return kept


def _phrases(opinions: Sequence[Opinion], *, user: bool) -> list[_Phrase]:
    """The opinions as noun phrases with articles, no phrase twice."""
    phrases: list[_Phrase] = []
    for opinion in opinions:
        said: Said = opinion.user if user else opinion.item
        text = article(said)
        if all(text != phrase.text for phrase in phrases):
            phrases.append(_Phrase(text, opinion))
    return phrases


def _fit(good: list[_Phrase], bad: list[_Phrase], say: _Say) -> tuple[list[_Phrase], list[_Phrase]]:
    """Drop phrases until the sentence is short enough; each side that had one keeps one while that can be.

    The last phrase goes, or a longer one of the same rank: as many as can be are kept.
    """
    good, bad = list(good), list(bad)
    while len(good) + len(bad) > 1:
        sentence = say(good, bad)
        if len(sentence.split()) <= MOST_WORDS and len(sentence) <= integer("distill.max_sentence_chars"):
            break
        side = good if len(good) > 1 or not bad else bad if len(bad) > 1 else (bad if good else good)
        rank = _worth(side[-1].opinion)[0]
        same = [at for at, phrase in enumerate(side) if _worth(phrase.opinion)[0] == rank]
        side.pop(max(same, key=lambda at: (len(side[at].text.split()), at)))
    return good, bad


def _join(phrases: Sequence[_Phrase]) -> str:
    texts = [phrase.text for phrase in phrases]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _user_sentence(good: Sequence[_Phrase], bad: Sequence[_Phrase]) -> str:
    if good and bad:
        return f"The user prefers {_join(good)}{',' if len(good) > 1 else ''} and dislikes {_join(bad)}."
    return f"The user prefers {_join(good)}." if good else f"The user dislikes {_join(bad)}."


def _item_sentence(has: Sequence[_Phrase], lacks: Sequence[_Phrase]) -> str:
    verb = "are" if len(has) + len(lacks) > 1 and not (has and lacks) else "include"
    if has and lacks:
        return f"The item's attributes {verb} {_join(has)}, but {_join(lacks)}."
    return f"The item's attributes {verb} {_join(has or lacks)}."


_POLARITY: dict[int, Polarity] = {1: "like", -1: "dislike", 0: "neutral"}


def _claim(kind: ClaimKind, phrase: _Phrase) -> Claim:
    return Claim(kind, phrase.text, _POLARITY[phrase.opinion.sign], phrase.opinion.spans)
