"""Rules for verbs that judge and for trouble: "love the tone", "not happy with the cable", "no noise", "lacks punch", "broke".

In: the tokens of one sentence and its number.  Out: `Opinion`s.  It refuses to know any product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.clauses import make, subject_of
from rdrec.language.lexicons import adjectives, nouns, word_set
from rdrec.language.negation import negator_before, unreal
from rdrec.language.opinions import Opinion, Said, in_general
from rdrec.language.phrases import NounPhrase, base, base_verb, noun_phrase
from rdrec.language.tokens import Token

_LIKERS = word_set("i we he she they and , husband wife son daughter kids everyone you 'll will")

_NO_TROUBLE = word_set("problem problems issue issues complaint complaints trouble troubles hassle defects flaws regrets")

_BEFORE_LIKING = word_set("do did does n't also absolutely really just especially")

_FIGURES = word_set(
    "doubt doubts fear hesitation question regret loss exception brainer way frills joke idea clue avail wonder surprise longer time one matter"
)

_PASSED_OVER = word_set("noticeable real much in of or unwanted")

_OUTLAYS = word_set("spending paying buying waiting returning ordering")  # disliked whatever the product is
_LIKING = {
    "love": 1,
    "like": 1,
    "enjoy": 1,
    "adore": 1,
    "appreciate": 1,
    "hate": -1,
    "dislike": -1,
    "regret": -1,
    "despise": -1,
}

_THIRD_PERSON = frozenset(["loves", "loved", "enjoys", "enjoyed", "adores", "hates", "hated", "likes", "appreciates"])

_FEELING = {
    **dict.fromkeys(["happy", "pleased", "satisfied", "thrilled", "impressed", "delighted", "amazed"], 1),
    **dict.fromkeys(
        ["disappointed", "unhappy", "dissatisfied", "unimpressed", "annoyed", "frustrated", "displeased", "upset"], -1
    ),
}

_BE = word_set("is are was were 's")  # "is no toy" is not "has no toy", but "there is no lid"

_SCARCELY = word_set("hardly barely scarcely n't not never")
_LEAVING = word_set("make leave have show get give")
_TRACES = word_set("sound mark peep scratch dent crease wrinkle trace")

_HAVING = word_set(
    "have has had having with is are was were 's comes came come offers provides gives includes there got get produces produced makes made"
)

_DETERMINERS = word_set("the this these its his her their my our your a an that those all any some how both")


def liking(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "I love the tone", "not happy with the cable", "disappointed in the zipper"."""
    for index, token in enumerate(tokens):
        base = base_verb(token.lower)
        if (sign := _LIKING.get(base, 0)) and (index == 0 or token.lower in _THIRD_PERSON or _person_before(tokens, index)):
            start = index + 1
            core = index
        elif (
            (sign := _FEELING.get(token.lower, 0))
            and index + 1 < len(tokens)
            and tokens[index + 1].lower in ("with", "by", "in", "at", "about")
        ):
            start = index + 2
            core = index
        else:
            continue
        if unreal(tokens, index, reach=5) or any(
            t.lower in ("would", "'d", "d", "if") for t in tokens[max(0, index - 3) : index]
        ):
            continue
        denied = negator_before(tokens, index, 4)
        yield from _liked(tokens, start, -sign if denied is not None else sign, core, denied, number)


def _person_before(tokens: Sequence[Token], index: int) -> bool:
    if tokens[index].lower == "like" and index and tokens[index - 1].lower == ",":  # "gone stale, like bread"
        return False
    at = index - 1
    while at >= 0 and (tokens[at].tag in ("RB", "MD") or tokens[at].lower in _BEFORE_LIKING):
        at -= 1
    return at < 0 or tokens[at].lower in _LIKERS


