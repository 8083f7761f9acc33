"""Word lists: what a word's usual part of speech is, whether it praises or blames, how a noun is used.

In: the files that `textblob` (tags, Brill rules, sentiment) and `vaderSentiment` ship, and our own `assets/lexicons`.
Out: plain dictionaries, loaded once.  It refuses to know any sentence.  The libraries' files are read, their code is not
imported: `import textblob` takes 1.8 s on two cores (it loads nltk and scipy), reading its files takes 0.1 s.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rdrec.home import PROJECT
from rdrec.records import ArtefactError

OWN = PROJECT / "assets" / "lexicons"
_VADER_LEAST = 0.9  # on VADER's -4..4; weaker words ("light", "solid") are not a judgement by themselves
_TEXTBLOB_LEAST = 0.3  # on TextBlob's -1..1, mean over the senses
_WEAK_POLARITY = 0.1  # of TextBlob's, below which it says nothing of the sign of a sentence
_RATING_OF_POLARITY, _OWN_RATING = 3.0, 1.5  # on VADER's scale: TextBlob's polarity 1, a word of our own lists
_SENTIMENT_WORD = re.compile(r'<word form="([^"]+)"[^>]* pos="(\w+)"[^>]* polarity="([-.\d]+)"')


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a word judges: `sign` +1, -1 or 0 (depends on the product), and the quality it speaks of when none is named."""

    sign: int
    dimension: str


def word_set(words: str) -> frozenset[str]:
    """The words of a string, for word lists in code."""
    return frozenset(words.split())


def package_file(package: str, name: str) -> Path:
    """A data file of an installed package, without importing the package."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / name).is_file():
            return path
    raise ArtefactError(f"the word list {name} of {package} is missing", todo="install requirements.txt again")


def _lines(path: Path, comment: str) -> list[str]:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ArtefactError(f"the word list cannot be read ({error})", where=path, todo="restore the file") from error
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(comment)]


# Newspapers (where TextBlob's tags come from) write of works of art; shoppers write that a thing works.
_SHOPPERS_TAGS = {
    "works": "VBZ",
    "holds": "VBZ",
    "stays": "VBZ",
    "plays": "VBZ",
    "arrives": "VBZ",
    "lasts": "VBZ",
    "ships": "VBZ",
    "love": "VB",
}


@lru_cache(maxsize=1)
def word_tags() -> dict[str, str]:
    """Word -> its most frequent Penn Treebank tag (TextBlob's lexicon, 94,000 words, a few of them corrected)."""
    pairs = (line.split(" ")[:2] for line in _lines(package_file("textblob", "en/en-lexicon.txt"), ";;;"))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2} | _SHOPPERS_TAGS


@lru_cache(maxsize=1)
def context_rules() -> tuple[tuple[str, ...], ...]:
    """Brill's contextual rules as TextBlob ships them, in order: (from, to, command, argument, ...)."""
    return tuple(tuple(line.split()) for line in _lines(package_file("textblob", "en/en-context.txt"), ";;;"))


@lru_cache(maxsize=1)
def morphology_rules() -> tuple[tuple[str, ...], ...]:
    """Brill's lexical rules for unknown words, in order."""
    return tuple(tuple(line.split()) for line in _lines(package_file("textblob", "en/en-morphology.txt"), ";;;"))


@lru_cache(maxsize=1)
def _general_signs() -> dict[str, int]:
    """Word -> +1 or -1 from VADER and TextBlob; words on which they disagree are left out."""
    signs: dict[str, int] = {}
    for line in _lines(package_file("vaderSentiment", "vader_lexicon.txt"), "\0"):
        word, value = line.split("\t")[:2]
        if word.replace("-", "").isalpha() and abs(float(value)) >= _VADER_LEAST:
            signs[word] = 1 if float(value) > 0 else -1
    senses: dict[str, list[float]] = {}
    xml = package_file("textblob", "en/en-sentiment.xml").read_text("utf-8")
    for word, tag, polarity in _SENTIMENT_WORD.findall(xml):
        if tag == "JJ":
            senses.setdefault(word, []).append(float(polarity))
    for word, values in senses.items():
        mean = sum(values) / len(values)
        if abs(mean) >= _TEXTBLOB_LEAST:
            sign = 1 if mean > 0 else -1
            if signs.setdefault(word, sign) != sign:
                del signs[word]
    return signs


@lru_cache(maxsize=1)
def _own_judgements() -> tuple[dict[str, Judgement], dict[str, int]]:
    adjectives: dict[str, Judgement] = {}
    manners: dict[str, int] = {}
    signs = {"+": 1, "-": -1, "0": 0}
    for line in _lines(OWN / "opinion_words.txt", "#"):
        head, _, words = line.partition(":")
        dimension, sign = head.split()
        for word in words.split():
            if dimension == "manner":
                manners[word] = signs[sign]
            else:
                adjectives.setdefault(word, Judgement(signs[sign], dimension))
    return adjectives, manners


