"""Rules that extract opinions from a parsed sentence: what is praised or criticised, in the sentence's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rdrec.data.english import NEGATORS, gerund, valence, word_lists

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

NAMED, PLAIN, FEATURE, BARE = range(4)  # ranks: judged aspect, quality of the whole, what it does or has, unspecific praise
_IS = word_lists("keywords.txt")
_A_LITTLE = re.compile(r"\b(?:a (?:little|bit|tad|touch)(?: bit)?|somewhat|kinda|sort of|kind of)\b")
_QUOTED = re.compile(r"[\"“]([^\"“”]*)[\"”]")
_LONGEST_QUOTED = 3  # words; longer quotations are taken as somebody else's words, not the reviewer's
_MOST_WORDS = 4  # in a noun phrase
_GOOD_STARS, _BAD_STARS = 4.0, 2.0
_REAL, _WISHED, _UNREAL = range(3)


@dataclass(frozen=True, slots=True)
class Opinion:
    """`spans`: character ranges in the review; `wished`: the item lacks it."""

    text: str
    sign: int
    rank: int
    spans: tuple[tuple[int, int], ...]
    wished: bool = False


def opinions(doc: Doc, offset: int, rating: float | None) -> list[Opinion]:
    """The opinions in a sentence that begins at `offset` in its review."""
    sentence = _Sentence(doc, offset, rating)
    spoken = [m.span() for m in _QUOTED.finditer(doc.text) if len(m.group(1).split()) > _LONGEST_QUOTED]
    own = [token for token in doc if not any(start < token.idx < end for start, end in spoken)] if spoken else doc
    found = [opinion for token in own for opinion in sentence.about(token) if any(c.isalpha() for c in opinion.text)]
    if sentence.stars < 0:  # "What a wonderful idea, a strap that breaks."
        blamed = any(opinion.sign < 0 for opinion in found)
        found = [opinion for opinion in found if opinion.sign <= 0 or not (blamed or opinion.rank == BARE)]
    return found


class _Sentence:
    def __init__(self, doc: Doc, offset: int, rating: float | None) -> None:
        self.doc, self.offset = doc, offset
        self.stars = 0 if rating is None else (rating >= _GOOD_STARS) - (rating <= _BAD_STARS)
        self.lean = _sign(sum(_weight([t]) * (-1 if _negated(t) else 1) for t in doc))
        root = next((_subject(t) for t in doc if t.dep_ == "ROOT"), None)
        self.of_item = root is not None and not _not_item(root)  # not about the buyer

    def about(self, token: Token) -> Iterator[Opinion]:
        """Opinions whose head word is the token."""
        if token.pos_ in ("ADV", "PRON", "X") or (status := _reality(token)) == _UNREAL or _compared(token):
            return
        if _is_noun(token) and (token.pos_ != "PROPN" or token.lower_ in _IS["price"] or token.lower_ in _IS["qualities"]):
            yield from self._of_noun(token)
        elif token.pos_ == "ADJ" or (token.tag_ in ("VBN", "VBG") and token.dep_ == "acomp"):
            yield from self._of_adjective(token, status)
        elif token.pos_ in ("VERB", "AUX") and status == _REAL and not _ordered(token):
            yield from self._of_verb(token)

    def _of_noun(self, noun: Token) -> Iterator[Opinion]:
        """ "great sound", "no noise", "an easy set-up", "good for the price"."""
        left = [m for m in noun.children if m.dep_ in ("amod", "compound", "nmod") and m.i < noun.i and m.pos_ != "PROPN"]
        left += [c for m in left for c in m.conjuncts if c.pos_ == "ADJ" and c.i < noun.i]
        adjectives = [m for m in left if m.pos_ != "NOUN" and m.lower_ not in _IS["no_judgement"]]
        judged = [m for m in adjectives if _weight(_with_manner(m)) or any(c.lower_ in _IS["stress"] for c in m.children)]
        denied, bare = _negated(noun), all(m.lower_ in _IS["bare"] for m in judged)
        names_it = noun.dep_ == "ROOT" or (noun.dep_ == "attr" and _whole(_subject(noun.head)))  # "it is a great pedal"
        if noun.lemma_ in _IS["price"] and noun.dep_ == "pobj" and noun.head.lower_ == "for":
            if self.lean and self.lean * self.stars >= 0:
                yield self._opinion("good price" if self.lean > 0 else "high price", self.lean, NAMED, [noun])
        elif (_whole(noun) and noun.pos_ != "PROPN") or (names_it and not bare and noun.dep_ == "attr"):
            yield from self._of_whole([m for m in adjectives if m.lower_ not in _IS["bare"]], denied)
        elif any(_not_item(t) for t in left if t.pos_ == "NOUN") or _not_item(noun) or (denied and bare and names_it):
            return
        elif judged or _judges(noun, denied):
            words = sorted({*left, *(t for m in adjectives for t in _with_manner(m)), noun}, key=lambda t: t.i)
            words = [t for t in words[-_MOST_WORDS:] if t == noun or t.lower_ not in _IS["no_judgement"]]
            for link in (c for c in noun.children if c.lower_ == "of" and noun.lemma_ in _IS["qualities"]):  # "ease of play"
                words += [link, *link.children]
            own = _weight([t for m in judged for t in _with_manner(m)] or [noun])
            sign = _sign(own) or (self._lean() if judged else 1)
            text = f"{'no' if sign < 0 else 'lack of'} {_said(words)}" if denied else _said(words)
            yield self._opinion(text, -sign if denied else sign, BARE if names_it and bare else NAMED, words)
        elif adjectives and not denied and self.of_item and {noun.dep_, noun.head.lower_} & _IS["told"]:
            yield self._opinion(_phrase(noun), 0, FEATURE, [*adjectives[-2:], noun])

    def _of_whole(self, adjectives: list[Token], denied: bool) -> Iterator[Opinion]:
        for words in map(_with_manner, adjectives):
            if _weight(words) or (words[-1].tag_ == "JJ" and words[-1].head.dep_ in ("attr", "ROOT")):
                sign, rank = (self._lean(denied, words), PLAIN) if _weight(words) else (0, FEATURE)
                yield self._opinion(_said(words), sign, rank, words, denied)

    def _of_adjective(self, adjective: Token, status: int) -> Iterator[Opinion]:
        """ "the clamps are sturdy", "easy to set up", "too heavy", "sounds warm", "great for beginners"."""
        first = adjective
        while first.dep_ == "conj" and first.head.pos_ == "ADJ":
            first = first.head
        verb = first.head if first.dep_ in ("acomp", "oprd", "attr") else first
        subjects = [t for t in [_subject(verb)] if t is not None]
        if first.dep_ == "amod" or adjective.lower_ in _IS["no_judgement"] or any(map(_not_item, subjects)):
            return
        denied = _negated(adjective) or (verb is not adjective and _negated(verb))
        denied ^= any(c.lower_ in ("least", "less") for c in adjective.children)
        thing = [t for t in subjects if t.pos_ in ("NOUN", "ADJ") and not _whole(t)]
        bare, degree = adjective.lower_ in _IS["bare"], {c.lower_ for c in adjective.children if c.i < adjective.i}
        too, words = "too" in degree and not denied, _with_manner(adjective)
        after = self.doc[adjective.i + 1 : adjective.i + 5]
        doing = next((c for c in after if _to_do(c) and c.head in (adjective, verb)), None)
        if "how" in degree or (bare and (too or doing is not None or not _weight(words))):
            return
        little = not _weight(words) and _A_LITTLE.search(self.doc[max(0, adjective.i - 4) : adjective.i].text.lower())
        sign = self._lean(denied, words)
        if too or (adjective.lower_ in ("hard", "tough") and doing and not denied) or (little and adjective.tag_ == "JJ"):
            sign = -1
        if status == _WISHED:
            text = " ".join([*([] if bare else [adjective.lower_]), *map(_phrase, thing)])
            if text and (thing or adjective.tag_ == "JJR"):
                yield self._opinion(text, 1, FEATURE, [adjective, *thing], wish=True)
            return
        more = _purpose(adjective) if bare else [] if doing is None else _task(adjective, doing)
        text = f"{'too ' * too}{_said([*words, *more])}"
        if more and (doing is None or doing.lemma_ not in _IS["speaking"]):
            yield self._opinion(text, sign, PLAIN, [*words, *more], denied)
        elif verb.lemma_ in _IS["senses"]:
            yield self._opinion(f"{text} {verb.lemma_}", sign, NAMED, [verb, *words], denied)
        elif thing and not more:
            yield self._opinion(f"{text} {_phrase(thing[0])}", sign, NAMED, [*thing, *words], denied)
        elif sign and not bare and not more and (_weight(words) or subjects):
            yield self._opinion(text, sign, PLAIN, words, denied)

    def _of_verb(self, verb: Token) -> Iterator[Opinion]:
        """ "I love the colour", "the zipper broke", "fits perfectly", "well made"."""
        lemma = verb.lemma_.lower() if verb.lemma_.isalpha() else "be"  # spaCy's lemma of "'s"
        denied, subject = _negated(verb), _subject(verb)
        feeling = (lemma in _IS["loving"]) - (lemma in _IS["hating"])
        if feeling and (subject is None or subject.lower_ in ("i", "we", "you")):
            for c in verb.children:
                if c.dep_ == "dobj" and (_aspects([c]) or c.pos_ == "ADJ"):
                    yield self._opinion(_phrase(c), -feeling if denied else feeling, NAMED, [verb, c])
                elif c.dep_ == "ccomp" and c.lemma_ in _IS["senses"]:  # "I love how it looks"
                    yield self._opinion(c.lemma_, feeling, NAMED, [verb, c])
            return
        if subject is not None and (_not_item(subject) or _compared(subject)):
            return
        thing = [t for t in _aspects([] if subject is None else [subject]) if not _negated(t)]
        stands = subject is not None or verb.dep_ in ("ROOT", "conj")
        objects = _aspects(c for c in verb.children if c.dep_ in ("dobj", "attr"))
        manner = [c for c in verb.children if c.dep_ in ("advmod", "acomp", "oprd", "npadvmod", "ccomp") and _judging(c)][:1]
        if lemma in _IS["faulty"] or (verb.pos_ == "VERB" and valence(lemma) < 0 and thing and not denied):
            if stands:
                text = " ".join([*(["no"] if denied else []), *map(_phrase, thing), gerund(lemma)])
                yield self._opinion(text, 1 if denied else -1, NAMED, [verb, *thing])
        elif manner and lemma != "be" and (verb.tag_ == "VBN" or lemma not in _IS["no_manner"]) and not _to_do(verb):
            particle = [c for c in verb.children if c.dep_ == "prt"]
            words, text = [verb, *particle, *objects[:1], *manner], _said([verb, *manner])
            if verb.tag_ != "VBN":  # else "well made", "comfortably padded seat"
                text = " ".join([gerund(lemma), *map(str, particle), *map(_phrase, objects[:1]), manner[0].lower_])
            text = f"not {text}" if denied else text
            text = " ".join([text, *map(_phrase, thing)] if verb.tag_ == "VBN" else [*map(_phrase, thing), text])
            rank = BARE if text.startswith("working") else NAMED
            yield self._opinion(text, self._lean(denied, manner), rank, words)
        elif stands and not thing and not _to_do(verb):
            yield from self._of_doing(verb, lemma, denied, objects)

    def _of_doing(self, verb: Token, lemma: str, denied: bool, objects: Sequence[Token]) -> Iterator[Opinion]:
        """What the item does or has: "has a padded clip", "holds the strings", "works as advertised"."""
        children, stars = list(verb.children), max(0, self._lean(denied))
        given = [g for c in children if c.dep_ == "prep" for g in _aspects(c.children)]
        lacked = [c for c in objects if _negated(c) and lemma not in _IS["removing"]]
        if lemma == "work" or (lemma == "do" and any(c.lower_ == "job" for c in children)):
            expected = [c for c in children if c.tag_ == "VBN" and any(m.lower_ == "as" for m in c.children)][:1]
            text = "doing the job" if lemma == "do" else " as ".join(["working", *map(str, expected)])
            sign = -1 if denied else int(text != "working")
            yield self._opinion(text, sign, NAMED if denied else BARE, [verb, *expected], denied)
        elif lemma in _IS["having"] and not denied:
            for thing in _aspects(t for one in (*objects, *given) for t in (one, *one.conjuncts) if not _negated(t)):
                yield self._opinion(_phrase(thing), stars, FEATURE, [thing])
        elif lemma in _IS["light_verbs"] or verb.tag_ not in ("VBZ", "VBP"):
            return
        elif lacked and not any(c.dep_ == "neg" for c in children):
            yield self._opinion(f"no {_phrase(lacked[0])}", stars, FEATURE, [verb, lacked[0]])
        else:
            for thing in [*objects, *given][:1]:
                link = [thing.head] if thing.dep_ == "pobj" else [c for c in children if c.dep_ == "prt"]
                text = " ".join([gerund(lemma), *map(str, link), _phrase(thing)])
                yield self._opinion(text, stars, FEATURE, [verb, *link, thing], denied)

    def _lean(self, denied: bool = False, words: Sequence[Token] = ()) -> int:
        """The sign of the words' valence; for neutral words, the sign that the sentence and the stars suggest."""
        if own := _sign(_weight(words)):
            return -own if denied else own
        return min(0, self.stars) if denied else self.stars if self.lean in (0, self.stars) else self.lean * (not self.stars)

    def _opinion(
        self, text: str, sign: int, rank: int, words: list[Token], denied: bool = False, wish: bool = False
    ) -> Opinion:
        if denied or set(text.split()) & {"no", "not", "lack"}:
            words = [*words, *(c for w in words for c in (w.head, *w.children, *w.head.children) if c.lower_ in NEGATORS)]
        spans = sorted({(self.offset + t.idx, self.offset + t.idx + len(t)) for t in words})
        return Opinion("not " * denied + text, sign, rank, tuple(spans), wish)


