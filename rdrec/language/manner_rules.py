"""Rules for how a thing does what it does: "works great", "fits perfectly", "well made", "stays in place", "comes in handy".

In: the tokens of one sentence and its number.  Out: `Opinion`s.  It refuses to know any product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.clauses import LOOKING, adjective_at, make, subject_of
from rdrec.language.lexicons import manners, nouns, word_set
from rdrec.language.negation import NEGATORS, denial, negator_before, unreal
from rdrec.language.opinions import DIMENSIONS, Opinion, Said, in_general
from rdrec.language.phrases import adjective_of, base_verb, gerund, noun_phrase, verb_of
from rdrec.language.tokens import Token

_PRAISES = word_set("great perfect awesome amazing excellent fantastic wonderful beautiful superb nice decent good")

_BE_FORMS = word_set("is are was were am been be 's")

_COUNTABLE_ACTS = word_set("build sound look feel smell taste fit design finish hold")

_DEGREES = word_set("really very so pretty just quite extremely super absolutely equally as up too incredibly surprisingly")

_STAYED = word_set("in on put its their up tune charge together a")

_SENSES = {
    "sound": Said("sound", "singular"),
    "look": Said("look", "singular"),
    "feel": Said("feel", "singular"),
    "smell": Said("smell", "singular"),
    "taste": Said("taste", "singular"),
    "fit": Said("fit", "singular"),
}

_ACTS = {
    "work": "performance",
    "perform": "performance",
    "function": "performance",
    "operate": "operation",
    "do": "performance",
    "suit": "fit",
    "serve": "performance",
}

_MADE = {
    "made": "build",
    "built": "build",
    "constructed": "build",
    "crafted": "build",
    "designed": "design",
    "packaged": "packaging",
    "packed": "packaging",
    "written": "writing",
    "finished": "finish",
    "padded": "padding",
    "boxed": "packaging",
    "wrapped": "packaging",
    "sealed": "packaging",
    "printed": "print",
    "sewn": "stitching",
    "stitched": "stitching",
    "painted": "paint",
    "drawn": "drawing",
    "illustrated": "illustration",
    "carved": "carving",
    "assembled": "assembly",
    "fitted": "fit",
    "explained": "explanation",
    "organized": "order",
    "organised": "order",
    "translated": "translation",
}

_NO_MANNER = word_set(
    "be have get go come buy see know think say want make need try take give would will can could should may might must let tell find got say want seem mean pay cost order bring put spend deserve shop review rate ask learn read bought"
)


def manner(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "works great", "fits perfectly", "well made", "does a great job"."""
    known = manners()
    for index, token in enumerate(tokens):
        sign = known.get(token.lower, 0)
        if (
            (sense := LOOKING.get(token.lower))
            and index
            and (judgement := adjective_at(tokens, index - 1))
            and judgement.sign
            and not unreal(tokens, index)
        ):
            yield _good_or_bad(
                tokens,
                judgement.sign,
                tokens[index - 1].lower,
                sense,
                [index - 1, index],
                negator_before(tokens, index - 1, 4),
                index - 1,
                number,
            )
        if not sign or unreal(tokens, index):
            continue
        if [t.lower for t in tokens[index : index + 2]] == ["better", "than"] and denial(tokens, index) is not None:
            continue  # "nothing she likes better than a walk" is praise
        if token.lower == "well" and index + 1 < len(tokens) and (made := _MADE.get(tokens[index + 1].lower)):
            denied = negator_before(tokens, index, 4)
            yield _good_or_bad(tokens, sign, "good", made, [index, index + 1], denied, index, number)
            continue
        if index and (made := _MADE.get(tokens[index - 1].lower)) and (token.lower.endswith("ly") or token.lower == "well"):
            yield _good_or_bad(
                tokens,
                sign,
                adjective_of(token.lower),
                made,
                [index - 1, index],
                negator_before(tokens, index - 1, 4),
                index,
                number,
            )
            continue
        if index + 1 < len(tokens) and token.lower.endswith("ly") and (made := _MADE.get(tokens[index + 1].lower)):
            yield _good_or_bad(
                tokens,
                sign,
                adjective_of(token.lower),
                made,
                [index, index + 1],
                negator_before(tokens, index, 4),
                index,
                number,
            )
            continue
        if not index:
            continue
        verb = index - 1
        while verb > 0 and tokens[verb].lower in _DEGREES:
            verb -= 1
        if tokens[verb].tag.startswith("NN") or tokens[verb].tag == "PRP":
            verb = _verb_over_object(tokens, verb, index)
        base = verb_of(tokens[verb].lower) or base_verb(tokens[verb].lower)
        if (
            base in _SENSES
            or base in _ACTS
            or base in ("play", "hold", "stick", "last")
            or tokens[verb].tag in ("VBZ", "VBP", "VBD", "VB")
        ):
            yield from _manner_of(tokens, index, verb, base, sign, number)


def _verb_over_object(tokens: Sequence[Token], at: int, index: int) -> int:
    """The verb before its object: "holds the guitar securely", "covers it evenly"; `at` itself where there is none."""
    if not (tokens[index].lower.endswith("ly") or tokens[index].lower in ("well", "fine", "perfectly")):
        return at
    verb = at
    while (
        verb > 0
        and at - verb < 5
        and (tokens[verb].tag.startswith(("NN", "JJ", "DT", "PRP", "CD")) or tokens[verb].lower == "of")
    ):
        verb -= 1
    return verb if tokens[verb].tag in ("VBZ", "VBP", "VBD", "VB") else at