@lru_cache(maxsize=1)
def nouns() -> dict[str, frozenset[str]]:
    """Groups of nouns of `assets/lexicons/nouns.txt`."""
    groups = (line.partition(":") for line in _lines(OWN / "nouns.txt", "#"))
    return {name.strip(): frozenset(words.split()) for name, _, words in groups}


@lru_cache(maxsize=1)
def adjectives() -> dict[str, Judgement]:
    """Adjective -> its judgement: our own list first, then the general lexicons (dimension "quality")."""
    merged = {word: Judgement(sign, "quality") for word, sign in _general_signs().items()}
    return merged | _own_judgements()[0]


@lru_cache(maxsize=1)
def manners() -> dict[str, int]:
    """Adverb (or adjective used as one) of manner -> sign: "works WELL", "fits POORLY"."""
    return _own_judgements()[1]


@lru_cache(maxsize=1)
def idiom_lines() -> tuple[tuple[str, int, str], ...]:
    """(label, sign, phrase) of `assets/lexicons/idioms.txt`, in order."""
    found = []
    for line in _lines(OWN / "idioms.txt", "#"):
        head, _, phrases = line.partition(":")
        label, sign = head.split()
        found += [(label, 1 if sign == "+" else -1, " ".join(phrase.split())) for phrase in phrases.split("|")]
    return tuple(found)


@lru_cache(maxsize=1)
def feelings() -> dict[str, dict[str, int]]:
    """Groups of words of `assets/lexicons/feelings.txt`, each word with its sign; "fond" has no blame."""
    groups: dict[str, dict[str, int]] = {}
    for line in _lines(OWN / "feelings.txt", "#"):
        head, _, words = line.partition(":")
        name, _, sign = head.strip().partition(" ")
        groups.setdefault(name, {}).update(dict.fromkeys(words.split(), -1 if sign == "-" else 1))
    return groups


@lru_cache(maxsize=1)
def leaning_lines() -> tuple[tuple[int, str], ...]:
    """(sign, phrase) of `assets/lexicons/leanings.txt`, in order."""
    found = []
    for line in _lines(OWN / "leanings.txt", "#"):
        sign, _, phrases = line.partition(":")
        found += [(1 if sign.strip() == "+" else -1, " ".join(phrase.split())) for phrase in phrases.split("|")]
    return tuple(found)


@lru_cache(maxsize=1)
def irregular_verbs() -> dict[str, str]:
    """Irregular form -> base form of the verb ("went" -> "go"), of `assets/lexicons/irregular_verbs.txt`."""
    rows = (line.partition(":") for line in _lines(OWN / "irregular_verbs.txt", "#"))
    return {form: verb.strip() for verb, _, forms in rows for form in forms.split()}


@lru_cache(maxsize=1)
def cues() -> dict[str, frozenset[str]]:
    """Groups of words of `assets/lexicons/about.txt`."""
    groups = (line.partition(":") for line in _lines(OWN / "about.txt", "#"))
    return {name.strip(): frozenset(words.split()) for name, _, words in groups}


@lru_cache(maxsize=1)
def valences() -> dict[str, float]:
    """Word -> how much it praises (-4..4): VADER's mean rating, TextBlob's polarity where VADER has none, then our own lists."""
    rows = (line.split("\t")[:2] for line in _lines(package_file("vaderSentiment", "vader_lexicon.txt"), "\0"))
    known = {word: float(value) for word, value in rows if word.isalpha()}
    judging = {word: judgement.sign for word, judgement in adjectives().items()}
    for word, polarity in _polarities().items():
        if abs(polarity) >= _WEAK_POLARITY and judging.get(word) != 0:  # "small" depends on the product
            known.setdefault(word, _RATING_OF_POLARITY * polarity)
    for signs in (judging, dict.fromkeys(nouns()["bad"] | nouns()["trouble"], -1), *feelings().values()):
        for word, sign in signs.items():
            if sign:
                known.setdefault(word, _OWN_RATING * sign)
    return known


@lru_cache(maxsize=1)
def _polarities() -> dict[str, float]:
    """Word -> TextBlob's polarity (-1..1), the mean over its senses, of every part of speech."""
    senses: dict[str, list[float]] = {}
    xml = package_file("textblob", "en/en-sentiment.xml").read_text("utf-8")
    for word, _, polarity in _SENTIMENT_WORD.findall(xml):
        senses.setdefault(word, []).append(float(polarity))
    return {word: sum(values) / len(values) for word, values in senses.items()}
