"""English without a parser: words, sentences, stems, and words of praise, blame and negation.

Praise and blame come from VADER's lexicon (Hutto and Gilbert 2014, MIT; only its file is read, its code is not imported) and from
`assets/lexicons/opinion_words.txt`, which adapts it to product reviews.
"""

from __future__ import annotations

import importlib.util
import re
from functools import lru_cache
from pathlib import Path

import snowballstemmer

from rdrec.core.home import PROJECT
from rdrec.core.records import ArtefactError

WORDS = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_LEXICONS = PROJECT / "assets" / "lexicons"
_OWN_VALENCE = 2.0  # of the words in our own list, on VADER's scale from -4 to 4
_LEAST_VALENCE = 0.9  # weaker words ("light", "solid") express no opinion by themselves
_END = re.compile(r"[.!?…\r\n]+[)\"'”]*(?:(?<=[\r\n])|(?=\s|$|[A-Z(\"“]))")  # fast because it begins with a character class
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[a-z]|mr|mrs|ms|dr|st|jr|sr|vs|etc|approx|inc|co|ltd|vol|fig|e\.g|i\.e)$", re.IGNORECASE
)


def words_of(text: str) -> list[str]:
    """Lower-cased words; "isn't" becomes "is" and "n't"."""
    found: list[str] = []
    for word in WORDS.findall(text.lower().replace("’", "'")):
        found += [word[:-3], "n't"] if word.endswith("n't") else [word]
    return found


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """[start, end) of each sentence, without surrounding white space; together they cover every visible character."""
    spans, begin = [], 0
    for match in _END.finditer(text):
        if match.group() != "." or not _ABBREVIATION.search(text, max(0, match.start() - 8), match.start()):
            spans.append((begin, match.end()))
            begin = match.end()
    pieces = [(start, text[start:end]) for start, end in [*spans, (begin, len(text))]]
    return [(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())) for start, piece in pieces if piece.strip()]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """One stem for all forms of a word: "clamps" and "clamp", "easily" and "easy", "broke" and "breaking"."""
    word = word.replace("’", "'").removesuffix("'s")
    stemmed: str = _STEMMER.stemWord(_IRREGULAR_VERBS.get(word, word))
    return stemmed[:-2] if stemmed.endswith("ili") else stemmed


def gerund(verb: str) -> str:
    """The -ing form of a verb: "breaking", "slipping", "lying"."""
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and len(verb) > 2:
        return f"{verb[:-1]}ing"
    doubles = len(verb) > 2 and verb[-1] in "bdgmnprt" and verb[-2] in "aeiou" and sum(c in "aeiouy" for c in verb) == 1
    return f"{verb}{verb[-1]}ing" if doubles or verb in ("control", "propel") else f"{verb}ing"


def valence(word: str) -> float:
    """How much a lower-cased word praises or blames: from -4 to 4, 0 if it expresses no opinion."""
    return valences().get(word, 0.0)


@lru_cache(maxsize=1)
def valences() -> dict[str, float]:
    """The valence of every opinion word.  Raises ArtefactError if a word list is missing."""
    rows = (
        line.split("\t")[:2]
        for line in _read(_package_file("vaderSentiment", "vader_lexicon.txt")).splitlines()
        if "\t" in line
    )
    found = {
        word: float(value) for word, value in rows if word.replace("-", "").isalpha() and abs(float(value)) >= _LEAST_VALENCE
    }
    own = word_lists("opinion_words.txt")
    found.update(dict.fromkeys(own["praise"], _OWN_VALENCE) | dict.fromkeys(own["blame"], -_OWN_VALENCE))
    for word in own["neither"]:
        found.pop(word, None)
    return found


def word_lists(name: str) -> dict[str, frozenset[str]]:
    """The lists of a file in `assets/lexicons` with lines "name: words"; lines with the same name are joined."""
    found: dict[str, frozenset[str]] = {}
    for line in _read(_LEXICONS / name).splitlines():
        key, colon, words = line.partition(":")
        if colon and not line.startswith("#"):
            found[key] = found.get(key, frozenset()).union(words.split())
    return found


def _package_file(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / name).is_file():
            return path
    raise ArtefactError(f"the word list {name} of {package} is missing", todo="pip install -r requirements.txt")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ArtefactError(f"the word list cannot be read ({error})", where=path, todo="restore the file") from error


NEGATORS = word_lists("opinion_words.txt")["deny"]
_IRREGULAR_VERBS = {form: verb for verb, forms in word_lists("irregular_verbs.txt").items() for form in forms}
_STEMMER = snowballstemmer.stemmer("english")
