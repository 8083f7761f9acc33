"""What completes a verb that says nothing alone: "coming out on Fridays", "sitting beside it for hours", not "coming out" and "sitting".

In: the tokens of one sentence and the place behind the verb and its particle.  Out: the words of the complement, or None where there is none: then the
verb is not told.  It refuses to know which phrases are liked.  The verbs are those of motion, posture, speech, thought and handing over of general English.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.language.lexicons import word_set
from rdrec.language.phrases import noun_phrase
from rdrec.language.tokens import Token

LIGHT = word_set(
    "come go get turn show set sit stand lie move walk run call talk consider quote leave manage bring throw arrive exist deserve pull push put take give look end close open reach hear finish insist mutter underline stare invite mention visit hang head let lay rise raise drop pass send tell ask answer reply speak suggest concentrate plan decide intend miss complete point grab pick carry pop start continue stick stay follow happen appear join meet win lose gain grow change become hurry rush catch hit beat drive ride step jump sneak wander travel return shrug nod sigh grumble complain argue shout whisper know think guess realise realize see watch notice find bet mean hold keep make do have say share charge check clear ring"
)
_TELLING_PARTICLES = {
    "come": "apart off loose undone",
    "hold": "together up",
    "put": "together away",
    "take": "apart",
    "set": "up",
    "stand": "up upright",
    "stick": "together",
    "stay": "put together",
    "keep": "together",
    "pull": "apart",
}  # with these the verb says something of a thing
_PARTICLES = word_set("up down out off away together apart back over in on along around through by loose undone upright put")
_PREPOSITIONS = word_set(
    "in on into onto with for from to at through over under like without off across around between past against of about after before by until near beside behind along during as"
)
_OWNERS = word_set("my his her our your their")
_DETERMINERS = word_set("the a an its any some all each every this that these those no both another")
_SKIPPED = word_set("it them him her us me you")
_NO_MANNER = word_set("n't not so too just very really even still also only then there here ever almost quite")
_MOST = 6  # tokens


def complement(tokens: Sequence[Token], verb: str, last: int) -> tuple[list[str], int] | None:
    """(words, place after them) for a verb of `LIGHT` whose phrase ends at `last`; no words for any other verb; None where nothing completes it."""
    if verb not in LIGHT:
        return [], last
    particle = tokens[last - 1].lower
    if particle in _PARTICLES and particle in _TELLING_PARTICLES.get(verb, "").split():
        return [], last
    at = last
    words: list[str] = []
    if at < len(tokens) and tokens[at].lower in _SKIPPED:
        at += 1
    if [token.lower for token in tokens[at : at + 2]] in (["each", "other"], ["one", "another"]):
        return ["each other"], at + 2
    if (
        at < len(tokens)
        and tokens[at].tag.startswith("RB")
        and tokens[at].lower.endswith("ly")
        and tokens[at].lower not in _NO_MANNER
    ):
        return [tokens[at].lower], at + 1
    while at < len(tokens) and tokens[at].lower in _PREPOSITIONS and len(words) < 2:
        words.append(tokens[at].lower)
        at += 1
    if words[-1:] == ["to"] and at < len(tokens) and tokens[at].tag == "VB":
        return None
    if at < len(tokens) and tokens[at].lower in _OWNERS | _DETERMINERS:
        words.append("the" if tokens[at].lower in _OWNERS else tokens[at].lower)
        at += 1
    start = at
    while at < len(tokens) and at - start < 2 and tokens[at].tag in ("JJ", "JJS", "CD", "VBN") and tokens[at].lower.isalpha():
        words.append(tokens[at].lower)
        at += 1
    phrase = noun_phrase(tokens, at)
    if phrase is None or phrase.last - last > _MOST:
        return None
    names = [token.text if token.tag.startswith("NNP") else token.lower for token in tokens[phrase.first : phrase.last]]
    return [*words, *names], phrase.last