def _liked(tokens: Sequence[Token], start: int, sign: int, core: int, denied: int | None, number: int) -> Iterator[Opinion]:
    at, determiner = start, ""
    while at < len(tokens) and at - start < 5:
        if tokens[at].lower in _DETERMINERS:
            determiner = tokens[at].lower
        elif not tokens[at].tag.startswith(("JJ", "RB", "CD", "VBN")):
            break
        at += 1
    phrase = noun_phrase(tokens, at)
    pronoun = (at < len(tokens) and tokens[at].lower in ("it", "them", "these", "this")) or (
        phrase is None and determiner in ("this", "these", "it", "them")
    )
    if phrase is not None and (phrase.kind == "empty" or phrase.key in _OUTLAYS):
        return
    if phrase is None and not pronoun:
        return
    product = phrase is not None and (
        determiner in ("this", "these", "my") and phrase.number != "mass" and phrase.key not in nouns()["single"]
    )
    if phrase is None or phrase.kind == "whole" or product:
        good = Said(f"{'good' if sign > 0 else 'poor'} quality", "mass")
        item = Said(f"{'good' if sign > 0 else 'disappointing'} overall quality", "mass")
        if phrase is not None and phrase.kind == "aspect":
            general = in_general(phrase)
            good = Said(f"{'good' if sign > 0 else 'poor'} {general.text}", general.number)
        places = [core, *(range(phrase.first, phrase.last) if phrase else [at if pronoun and at < len(tokens) else at - 1])]
        yield make(
            "whole",
            sign,
            "overall quality",
            phrase.text if phrase and phrase.kind == "aspect" else "quality",
            item,
            good,
            tokens,
            places,
            denied,
            core,
            number,
            False,
        )
        return
    general = in_general(phrase)
    item = Said(f"{'appealing' if sign > 0 else 'disappointing'} {phrase.text}", phrase.number)
    user = Said(f"{'good' if sign > 0 else 'poor'} {general.text}", general.number)
    yield make(
        "liking",
        sign,
        phrase.key,
        phrase.text,
        item,
        user,
        tokens,
        [core, *range(phrase.first, phrase.last)],
        denied,
        core,
        number,
    )


