"""Beam search as others do it: what exact ranking is compared with.

In: a student, encoder states or a batch, a `Trie`.  Out: `Beams`.  It knows no metric and no file.

    constrained_beams   as a careful user of transformers writes it: encoder once a user, cache on, held to the catalogue
    masked_beams        the same, held to the catalogue by a mask that the device computes (`device_mask`)
    free_beams          the same without the catalogue: beams over the whole vocabulary
    released_way        as the released program does it (method, faults 5 and 6): encoder once a BEAM, free beams

Scores are those of transformers (5.23): the sum of the log-probabilities over the vocabulary, divided by the number of generated
tokens, the end token counted and the start token not.  That number is the steps of an item's path, so a beam's score is the
item's exact `compat` score; nothing is converted.  At each step the best 2 * beams continuations count: one that ends is
finished if it is among the first `beams`, and the first `beams` that do not end go on, so an ended beam takes no other's place.
One beam is greedy search, as `generate` has it: it stops at its first end token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessorList
from transformers.modeling_outputs import BaseModelOutput

from rdrec.rank.device_mask import TrieMask
from rdrec.rank.trie import Trie
from rdrec.records import InputError
from rdrec.student.batches import Batch
from rdrec.student.model import Encoding, Student

RELEASED_LENGTH = 50  # tokens of a released beam at most, start token counted; it needs no least length
UNUSED = -1e6  # transformers starts unused beams at -1e9 and divides by the length; no path scores so low


@dataclass(frozen=True)
class Beams:
    """items (B, K) columns, best first, -1 where a beam gave no item; scores (B, K), -inf where there was no beam."""

    items: np.ndarray
    scores: np.ndarray


class LegalTokens:
    """What may follow each prefix of a trie: the `prefix_allowed_tokens_fn` of `generate`.

    A prefix met before costs one look into a dictionary, a new one a binary search among the children of the prefix before it.
    Raises InputError if a path does not end with the student's end token or holds it before its end: `generate` would stop
    there.
    """

    def __init__(self, student: Student, trie: Trie) -> None:
        end = int(student.t5.config.eos_token_id)
        if ((trie.token == end) != (trie.children == 0)).any():
            raise InputError(
                f"the end token {end} of the student is not the last, and only the last, of every path",
                todo="build the trie with StudentTokenizer.encode_id of the same student",
            )
        self.depth = int(trie.depth.max())
        self._trie = trie
        self._tokens = torch.from_numpy(trie.token).to(student.device)  # children of a node lie side by side
        self._end = torch.tensor([end], device=student.device)
        self._nodes: dict[tuple[int, ...], int] = {(): 0}  # prefix -> node, -1 for a prefix of no item
        self._item_at = np.full(trie.n_nodes, -1)
        self._item_at[trie.leaf] = np.arange(trie.n_items)

    def __call__(self, row: int, tokens: torch.Tensor) -> torch.Tensor:
        """Token numbers that may follow `tokens` (start token first); an ended or unused beam gets the end token."""
        node = self._node(tuple(tokens.tolist()[1:]))
        if node < 0 or not self._trie.children[node]:
            return self._end
        return self._tokens[self._first(node) : self._first(node) + int(self._trie.children[node])]

    def items(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """Column of the item with each path, end token included; -1 where there is none."""
        nodes = [self._node(tuple(row)) for row in rows]
        return np.array([self._item_at[node] if node >= 0 else -1 for node in nodes], dtype=np.int64)

    def _node(self, prefix: tuple[int, ...]) -> int:
        node = self._nodes.get(prefix)
        if node is None:
            node = self._nodes[prefix] = self._child(self._node(prefix[:-1]), prefix[-1])
        return node

    def _child(self, node: int, token: int) -> int:
        if node < 0 or not self._trie.children[node]:
            return -1
        among = self._trie.token[self._first(node) : self._first(node) + int(self._trie.children[node])]  # ascending
        place = int(among.searchsorted(token))
        return self._first(node) + place if place < len(among) and among[place] == token else -1

    def _first(self, node: int) -> int:
        return int(self._trie.first_child[node])


def constrained_beams(student: Student, encoding: Encoding, trie: Trie, beams: int = 20, keep: int = 20) -> Beams:
    """The `keep` best finished of `beams` beams that may only spell items of the trie: (B, keep).

    Stops as transformers does by default (`early_stopping=False`): when `beams` items are finished and the most likely prefix,
    divided by the steps so far, is no better than the worst of them.  A longer item that would still have got past it is lost.
    Raises InputError for numbers of beams that make no sense, and for a trie with other end tokens than the student's.
    """
    legal = LegalTokens(student, trie)
    return _search(student, encoding, legal, beams, keep, legal.depth + 1, early_stopping=False, held=legal)


def masked_beams(
    student: Student, encoding: Encoding, trie: Trie, beams: int = 20, keep: int = 20, mask: TrieMask | None = None
) -> Beams:
    """What `constrained_beams` finds, without a Python callback per beam and step: (B, keep).

    mask  of the same student and trie, made once with `trie_mask`; None: made for this call.
    """
    legal = LegalTokens(student, trie)
    mask = trie_mask(student, trie) if mask is None else mask
    return _search(student, encoding, legal, beams, keep, legal.depth + 1, early_stopping=False, held=mask)


def trie_mask(student: Student, trie: Trie) -> TrieMask:
    """The mask of a trie on the student's device; it depends on nothing of a user."""
    config = student.t5.config
    return TrieMask(trie, int(config.vocab_size), int(config.eos_token_id), student.device)


