"""How much a text tells about who wrote it, or about the item it speaks of, in nats on held-out texts; no network is trained.

    words  content words as a bag: loss of the overall frequencies minus loss of the frequencies of this user (item),
           smoothed towards the overall ones; nats a word
    gap    first tokens in order, a mixture of n-gram counts with and without the user (item): loss with another's id minus
           loss with the own one; nats per token.  0: the texts do not depend on the id, and nothing can be learned from it.

A student that learned such texts has an own-other gap of its own; this one is the yardstick to hold it against.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from rdrec.core.records import InputError, plural
from rdrec.core.settings import integer
from rdrec.evaluation.ngram_counts import END, chances, mixture, windows

Integers = npt.NDArray[np.int64]
HELD_OUT = 0.2
LEAST_TEXTS = 50
_LEAST_COUNT = 5  # of a word in the training texts
_SMOOTHING = (
    10,
    30,
    100,
    300,
    1_000,
    3_000,
    10_000,
)  # words of the overall kind, added to each user's (item's); the best is taken
_ORDERED_TEXTS, _TOKENS = 2_000, 20  # held-out texts whose order is read, and how many tokens of each
_STOP = frozenset((
    "the", "a", "an", "and", "or", "but", "of", "to", "in", "on", "for", "with", "is", "are", "was", "were", "be", "been",
    "it", "its", "this", "that", "these", "those", "i", "my", "me", "you", "your", "he", "she", "they", "them", "his", "her",
    "their", "we", "our", "as", "at", "by", "from", "have", "has", "had", "not", "no", "so", "if", "than", "then", "there",
    "just", "very", "can", "will", "would", "could", "do", "does", "did", "what", "which", "who", "when", "all", "any",
    "one", "out", "up", "about", "more", "most", "other", "some", "such", "only", "own", "same", "too", "also", "get", "got",
    "use", "used", "using", "user", "prefers", "item", "attributes", "dislikes",
))  # fmt: skip
_WORD, _TOKEN = re.compile(r"[^\W\d_]{3,}"), re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Nats:
    """A mean with its 95 % bootstrap interval over users (items)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} ({self.low:+.3f} to {self.high:+.3f})"


@dataclass(frozen=True)
class HowPersonal:
    """texts, keys: how many there were of each; see the module for `words` and `gap`."""

    texts: int
    keys: int
    words: Nats
    gap: Nats

    def as_dict(self) -> dict[str, float]:
        found: dict[str, float] = {"texts": self.texts, "keys": self.keys}
        for name in ("words", "gap"):
            nats: Nats = getattr(self, name)
            found |= {name: round(nats.value, 4), f"{name}_low": round(nats.low, 4), f"{name}_high": round(nats.high, 4)}
        return found


