"""The automaton over tokens as a logits processor of `generate`: the plain way that reading in batches is held to."""

from __future__ import annotations

import torch
from transformers import LogitsProcessor


class AutomatonMask(LogitsProcessor):
    """Holds greedy or sampled decoding of a batch to the automaton.  One mask serves one call of `generate`.

    Called with the tokens so far (B, T) and scores (B, V); the first call is the first step of the answer.  A row that has ended
    must go on with the end token, so `generate` needs `pad_token_id` equal to it.
    """

    def __init__(self, table: torch.Tensor) -> None:
        self._table = table
        self._state: torch.Tensor | None = None  # (B,)

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        if self._state is None:
            self._state = torch.zeros(len(input_ids), dtype=torch.int64, device=scores.device)
        else:
            self._state = self._table[self._state, input_ids[:, -1]].long()
        return scores.masked_fill(self._table[self._state] < 0, -torch.inf)