def free_beams(student: Student, encoding: Encoding, trie: Trie, beams: int = 20, keep: int = 20) -> Beams:
    """The same over the whole vocabulary, no longer than the longest path; what spells no item's path leaves -1 in its place."""
    legal = LegalTokens(student, trie)
    return _search(student, encoding, legal, beams, keep, legal.depth + 1, early_stopping=False)


def released_way(student: Student, batch: Batch, trie: Trie, beams: int = 20, keep: int = 20) -> Beams:
    """Free beams up to 50 tokens that stop as soon as `beams` are finished, the encoder run once for each beam: (B, keep).

    The copies of a row are equal, and `generate` spreads one of them again over its beams.  What differs from the released
    program: a beam that spells no item's path leaves -1 in its place (there its first word is read as a number, and a random
    item takes the place of an unreadable one; no two beams spell one path, so nothing is repeated); seen items stay; the
    decoder does not attend to padding (fault 1), which has nothing to do with beams.  A student that does not end what it says
    costs the full 50 tokens.
    """
    _check(beams, keep)
    tokens, whole_words, mask = (part.repeat_interleave(beams, dim=0) for part in (batch.tokens, batch.whole_words, batch.mask))
    with torch.inference_mode():
        copies = student.encode(Batch(batch.task, tokens, whole_words, mask, None))
    encoding = Encoding(copies.states[::beams], copies.mask[::beams])
    legal = LegalTokens(student, trie)
    return _search(student, encoding, legal, beams, keep, RELEASED_LENGTH, early_stopping=True)


def _check(beams: int, keep: int) -> None:
    if not 1 <= keep <= beams:
        raise InputError(f"{keep} of {beams} beams cannot be kept", todo="keep one or more, and no more than there are beams")


def _search(
    student: Student,
    encoding: Encoding,
    legal: LegalTokens,
    beams: int,
    keep: int,
    length: int,
    *,
    early_stopping: bool,
    held: LegalTokens | TrieMask | None = None,
) -> Beams:
    """Generate at most `length` tokens, start token counted, and look the rows up; `held` keeps beams to the catalogue."""
    _check(beams, keep)
    search = {"early_stopping": early_stopping, "length_penalty": 1.0} if beams > 1 else {}
    with torch.inference_mode():
        made = student.t5.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoding.states),
            attention_mask=encoding.mask,
            max_length=length,
            num_beams=beams,
            num_return_sequences=keep,
            do_sample=False,
            use_cache=True,
            prefix_allowed_tokens_fn=held if isinstance(held, LegalTokens) else None,
            logits_processor=LogitsProcessorList([held] if isinstance(held, TrieMask) else []),
            return_dict_in_generate=True,
            output_scores=beams > 1,
            output_logits=beams == 1,
            **search,
        )
    rows, by_length = _rows(made, int(student.t5.config.eos_token_id))
    scores = by_length.masked_fill(by_length < UNUSED, -torch.inf).float().cpu().numpy().reshape(-1, keep)
    items = legal.items(rows).reshape(-1, keep)
    return Beams(np.where(np.isfinite(scores), items, -1), scores)


def _rows(made: Any, end: int) -> tuple[list[list[int]], torch.Tensor]:
    """What `generate` made: (B * keep) token rows without the start token, cut after the end token; scores (B * keep,)."""
    said = made.sequences[:, 1:]
    ends = said == end
    lengths = torch.where(ends.any(1), ends.int().argmax(1) + 1, said.shape[1])  # (B * keep,)
    rows = [row[:count] for row, count in zip(said.tolist(), lengths.tolist(), strict=True)]
    if made.get("sequences_scores") is not None:
        return rows, made.sequences_scores
    steps = torch.stack(made.logits, 1).float().log_softmax(-1).gather(2, said[..., None])[..., 0]  # (B, T): greedy search
    counts = torch.arange(said.shape[1], device=said.device) < lengths[:, None]
    return rows, (steps * counts).sum(1) / lengths
