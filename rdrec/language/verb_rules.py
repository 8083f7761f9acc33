"""Rules for opinions carried by verbs and set phrases: "works great", "love the tone", "broke after a week", "no noise", "worth it".

In: the tokens of one sentence and its number.  Out: `Opinion`s.  It refuses to know any product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.adjective_rules import LOOKING, adjective_at, spans_of, subject_of
from rdrec.language.lexicons import adjectives, manners, nouns, word_tags
from rdrec.language.negation import CONTRAST, NEGATORS, negator_before, unreal
from rdrec.language.opinions import Form, Opinion, Said, in_general
from rdrec.language.phrases import NounPhrase, adjective_of, base_verb, gerund, noun_phrase
from rdrec.language.tokens import Token

_LIKING = {"love": 1, "like": 1, "enjoy": 1, "adore": 1, "appreciate": 1, "hate": -1, "dislike": -1, "regret": -1, "despise": -1}
_FEELING = {
    **dict.fromkeys("happy pleased satisfied thrilled impressed delighted amazed".split(), 1),
    **dict.fromkeys("disappointed unhappy dissatisfied unimpressed annoyed frustrated displeased upset".split(), -1),
}
_SENSES = {
    "sound": Said("sound", "singular"),
    "look": Said("look", "singular"),
    "feel": Said("feel", "singular"),
    "smell": Said("smell", "singular"),
    "taste": Said("taste", "singular"),
    "fit": Said("fit", "singular"),
}
_ACTS = {"work": "performance", "perform": "performance", "function": "performance", "operate": "operation", "do": "performance"}
_MADE = {"made": "build", "built": "build", "constructed": "build", "crafted": "build", "designed": "design", "packaged": "packaging", "packed": "packaging", "written": "writing", "finished": "finish", "padded": "padding"}
_NO_MANNER = frozenset("be have get go come buy see know think say want make need try take give would will can could should may might must let tell find got say want seem mean pay cost order bring put spend deserve shop review rate ask learn read bought".split())
_FAILING = frozenset("break fail die crack snap rip tear leak rust peel fade slip rattle squeak overheat warp clog jam malfunction shrink crumble unravel fray wobble slide chip tarnish shatter disintegrate smear smudge itch shed stain".split())
_FELL = {"fall": ("apart", "off", "out", "over", "down"), "come": ("apart", "off", "loose", "undone"), "wear": ("out", "off"), "stop": ("working", "functioning"), "quit": ("working",), "give": ("out",), "burn": ("out",)}
_WORTHS = frozenset("worth every it the price money cost penny cent having buying paying trying getting while investment".split())
_AS = frozenset("advertised described expected promised stated intended pictured claimed shown designed".split())
_HAVING = frozenset("have has had having with is are was were 's comes came come offers provides gives includes there got get produces produced makes made".split())
_DETERMINERS = frozenset("the this these its his her their my our your a an that those all any some how both".split())


def _make(form: Form, sign: int, aspect: str, feature: str, item: Said, user: Said, tokens: Sequence[Token], places: list[int], denied: int | None, core: int, number: int, named: bool = True) -> Opinion:
    return Opinion(form, sign, aspect, feature, named, item, user, spans_of(tokens, places, denied), frozenset({core}), number)


def manner(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "works great", "fits perfectly", "well made", "does a great job"."""
    known = manners()
    for index, token in enumerate(tokens):
        sign = known.get(token.lower, 0)
        if (sense := LOOKING.get(token.lower)) and index and (judgement := adjective_at(tokens, index - 1)) and judgement.sign and not unreal(tokens, index):
            yield _good_or_bad(tokens, judgement.sign, tokens[index - 1].lower, sense, [index - 1, index], negator_before(tokens, index - 1, 4), index - 1, number)
        if not sign or not index or unreal(tokens, index):
            continue
        if token.lower == "well" and index + 1 < len(tokens) and (made := _MADE.get(tokens[index + 1].lower)):
            denied = negator_before(tokens, index, 4)
            yield _good_or_bad(tokens, sign, "good", made, [index, index + 1], denied, index, number)
            continue
        if (made := _MADE.get(tokens[index - 1].lower)) and (token.lower.endswith("ly") or token.lower == "well"):
            yield _good_or_bad(tokens, sign, adjective_of(token.lower), made, [index - 1, index], negator_before(tokens, index - 1, 4), index, number)
            continue
        if index + 1 < len(tokens) and token.lower.endswith("ly") and (made := _MADE.get(tokens[index + 1].lower)):
            yield _good_or_bad(tokens, sign, adjective_of(token.lower), made, [index, index + 1], negator_before(tokens, index, 4), index, number)
            continue
        verb = index - 1
        while verb > 0 and tokens[verb].lower in ("really", "very", "so", "pretty", "just", "quite", "extremely", "super", "absolutely", "equally", "as", "up", "too", "incredibly", "surprisingly"):
            verb -= 1
        if tokens[verb].tag.startswith("NN") or tokens[verb].tag == "PRP":
            verb = _verb_over_object(tokens, verb, index)
        base = base_verb(tokens[verb].lower)
        if base in _SENSES or base in _ACTS or base in ("play", "hold", "stick", "last") or tokens[verb].tag in ("VBZ", "VBP", "VBD", "VB"):
            yield from _manner_of(tokens, index, verb, base, sign, number)