def absence(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "without any noise", "no buzz", "lacks punch", "never had any issue with the tuner", "the only complaint is the cord"."""
    groups = nouns()
    for index, token in enumerate(tokens):
        word = token.lower
        lacking = base_verb(word) == "lack" and (index == 0 or tokens[index - 1].lower not in ("a", "the", "of"))
        if (word in ("no", "without", "zero", "any", "never") or lacking) and (found := _noun_from(tokens, index + 1)):
            phrase = found
            head = phrase.text.rsplit(" ", 1)[-1]
            denied_any = word != "any" or negator_before(tokens, index, 6) is not None
            places = [index, *range(phrase.first, phrase.last)]
            unwelcome = head in groups["bad"] or ((known := adjectives().get(head)) is not None and known.sign < 0)
            if unwelcome and head not in groups["trouble"] and phrase.text not in _FIGURES and denied_any and not lacking:
                nothing = negator_before(tokens, index, 6) if word == "any" else None
                yield make(
                    "absence",
                    1,
                    phrase.key,
                    phrase.text,
                    Said(f"no {phrase.text}", "mass"),
                    Said(f"freedom from {phrase.text}", "mass"),
                    tokens,
                    places,
                    nothing,
                    phrase.last - 1,
                    number,
                )
            elif lacking and phrase.kind == "aspect" and subject_of(tokens, index)[0] and not unreal(tokens, index):
                denied = negator_before(tokens, index, 4)
                sign = 1 if denied is not None or head in groups["bad"] else -1
                said = Said(f"{'enough' if denied is not None else 'no' if sign > 0 else 'little'} {phrase.text}", "mass")
                yield make("absence", sign, phrase.key, phrase.text, said, said, tokens, places, denied, index, number)
            elif (
                word == "no"
                and index
                and tokens[index - 1].lower in _HAVING
                and not (tokens[index - 1].lower in _BE and (index < 2 or tokens[index - 2].lower not in ("there", "theres")))
                and subject_of(tokens, index - 1)[0]
                and phrase.kind == "aspect"
                and head not in groups["trouble"]
                and phrase.last - phrase.first < 3
                and phrase.text not in _FIGURES | {"need", "reason"}
                and not any(t.lower in ("needed", "required", "necessary") for t in tokens[phrase.last : phrase.last + 2])
            ):
                said = Said(f"no {phrase.text}", "mass")
                yield make(
                    "absence",
                    -1,
                    phrase.key,
                    phrase.text,
                    said,
                    Said(f"lack of {phrase.text}", "singular"),
                    tokens,
                    places,
                    None,
                    index,
                    number,
                )
        if word in _SCARCELY and (opinion := _silent(tokens, index, number)):
            yield opinion
        if word in groups["trouble"] and (opinion := _trouble(tokens, index, number)):
            yield opinion


def _silent(tokens: Sequence[Token], index: int, number: int) -> Opinion | None:
    """ "hardly makes a noise", "doesn't leave a mark": a scarce or denied verb with one of what is unwelcome."""
    at = index + 1
    if at >= len(tokens) or base(tokens[at].lower) not in _LEAVING or not subject_of(tokens, index)[0]:
        return None
    if at + 1 >= len(tokens) or tokens[at + 1].lower not in ("a", "an", "single", "one"):
        return None
    phrase = _noun_from(tokens, at + 2)
    if phrase is None or phrase.text.rsplit(" ", 1)[-1] not in nouns()["bad"] | _TRACES or unreal(tokens, index):
        return None
    places = [index, at, *range(phrase.first, phrase.last)]
    item, user = Said(f"no {phrase.text}", "mass"), Said(f"freedom from {phrase.text}", "mass")
    return make("absence", 1, phrase.key, phrase.text, item, user, tokens, places, index, phrase.last - 1, number)


def _noun_from(tokens: Sequence[Token], at: int) -> NounPhrase | None:
    """The noun phrase after "no", "without any", "lacks a lot of": over determiners and adjectives."""
    start = at
    while (
        at < len(tokens)
        and at - start < 4
        and (tokens[at].lower in _DETERMINERS | _PASSED_OVER or tokens[at].tag.startswith("JJ"))
    ):
        at += 1
    return noun_phrase(tokens, at)


def _trouble(tokens: Sequence[Token], index: int, number: int) -> Opinion | None:
    if unreal(tokens, index):
        return None
    denied = negator_before(tokens, index, 6)
    after = tokens[index + 1].lower if index + 1 < len(tokens) else ""
    if (
        after in ("with", "is", "was", "about", "'s", "are")
        and (phrase := _noun_from(tokens, index + 2))
        and phrase.kind == "aspect"
        and tokens[index + 2 : index + 3]
        and not tokens[index + 2].tag.startswith("JJ")
    ):
        places = [index, *range(phrase.first, phrase.last)]
        general = in_general(phrase)
        if denied is not None and after in ("with", "about"):
            return make(
                "trouble",
                1,
                phrase.key,
                phrase.text,
                Said(f"trouble-free {phrase.text}", phrase.number),
                Said(f"trouble-free {general.text}", general.number),
                tokens,
                places,
                denied,
                index,
                number,
            )
        if denied is None:
            return make(
                "trouble",
                -1,
                phrase.key,
                phrase.text,
                Said(f"unsatisfying {phrase.text}", phrase.number),
                Said(f"poor {general.text}", general.number),
                tokens,
                places,
                None,
                index,
                number,
            )
        return None
    if denied is not None and tokens[index].lower in _NO_TROUBLE:
        return make(
            "trouble",
            1,
            "trouble-free use",
            "reliability",
            Said("trouble-free use", "mass"),
            Said("trouble-free use", "mass"),
            tokens,
            [index],
            denied,
            index,
            number,
            False,
        )
    return None
