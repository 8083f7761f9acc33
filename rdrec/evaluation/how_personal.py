"""How much texts say about who wrote them, or about the item they describe, in nats on held-out texts.  No network is trained.

    words  from bags of content words: loss under the overall word frequencies minus loss under the frequencies of this user (item),
           smoothed towards the overall ones; nats per word
    gap    from the first tokens in order, with a mixture of n-gram counts with and without the user (item): loss with another ID minus
           loss with the own ID; nats per token.  0 means that the texts do not depend on the ID, so nothing can be learned from it.

The gap is the yardstick for the own-other gap of a student that learned such texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from rdrec.core.arrays import Integers
from rdrec.core.home import Home
from rdrec.core.records import InputError, plural
from rdrec.core.settings import integer
from rdrec.core.storage import MANIFEST, read_manifest
from rdrec.data.rationales import load_rationales
from rdrec.data.store import RATIONALES_KIND
from rdrec.evaluation.ngram_counts import END, mixture, probabilities, windows

HELD_OUT = 0.2
_SEED = 0  # of the held-out texts, the exchange of keys and the bootstrap
LEAST_TEXTS = 50
_LEAST_COUNT = 5  # occurrences of a word in the training texts, below which it is ignored
# words with the overall frequencies that are added to each user's (item's) counts; the value with the best gain is used
_SMOOTHING = (10, 30, 100, 300, 1_000, 3_000, 10_000)
_ORDERED_TEXTS, _TOKENS = 2_000, 20  # held-out texts used for the gap, and tokens used of each
_STOP = frozenset((
    "the", "a", "an", "and", "or", "but", "of", "to", "in", "on", "for", "with", "is", "are", "was", "were", "be", "been",
    "it", "its", "this", "that", "these", "those", "i", "my", "me", "you", "your", "he", "she", "they", "them", "his", "her",
    "their", "we", "our", "as", "at", "by", "from", "have", "has", "had", "not", "no", "so", "if", "than", "then", "there",
    "just", "very", "can", "will", "would", "could", "do", "does", "did", "what", "which", "who", "when", "all", "any",
    "one", "out", "up", "about", "more", "most", "other", "some", "such", "only", "own", "same", "too", "also", "get", "got",
    "use", "used", "using", "user", "prefers", "item", "attributes", "dislikes",
))  # fmt: skip
BY = {"user_preference": "user", "item_attribution": "item"}
"""Whose words each text task should tell apart."""
COLUMNS = {
    "data": "str", "teacher": "str", "task": "str", "texts": "int64", "gap": "float64", "low": "float64", "high": "float64",
}  # fmt: skip
_WORD, _TOKEN = re.compile(r"[^\W\d_]{3,}"), re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Nats:
    """A mean in nats with its 95 % bootstrap interval over users (items)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} ({self.low:+.3f} to {self.high:+.3f})"


@dataclass(frozen=True)
class HowPersonal:
    """texts: how many; keys: how many users (items) they belong to; words, gap: see the module."""

    texts: int
    keys: int
    words: Nats
    gap: Nats

    def as_dict(self) -> dict[str, float]:
        """The numbers as one flat record."""
        found: dict[str, float] = {"texts": self.texts, "keys": self.keys}
        for name in ("words", "gap"):
            nats: Nats = getattr(self, name)
            found |= {name: round(nats.value, 4), f"{name}_low": round(nats.low, 4), f"{name}_high": round(nats.high, 4)}
        return found


