"""Part-of-speech tags: TextBlob's PatternTagger (lexicon, suffix rules, Brill's contextual rules), compiled to be fast.

In: the words of one sentence.  Out: one Penn Treebank tag a word.  It refuses to know spelling mistakes and meanings.
The rules are TextBlob's own files; `tests/language/test_tagger.py` holds the result to TextBlob's own code.
Ours: rules are grouped by the tag they apply to and the tags beside it (few instead of 290 checks a word), and each unknown word is solved once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rdrec.language.lexicons import context_rules, morphology_rules, word_tags

_NUMBER = re.compile(r"^[0-9\-\,\.\:\/\%\$]+$")
_Check = Callable[[Sequence[str], Sequence[str], int], bool]


def tag(words: Sequence[str]) -> list[str]:
    """Penn Treebank tags of the words of one sentence."""
    lexicon = word_tags()
    tags = []
    for index, word in enumerate(words):
        known = lexicon.get(word)
        if known is None and (index == 0 or (word.isupper() and len(word) > 1)):
            known = lexicon.get(word.lower())
        if known is None:
            before = words[index - 1] if index else ""
            after = words[index + 1] if index + 1 < len(words) else ""
            telling = _telling_neighbours()
            known = _unknown(word, before if before in telling else "", after if after in telling else "")
        tags.append(known)
    return _by_context(list(words), tags)


@lru_cache(maxsize=1)
def _telling_neighbours() -> frozenset[str]:
    """The words that say something about an unknown word beside them; all other neighbours are alike."""
    return frozenset(rule[i - 1] for rule in morphology_rules() for i in (1, 2) if rule[i].endswith(("goodleft", "goodright")))


@lru_cache(maxsize=50_000)
def _unknown(word: str, before: str, after: str) -> str:
    """The tag of a word that the lexicon does not have, from its capitals, digits, prefix, suffix and neighbours."""
    if word.istitle():
        return "NNP"
    if _NUMBER.match(word):
        return "CD"
    lexicon, current = word_tags(), "NN"
    for rule in morphology_rules():
        if rule[1] in _MORPHOLOGY or rule[1] in ("goodleft", "goodright"):
            affix, command = rule[0], rule[1]
        else:
            if rule[0] != current:
                continue
            affix, command = rule[1], rule[2].removeprefix("f")
        if command == "goodleft":
            fits = affix == after
        elif command == "goodright":
            fits = affix == before
        else:
            fits = _MORPHOLOGY[command](word, affix, lexicon)
        if fits:
            current = rule[-2]
    return current


_MORPHOLOGY: dict[str, Callable[[str, str, dict[str, str]], bool]] = {
    "char": lambda word, x, lexicon: x in word,
    "haspref": lambda word, x, lexicon: word.startswith(x),
    "hassuf": lambda word, x, lexicon: word.endswith(x),
    "addpref": lambda word, x, lexicon: x + word in lexicon,
    "addsuf": lambda word, x, lexicon: word + x in lexicon,
    "deletepref": lambda word, x, lexicon: word.startswith(x) and word[len(x) :] in lexicon,
    "deletesuf": lambda word, x, lexicon: word.endswith(x) and word[: -len(x)] in lexicon,
}


def _check(command: str, x: str, y: str) -> _Check:
    """One Brill condition as a function of (words, tags, index); both lists have three edge marks at either end."""
    checks: dict[str, _Check] = {
        "prevtag": lambda w, t, i: t[i - 1] == x,
        "nexttag": lambda w, t, i: t[i + 1] == x,
        "prev2tag": lambda w, t, i: t[i - 2] == x,
        "next2tag": lambda w, t, i: t[i + 2] == x,
        "prev1or2tag": lambda w, t, i: t[i - 1] == x or t[i - 2] == x,
        "next1or2tag": lambda w, t, i: t[i + 1] == x or t[i + 2] == x,
        "prev1or2or3tag": lambda w, t, i: x in t[i - 3 : i],
        "next1or2or3tag": lambda w, t, i: x in t[i + 1 : i + 4],
        "surroundtag": lambda w, t, i: t[i - 1] == x and t[i + 1] == y,
        "curwd": lambda w, t, i: w[i] == x,
        "prevwd": lambda w, t, i: w[i - 1] == x,
        "nextwd": lambda w, t, i: w[i + 1] == x,
        "prev1or2wd": lambda w, t, i: w[i - 1] == x or w[i - 2] == x,
        "prevwdtag": lambda w, t, i: w[i - 1] == x and t[i - 1] == y,
        "nextwdtag": lambda w, t, i: w[i + 1] == x and t[i + 1] == y,
        "wdprevtag": lambda w, t, i: t[i - 1] == x and w[i] == y,
        "wdnexttag": lambda w, t, i: w[i] == x and t[i + 1] == y,
        "wdand2aft": lambda w, t, i: w[i] == x and w[i + 2] == y,
        "wdand2tagbfr": lambda w, t, i: t[i - 2] == x and w[i] == y,
        "wdand2tagaft": lambda w, t, i: w[i] == x and t[i + 2] == y,
        "lbigram": lambda w, t, i: w[i - 1] == x and w[i] == y,
        "rbigram": lambda w, t, i: w[i] == x and w[i + 1] == y,
        "prevbigram": lambda w, t, i: t[i - 2] == x and t[i - 1] == y,
        "nextbigram": lambda w, t, i: t[i + 1] == x and t[i + 2] == y,
    }
    return checks.get(command, lambda w, t, i: False)


_OWN_WORD = {
    "curwd": 0,
    "wdprevtag": 1,
    "wdnexttag": 0,
    "wdand2aft": 0,
    "wdand2tagbfr": 1,
    "wdand2tagaft": 0,
    "lbigram": 1,
    "rbigram": 0,
}
_PREVIOUS_TAG = {"prevtag": 0, "surroundtag": 0, "prevwdtag": 1, "wdprevtag": 0, "prevbigram": 1}
_NEXT_TAG = {"nexttag": 0, "surroundtag": 1, "nextwdtag": 1, "wdnexttag": 1, "nextbigram": 0}


class _Rule(NamedTuple):
    """A rule and what must be for it to fire at all: the word's tag ("*": any), the word and the tags beside it (None: any)."""

    old: str
    new: str
    check: _Check
    word: str | None
    before: str | None
    after: str | None