def _sign(weight: float) -> int:
    return (weight > 0) - (weight < 0)


def _weight(words: Sequence[Token]) -> float:
    return sum(valence(t.lower_) or valence(t.lemma_.lower()) or 2.0 * (t.lower_ == "well") for t in words)


def _judging(word: Token) -> bool:
    """Whether an adverb judges how something is done; "as well" does not."""
    if word.lower_ == "well":
        return word.i == 0 or word.nbor(-1).lower_ != "as"
    return bool(valence(word.lower_)) and word.pos_ in ("ADV", "ADJ") and word.lower_ not in _IS["degrees"]


def _judges(noun: Token, denied: bool) -> bool:
    """Whether a noun is praise or criticism without an adjective: "durability", "no hiss", "it has a rattle"."""
    if noun.lemma_.lower() in _IS["qualities"]:
        return noun.dep_ in ("dobj", "attr", "ROOT", "conj", "pobj")
    first, own = noun.head if noun.dep_ == "conj" else noun, _weight([noun])
    there = first.dep_ in ("dobj", "attr") and first.head.lemma_ not in _IS["removing"]
    exists = noun.dep_ != "attr" or any(c.dep_ == "expl" for c in noun.head.children)  # "there is no noise"
    return (bool(own) and exists) if denied else own < 0 and there