def _manner_of(tokens: Sequence[Token], index: int, verb: int, base: str, sign: int, number: int) -> Iterator[Opinion]:
    if (
        base in _NO_MANNER
        or (base == "hold" and tokens[verb + 1].lower == "up")
        or not base.isascii()
        or tokens[verb].lower in _BE_FORMS
        or not base.isalpha()
    ):
        return
    if (
        tokens[verb].lower in nouns()["mass"] or tokens[verb].lower in nouns()["bad"]
    ):  # "blocks noise perfectly" is not of "noising"
        return
    if verb and tokens[verb - 1].tag in ("DT", "PRP$", "IN") and tokens[verb].tag.startswith("NN"):
        return
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if (
        after is not None
        and (after.tag.startswith("NN") or (after.tag.startswith("JJ") and tokens[index].lower != "well"))
        and not tokens[index].lower.endswith("ly")
        and tokens[index].lower != "well"
    ):
        return
    known, phrase = subject_of(tokens, verb)
    if not known:
        return
    denied = negator_before(tokens, verb, 4)
    if denied is None:
        denied = next((at for at in range(verb + 1, index) if tokens[at].lower in NEGATORS), None)
    adjective = adjective_of(tokens[index].lower)
    places = [*range(verb, index + 1)]
    if base in _ACTS and phrase is not None and phrase.kind == "aspect":
        places = [*range(phrase.first, phrase.last), *places]
        adverb = ("poorly" if sign > 0 else "well") if denied is not None else tokens[index].lower
        adverb = {
            "great": "well",
            "good": "well",
            "awesome": "well",
            "amazing": "well",
            "fantastic": "well",
            "perfect": "perfectly",
            "terrible": "terribly",
            "bad": "badly",
            "awful": "badly",
        }.get(adverb, adverb)
        general = in_general(phrase)
        final = -sign if denied is not None else sign
        item = Said(f"{phrase.text} that work{'' if phrase.number == 'plural' else 's'} {adverb}", phrase.number)
        user = Said(
            f"{general.text} that work{'' if general.number == 'plural' else 's'} {'well' if final > 0 else 'poorly'}",
            general.number,
        )
        yield make("manner", final, phrase.key, phrase.text, item, user, tokens, places, denied, index, number)
        return
    act = _SENSES[base].text if base in _SENSES else _ACTS.get(base) or ("hold" if base == "hold" else gerund(base))
    if act is None:
        return
    yield _good_or_bad(tokens, sign, adjective, act, places, denied, index, number, named=base not in _ACTS)


def _good_or_bad(
    tokens: Sequence[Token],
    sign: int,
    adjective: str,
    noun: str,
    places: list[int],
    denied: int | None,
    core: int,
    number: int,
    named: bool = True,
) -> Opinion:
    final = -sign if denied is not None else sign
    countable = "singular" if noun in _COUNTABLE_ACTS else "mass"
    if denied is not None:
        adjective = "poor" if final < 0 else "decent"
    general = _PRAISES
    plain = "good" if final > 0 and (adjective in general or noun in DIMENSIONS) else adjective if final > 0 else "poor"
    item = Said(f"{adjective} {noun}", "mass" if countable == "mass" else "singular")
    if noun == "build" and final > 0 and denied is None and (made := _made_by(tokens, places)):
        item = Said(f"{made} build", "singular")
        return make("manner", final, noun, noun, item, item, tokens, places, denied, core, number, named)
    return make(
        "manner", final, noun, noun, item, Said(f"{plain} {noun}", item.number), tokens, places, denied, core, number, named
    )


def _made_by(tokens: Sequence[Token], places: list[int]) -> str:
    """ "well made", "beautifully crafted", with the adverb first; empty for "built", which "build" says already."""
    words = sorted((tokens[place].lower for place in places), key=lambda word: word in _MADE)
    return " ".join(words) if words[-1] in ("made", "crafted", "constructed") else ""


def staying(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "stays in place", "holds up", "lasts a long time", "keeps its shape"."""
    for index, token in enumerate(tokens[:-1]):
        base = {"kept": "keep", "held": "hold"}.get(token.lower) or base_verb(token.lower)
        following = tokens[index + 1].lower
        if (
            base in ("stay", "keep", "hold", "remain")
            and following in _STAYED
            and not (
                following == "a" and tokens[index + 2 : index + 3] and tokens[index + 2].lower not in ("charge", "tune", "edge")
            )
        ):
            last = index + 1
            if following in ("in", "its", "their", "a", "on"):
                phrase = noun_phrase(tokens, index + 2)
                if (
                    phrase is None
                    or (phrase.kind == "empty" and phrase.text not in ("place", "shape", "position"))
                    or phrase.last - phrase.first > 2
                ):
                    continue
                last = phrase.last - 1
            elif following == "up" and base != "hold":
                continue
            known, _ = subject_of(tokens, index)
            if not known or unreal(tokens, index):
                continue
            denied = negator_before(tokens, index, 5)
            rest = " ".join("its" if t.lower == "their" else t.lower for t in tokens[index + 1 : last + 1])
            act = f"{base}ing {rest}" if following != "up" else "holding up over time"
            item = Said(act if denied is None else f"trouble {act}", "mass")
            yield make(
                "manner",
                1 if denied is None else -1,
                act,
                rest.removeprefix("in ").removeprefix("its "),
                item,
                item,
                tokens,
                list(range(index, last + 1)),
                denied,
                index,
                number,
            )


def handiness(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "comes in handy"."""
    for index in range(2, len(tokens)):
        if (
            tokens[index].lower == "handy"
            and tokens[index - 1].lower == "in"
            and base_verb(tokens[index - 2].lower) in ("come", "came")
        ):
            said = Said("handy design", "singular")
            yield make(
                "manner", 1, "design", "design", said, said, tokens, [index - 2, index - 1, index], None, index, number, False
            )