def _verb_over_object(tokens: Sequence[Token], at: int, index: int) -> int:
    """The verb before its object: "holds the guitar securely", "covers it evenly"; `at` itself where there is none."""
    if not (tokens[index].lower.endswith("ly") or tokens[index].lower in ("well", "fine", "perfectly")):
        return at
    verb = at
    while verb > 0 and at - verb < 5 and (tokens[verb].tag.startswith(("NN", "JJ", "DT", "PRP", "CD")) or tokens[verb].lower == "of"):
        verb -= 1
    return verb if tokens[verb].tag in ("VBZ", "VBP", "VBD", "VB") else at


def _manner_of(tokens: Sequence[Token], index: int, verb: int, base: str, sign: int, number: int) -> Iterator[Opinion]:
    if base in _NO_MANNER or (base == "hold" and tokens[verb + 1].lower == "up") or not base.isascii() or tokens[verb].lower in ("is", "are", "was", "were", "am", "been", "be", "'s") or not base.isalpha():
        return
    if verb and tokens[verb - 1].tag in ("DT", "PRP$", "IN") and tokens[verb].tag.startswith("NN"):
        return
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if after is not None and (after.tag.startswith("NN") or (after.tag.startswith("JJ") and tokens[index].lower != "well")) and not tokens[index].lower.endswith("ly") and tokens[index].lower != "well":
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
        adverb = {"great": "well", "good": "well", "awesome": "well", "amazing": "well", "fantastic": "well", "perfect": "perfectly", "terrible": "terribly", "bad": "badly", "awful": "badly"}.get(adverb, adverb)
        general = in_general(phrase)
        final = -sign if denied is not None else sign
        item = Said(f"{phrase.text} that work{'' if phrase.number == 'plural' else 's'} {adverb}", phrase.number)
        user = Said(f"{general.text} that work{'' if general.number == 'plural' else 's'} {'well' if final > 0 else 'poorly'}", general.number)
        yield _make("manner", final, phrase.key, phrase.text, item, user, tokens, places, denied, index, number)
        return
    act = _SENSES[base].text if base in _SENSES else _ACTS.get(base) or ("hold" if base == "hold" else gerund(base))
    yield _good_or_bad(tokens, sign, adjective, act, places, denied, index, number, named=base not in _ACTS)


def _good_or_bad(tokens: Sequence[Token], sign: int, adjective: str, noun: str, places: list[int], denied: int | None, core: int, number: int, named: bool = True) -> Opinion:
    final = -sign if denied is not None else sign
    countable = "singular" if noun in ("build", "sound", "look", "feel", "smell", "taste", "fit", "design", "finish", "hold") else "mass"
    if denied is not None:
        adjective = "poor" if final < 0 else "decent"
    plain = "good" if final > 0 else "poor"
    item = Said(f"{adjective} {noun}", "mass" if countable == "mass" else "singular")
    return _make("manner", final, noun, noun, item, Said(f"{plain} {noun}", item.number), tokens, places, denied, core, number, named)


