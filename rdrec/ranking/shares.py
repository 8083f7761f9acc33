"""Probabilities among the items that compete, and probabilities at another temperature.

A student's log-probabilities are over the whole catalogue, items bought before included.  Training never lets these compete, so
they may take nearly all of the mass; what is left is comparable between students only after it is scaled to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp


def log_shares(scores: np.ndarray, compete: np.ndarray | Sequence[int]) -> np.ndarray:
    """Log-probabilities given that one of `compete` is chosen; -inf elsewhere.

    scores (..., I + 1) log-probabilities by item, and the result alike, float64
    """
    found = np.full(scores.shape, -np.inf)
    among = scores[..., compete].astype(np.float64)
    found[..., compete] = among - logsumexp(among, axis=-1, keepdims=True)
    return found


def tempered(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Log-probabilities (..., N) divided by a temperature above 0 and normalised again: float64.  The order stays the same."""
    divided = scores.astype(np.float64) / temperature
    found: np.ndarray = divided - logsumexp(divided, axis=-1, keepdims=True)
    return found
