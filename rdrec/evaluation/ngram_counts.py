"""Predict texts by a mixture of n-gram counts with and without the user (item) to which a text belongs.  No network is trained.

The loss with another key minus the loss with the own key tells how much such texts depend on the key.  It is the yardstick for a student
that learned them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rdrec.core.arrays import Floats, Integers

CONTEXT = 3  # most tokens of context
START, END = 0, 1  # codes of the positions before a text and of its end; tokens have codes from 2 on
_EM_STEPS, _FLOOR = 80, 1e-5
_SPREAD = 0.01  # share of the weight spread evenly over all columns, so that none is 0 even if texts always match their key


@dataclass(frozen=True)
class Windows:
    """Every token with its context.

    tokens  (T, CONTEXT + 1), the predicted token last
    keys    (T, K) keys of the text, one column for each kind, for example users and items
    text    (T,) index of the text
    """

    tokens: Integers
    keys: Integers
    text: Integers

    def with_keys(self, keys: Integers) -> Windows:
        """The same tokens with other keys, (N, K), one row per text."""
        return Windows(self.tokens, keys[self.text], self.text)


def windows(coded: Sequence[Sequence[int]], keys: Integers) -> Windows:
    """All windows of some texts.  coded: texts as token codes from 2 on, without start and end; keys: (N, K)."""
    padded = [[START] * CONTEXT + [*text, END] for text in coded]
    rows = [text[at - CONTEXT : at + 1] for text in padded for at in range(CONTEXT, len(text))]
    lengths = [len(text) - CONTEXT for text in padded]
    of = np.repeat(np.arange(len(padded)), lengths)
    return Windows(np.array(rows, dtype=np.int64).reshape(-1, CONTEXT + 1), keys[of], of)


def probabilities(training: Windows, asked: Windows, base: int) -> Floats:
    """(T, 1 + 4 + 4 K) probability of each token of `asked`, estimated in several ways, one per column.

    The columns are a constant floor, then estimates from 0 to 3 tokens of context without a key, then the same with each kind of key.
    base: a number larger than every token code.
    """
    columns = [np.full(len(asked.tokens), _FLOOR)]
    no_key = [np.zeros(len(part.tokens), dtype=np.int64) for part in (training, asked)]
    kinds = [no_key, *([training.keys[:, kind], asked.keys[:, kind]] for kind in range(training.keys.shape[1]))]
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
    """(T,) one number per context and key; it fits 64 bits for any data set that this program reads."""
    number = keys
    for column in range(CONTEXT - before, CONTEXT):
        number = number * base + tokens[:, column]
    return number


def mixture(found: Floats) -> Floats:
    """Weights of the columns of `probabilities` by expectation maximisation; none is 0."""
    weights = np.full(found.shape[1], 1 / found.shape[1])
    for _ in range(_EM_STEPS):
        parts = found * weights
        weights = (parts / parts.sum(1, keepdims=True)).mean(0)
    return (1 - _SPREAD) * weights + _SPREAD / len(weights)


def text_losses(
    training: Sequence[Sequence[int]], training_keys: Integers, asked: Sequence[Sequence[int]], own: Integers, others: Integers
) -> tuple[Floats, Floats]:
    """(N,) mean loss per token of each text of `asked` in nats, with its own keys and with other keys.

    training_keys  (M, K); own, others: (N, K)
    Each half of the texts is measured with mixture weights fitted to the other half, so at least two texts are needed.
    """
    base = max((token for text in [*training, *asked] for token in text), default=END) + 1
    fitted, held_out = windows(training, training_keys), windows(asked, own)
    with_own, with_others = (probabilities(fitted, part, base) for part in (held_out, held_out.with_keys(others)))
    losses = np.empty((2, len(held_out.tokens)))
    first = held_out.text < len(asked) // 2
    for fit, measured in ((first, ~first), (~first, first)):
        weights = mixture(with_own[fit])
        losses[:, measured] = -np.log(with_own[measured] @ weights), -np.log(with_others[measured] @ weights)
    counts = np.bincount(held_out.text)
    return np.bincount(held_out.text, losses[0]) / counts, np.bincount(held_out.text, losses[1]) / counts