def _with_manner(word: Token) -> list[Token]:
    """An adjective or participle with the judging words before it: "well built", "nice looking", "reasonably priced"."""
    return [*(c for c in word.children if c.i < word.i and c.dep_ in ("advmod", "amod") and _judging(c)), word]


def _purpose(adjective: Token) -> list[Token]:
    """What something is great for: "for beginners", "for holding picks"."""
    preps = [c for c in adjective.children if c.lower_ == "for" and c.i > adjective.i]
    for thing in [t for prep in preps for t in prep.children if t.dep_ == "pcomp" or _aspects([t])]:
        return [thing.head, thing, *(c for c in thing.children if c.dep_ in ("amod", "compound", "dobj") and c.pos_ != "PRON")]
    return []


def _task(adjective: Token, doing: Token) -> list[Token]:
    """What something is easy to do: "to set up", "to store", "to hold the picks"."""
    tail = [t for t in doing.children if t.dep_ in ("aux", "prt") and t.i > adjective.i]
    joined = [c for c in doing.conjuncts if c.pos_ == "VERB" and 0 < c.i <= doing.i + 2]  # "to carry and store"
    second = [t for c in joined for t in (c.nbor(-1), c)]
    return [*tail, doing, *(_aspects(t for t in doing.children if t.dep_ == "dobj")[:1] or second)]


