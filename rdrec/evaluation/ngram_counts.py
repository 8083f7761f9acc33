"""Predicts texts by counting: a mixture of n-gram counts with and without the user (item) that a text belongs to, no network.

The loss with another's key minus the loss with the own key says how much texts of this kind depend on the key: the yardstick for
a student that learned them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
CONTEXT = 3  # tokens before the one that is predicted, at most
START, END = 0, 1  # codes of the places before a text and of its end; tokens have codes from 2 on
_EM_STEPS, _FLOOR = 80, 1e-5
_SPREAD = 0.01  # of the weight goes to all columns alike: texts that always fit their key would leave nothing for another's


@dataclass(frozen=True)
class Windows:
    """Every token with those before it.

    tokens  (T, CONTEXT + 1), the predicted one last
    keys    (T, K) who or what the text belongs to: one column a kind, for example users and items
    text    (T,) index of the text
    """

    tokens: Integers
    keys: Integers
    text: Integers

    def of_others(self, keys: Integers) -> Windows:
        """The same tokens with the keys of others: (N, K), one row a text."""
        return Windows(self.tokens, keys[self.text], self.text)


def windows(coded: Sequence[Sequence[int]], keys: Integers) -> Windows:
    """coded: texts as token codes of 2 or more, without start and end.  keys: (N, K)."""
    padded = [[START] * CONTEXT + [*text, END] for text in coded]
    rows = [text[at - CONTEXT : at + 1] for text in padded for at in range(CONTEXT, len(text))]
    lengths = [len(text) - CONTEXT for text in padded]
    of = np.repeat(np.arange(len(padded)), lengths)
    return Windows(np.array(rows, dtype=np.int64).reshape(-1, CONTEXT + 1), keys[of], of)


def chances(training: Windows, asked: Windows, base: int) -> Floats:
    """(T, 1 + 4 + 4 K) probability of each asked token: a floor, then by 0 to 3 tokens before it without a key, then with each.

    base  larger than every token code
    """
    columns = [np.full(len(asked.tokens), _FLOOR)]
    nobody = [np.zeros(len(part.tokens), dtype=np.int64) for part in (training, asked)]
    kinds = [nobody, *([training.keys[:, kind], asked.keys[:, kind]] for kind in range(training.keys.shape[1]))]
    for of_training, of_asked in kinds:
        for before in range(CONTEXT + 1):
            contexts = [_context(training.tokens, of_training, before, base), _context(asked.tokens, of_asked, before, base)]
            names, codes = np.unique(np.concatenate(contexts), return_inverse=True)
            split = len(training.tokens)
            seen = np.bincount(codes[:split], minlength=len(names))[codes[split:]]
            pairs = codes * base + np.concatenate([training.tokens[:, -1], asked.tokens[:, -1]])
            both, place = np.unique(pairs, return_inverse=True)
            hits = np.bincount(place[:split], minlength=len(both))[place[split:]]
            columns.append(hits / np.maximum(seen, 1))
    return np.stack(columns, axis=1)


def _context(tokens: Integers, keys: Integers, before: int, base: int) -> Integers:
    """(T,) one number a context; fits 64 bits for any data set this program reads."""
    number = keys
    for column in range(CONTEXT - before, CONTEXT):
        number = number * base + tokens[:, column]
    return number


def mixture(found: Floats) -> Floats:
    """Weights of the columns of `chances` by expectation maximisation; none is 0."""
    weights = np.full(found.shape[1], 1 / found.shape[1])
    for _ in range(_EM_STEPS):
        parts = found * weights
        weights = (parts / parts.sum(1, keepdims=True)).mean(0)
    return (1 - _SPREAD) * weights + _SPREAD / len(weights)


def text_losses(
    training: Sequence[Sequence[int]], training_keys: Integers, asked: Sequence[Sequence[int]], own: Integers, others: Integers
) -> tuple[Floats, Floats]:
    """(N,) mean loss a token of each asked text, in nats, with its own keys and with those of others.

    own, others  (N, K), as training_keys (M, K).  The weights of the mixture come from one half of the asked texts and judge the
    other, in turn.  Needs two texts.
    """
    base = max((token for text in [*training, *asked] for token in text), default=END) + 1
    fitted, held_out = windows(training, training_keys), windows(asked, own)
    mine, theirs = chances(fitted, held_out, base), chances(fitted, held_out.of_others(others), base)
    losses = np.empty((2, len(held_out.tokens)))
    first = held_out.text < len(asked) // 2
    for learned, judged in ((first, ~first), (~first, first)):
        weights = mixture(mine[learned])
        losses[:, judged] = -np.log(mine[judged] @ weights), -np.log(theirs[judged] @ weights)
    counts = np.bincount(held_out.text)
    return np.bincount(held_out.text, losses[0]) / counts, np.bincount(held_out.text, losses[1]) / counts
