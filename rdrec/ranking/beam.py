"""Beam search baselines that exact ranking is compared with.

    constrained_beams   `generate` as a careful transformers user writes it: cached, encoder run once per user, constrained to the
                        catalogue by `prefix_allowed_tokens_fn`
    masked_beams        the same, constrained to the catalogue by a mask computed on the device (`TrieMask`)
    free_beams          the same over the whole vocabulary
    released_beams      as the released RDRec program does it (method, faults 5 and 6): encoder run once per beam, free beams

Scores follow transformers 5.23: the sum of log-probabilities over the vocabulary divided by the number of generated tokens
(end token included, start token not).  This equals the item's exact `compat` score.  At each step the best 2 * beams
continuations are considered: one that ends is finished if it is among the first `beams`, and the first `beams` that do not end
stay alive.  With one beam, `generate` searches greedily and stops at the first end token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessor, LogitsProcessorList
from transformers.modeling_outputs import BaseModelOutput

from rdrec.core.records import InputError
from rdrec.ranking.trie import Trie
from rdrec.student.batches import Batch
from rdrec.student.model import Encoding, Student

RELEASED_LENGTH = 50  # maximum tokens of a released beam, start token included; there is no minimum
UNUSED = -1e6  # transformers gives unused beams -1e9 divided by the length; no real path scores this low


@dataclass(frozen=True)
class Beams:
    """items (B, K) catalogue columns, best first, -1 where a beam spells no item; scores (B, K), -inf where there is no beam."""

    items: np.ndarray
    scores: np.ndarray


class LegalTokens:
    """The tokens that may follow each prefix of a trie, as `prefix_allowed_tokens_fn` for `generate`.

    Known prefixes are looked up in a dictionary; a new one costs a binary search among its parent's children.
    Raises InputError if a path does not end with the student's end token or contains it earlier, because `generate` would stop
    there.
    """

    def __init__(self, student: Student, trie: Trie) -> None:
        end = int(student.t5.config.eos_token_id)
        if ((trie.token == end) != (trie.children == 0)).any():
            raise InputError(
                f"a path does not end with the student's end token {end}, or contains it earlier",
                todo="build the trie with StudentTokenizer.encode_id of the same student",
            )
        self.depth = int(trie.depth.max())
        self._trie = trie
        self._tokens = torch.from_numpy(trie.token).to(student.device)  # the children of a node are adjacent
        self._end = torch.tensor([end], device=student.device)
        self._nodes: dict[tuple[int, ...], int] = {(): 0}  # prefix -> node, -1 for a prefix of no item

    def __call__(self, row: int, tokens: torch.Tensor) -> torch.Tensor:
        """The tokens allowed after `tokens` (start token first); an ended or unused beam may only end."""
        node = self._node(tuple(tokens.tolist()[1:]))
        if node < 0 or not self._trie.children[node]:
            return self._end
        return self._tokens[self._first(node) : self._first(node) + int(self._trie.children[node])]

    def items(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """The catalogue column of each path (end token included), -1 where no item has it."""
        nodes = [self._node(tuple(row)) for row in rows]
        return np.array([self._trie.item_at[node] if node >= 0 else -1 for node in nodes], dtype=np.int64)

    def _node(self, prefix: tuple[int, ...]) -> int:
        node = self._nodes.get(prefix)
        if node is None:
            node = self._nodes[prefix] = self._child(self._node(prefix[:-1]), prefix[-1])
        return node

    def _child(self, node: int, token: int) -> int:
        if node < 0 or not self._trie.children[node]:
            return -1
        siblings = self._trie.token[self._first(node) : self._first(node) + int(self._trie.children[node])]  # ascending
        place = int(siblings.searchsorted(token))
        return self._first(node) + place if place < len(siblings) and siblings[place] == token else -1

    def _first(self, node: int) -> int:
        return int(self._trie.first_child[node])


def constrained_beams(student: Student, encoding: Encoding, trie: Trie, beams: int = 20, keep: int = 20) -> Beams:
    """Search with `beams` beams that can only spell catalogue items; return the `keep` best finished ones, (B, keep).

    Stops as transformers does with `early_stopping=False`: when `beams` items are finished and the best alive prefix, divided by
    the steps so far, is no better than the worst of them.  A longer item that would have overtaken it is lost.
    Raises InputError unless 1 <= keep <= beams, and for a trie built with another end token.
    """
    legal = LegalTokens(student, trie)
    return _search(student, encoding, legal, beams, keep, constraint=legal)


def masked_beams(
    student: Student, encoding: Encoding, trie: Trie, beams: int = 20, keep: int = 20, mask: TrieMask | None = None
) -> Beams:
    """The same result as `constrained_beams` without a Python callback per beam and step: (B, keep).

    mask  from `trie_mask` for this student and trie; None: built for this call.
    """
    mask = trie_mask(student, trie) if mask is None else mask
    return _search(student, encoding, LegalTokens(student, trie), beams, keep, constraint=mask)


def trie_mask(student: Student, trie: Trie) -> TrieMask:
    """The mask of a trie on the student's device; independent of the user, so build it once."""
    config = student.t5.config
    return TrieMask(trie, int(config.vocab_size), int(config.eos_token_id), student.device)