def _to_do(word: Token) -> bool:
    return word.pos_ in ("VERB", "AUX") and any(c.lower_ == "to" and c.dep_ == "aux" for c in word.children)


def _is_noun(token: Token) -> bool:
    return token.pos_ in ("NOUN", "PROPN") and any(c.isalpha() for c in token.text)


def _whole(token: Token | None) -> bool:
    return token is not None and (token.pos_ == "PROPN" or bool({token.lower_, token.lemma_.lower()} & _IS["whole"]))


def _aspects(tokens: Iterable[Token]) -> list[Token]:
    """The tokens that name a part or a quality of the item."""
    return [t for t in tokens if _is_noun(t) and not _whole(t) and not _not_item(t)]


def _not_item(token: Token) -> bool:
    """Whether a token means people, times or shops, or another item ("my old one", "another brand")."""
    own = {token.lower_, token.lemma_.lower()} & _IS["not_item"]
    return bool(own) or any(c.lower_ in ("other", "another", "old", "previous", "his", "her") for c in token.children)


def _subject(verb: Token) -> Token | None:
    """The subject of a verb, or of the verb it is joined to ("it is light and sounds great")."""
    for _ in range(4):
        for child in verb.children:
            if child.dep_ in ("nsubj", "nsubjpass"):
                return verb.head if verb.dep_ == "relcl" and child.lower_ in ("that", "which", "who") else child
        if verb.dep_ not in ("conj", "xcomp"):
            return None
        verb = verb.head
    return None


