"""Rules for things that break: "broke after a week", "the strap fell off", "stopped working"; negated: "never slips".

In: the tokens of one sentence and its number.  Out: `Opinion`s.  It refuses to know any product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.clauses import make, subject_of
from rdrec.language.lexicons import word_set
from rdrec.language.negation import IRREALIS, denial, unreal
from rdrec.language.opinions import Opinion, Said
from rdrec.language.phrases import NounPhrase, base, gerund
from rdrec.language.tokens import Token

_WORRY = word_set(
    "worry worries worried worrying fear fearing afraid some"
)  # "without worrying that it falls off", "some of theirs broke"
_WHEN = word_set("first second third next same other last day moment minute hour week month")  # "broke the first day"
_OBJECTS = word_set("the a my your in into them it down on to over this through")

_FAILING = word_set(
    "break fail die crack snap rip tear leak rust peel fade slip rattle squeak overheat warp clog jam malfunction shrink crumble unravel fray wobble slide chip tarnish shatter disintegrate smear smudge itch shed stain"
)

_SAME_IN_THE_PAST = word_set("split shed")

_FELL = {
    "fall": ("apart", "off", "out", "over", "down"),
    "come": ("apart", "off", "loose", "undone"),
    "wear": ("out", "off"),
    "stop": ("working", "functioning"),
    "quit": ("working",),
    "give": ("out",),
    "burn": ("out",),
}


def failures(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "broke after a week", "the strap fell off", "stopped working"; negated: "never slips"."""
    for index, token in enumerate(tokens):
        if token.tag.startswith(("JJ", "DT")) or not token.lower.isalpha():
            continue
        verb = base(token.lower)
        last = index
        if verb in _FELL:
            if index + 1 >= len(tokens) or tokens[index + 1].lower not in _FELL[verb]:
                continue
            last = index + 1
        elif (
            verb not in _FAILING
            or (
                token.tag.startswith("NN")
                and (not index or tokens[index - 1].tag.startswith(("DT", "JJ", "PRP$", "IN", "CC", "VB")))
            )
            or (verb == "fail" and index + 1 < len(tokens) and tokens[index + 1].lower == "to")
        ):
            continue
        if (
            verb != "die"
            and last == index
            and index + 1 < len(tokens)
            and (tokens[index + 1].tag in ("DT", "PRP$", "PRP", "RP", "IN", "TO") and tokens[index + 1].lower in _OBJECTS)
            and not _when(tokens, index + 2)
        ):
            continue
        known, phrase = subject_of(tokens, index)
        known = known or (index == 2 and base(tokens[0].lower) in ("start", "begin") and tokens[1].tag == "TO")
        if (
            not known
            or _no_verb(tokens, index, last, phrase)
            or unreal(tokens, index, IRREALIS | _WORRY)
            or (index > 1 and tokens[index - 1].lower == "ones" and tokens[index - 2].tag.startswith("JJ"))
            or (index > 1 and tokens[index - 1].tag == "TO" and base(tokens[index - 2].lower) not in ("start", "begin"))
            or any(t.lower in ("old", "other", "previous", "another") for t in tokens[max(0, index - 6) : index])
        ):
            continue
        denied = denial(tokens, index)
        act = " ".join([verb, *(t.lower for t in tokens[index + 1 : last + 1])])
        doing = " ".join([gerund(verb) or verb, *(t.lower for t in tokens[index + 1 : last + 1])])
        tendency = Said(f"{'no ' if denied is not None else ''}tendency to {act}", "singular" if denied is None else "mass")
        user = Said(f"durability (no {doing})" if denied is not None else f"poor durability ({doing})", "mass")
        places = [*range(index, last + 1)]
        if phrase is not None and phrase.kind == "aspect" and denied is None and token.tag != "VBG":
            places = [*range(phrase.first, phrase.last), *places]
            said = " ".join(t.lower for t in tokens[index : last + 1])
            tendency = user = Said(f"{phrase.text} that {said}", phrase.number)
        elif phrase is not None and phrase.kind == "empty":
            continue
        yield make(
            "failure",
            1 if denied is not None else -1,
            phrase.key if phrase else "durability",
            phrase.text if phrase else "durability",
            tendency,
            user,
            tokens,
            places,
            denied,
            index,
            number,
            phrase is not None,
        )


def _no_verb(tokens: Sequence[Token], index: int, last: int, phrase: NounPhrase | None) -> bool:
    """ "my lunch break", "one torn sail", "it comes apart into three panels": no failure."""
    after = tokens[last + 1] if last + 1 < len(tokens) else None
    if tokens[index].lower == "tear" and index > 1 and tokens[index - 2].lower == "wear":  # "wear and tear"
        return True
    if last > index:
        return after is not None and after.lower in ("into", "for") and base(tokens[index].lower) == "come"
    if tokens[index].tag == "VBN" and after is not None and after.tag.startswith("NN"):
        return True
    uninflected = tokens[index].lower == base(tokens[index].lower) and tokens[index].lower not in _SAME_IN_THE_PAST
    beside = phrase is not None and phrase.last == index and phrase.number != "plural"
    return uninflected and beside


def _when(tokens: Sequence[Token], at: int) -> bool:
    """ "(broke the) first day", "(broke on) day two", "(broke on the) third use"."""
    return any(token.lower in _WHEN for token in tokens[at : at + 2])
