"""A trie as a mask computed on the device: dense at the root, CSR rows below.

STATIC (youtube/static-constraint-decoding) constrains beams this way, without a Python callback per beam or a host-device copy
per step, so on a GPU it is the strongest competitor of exact ranking.
"""

from __future__ import annotations

import numpy as np
import torch
from transformers import LogitsProcessor

from rdrec.ranking.trie import Trie


class TrieMask(LogitsProcessor):  # type: ignore[misc]
    """Logits processor that sets every token outside the trie to -inf.

    Called with the tokens so far (R, T), start token first, and scores (R, V); returns (R, V).  A row that has ended or left the
    trie (an unused beam) may only end.
    """

    def __init__(self, trie: Trie, vocabulary: int, end: int, device: torch.device) -> None:
        def on_device(values: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(values)).to(device)

        self._vocabulary, self._end = vocabulary, end
        # Nodes are numbered level by level and siblings by ascending token, so these keys ascend.
        self._keys = on_device(trie.parent[1:] * vocabulary + trie.token[1:])
        self._token = on_device(np.maximum(trie.token, 0))
        self._first_child = on_device(np.maximum(trie.first_child, 0))
        self._children = on_device(trie.children)
        self._widest = [int(trie.children[trie.depth == depth].max()) for depth in range(int(trie.depth.max()) + 1)]
        self._root = torch.full((vocabulary,), -torch.inf, device=device)
        self._root[on_device(trie.token[trie.parent == 0])] = 0.0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """`scores` (R, V) with illegal tokens at minus infinity; input_ids: (R, L) the tokens so far, start token first."""
        step = input_ids.shape[1] - 1
        if step == 0:
            return scores + self._root  # type: ignore[return-value]
        node = self._nodes(input_ids[:, 1:])  # (R,), -1 outside the trie
        inside = node.clamp(min=0)
        children = torch.where(node >= 0, self._children[inside], 0)
        place = torch.arange(self._widest[min(step, len(self._widest) - 1)], device=scores.device)  # (W,)
        legal = place < children[:, None]  # (R, W)
        token = self._token[torch.where(legal, self._first_child[inside][:, None] + place, 0)]
        token = torch.where(legal, token, self._vocabulary)  # a spare column collects illegal tokens
        masked = scores.new_full((len(scores), self._vocabulary + 1), -torch.inf)
        masked.scatter_(1, token, scores.gather(1, token.clamp(max=self._vocabulary - 1)))
        masked[:, self._end] = torch.where(children > 0, masked[:, self._end], scores[:, self._end])
        return masked[:, : self._vocabulary]  # type: ignore[return-value]

    def _nodes(self, tokens: torch.Tensor) -> torch.Tensor:
        """The node reached by each row of tokens (R, T) -> (R,); -1 where no item starts with them."""
        node = torch.zeros(len(tokens), dtype=torch.int64, device=tokens.device)
        for token in tokens.T:
            key = node * self._vocabulary + token
            place = torch.searchsorted(self._keys, key).clamp(max=len(self._keys) - 1)
            node = torch.where((node >= 0) & (self._keys[place] == key), place + 1, -1)
        return node