def _negated(token: Token) -> bool:
    """Whether the word is negated by "not", "no", "without" or the like; two negations cancel out."""
    head = token.head
    near = [c for c in token.children if c.dep_ in ("neg", "det", "preconj", "advmod", "predet") and c.lower_ in NEGATORS]
    near += [head] if token.dep_ in ("pobj", "pcomp") and head.lower_ == "without" else []
    if token.dep_ in ("acomp", "attr", "dobj", "oprd", "advmod", "xcomp") and head.pos_ in ("VERB", "AUX"):
        near += [c for c in head.children if c.dep_ in ("neg", "advmod") and c.lower_ in NEGATORS]
        near += [c for c in head.head.children if c.dep_ == "neg"] if head.dep_ == "xcomp" else []
    if token.dep_ == "conj" and not near and head.pos_ == token.pos_ and any(c.lower_ in ("or", "nor") for c in head.children):
        return _negated(head)
    return len(near) % 2 == 1


def _compared(token: Token) -> bool:
    """Whether something is compared with the word: "better than the cheap ones"."""
    for up in [token, *token.ancestors][:6]:
        if up.dep_ in ("prep", "mark", "pcomp", "advcl") and up.lower_ in ("than", "unlike", "like", "versus"):
            return up.head.lemma_ not in ("seem", "look", "feel", "sound")
        compares = up.dep_ == "prep" and up.head.lemma_.startswith("compar")
        if compares or any(c.lower_ == "than" and c.dep_ == "mark" for c in up.children):
            return True
    return False


def _reality(token: Token) -> int:
    """Whether a word's clause states a fact, a wish ("more colours would be nice") or a condition."""
    for up in (t for t in (token, *token.ancestors) if t.pos_ in ("VERB", "AUX", "ADJ")):
        marks = {c.lower_ for c in up.children if c.dep_ in ("mark", "aux", "advmod")}
        hoped = up.head.lemma_ in _IS["wishing"] and up.dep_ in ("ccomp", "xcomp")
        if hoped or marks & {"if", "unless", "whether"} or (up is not token and up.lemma_ in _IS["wishing"]):
            return _UNREAL
        if marks & _IS["modals"] and not any(c.dep_ == "neg" for c in up.children):
            welcome = _IS["bare"] if "would" in marks else ()
            wished = any(c.dep_ == "acomp" and (c.tag_ == "JJR" or c.lower_ in welcome) for c in up.children)
            return _WISHED if wished else _UNREAL
        if up.dep_ in ("relcl", "ccomp", "advcl", "ROOT", "conj"):
            break
    return _REAL


def _ordered(verb: Token) -> bool:
    """ "Ignore what others say": whether a verb is an imperative, which is no opinion."""
    free = any(c.dep_ in ("nsubj", "aux", "nsubjpass", "expl") or (c.dep_ == "advmod" and _judging(c)) for c in verb.children)
    return verb.tag_ == "VB" and verb.dep_ == "ROOT" and not free and verb.lemma_ not in _IS["loving"]


def _phrase(noun: Token) -> str:
    """A noun with its modifiers, without article and possessive."""
    words = [c for c in noun.children if c.dep_ in ("amod", "compound", "nummod") and c.i < noun.i and c.lower_ not in NEGATORS]
    return _said([*words[-2:], noun])


def _said(words: Sequence[Token]) -> str:
    said = " ".join(t.text if t.pos_ == "PROPN" else t.lower_ for t in sorted(set(words), key=lambda t: t.i))
    return said.replace(" - ", "-").removeprefix("- ")