def how_personal(texts: Sequence[str], keys: Sequence[int | str], seed: int = 0) -> HowPersonal:
    """keys: who wrote each text, or the item it speaks of.  Raises InputError for fewer than 50 texts, and where no user (item)
    has two."""
    if len(texts) < LEAST_TEXTS:
        raise InputError(f"{plural(len(texts), 'text')} say nothing about users or items", todo=f"give {LEAST_TEXTS} or more")
    codes = np.unique(np.asarray(keys, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)
    if len(codes) == codes.max() + 1:
        raise InputError("no user or item has two texts", todo="give texts of which several share a user or an item")
    held = np.random.default_rng(seed).random(len(texts)) < HELD_OUT
    words, words_of = _bags(texts, codes, held)
    gaps, gaps_of = _ordered(texts, codes, held, seed)
    return HowPersonal(len(texts), int(codes.max()) + 1, _interval(words, words_of, seed), _interval(gaps, gaps_of, seed))


def by_user_and_item(rows: pd.DataFrame, column: str) -> dict[str, HowPersonal]:
    """Of the texts of one column that are there, by "user" and by "item"."""
    told = rows[rows[column].notna()]
    return {by: how_personal(told[column].tolist(), told[by].tolist()) for by in ("user", "item")}


def first_line() -> str:
    return (
        "how much texts tell, by whose they are: words (gain of a bag of words, nats a word) and gap (another's id minus the own one, "
        "nats per token), with 95 % intervals"
    )


def report(what: str, rows: pd.DataFrame, column: str) -> tuple[str, dict[str, dict[str, float]] | None]:
    """One line for people, and the numbers; where the texts are too few the line says so, and there are none."""
    try:
        found = by_user_and_item(rows, column)
    except InputError as error:
        return f"{what}: not measured, {error.what}", None
    line = "; ".join(f"by {by} words {one.words}, gap {one.gap}" for by, one in found.items())
    return f"{what}: {line}", {by: one.as_dict() for by, one in found.items()}


def _interval(values: np.ndarray, keys: Integers, seed: int) -> Nats:
    """Mean over all values; whole keys are resampled."""
    if not len(values):
        raise InputError("no held-out text has a word that is known", todo="give more texts")
    codes = np.unique(keys, return_inverse=True)[1]
    sums, counts = np.bincount(codes, values), np.bincount(codes).astype(float)
    rng, means = np.random.default_rng(seed), []
    for _ in range(integer("evaluate.bootstrap")):
        times = np.bincount(rng.integers(len(sums), size=len(sums)), minlength=len(sums))
        means.append((times @ sums) / (times @ counts))
    low, high = np.quantile(means, [0.025, 0.975])
    return Nats(float(values.mean()), float(low), float(high))


def _bags(texts: Sequence[str], keys: Integers, held: npt.NDArray[np.bool_]) -> tuple[np.ndarray, Integers]:
    """What each held-out word gains by knowing the key: (W,) nats, and (W,) whose it is."""
    bags = [sorted(set(_WORD.findall(text.lower())) - _STOP) for text in texts]
    training = [(int(key), word) for key, bag, out in zip(keys, bags, held, strict=True) if not out for word in bag]
    overall, own = Counter(word for _, word in training), Counter(training)
    size = np.bincount(np.array([key for key, _ in training], dtype=np.int64), minlength=int(keys.max()) + 1)
    asked = [
        (int(key), word)
        for key, bag, out in zip(keys, bags, held, strict=True)
        if out
        for word in bag
        if overall[word] >= _LEAST_COUNT
    ]
    general = np.array([overall[word] for _, word in asked]) / max(len(training), 1)
    counted, of = np.array([own[pair] for pair in asked]), np.array([key for key, _ in asked], dtype=np.int64)
    gains = [np.log(counted + m * general) - np.log(size[of] + m) - np.log(general) for m in _SMOOTHING]
    return max(gains, key=lambda gain: gain.sum()), of


def _ordered(texts: Sequence[str], keys: Integers, held: npt.NDArray[np.bool_], seed: int) -> tuple[np.ndarray, Integers]:
    """What each held-out token loses with another's key: (T,) nats, and (T,) whose it is.  Mixture weights come from the first
    half of the held-out tokens, the losses are of the second."""
    rows = np.flatnonzero(held)[:_ORDERED_TEXTS]
    others = keys[rows][np.random.default_rng(seed).permutation(len(rows))]
    numbers: dict[str, int] = {}
    coded = [
        [numbers.setdefault(token, len(numbers) + END + 1) for token in _TOKEN.findall(text.lower())[:_TOKENS]]
        for text in texts
    ]
    base = len(numbers) + END + 1
    training = windows([coded[row] for row in np.flatnonzero(~held)], keys[~held, None])
    asked = windows([coded[row] for row in rows], keys[rows, None])
    own, other = (chances(training, part, base) for part in (asked, asked.of_others(others[:, None])))
    half = len(own) // 2
    weights = mixture(own[:half])
    return np.log(own[half:] @ weights) - np.log(other[half:] @ weights), asked.keys[half:, 0]