def liking(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "I love the tone", "not happy with the cable", "disappointed in the zipper"."""
    for index, token in enumerate(tokens):
        base = base_verb(token.lower)
        if (sign := _LIKING.get(base, 0)) and (index == 0 or _person_before(tokens, index)):
            start = index + 1
            core = index
        elif (sign := _FEELING.get(token.lower, 0)) and index + 1 < len(tokens) and tokens[index + 1].lower in ("with", "by", "in", "at", "about"):
            start = index + 2
            core = index
        else:
            continue
        if unreal(tokens, index, reach=5) or any(t.lower in ("would", "'d", "d", "if") for t in tokens[max(0, index - 3) : index]):
            continue
        denied = negator_before(tokens, index, 4)
        yield from _liked(tokens, start, -sign if denied is not None else sign, core, denied, number)


def _person_before(tokens: Sequence[Token], index: int) -> bool:
    at = index - 1
    while at >= 0 and (tokens[at].tag in ("RB", "MD") or tokens[at].lower in ("do", "did", "does", "n't", "also", "absolutely", "really", "just", "especially")):
        at -= 1
    return at < 0 or tokens[at].lower in ("i", "we", "he", "she", "they", "and", ",", "husband", "wife", "son", "daughter", "kids", "everyone", "you", "'ll", "will")


def _liked(tokens: Sequence[Token], start: int, sign: int, core: int, denied: int | None, number: int) -> Iterator[Opinion]:
    at, determiner = start, ""
    while at < len(tokens) and at - start < 5:
        if tokens[at].lower in _DETERMINERS:
            determiner = tokens[at].lower
        elif not (tokens[at].tag.startswith(("JJ", "RB", "CD")) or tokens[at].lower in ("fact",)):
            break
        at += 1
    phrase = noun_phrase(tokens, at)
    pronoun = at < len(tokens) and tokens[at].lower in ("it", "them", "these", "this") or (phrase is None and determiner in ("this", "these", "it", "them"))
    if phrase is not None and phrase.kind == "empty":
        return
    if phrase is None and not pronoun:
        return
    product = phrase is not None and (determiner in ("this", "these", "my") and phrase.number != "mass" and phrase.key not in nouns()["single"])
    if phrase is None or phrase.kind == "whole" or product:
        good = Said(f"{'good' if sign > 0 else 'poor'} quality", "mass")
        item = Said(f"{'good' if sign > 0 else 'disappointing'} overall quality", "mass")
        if phrase is not None and phrase.kind == "aspect":
            general = in_general(phrase)
            good = Said(f"{'good' if sign > 0 else 'poor'} {general.text}", general.number)
        places = [core, *(range(phrase.first, phrase.last) if phrase else [at if pronoun and at < len(tokens) else at - 1])]
        yield _make("whole", sign, "overall quality", phrase.text if phrase and phrase.kind == "aspect" else "quality", item, good, tokens, places, denied, core, number, False)
        return
    general = in_general(phrase)
    item = Said(f"{'appealing' if sign > 0 else 'disappointing'} {phrase.text}", phrase.number)
    user = Said(f"{'good' if sign > 0 else 'poor'} {general.text}", general.number)
    yield _make("liking", sign, phrase.key, phrase.text, item, user, tokens, [core, *range(phrase.first, phrase.last)], denied, core, number)


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
            if unwelcome and head not in groups["trouble"] and phrase.text not in ("doubt", "doubts", "fear", "hesitation", "question", "regret", "loss", "exception", "brainer", "way", "frills") and denied_any and not lacking:
                nothing = negator_before(tokens, index, 6) if word == "any" else None
                yield _make("absence", 1, phrase.key, phrase.text, Said(f"no {phrase.text}", "mass"), Said(f"freedom from {phrase.text}", "mass"), tokens, places, nothing, phrase.last - 1, number)
            elif lacking and phrase.kind == "aspect" and not unreal(tokens, index):
                denied = negator_before(tokens, index, 4)
                sign = 1 if denied is not None or head in groups["bad"] else -1
                said = Said(f"{'enough' if denied is not None else 'no' if sign > 0 else 'little'} {phrase.text}", "mass")
                yield _make("absence", sign, phrase.key, phrase.text, said, said, tokens, places, denied, index, number)
            elif word == "no" and index and tokens[index - 1].lower in _HAVING and subject_of(tokens, index - 1)[0] and phrase.kind == "aspect" and head not in groups["trouble"] and phrase.last - phrase.first < 3 and phrase.text not in ("need", "longer", "reason"):
                said = Said(f"no {phrase.text}", "mass")
                yield _make("absence", -1, phrase.key, phrase.text, said, Said(f"lack of {phrase.text}", "singular"), tokens, places, None, index, number)
        if word in groups["trouble"] and (opinion := _trouble(tokens, index, number)):
            yield opinion


def _noun_from(tokens: Sequence[Token], at: int) -> NounPhrase | None:
    """The noun phrase after "no", "without any", "lacks a lot of": over determiners and adjectives."""
    start = at
    while at < len(tokens) and at - start < 4 and (tokens[at].lower in _DETERMINERS | {"noticeable", "real", "much", "in", "of", "or", "unwanted"} or tokens[at].tag.startswith("JJ")):
        at += 1
    return noun_phrase(tokens, at)


def _trouble(tokens: Sequence[Token], index: int, number: int) -> Opinion | None:
    if unreal(tokens, index):
        return None
    denied = negator_before(tokens, index, 6)
    after = tokens[index + 1].lower if index + 1 < len(tokens) else ""
    if after in ("with", "is", "was", "about", "'s", "are") and (phrase := _noun_from(tokens, index + 2)) and phrase.kind == "aspect" and tokens[index + 2 : index + 3] and not tokens[index + 2].tag.startswith("JJ"):
        places = [index, *range(phrase.first, phrase.last)]
        general = in_general(phrase)
        if denied is not None and after in ("with", "about"):
            return _make("trouble", 1, phrase.key, phrase.text, Said(f"trouble-free {phrase.text}", phrase.number), Said(f"trouble-free {general.text}", general.number), tokens, places, denied, index, number)
        if denied is None:
            return _make("trouble", -1, phrase.key, phrase.text, Said(f"unsatisfying {phrase.text}", phrase.number), Said(f"poor {general.text}", general.number), tokens, places, None, index, number)
        return None
    if denied is not None and tokens[index].lower in ("problem", "problems", "issue", "issues", "complaint", "complaints", "trouble", "troubles", "hassle", "defects", "flaws", "regrets"):
        return _make("trouble", 1, "trouble-free use", "reliability", Said("trouble-free use", "mass"), Said("trouble-free use", "mass"), tokens, [index], denied, index, number, False)
    return None


def failures(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "broke after a week", "the strap fell off", "stopped working"; negated: "never slips"."""
    for index, token in enumerate(tokens):
        if token.tag.startswith(("JJ", "DT")) or not token.lower.isalpha():
            continue
        base = {"broke": "break", "broken": "break", "fell": "fall", "came": "come", "wore": "wear", "tore": "tear", "torn": "tear", "gave": "give", "shrank": "shrink", "shrunk": "shrink", "died": "die"}.get(token.lower) or base_verb(token.lower)
        last = index
        if base in _FELL:
            if index + 1 >= len(tokens) or tokens[index + 1].lower not in _FELL[base]:
                continue
            last = index + 1
        elif base not in _FAILING or token.tag.startswith("NN") or (base == "fail" and index + 1 < len(tokens) and tokens[index + 1].lower == "to"):
            continue
        if base != "die" and last == index and index + 1 < len(tokens) and (tokens[index + 1].tag in ("DT", "PRP$", "PRP", "RP", "IN", "TO") and tokens[index + 1].lower in ("the", "a", "my", "your", "in", "into", "them", "it", "down", "on", "to", "over", "this", "through")):
            continue
        known, phrase = subject_of(tokens, index)
        if not known or unreal(tokens, index) or any(t.lower in ("old", "other", "previous", "last", "first", "another") for t in tokens[max(0, index - 6) : index]):
            continue
        denied = negator_before(tokens, index, 5)
        act = " ".join([base, *(t.lower for t in tokens[index + 1 : last + 1])])
        tendency = Said(f"{'no ' if denied is not None else ''}tendency to {act}", "singular" if denied is None else "mass")
        user = Said("durability" if denied is not None else "poor durability", "mass")
        places = [*range(index, last + 1)]
        if phrase is not None and phrase.kind == "aspect" and denied is None:
            places = [*range(phrase.first, phrase.last), *places]
            said = " ".join(t.lower for t in tokens[index : last + 1])
            tendency = Said(f"{phrase.text} that {said}", phrase.number)
        elif phrase is not None and phrase.kind == "empty":
            continue
        yield _make("failure", 1 if denied is not None else -1, phrase.key if phrase else "durability", phrase.text if phrase else "durability", tendency, user, tokens, places, denied, index, number, phrase is not None)


def value(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "worth every penny", "waste of money", "can't beat the price", "bang for the buck"."""
    for index, token in enumerate(tokens):
        word = token.lower
        after = [t.lower for t in tokens[index + 1 : index + 5]]
        sign, places, denied = 0, [index], None
        if word in ("worth", "worthwhile") and (word == "worthwhile" or (after and after[0] in _WORTHS)):
            denied = negator_before(tokens, index, 5)
            sign, places = (-1 if denied is not None else 1), [index, *([index + 1] if after else [])]
        elif word in ("waste", "wasted") and any(w in ("money", "time", "cash") for w in after):
            denied = next((at for at in range(max(0, index - 3), index) if tokens[at].lower in ("not",)), None) if index and tokens[index - 1].lower in ("a", "total") else None
            sign, places = (-1 if denied is None else 1), list(range(index, index + 2 + next(i for i, w in enumerate(after) if w in ("money", "time", "cash"))))
        elif word == "beat" and any(w in ("price", "deal", "value", "cost") for w in after) and (denied := negator_before(tokens, index, 3)) is not None:
            sign, places = 1, list(range(index, index + 2 + next(i for i, w in enumerate(after) if w in ("price", "deal", "value", "cost"))))
        elif word == "beat" and index > 1 and tokens[index - 1].lower == "to" and tokens[index - 2].lower in ("hard", "tough", "impossible"):
            sign, places = 1, [index - 2, index - 1, index]
        elif word == "buy" and index and tokens[index - 1].lower in ("good", "great", "excellent", "best", "fantastic", "awesome", "nice", "smart", "solid"):
            sign, places = 1, [index - 1, index]
        elif word == "bang" and "buck" in after:
            sign, places = 1, list(range(index, index + 2 + after.index("buck")))
        elif word == "well" and after[:1] == ["spent"]:
            sign, places = 1, [index, index + 1]
        elif word == "steal" and index and tokens[index - 1].lower == "a":
            sign = 1
        elif word in ("bargain", "deal") and index and tokens[index - 1].lower in ("great", "good", "excellent", "amazing", "fantastic", "awesome", "real", "a", "what"):
            sign, places = 1, [index - 1, index]
        if not sign or unreal(tokens, index, frozenset({"if", "would", "might", "whether"})):
            continue
        said = Said("good value for money" if sign > 0 else "poor value for money", "mass")
        yield _make("value", sign, "value", "value", said, Said("good value" if sign > 0 else "poor value", "mass"), tokens, places, denied, index, number)


def duty(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "does what it is supposed to do", "does the job", "works as advertised", "just what I needed"."""
    for index, token in enumerate(tokens):
        word = token.lower
        window = [t.lower for t in tokens[index : index + 7]]
        last = 0
        if word in ("does", "do", "did", "doing", "gets", "get", "got") and ("job" in window[:6] or "trick" in window[:4]):
            window = ["job" if w == "trick" else w for w in window]
            adjective = next((w for w in window[: window.index("job")] if manners().get(w, 0) < 0), "")
            if not adjective and not any(w in ("but", ",") for w in window[: window.index("job")]):
                last = index + window.index("job")
        elif word in ("does", "do", "did") and "what" in window[1:3] and any(w in ("it", "they", "i", "its", "the") for w in window[2:5]):
            last = index + window.index("what")
        elif word in ("works", "work", "worked", "exactly", "just", "performs", "functions") and window[1:2] == ["as"] and len(window) > 2 and window[2] in _AS:
            last = index + 2
        elif base_verb(word) in ("work", "perform", "function") and window[1:4] in (["as", "it", "should"], ["as", "they", "should"], ["like", "it", "should"], ["like", "they", "should"]):
            last = index + 3
        elif word in ("exactly", "just") and window[1:3] == ["what", "i"] and any(w in ("needed", "wanted", "expected", "need", "want", "looking") for w in window[3:6]):
            last = index + 2 + next(i for i, w in enumerate(window[3:6], 1) if w in ("needed", "wanted", "expected", "need", "want", "looking"))
        if not last or unreal(tokens, index, frozenset({"if", "would", "might", "whether", "should", "hope", "hoping"})):
            continue
        denied = negator_before(tokens, index, 4)
        said = Said("performance as expected" if denied is None else "performance below expectations", "mass")
        user = Said("products that do their job" if denied is None else "products that fail to do their job", "plural")
        yield _make("duty", 1 if denied is None else -1, "performance", "performance", said, user, tokens, list(range(index, last + 1)), denied, last, number, False)


def praise(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "highly recommended", "would recommend", "two thumbs up", "you can't go wrong": bare praise, or blame when negated."""
    for index, token in enumerate(tokens):
        following = [t.lower for t in tokens[index + 1 : index + 3]]
        denied = negator_before(tokens, index, 4)
        if token.lower in ("recommend", "recommended", "recommending") and not any(t.lower in ("was", "were", "if", "by", "came") for t in tokens[max(0, index - 4) : index]):
            sign = 1 if denied is None else -1
        elif token.lower == "go" and following[:1] == ["wrong"] and denied is not None:
            sign = 1
        elif token.lower in ("happier", "pleased", "better") and index > 1 and tokens[index - 1].lower == "be" and denied is not None:
            sign = 1
        elif token.lower in ("thumbs", "stars") and (following[:1] == ["up"] or (index and tokens[index - 1].lower in ("five", "5"))):
            sign, denied = 1, None
        else:
            continue
        item = Said("good overall quality" if sign > 0 else "poor overall quality", "mass")
        user = Said("good quality" if sign > 0 else "poor quality", "mass")
        yield _make("whole", sign, "overall quality", "quality", item, user, tokens, [index, *([index + 1] if token.lower in ("go", "thumbs") and following else [])], denied, index, number, False)


def staying(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "stays in place", "holds up", "lasts a long time", "keeps its shape"."""
    for index, token in enumerate(tokens[:-1]):
        base = {"kept": "keep", "held": "hold"}.get(token.lower) or base_verb(token.lower)
        following = tokens[index + 1].lower
        if base in ("stay", "keep", "hold", "remain") and following in ("in", "on", "put", "its", "their", "up", "tune", "charge", "together", "a") and not (following == "a" and tokens[index + 2 : index + 3] and tokens[index + 2].lower not in ("charge", "tune", "edge")):
            last = index + 1
            if following in ("in", "its", "their", "a", "on"):
                phrase = noun_phrase(tokens, index + 2)
                if phrase is None or (phrase.kind == "empty" and phrase.text not in ("place", "shape", "position")) or phrase.last - phrase.first > 2:
                    continue
                last = phrase.last - 1
            elif following == "up" and base != "hold":
                continue
            known, _ = subject_of(tokens, index)
            if not known or unreal(tokens, index):
                continue
            denied = negator_before(tokens, index, 5)
            rest = " ".join(t.lower for t in tokens[index + 1 : last + 1])
            act = f"{gerund(base)} {rest}" if following != "up" else "holding up over time"
            item = Said(act if denied is None else f"trouble {act}", "mass")
            yield _make("manner", 1 if denied is None else -1, act, rest.removeprefix("in ").removeprefix("its "), item, item, tokens, list(range(index, last + 1)), denied, index, number)


def handiness(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "comes in handy"."""
    for index in range(2, len(tokens)):
        if tokens[index].lower == "handy" and tokens[index - 1].lower == "in" and base_verb(tokens[index - 2].lower) in ("come", "came"):
            said = Said("handy design", "singular")
            yield _make("manner", 1, "design", "design", said, said, tokens, [index - 2, index - 1, index], None, index, number, False)


def wishes(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "I wish it had a longer cord", "could be louder"."""
    for index, token in enumerate(tokens):
        if token.lower in ("wish", "wished"):
            start, reach = index, 10
        elif token.lower in ("could", "should") and index + 1 < len(tokens) and tokens[index + 1].lower in ("be", "have"):
            start, reach = index, 6
        else:
            continue
        for at in range(start + 1, min(len(tokens), start + reach)):
            if tokens[at].lower in CONTRAST or tokens[at].lower in (".", ";"):
                break
            word = tokens[at].lower
            if word in ("better", "cheaper", "more", "easier") or not (tokens[at].tag == "JJR" or (word.endswith("er") and word_tags().get(word) in ("JJR", "RBR"))):
                continue
            if phrase := noun_phrase(tokens, at + 1):
                if phrase.kind != "aspect":
                    break
            else:
                copula = next((i for i in range(at - 1, 0, -1) if tokens[i].lower in ("was", "were", "is", "are", "could", "should")), start)
                phrase = subject_of(tokens, copula)[1]
            noun = Said("design", "singular") if phrase is None or phrase.kind != "aspect" else Said(phrase.text, phrase.number)
            said = Said(f"{noun.text} that could be {word}", noun.number)
            yield _make("wish", -1, phrase.key if phrase else "design", noun.text, said, said, tokens, [start, at, *(range(phrase.first, phrase.last) if phrase and phrase.kind == "aspect" else [])], None, at, number)
            break