@lru_cache(maxsize=1)
def _rules() -> list[_Rule]:
    """All rules, last first."""
    rules = []
    for rule in reversed(context_rules()):
        if len(rule) >= 4:
            command, arguments = rule[2].lower(), (rule[3], rule[4] if len(rule) > 4 else "")
            told = [arguments[place[command]] if command in place else None for place in (_OWN_WORD, _PREVIOUS_TAG, _NEXT_TAG)]
            rules.append(_Rule(rule[0], rule[1], _check(command, *arguments), *told))
    return rules


@lru_cache(maxsize=20_000)
def _rules_for(tag_: str, word: str | None) -> tuple[_Rule, ...]:
    """The rules that can fire for a word with this tag; `word` is None for the words that no rule names."""
    return tuple(rule for rule in _rules() if rule.old in (tag_, "*") and rule.word in (None, word))


@lru_cache(maxsize=50_000)
def _rules_between(before: str, tag_: str, after: str, word: str | None) -> tuple[tuple[str, _Check], ...]:
    """Those of them that can fire between two tags, as (new tag, condition)."""
    return tuple(
        (rule.new, rule.check)
        for rule in _rules_for(tag_, word)
        if rule.before in (None, before) and rule.after in (None, after)
    )


@lru_cache(maxsize=1)
def _named_words() -> frozenset[str]:
    return frozenset(rule.word for rule in _rules() if rule.word is not None)


def _by_context(words: list[str], tags: list[str]) -> list[str]:
    """Brill's second step.  As in TextBlob, rules look at a word's first tag and its neighbours' present tags; the last that fits wins."""
    named = _named_words()
    edge = ["STAART"] * 3
    w, t = [*edge, *words, *edge], [*edge, *tags, *edge]
    for index in range(3, len(t) - 3):
        word = w[index]
        for new, check in _rules_between(t[index - 1], t[index], t[index + 1], word if word in named else None):
            if check(w, t, index):
                t[index] = new
                break
    return t[3:-3]