def how_personal(texts: Sequence[str], keys: Sequence[int | str]) -> HowPersonal:
    """Measure how much `texts` depend on `keys`: the user who wrote each text, or the item it describes.

    Raises InputError for fewer than 50 texts, and if no user (item) has two of them.
    """
    if len(texts) < LEAST_TEXTS:
        raise InputError(f"{plural(len(texts), 'text')} are too few to measure", todo=f"give {LEAST_TEXTS} or more")
    codes = np.unique(np.asarray(keys, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)
    if len(codes) == codes.max() + 1:
        raise InputError("no user or item has two texts", todo="give several texts of the same users or items")
    held = np.random.default_rng(_SEED).random(len(texts)) < HELD_OUT
    words, words_of = _bags(texts, codes, held)
    gaps, gaps_of = _ordered(texts, codes, held)
    return HowPersonal(len(texts), int(codes.max()) + 1, _interval(words, words_of), _interval(gaps, gaps_of))


def of_column(rows: pd.DataFrame, column: str, by: str) -> HowPersonal:
    """The texts of one column, missing ones ignored, measured by another one: "user" or "item"."""
    present = rows[rows[column].notna()]
    return how_personal(present[column].tolist(), present[by].tolist())


def first_line() -> str:
    """The heading for lines of `report`."""
    return (
        "how much texts say about their user or item: words (gain of a bag of words, nats per word) and gap (loss with another ID minus "
        "loss with the own one, nats per token), with 95 % intervals"
    )


def report(what: str, rows: pd.DataFrame, column: str) -> tuple[str, dict[str, dict[str, float]] | None]:
    """One line for people, and the numbers, which are None if there are too few texts."""
    try:
        found = {by: of_column(rows, column, by) for by in ("user", "item")}
    except InputError as error:
        return f"{what}: not measured, {error.what}", None
    line = "; ".join(f"by {by} words {one.words}, gap {one.gap}" for by, one in found.items())
    return f"{what}: {line}", {by: one.as_dict() for by, one in found.items()}


def _interval(values: np.ndarray, keys: Integers) -> Nats:
    """Mean over all values; the bootstrap resamples whole users (items)."""
    if not len(values):
        raise InputError("no held-out text has a word from the training texts", todo="give more texts")
    codes = np.unique(keys, return_inverse=True)[1]
    sums, counts = np.bincount(codes, values), np.bincount(codes).astype(float)
    rng, means = np.random.default_rng(_SEED), []
    for _ in range(integer("evaluate.bootstrap")):
        times = np.bincount(rng.integers(len(sums), size=len(sums)), minlength=len(sums))
        means.append((times @ sums) / (times @ counts))
    low, high = np.quantile(means, [0.025, 0.975])
    return Nats(float(values.mean()), float(low), float(high))


def _bags(texts: Sequence[str], keys: Integers, held: npt.NDArray[np.bool_]) -> tuple[np.ndarray, Integers]:
    """(W,) how many nats each held-out word gains from knowing its key, and (W,) that key."""
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


def _ordered(texts: Sequence[str], keys: Integers, held: npt.NDArray[np.bool_]) -> tuple[np.ndarray, Integers]:
    """(T,) how many nats each held-out token loses with another key, and (T,) its own key.

    The mixture weights are fitted on the first half of the held-out tokens, the losses measured on the second.
    """
    rows = np.flatnonzero(held)[:_ORDERED_TEXTS]
    others = keys[rows][np.random.default_rng(_SEED).permutation(len(rows))]
    numbers: dict[str, int] = {}
    coded = [
        [numbers.setdefault(token, len(numbers) + END + 1) for token in _TOKEN.findall(text.lower())[:_TOKENS]]
        for text in texts
    ]
    base = len(numbers) + END + 1
    training = windows([coded[row] for row in np.flatnonzero(~held)], keys[~held, None])
    asked = windows([coded[row] for row in rows], keys[rows, None])
    own, other = (probabilities(training, part, base) for part in (asked, asked.with_keys(others[:, None])))
    half = len(own) // 2
    weights = mixture(own[:half])
    return np.log(own[half:] @ weights) - np.log(other[half:] @ weights), asked.keys[half:, 0]


def teacher_words(home: Home, data: str, distilled: Mapping[str, str]) -> pd.DataFrame:
    """One row per teacher and task: the own-other gap of n-gram counts in nats per token, with its 95 % interval.

    distilled  by teacher, the SHA-256 of the rationales from which students learned; teachers whose rationales are not here any more, or
               are others, have no row, and neither have too few texts
    """
    rows = []
    for teacher, sha256 in distilled.items():
        folder = home.rationales(data, teacher)
        if not (folder / MANIFEST).is_file() or read_manifest(folder, RATIONALES_KIND).sha256 != sha256:
            continue
        table = load_rationales(home, data, teacher)
        for task, by in BY.items():
            try:
                found = of_column(table, task, by)
            except InputError:
                continue
            gap = found.gap
            rows.append((data, teacher, task, found.texts, gap.value, gap.low, gap.high))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
