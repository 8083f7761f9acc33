"""What is looked at first so as to read fast changes nothing: sentences of every set phrase and feeling word, read with and without."""

import pytest

from rdrec.language import feeling_rules, idiom_rules, leanings
from rdrec.language.lexicons import feelings, idiom_lines, leaning_lines
from rdrec.language.phrases import base
from rdrec.language.tagger import _by_context, _rules
from rdrec.language.tokens import analyse


def _spoken(phrase):
    return " ".join("very" if word == "_" else word for word in phrase.split() if word not in ("!", "="))


PHRASES = [_spoken(phrase) for *_, phrase in (*idiom_lines(), *leaning_lines())]
WORDS = sorted({word.replace("+", " me ") for group in feelings().values() for word in group})
SENTENCES = [
    sentence.tokens
    for texts in (
        [f"The clasp {phrase} and it did not {phrase}." for phrase in PHRASES],
        [f"The clasp {word} me, was {word} by all and is a {word}. It made my kid {word}." for word in WORDS],
        ["What I love most is the clasp.", "The best part of it is the clasp.", "It let us down but the tail won me over."],
    )
    for text in texts
    for sentence in analyse(text)
]


def naive_stands(words, lowers, bases, at):
    return at + len(words) <= len(lowers) and all(
        word == "_" or word in (lowers[at + place], base(lowers[at + place])) for place, word in enumerate(words)
    )


@pytest.mark.parametrize(
    ("module", "guards"),
    [
        (feeling_rules, {"_moves": lambda word: True, "_may_judge": lambda word: True}),
        (idiom_rules, {"stands": naive_stands}),
        (leanings, {"stands": naive_stands}),
    ],
)
def test_the_guards_change_nothing(module, guards, monkeypatch):
    def read():
        if module is leanings:
            return [leanings.leaning(tokens) for tokens in SENTENCES]
        rule = feeling_rules.feelings_of if module is feeling_rules else idiom_rules.idioms
        return [list(rule(tokens, 0)) for tokens in SENTENCES]

    fast = read()
    for name, naive in guards.items():
        monkeypatch.setattr(module, name, naive)
    assert sum(map(bool, fast)) > 50, "the sentences are found something in"
    assert read() == fast


def naive_context(words, tags):
    """Every rule is asked about every word, whatever its tag and the tags beside it."""
    edge = ["STAART"] * 3
    w, t = [*edge, *words, *edge], [*edge, *tags, *edge]
    for index in range(3, len(t) - 3):
        fits = (rule.new for rule in _rules() if rule.old in (t[index], "*") and rule.check(w, t, index))
        t[index] = next(fits, t[index])
    return t[3:-3]


def test_rules_of_context_are_chosen_rightly():
    for tokens in SENTENCES[::5]:
        words, tags = [token.text for token in tokens], [token.tag for token in tokens]
        for shifted in (tags, [*tags[1:], tags[0]], [*tags[3:], *tags[:3]]):
            assert _by_context(words, shifted) == naive_context(words, shifted)
