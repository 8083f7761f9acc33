"""The most telling phrase of a sentence: what a reader would remember of it ("wooden pieces", "two players", "building a track").

In: the tokens of one sentence.  Out: `Telling`, a noun phrase as it stands there with the places of its words, or None.
It refuses to know whether it is liked.  Concrete nouns come before people, times and places, which are never chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rdrec.language.complements import complement
from rdrec.language.lexicons import adjectives, cues, nouns, word_set, word_tags
from rdrec.language.negation import NEGATORS, negator_before, unreal
from rdrec.language.opinions import Said, plural_of
from rdrec.language.phrases import NounPhrase, base, base_verb, gerund, is_word, noun_phrase, verb_of
from rdrec.language.tokens import Token

_MOST_MODIFIERS = 2
_NAMELESS = word_set(
    "thing lot lots one way time times bit kind sort type part none nothing something anything everything someone somebody anyone anybody everyone everybody nobody reason fact case half rest first second mine yours"
)
_DENIED_FROM_AFAR = 0.6  # what a noun is worth less behind a denied verb: "does not want the strain"
_OF_A_STORY = 0.5  # what people and places are worth less, which tell something only with an adjective: "a little town"
_NOT_MODIFIERS = word_set(
    "other same own first second third last next many few such whole half more most much less least only several various certain sure able likely due different true real nobody another previous old new usual bit lot up ready half-dozen happy glad sorry afraid already still never ever again taken already"
)
_ROLES = word_set("player musician owner beginner fan lover person")  # "any guitar player": who one is, not what it has
_PERSONAL = word_set("my his her our your their")
_ARTICLES = word_set("the a an its any some all")
_POINTING = word_set("this these that those")
_PLACING = word_set(
    "in at on from after before until since under over into through by during near beside behind between across around against towards toward onto per like than as out"
)
_GIVING = word_set("of with for about without")
_LIKED_BEFORE = word_set("love like enjoy appreciate adore prefer hate dislike lack need have include offer feature")
_VAGUE = word_set(
    "longer rid title poster background notion process mind head brain stomach behavior taste guarantee advice website internet line range sort others mine system debate doubt logo version photo picture word name self mile inch"
)
_NOT_GERUNDS = word_set(
    "being having going doing getting coming saying thinking wanting looking trying asking giving sitting standing waiting hoping wishing considering according including regarding depending following during everything something anything nothing thing king ring string spring evening morning ceiling wing sing bring missing amazing boring annoying disappointing interesting charming exciting pleasing surprising entertaining engaging challenging outstanding frustrating confusing buying ordering purchasing returning paying expecting searching using making keeping putting taking seeing telling letting starting stopping"
)
_NOT_ACTS = word_set(
    "be have do get go come say tell think know want need try take give make let keep put see find seem mean use like love enjoy hate believe feel look sound work start stop begin end happen expect hope wish guess bother wait stay sit stand lie pay cost spend review write add mention note imagine suppose wonder remember forget worry agree admit realize realise become turn"
)
_SUBJECTS_BEFORE = word_set(
    "i we you he she they it this that which everything everyone everybody nobody n't and can could 'll will always"
)
_BEFORE_GERUND = word_set("for of at about and , enjoy enjoys enjoyed love loves loved like likes liked")
_NOT_REAL = word_set("if would 'd might whether unless")
_MOST_GERUND = 5  # tokens of a gerund with its object
_AFTER_GERUND = word_set("up out down together off away over")


@dataclass(frozen=True, slots=True)
class Telling:
    """`denied`: the place of a negation that reaches the phrase itself ("no rough edges"), or None."""

    said: Said
    key: str
    places: tuple[int, ...]
    denied: int | None
    worth: float


def tellings(tokens: Sequence[Token], avoid: frozenset[str], least: float) -> list[Telling]:
    """The phrases of the sentence that tell something, best first, none worth less than `least`; `avoid` are heads that name the product itself."""
    found = [told for told in (*_noun_phrases(tokens, avoid), *_gerunds(tokens), *_acts(tokens)) if told.worth > least]
    return sorted(found, key=lambda told: -told.worth)


def _noun_phrases(tokens: Sequence[Token], avoid: frozenset[str]) -> Iterator[Telling]:
    at = 0
    while at < len(tokens):
        phrase = noun_phrase(tokens, at)
        if phrase is None:
            at += 1
            continue
        at = max(phrase.last, at + 1)
        if (
            phrase.kind == "whole"
            or phrase.key in _NAMELESS
            or _opening_verb(tokens, phrase)
            or _verb_after_all(tokens, phrase)
        ):
            continue
        told = with_modifiers(tokens, phrase)
        if phrase.kind == "aspect" and not unfit(phrase, avoid):
            yield told
        elif (len(told.places) > 1 or (phrase.kind == "aspect" and phrase.key not in cues()["people"])) and not unfit(
            phrase, avoid, strict=False
        ):
            yield replace(told, worth=min(told.worth, 1.0 if len(told.places) > 1 else 0.8) - _OF_A_STORY)


def unfit(phrase: NounPhrase, avoid: frozenset[str], *, strict: bool = True) -> bool:
    """Whether it names nothing of a product; `strict` counts people, places and times as such."""
    head, groups = phrase.key, cues()
    heads = {head, phrase.text.rsplit(" ", 1)[-1]}
    if heads & (groups["occasion"] | groups["verdict"]) or (strict and heads & (_VAGUE | groups["people"] | groups["scene"])):
        return True
    if not is_word(phrase.text.rsplit(" ", 1)[-1]):
        return True
    itself = bool(heads & (avoid | groups["product"])) and (" " not in phrase.text or phrase.text in avoid)
    return itself or len(head) < 3


def _opening_verb(tokens: Sequence[Token], phrase: NounPhrase) -> bool:
    """ "Holds the guitar", "Plugs directly into it": a verb without its subject, taken for a noun."""
    if phrase.first or phrase.last != 1 or not tokens[0].lower.endswith("s") or len(tokens) < 2:
        return False
    known = word_tags().get(base_verb(tokens[0].lower), "")
    if known.startswith("VB") and tokens[1].tag.startswith(("NN", "JJ")):  # "Leaves the board clean" without "the"
        return True
    verb = known.startswith(("VB", "NN"))
    return verb and (
        tokens[1].tag in ("DT", "PRP$", "PRP", "RB", "IN", "RP", "TO") or tokens[1].lower in ("up", "on", "in", "out")
    )


def _verb_after_all(tokens: Sequence[Token], phrase: NounPhrase) -> bool:
    """ "That prevents damage", "which nicely matches", "the strap coming off": a verb taken for a noun."""
    last = tokens[phrase.last - 1].lower
    if last.endswith("ing") and phrase.last - phrase.first > 1 and word_tags().get(last) == "VBG":
        return True
    at = phrase.first - 1
    while at >= 0 and tokens[at].tag == "RB":
        at -= 1
    verb = last.endswith("s") and verb_of(last) is not None
    return verb and at >= 0 and tokens[at].lower in ("that", "this", "it", "which", "who", "he", "she")


def with_modifiers(tokens: Sequence[Token], phrase: NounPhrase) -> Telling:
    """The phrase with the adjectives, the article and the negation that stand before it."""
    first = phrase.first
    while first and phrase.first - first < _MOST_MODIFIERS and _modifies(tokens[first - 1]) and not _perfect(tokens, first - 1):
        first -= 1
    before = first - 1
    while before >= 0 and tokens[before].tag in ("RB", "CD", "JJ", "JJR", "JJS", "PDT"):
        before -= 1
    determiner = tokens[before].lower if before >= 0 else ""
    denied = before if determiner in ("no", "without", "not") else None
    if denied is None and determiner in ("a", "any", "an") and before and tokens[before - 1].lower in NEGATORS:
        denied = before - 1
    words = " ".join([*(token.lower for token in tokens[first : phrase.first]), phrase.text])
    said = _as_it_stands(words, phrase, determiner, counted=tokens[first].tag == "CD", denied=denied is not None)
    at = before - (determiner in _ARTICLES or determiner in _PERSONAL | _POINTING)
    worth = _worth(phrase, determiner, tokens[at].lower if at >= 0 else "", modified=first < phrase.first)
    worth += 0.5 * (denied is not None and determiner in ("a", "any", "an", "no", "without", "not"))
    worth -= _DENIED_FROM_AFAR * (denied is None and negator_before(tokens, first, 6) is not None)
    return Telling(said, phrase.key, tuple(range(first, phrase.last)), denied, worth - 0.15 * phrase.first / len(tokens))


def _worth(phrase: NounPhrase, determiner: str, preposition: str, *, modified: bool) -> float:
    """How much it tells: less after "my" and after words of place and time, more after "love", and for what each product has."""
    worth = 1.0 + 0.4 * modified + 0.5 * (determiner in ("the", "its", "")) - 0.9 * (determiner in _PERSONAL)
    worth += 0.3 * (preposition in _GIVING) + 0.6 * (base_verb(preposition) in _LIKED_BEFORE) - 0.9 * (preposition in _PLACING)
    return worth + 0.3 * (phrase.key in nouns()["single"] or phrase.key in nouns()["mass"])


def _as_it_stands(text: str, phrase: NounPhrase, determiner: str, *, counted: bool, denied: bool) -> Said:
    """With the article that the sentence gives it; a person's own ("my shelf") becomes any."""
    if denied:
        return Said(f"no {text}", "mass")
    if determiner in ("the", "this", "these", "its", "that", "those"):
        return Said(f"the {text}", "mass")
    if determiner in ("a", "an"):
        return Said(text, "singular")
    if determiner in _PERSONAL or determiner in ("each", "every", "another"):
        return Said(text, phrase.number)
    if counted:
        return Said(text, "plural")
    countable = plural_of(phrase.text.rsplit(" ", 1)[-1]) in word_tags()
    return Said(text, phrase.number if countable else "mass" if phrase.number == "singular" else phrase.number)


