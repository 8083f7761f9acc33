"""A catalogue's trie as a mask that the device computes: dense at the root, CSR rows below it.

This is how STATIC (youtube/static-constraint-decoding) holds beams to a catalogue: no Python callback per beam and no copy
between host and device in a step, so on a GPU it is the fairest rival of exact ranking.
"""

from __future__ import annotations

import numpy as np
import torch
from transformers import LogitsProcessor

from rdrec.rank.trie import Trie


class TrieMask(LogitsProcessor):  # type: ignore[misc]
    """Sets the score of every token that no item of the trie continues with to -inf.

    Called with the tokens so far (R, T), start token first, and scores (R, V); returns (R, V).  A row that has ended, or that
    left the trie (an unused beam), may only end.
    """

    def __init__(self, trie: Trie, vocabulary: int, end: int, device: torch.device) -> None:
        def on_device(values: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(values)).to(device)

        self._vocabulary, self._end = vocabulary, end
        # Nodes are numbered level by level, siblings side by side in ascending token order, so these keys ascend.
        self._keys = on_device(trie.parent[1:] * vocabulary + trie.token[1:])
        self._token = on_device(np.maximum(trie.token, 0))
        self._first_child = on_device(np.maximum(trie.first_child, 0))
        self._children = on_device(trie.children)
        self._widest = [int(trie.children[trie.depth == depth].max()) for depth in range(int(trie.depth.max()) + 1)]
        self._root = torch.full((vocabulary,), -torch.inf, device=device)
        self._root[on_device(trie.token[trie.parent == 0])] = 0.0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        step = input_ids.shape[1] - 1
        if step == 0:
            return scores + self._root  # type: ignore[return-value]
        node = self._nodes(input_ids[:, 1:])  # (R,), -1 outside the trie
        held = node.clamp(min=0)
        children = torch.where(node >= 0, self._children[held], 0)
        place = torch.arange(self._widest[min(step, len(self._widest) - 1)], device=scores.device)  # (W,)
        legal = place < children[:, None]  # (R, W)
        token = self._token[torch.where(legal, self._first_child[held][:, None] + place, 0)]
        token = torch.where(legal, token, self._vocabulary)  # one spare column takes what is not legal
        masked = scores.new_full((len(scores), self._vocabulary + 1), -torch.inf)
        masked.scatter_(1, token, scores.gather(1, token.clamp(max=self._vocabulary - 1)))
        masked[:, self._end] = torch.where(children > 0, masked[:, self._end], scores[:, self._end])
        return masked[:, : self._vocabulary]  # type: ignore[return-value]

    def _nodes(self, said: torch.Tensor) -> torch.Tensor:
        """The node that each row of tokens (R, T) reaches; -1 where no item begins like that."""
        node = torch.zeros(len(said), dtype=torch.int64, device=said.device)
        for token in said.T:
            key = node * self._vocabulary + token
            place = torch.searchsorted(self._keys, key).clamp(max=len(self._keys) - 1)
            node = torch.where((node >= 0) & (self._keys[place] == key), place + 1, -1)
        return node
