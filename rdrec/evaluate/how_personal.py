"""How much a text tells about who wrote it, or about the item it speaks of, in nats on held-out texts; no network is trained.

    words  content words as a bag: loss of the overall frequencies minus loss of the frequencies of this user (item),
           smoothed towards the overall ones; nats a word
    gap    first tokens in order, a mixture of n-gram counts with and without the user (item): loss with another's id minus
           loss with the own one; nats a token.  0: the texts do not depend on the id, and nothing can be learned from it.

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

from rdrec.records import InputError, plural
from rdrec.settings import integer

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
_EM_STEPS, _FLOOR = 80, 1e-5
_CONTEXT = 3  # tokens before the one that is predicted, at most
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
        "nats a token), with 95 % intervals"
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
        [0] * _CONTEXT + [numbers.setdefault(token, len(numbers) + 2) for token in _TOKEN.findall(text.lower())[:_TOKENS]] + [1]
        for text in texts
    ]  # 0 starts a text, 1 ends it
    base = len(numbers) + 2
    training = _windows([coded[row] for row in np.flatnonzero(~held)], keys[~held])
    asked = _windows([coded[row] for row in rows], keys[rows])
    swapped = (asked[0], np.repeat(others, [len(coded[row]) - _CONTEXT for row in rows]))
    own, other = _chances(training, asked, base), _chances(training, swapped, base)
    half = len(own) // 2
    weights = _mixture(own[:half])
    return np.log(own[half:] @ weights) - np.log(other[half:] @ weights), asked[1][half:]


def _windows(coded: Sequence[Sequence[int]], keys: Integers) -> tuple[Integers, Integers]:
    """(T, 4): every token with the three before it, itself last; (T,) the keys."""
    rows = [text[at - _CONTEXT : at + 1] for text in coded for at in range(_CONTEXT, len(text))]
    return np.array(rows, dtype=np.int64), np.repeat(keys, [len(text) - _CONTEXT for text in coded])


def _chances(training: tuple[Integers, Integers], asked: tuple[Integers, Integers], base: int) -> np.ndarray:
    """(T, 9) probability of each asked token: a floor, then by 0 to 3 tokens before it, without the key and with it."""
    columns = [np.full(len(asked[0]), _FLOOR)]
    for with_key in (False, True):
        for before in range(_CONTEXT + 1):
            contexts = [_context(*part, before, with_key, base) for part in (training, asked)]
            names, codes = np.unique(np.concatenate(contexts), return_inverse=True)
            split = len(training[0])
            seen = np.bincount(codes[:split], minlength=len(names))[codes[split:]]
            pairs = codes * base + np.concatenate([training[0][:, -1], asked[0][:, -1]])
            both, place = np.unique(pairs, return_inverse=True)
            hits = np.bincount(place[:split], minlength=len(both))[place[split:]]
            columns.append(hits / np.maximum(seen, 1))
    return np.stack(columns, axis=1)


def _context(windows: Integers, keys: Integers, before: int, with_key: bool, base: int) -> Integers:
    """(T,) one number a context; fits 64 bits for any data set this program reads."""
    number = keys if with_key else np.zeros_like(keys)
    for column in range(_CONTEXT - before, _CONTEXT):
        number = number * base + windows[:, column]
    return number


def _mixture(chances: np.ndarray) -> np.ndarray:
    """(9,) weights by expectation maximisation."""
    weights = np.full(chances.shape[1], 1 / chances.shape[1])
    for _ in range(_EM_STEPS):
        parts = chances * weights
        weights = (parts / parts.sum(1, keepdims=True)).mean(0)
    return weights