def _perfect(tokens: Sequence[Token], index: int) -> bool:
    """ "I've taken advantage": a participle behind "have" is a verb, no adjective."""
    return tokens[index].tag == "VBN" and index > 0 and tokens[index - 1].lower in ("have", "has", "had", "'ve")


def _modifies(token: Token) -> bool:
    word = token.lower
    if word in _NOT_MODIFIERS or not word.replace("-", "").isalpha() or not word.isascii() or len(word) < 3:
        return False
    return token.tag in ("JJ", "CD", "VBN") or (token.tag in ("NN", "VBG") and word in adjectives())


def _gerunds(tokens: Sequence[Token]) -> Iterator[Telling]:
    """ "great for acting out a story", "Building it is half the fun": what one does with the thing."""
    for index, token in enumerate(tokens):
        word = token.lower
        if not word.endswith("ing") or len(word) < 6 or word in _NOT_GERUNDS or word in adjectives() or base_verb(word) == word:
            continue
        before = tokens[index - 1].lower if index else ""
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        names_a_thing = token.tag.startswith("NN") and after is not None and after.tag.startswith("NN")
        if (index and before not in _BEFORE_GERUND) or names_a_thing or negator_before(tokens, index, 3) is not None:
            continue
        words, last, has_object = _with_object(tokens, index)
        if not has_object:
            completed = complement(tokens, base_verb(word), last)
            if completed is None:
                continue
            words, last = [*words, *completed[0]], completed[1]
        worth = (1.6 if not index or before == "for" else 1.1) - 0.4 * (not has_object)
        yield Telling(Said(" ".join(words), "mass"), base_verb(word), tuple(range(index, last)), None, worth)