def free_beams(student: Student, encoding: Encoding, trie: Trie, beams: int = 20, keep: int = 20) -> Beams:
    """Search the whole vocabulary up to the longest path length; beams that spell no item give -1."""
    return _search(student, encoding, LegalTokens(student, trie), beams, keep)


def released_beams(student: Student, batch: Batch, trie: Trie, beams: int = 20, keep: int = 20) -> Beams:
    """Search like the released program: free beams of up to 50 tokens, early stopping, encoder run once per beam; (B, keep).

    The encoder copies of a row are equal, and `generate` expands one of them over its beams.  Differences from the released
    program: a beam that spells no item gives -1 (the program parses its first word as a number, or substitutes a random item);
    seen items are kept; the decoder does not attend to padding (fault 1, unrelated to beams).  A student that never generates the
    end token costs all 50 steps.
    """
    _check(beams, keep)
    tokens, whole_words, mask = (part.repeat_interleave(beams, dim=0) for part in (batch.tokens, batch.whole_words, batch.mask))
    with torch.inference_mode():
        copies = student.encode(Batch(batch.task, tokens, whole_words, mask, None))
    encoding = Encoding(copies.states[::beams], copies.mask[::beams])
    return _search(student, encoding, LegalTokens(student, trie), beams, keep, length=RELEASED_LENGTH, early_stopping=True)


def _check(beams: int, keep: int) -> None:
    if not 1 <= keep <= beams:
        raise InputError(f"{keep} of {beams} beams cannot be kept", todo="keep at least 1 and at most the number of beams")


def _search(
    student: Student,
    encoding: Encoding,
    legal: LegalTokens,
    beams: int,
    keep: int,
    *,
    length: int | None = None,
    early_stopping: bool = False,
    constraint: LegalTokens | TrieMask | None = None,
) -> Beams:
    """Generate at most `length` tokens (start token included) and look up the items; `constraint` holds beams to the catalogue.

    length  None: that of the longest path
    """
    _check(beams, keep)
    search = {"early_stopping": early_stopping, "length_penalty": 1.0} if beams > 1 else {}
    with torch.inference_mode():
        output = student.t5.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoding.states),
            attention_mask=encoding.mask,
            max_length=legal.depth + 1 if length is None else length,
            num_beams=beams,
            num_return_sequences=keep,
            do_sample=False,
            use_cache=True,
            prefix_allowed_tokens_fn=constraint if isinstance(constraint, LegalTokens) else None,
            logits_processor=LogitsProcessorList([constraint] if isinstance(constraint, TrieMask) else []),
            return_dict_in_generate=True,
            output_scores=beams > 1,
            output_logits=beams == 1,
            **search,
        )
    rows, by_length = _rows(output, int(student.t5.config.eos_token_id))
    scores = by_length.masked_fill(by_length < UNUSED, -torch.inf).float().cpu().numpy().reshape(-1, keep)
    items = legal.items(rows).reshape(-1, keep)
    return Beams(np.where(np.isfinite(scores), items, -1), scores)


def _rows(output: Any, end: int) -> tuple[list[list[int]], torch.Tensor]:
    """Token rows of a `generate` output, (B * keep), without the start token and cut after the end token; scores (B * keep,)."""
    tokens = output.sequences[:, 1:]
    ends = tokens == end
    lengths = torch.where(ends.any(1), ends.int().argmax(1) + 1, tokens.shape[1])  # (B * keep,)
    rows = [row[:count] for row, count in zip(tokens.tolist(), lengths.tolist(), strict=True)]
    if output.get("sequences_scores") is not None:
        return rows, output.sequences_scores
    steps = (
        torch.stack(output.logits, 1).float().log_softmax(-1).gather(2, tokens[..., None])[..., 0]
    )  # (B, T), greedy search only
    counts = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]
    return rows, (steps * counts).sum(1) / lengths


class TrieMask(LogitsProcessor):  # type: ignore[misc]
    """Logits processor that sets every token outside the trie to -inf, on the device: dense at the root, CSR rows below.

    STATIC (youtube/static-constraint-decoding) constrains beams this way, without a Python callback per beam or a host-device copy
    per step, so on a GPU it is the strongest competitor of exact ranking.

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
