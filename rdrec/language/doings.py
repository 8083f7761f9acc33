"""What a thing does, or is done with it, as a noun phrase: "a lid that leaks", "fitting in a bag", "tidying away the pieces".

In: the tokens of one sentence and the nouns that name the product.  Out: `Telling`s.
It refuses to know whether that is liked.  A part of the product keeps its verb behind "that"; where the product itself, or a
person with it in hand, is the subject, the verb becomes a gerund.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.complements import complement
from rdrec.language.lexicons import adjectives, cues, word_set, word_tags
from rdrec.language.negation import NEGATORS, negator_before, unreal
from rdrec.language.opinions import Said
from rdrec.language.phrases import NounPhrase, base, gerund, noun_phrase, noun_phrase_before, verb_of
from rdrec.language.telling import Telling, unfit, with_modifiers
from rdrec.language.tokens import Token

_NOT_REAL = word_set("if would 'd might whether unless supposed hoping hope hoped wish")
_EMPTY = word_set(
    "stay remain appear know want need try let do say tell make seem bother wait hope wish expect suppose wonder agree admit realize realise happen work start begin stop become get go give take put keep come look feel sound see find use like love enjoy hate believe write review mention note imagine remember worry cost pay spend bet promise decide assume prefer deserve"
)  # verbs that tell nothing by themselves: only with an object or a place, or never
_NEVER_TELL = word_set(
    "make see serve base drown cease confirm help allow expand reinforce sum be have beat end turn think please thank seem mean guess hope wish expect suppose wonder agree admit realize realise believe write review mention note imagine remember bet promise decide assume deserve happen cost pay spend buy order purchase receive return recommend regret like love enjoy hate appreciate disappoint prefer worry wait bother become"
)
_THINGS = word_set("it this these they that which those one ones each everything nothing none")
_POINTING = word_set("this these that those each one")  # before a noun they point at it: "these cables"
_PERSONS = word_set("he she i we you who everyone everybody nobody anybody somebody")
_HELPERS = word_set(
    "have has had 've do does did is are was were 's 're be been can could will would 'll 'd wo ca n't not never to just still even also always really only already now actually simply hardly barely soon easily quickly all both each had been being start starts started starting begin begins began continue continues continued tend tends tended manage manages managed"
)
_MANNERS = word_set(
    "never just still even also always really only already now actually simply hardly barely soon easily quickly all both each"
)
_OBJECTS = word_set("it them him her us me")
_PARTICLES = word_set("up down out off away together apart")
_MAY_BE_PARTICLES = word_set(
    "back over in on along around through by"
)  # only where nothing follows: "it clips on", not "depending on what"
_PREPOSITIONS = word_set(
    "in on into onto with for from to at through over under like without off across around between past against"
)
_DETERMINERS = word_set("the a an its any some all each every this that these those no both")
_OWNERS = word_set("my his her our your their")
_ADVERBS = word_set("well badly apart twice once again longer straight flat tight smoothly")
_BEFORE_VERBS = word_set("to i you we they who n't not never always can cannot do did does 'll will")
_MARKS = word_set(", - : ; ...")
_VERBS = ("VB", "VBP", "VBZ", "VBD", "VBN")
_PARTS = word_set("part bit side line area shape")  # said of most things, but here they are of the product
_MOST_REST = 6


def doings(tokens: Sequence[Token], avoid: frozenset[str]) -> Iterator[Telling]:
    """One `Telling` for each verb with a known subject."""
    for index, token in enumerate(tokens):
        verbal = token.tag in _VERBS or _mistaken_for_noun(tokens, index) or _going_on(tokens, index)
        if token.lower in _HELPERS or not verbal:
            continue
        verb = verb_of(token.lower)
        if verb == token.lower and not _stands_as_verb(tokens, index):
            continue
        if verb is None or verb in _NEVER_TELL or verb in cues()["getting"] or verb in cues()["using"] or len(verb) < 3:
            continue
        at = index - 1
        while at >= 0 and (tokens[at].lower in _HELPERS or tokens[at].tag in ("MD", "RB")):
            at -= 1
        rest, last = _rest(tokens, index)
        if unreal(tokens, index, _NOT_REAL):
            continue
        if not rest and (verb in _EMPTY or _has_object(tokens, index)):
            continue
        if len(rest) < 2 and all(word in _PARTICLES | _MAY_BE_PARTICLES for word in rest):
            completed = complement(tokens, verb, last)
            if completed is None:
                continue
            rest, last = [*rest, *completed[0]], completed[1]
        if at < 0 and token.tag in ("VB", "VBD", "VBN"):  # "Installed it myself", "See my review": the shopper's, or an order
            continue
        yield from _told(tokens, avoid, index, at, rest, last)


def _stands_as_verb(tokens: Sequence[Token], index: int) -> bool:
    """Whether a base form that is mostly a noun ("coast", "case") stands where only a verb can."""
    if not word_tags().get(tokens[index].lower, "").startswith(("NN", "JJ")):
        return True
    before = tokens[index - 1] if index else None
    if before is not None and before.tag == "NNS" and tokens[index].tag == "VBP":  # "Parts line up"
        return True
    return before is not None and (before.tag in ("TO", "MD") or before.lower in _BEFORE_VERBS)


def _going_on(tokens: Sequence[Token], index: int) -> bool:
    """ "has been talking", "keeps finding": a participle behind its helper."""
    return tokens[index].tag == "VBG" and index > 0 and base(tokens[index - 1].lower) in ("be", "keep", "'s", "'re", "'m")


def _mistaken_for_noun(tokens: Sequence[Token], index: int) -> bool:
    """ "Slides under the bed", "everything fits together", "my oldest tidies it away": a verb in -s that the tagger takes for a noun."""
    token = tokens[index]
    if token.tag != "NNS" or index + 1 >= len(tokens) or not token.lower.endswith("s"):
        return False
    before, after = tokens[index - 1] if index else None, tokens[index + 1]
    if before is None and not word_tags().get(base(token.lower), "").startswith("VB"):  # "Knights on horseback"
        return False
    opens = (
        before is None
        or (before.lower in _THINGS | _PERSONS | _MARKS and before.lower not in _POINTING)
        or before.tag == "JJS"
        or before.lower in cues()["people"]
    )
    return opens and (after.tag in ("RB", "IN", "RP", "PRP", "PRP$", "DT", "TO") or after.lower in _PARTICLES | _ADVERBS)


def _told(tokens: Sequence[Token], avoid: frozenset[str], index: int, at: int, rest: list[str], last: int) -> Iterator[Telling]:
    """`at` is the last token of the subject, below 0 where there is none."""
    word = tokens[at].lower if at >= 0 else ""
    passive = tokens[index].tag in ("VBN", "VBD") and any(
        base(t.lower) == "be" or t.lower == "'s" for t in tokens[at + 1 : index]
    )
    denied = negator_before(tokens, index, 5)
    subject = noun_phrase_before(tokens, at + 1) if at >= 0 and word not in _THINGS | _PERSONS else None
    if subject is not None and not _of_product(subject, avoid) and not _person(subject):
        fit = subject.key in _PARTS or (subject.kind == "aspect" and not unfit(subject, avoid))
        if fit and not _owned(tokens, subject) and _agrees(tokens, subject, index):
            yield _part(tokens, subject, index, rest, last, denied)
        return
    known = (
        not word or subject is not None or word in _THINGS | _PERSONS | _MARKS or word in ("and", "to") or _nameless(tokens, at)
    )
    able = passive and any(t.tag == "MD" for t in tokens[at + 1 : index])  # "can't be washed"
    if (passive and not able) or not known:
        return
    if not rest and not passive and _told_of_a_person(tokens, index, word, subject):
        return
    doing = gerund(tokens[index].lower)
    if doing is None:
        return
    thing = (subject is not None and not _person(subject)) or word in _THINGS or not word
    worth = (1.0 if thing else 0.75 if word not in ("i", "you", "we", "to") else 0.5) + (0.4 if rest else -0.05)
    words = " ".join([*(["not"] if denied is not None and not able else []), doing, *rest])
    words += " that is not possible" if denied is not None and able else ""
    yield Telling(Said(words, "mass"), verb_of(tokens[index].lower) or doing, tuple(range(index, last)), denied, worth)


def _told_of_a_person(tokens: Sequence[Token], index: int, word: str, subject: NounPhrase | None) -> bool:
    """ "my son yawned", "I slept": what somebody did once, without a thing, says nothing of the product."""
    person = word in _PERSONS or (subject is not None and _person(subject))
    return person and tokens[index].tag in ("VBD", "VBN", "VB")


def _part(tokens: Sequence[Token], subject: NounPhrase, index: int, rest: list[str], last: int, denied: int | None) -> Telling:
    """ "lid that never leaks": the verb and its helpers as they stand."""
    told = with_modifiers(tokens, subject)
    helpers = [t.lower for t in tokens[subject.last : index] if t.lower not in ("that", "which", "who", ",")]
    words = " ".join([told.said.text, "that", *helpers, tokens[index].lower, *rest]).replace(" n't", "n't").replace(" '", "'")
    places = (*told.places, *range(subject.last, last))
    worth = 1.2 + 0.3 * bool(rest) - 1.0 * (len(words.split()) > _MOST_REST + 1)
    return Telling(Said(words, told.said.number), subject.key, places, denied, worth)


def _rest(tokens: Sequence[Token], index: int) -> tuple[list[str], int]:
    """What follows the verb and belongs to it: a particle, an object, a place, at most `_MOST_REST` tokens: (words, place after them)."""
    words: list[str] = []
    last = at = index + 1
    if at < len(tokens) and tokens[at].lower in _OBJECTS:
        at += 1
        state = at < len(tokens) and (tokens[at].tag == "JJ" or tokens[at].lower in adjectives())
        if state and noun_phrase(tokens, at + 1) is None:  # "kept him busy", not "kept her woolly hat on"
            return [tokens[at].lower], at + 1
    if _is_particle(tokens, at) or (at < len(tokens) and tokens[at].lower in _ADVERBS):
        words.append(tokens[at].lower)
        at += 1
        last = at
    if at < len(tokens) and tokens[at].lower in _PREPOSITIONS:
        preposition = [tokens[at].lower]
        at += 1
    else:
        preposition = []
    found = _object(tokens, at)
    if found is None or found[1] - index > _MOST_REST:
        return words, last
    return [*words, *preposition, *found[0]], found[1]


def _is_particle(tokens: Sequence[Token], at: int) -> bool:
    if at >= len(tokens) or noun_phrase(tokens, at + 1) is not None or _determined(tokens, at + 1):
        return False
    ends = (
        at + 1 == len(tokens) or not tokens[at + 1].lower[0].isalnum() or tokens[at + 1].lower in ("and", "but", "so", "again")
    )
    return tokens[at].lower in _PARTICLES or (ends and tokens[at].lower in _MAY_BE_PARTICLES)


def _determined(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].lower in _DETERMINERS | _OWNERS


def _object(tokens: Sequence[Token], at: int) -> tuple[list[str], int] | None:
    """The noun phrase that starts at `at`, with its article and adjectives: (words, place after them)."""
    words: list[str] = []
    if _determined(tokens, at):
        words.append("the" if tokens[at].lower in _OWNERS else tokens[at].lower)
        at += 1
    start = at
    while at < len(tokens) and at - start < 2 and tokens[at].tag in ("JJ", "CD", "VBN") and tokens[at].lower.isalpha():
        words.append(tokens[at].lower)
        at += 1
    phrase = noun_phrase(tokens, at)
    if phrase is None or phrase.kind == "empty" or (unfit(phrase, frozenset()) and not words):
        return None
    return [*words, phrase.text], phrase.last


def _has_object(tokens: Sequence[Token], index: int) -> bool:
    """Whether something follows that the verb may want: without it "replenishing" says nothing."""
    return index + 1 < len(tokens) and tokens[index + 1].tag in ("DT", "PRP$", "JJ", "CD", "NN", "NNS", "NNP", "VBG", "TO")


def _of_product(phrase: NounPhrase, avoid: frozenset[str]) -> bool:
    return phrase.kind == "whole" or phrase.key in avoid or phrase.key in cues()["product"]


def _person(phrase: NounPhrase) -> bool:
    return bool({phrase.key, phrase.text.rsplit(" ", 1)[-1]} & cues()["people"])


def _agrees(tokens: Sequence[Token], subject: NounPhrase, index: int) -> bool:
    """Whether the verb can belong to the noun before it: "the lid leaks", not "a lead singers hand", "a bag to tune up", "a shine that fade"."""
    between = [token.lower for token in tokens[subject.last : index]]
    if tokens[index - 1].tag == "TO":
        return False
    first = subject.first
    while first and tokens[first - 1].tag.startswith(("JJ", "NN", "VB")):
        first -= 1
    if subject.number == "plural" and first and tokens[first - 1].lower in ("a", "an"):  # "a lead singers hand"
        return False
    if tokens[index].tag == "VBD" or any(word in _HELPERS and word not in _MANNERS for word in between):
        return True
    return tokens[index].tag in (("VBP", "VB") if subject.number == "plural" else ("VBZ", "NNS"))


def _nameless(tokens: Sequence[Token], at: int) -> bool:
    """ "my oldest", "our two", "the little one": a person named by an adjective or a number."""
    return at > 0 and tokens[at].tag in ("JJS", "JJ", "CD") and tokens[at - 1].lower in _OWNERS


def _owned(tokens: Sequence[Token], phrase: NounPhrase) -> bool:
    """ "my wardrobe", "his father", "my lamps and chairs": not a part of the product."""
    at = phrase.first - 1
    while at >= 0 and tokens[at].tag.startswith(("JJ", "CD", "NN", "CC")):
        at -= 1
    return at >= 0 and tokens[at].lower in _OWNERS | NEGATORS