def _with_object(tokens: Sequence[Token], index: int) -> tuple[list[str], int, bool]:
    """The gerund at `index` with its particle and its object: (words, place after them, whether it has an object)."""
    words, last = [tokens[index].lower], index + 1
    if last < len(tokens) and tokens[last].lower in _AFTER_GERUND:
        words.append(tokens[last].lower)
        last += 1
    at = last + (last < len(tokens) and tokens[last].lower in _ARTICLES | _PERSONAL)
    while at < len(tokens) and at - last < 3 and _modifies(tokens[at]):
        at += 1
    phrase = noun_phrase(tokens, at)
    if phrase is None or unfit(phrase, frozenset()) or phrase.last - index > _MOST_GERUND:
        return words, last, False
    between = [token.lower for token in tokens[last : phrase.first]]
    if between and between[0] in _PERSONAL:
        between[0] = "the"
    return [*words, *between, phrase.text], phrase.last, True


def _acts(tokens: Sequence[Token]) -> Iterator[Telling]:
    """ "We like to sketch", "she solved it": an act in the mouth of nobody, where the sentence names no better thing."""
    for index, token in enumerate(tokens[1:], 1):
        verb, before = base(token.lower), tokens[index - 1]
        if token.tag not in ("VB", "VBP", "VBZ", "VBD") or not word_tags().get(verb, "").startswith("VB") or len(verb) < 3:
            continue
        if verb in _NOT_ACTS or verb in cues()["getting"] or adjectives().get(verb) or not (verb.isascii() and verb.isalpha()):
            continue
        if before.lower != "to" and before.lower not in _SUBJECTS_BEFORE and not before.tag.startswith(("NN", "RB")):
            continue
        doing, last = gerund(token.lower), index + 1
        if doing is None:
            continue
        words = [doing]
        if last < len(tokens) and tokens[last].lower in _AFTER_GERUND:
            words.append(tokens[last].lower)
            last += 1
        completed = complement(tokens, verb, last)
        if completed is None or unreal(tokens, index, _NOT_REAL):
            continue
        if (
            len(words) == 1
            and not completed[0]
            and not (before.lower == "to" and base(tokens[index - 2].lower) in _LIKED_BEFORE)
        ):
            continue  # "she teaches", "we hid": an act alone is told only where it is liked, "they love to sketch"
        words, last = [*words, *completed[0]], completed[1]
        worth = 0.5 if before.lower == "to" else 0.3
        yield Telling(Said(" ".join(words), "mass"), verb, tuple(range(index, last)), None, worth)
