"""A loaded student with a catalogue: the one door through which evaluation, precomputing and the page ask for rankings.

In: users, histories and candidates in the data set's own item numbers.  Out: log-probabilities by item number.  It knows the
protocol's ids (`item_ids`) but no file and no metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np
import torch

from rdrec.rank.beam_loss import Fall, falls, lost, simulate_beams
from rdrec.rank.choices import Score
from rdrec.rank.exact import ExactRanker
from rdrec.rank.explain import Branch, branches
from rdrec.rank.text import generate_texts
from rdrec.rank.topk import Best, best
from rdrec.rank.trie import build_trie
from rdrec.records import InputError
from rdrec.settings import integer
from rdrec.student.batches import Row, make_batch
from rdrec.student.checkpoint import LoadedStudent
from rdrec.student.model import Encoding, Student
from rdrec.student.tasks import Task, input_text, without_user
from rdrec.student.tokenizer import Encoded, StudentTokenizer


def score_of(loaded: LoadedStudent) -> Score:
    """The score whose order a student is evaluated by: that of its own program for a released one (method fault 7)."""
    return "compat" if loaded.card.compat else "constrained"


class Ranking(Protocol):
    """What ranking needs of a student: a `LoadedStudent`, or one in training."""

    @property
    def model(self) -> Student: ...

    @property
    def tokenizer(self) -> StudentTokenizer: ...


class Recommender:
    """Ranks the items 1..I of a catalogue; `item_ids[item]` is the number the student knows an item by."""

    def __init__(self, loaded: Ranking, item_ids: np.ndarray, score: Score = "constrained") -> None:
        self.loaded, self.item_ids = loaded, item_ids
        trie = build_trie([loaded.tokenizer.encode_id(int(number)) for number in item_ids[1:]])
        self._ranker = ExactRanker(loaded.model, trie, score)

    @cached_property
    def _raw(self) -> ExactRanker:
        """Scores over the whole vocabulary: made when first asked for, since a ranking needs none of it."""
        return ExactRanker(self.loaded.model, self._ranker.trie, "raw")

    @property
    def n_items(self) -> int:
        return len(self.item_ids) - 1

    def sequential(self, users: Sequence[int | None], histories: Sequence[Sequence[int]]) -> np.ndarray:
        """Next purchase over the whole catalogue: (B, I + 1) float32 log-probabilities, column = item, column 0 is -inf.

        users      None: nobody whom the student knows; it reads "somebody", as in rows that `train.hide_user` drew
        histories  oldest first; the last `train.max_history` items are shown to the student.
        """
        return self._rank(Task.SEQUENTIAL, users, _shown(histories), None)

    def best(
        self, users: Sequence[int], histories: Sequence[Sequence[int]], k: int, seen: Sequence[Sequence[int]] | None = None
    ) -> Best:
        """The exact best k next purchases, without scoring the whole catalogue; `items` are item numbers, 0 for none.

        seen  for each user, items that may not be among them; their probability stays theirs.
        """
        barred = None if seen is None else [[item - 1 for item in self._checked(items)] for items in seen]
        found = best(self._ranker, self._encode(Task.SEQUENTIAL, users, _shown(histories)), k, barred)
        return replace(found, items=found.items + 1)

    def lost_by_beams(self, users: Sequence[int], histories: Sequence[Sequence[int]], beams: int, k: int) -> list[int]:
        """For each user, how many of the exact best k next purchases a beam search held to the catalogue does not find.

        The search is replayed on exact log-probabilities over the vocabulary (`rdrec.rank.beam_loss`); the order is that of
        the same score, `raw`, so that only what the search loses counts and not another way of scoring.
        """
        trie = self._ranker.trie
        reached = self._raw.nodes(self._encode(Task.SEQUENTIAL, users, _shown(histories))).cpu().numpy()
        return [len(lost(row[trie.leaf], simulate_beams(trie, row, beams).items, k).items) for row in reached]

    def branches(self, user: int, history: Sequence[int], item: int) -> tuple[Branch, ...]:
        """The choices on the path of an item's number as a next purchase; the shares taken multiply to its probability."""
        return branches(self._ranker, self._encode(Task.SEQUENTIAL, [user], _shown([history])), self._checked([item])[0] - 1)

    def fall(self, user: int, history: Sequence[int], item: int, beams: int) -> Fall | None:
        """Where a beam search held to the catalogue loses an item; None: it finds it.  Replayed, as in `lost_by_beams`."""
        trie, column = self._ranker.trie, self._checked([item])[0] - 1
        reached = self._raw.nodes(self._encode(Task.SEQUENTIAL, [user], _shown([history]))).cpu().numpy()[0]
        fallen = falls(trie, simulate_beams(trie, reached, beams), [column])
        return fallen[0] if fallen else None

    def prompt(self, user: int, history: Sequence[int]) -> Encoded:
        """What a student reads when asked for the next purchase, prompt vectors aside."""
        return self.loaded.tokenizer.encode(self._source(Task.SEQUENTIAL, user, _shown([history])[0]))

    def topn(self, users: Sequence[int], candidates: Sequence[Sequence[int]]) -> np.ndarray:
        """Best of each user's candidates, in the order they are shown: (B, I + 1); items outside are -inf."""
        legal = torch.zeros(len(users), self.n_items, dtype=torch.bool)
        for row, items in enumerate(candidates):
            legal[row, torch.as_tensor(self._checked(items)) - 1] = True
        return self._rank(Task.TOPN, users, candidates, legal)

    def texts(self, task: Task, users: Sequence[int], items: Sequence[int]) -> list[str]:
        """The student's sentence for each (user, item)."""
        rows = []
        for user, item in zip(users, items, strict=True):
            ids = [] if task is Task.USER_PREFERENCE else [int(self.item_ids[self._checked([item])[0]])]
            rows.append(Row(task, input_text(task, user=user, item_ids=ids)))
        return generate_texts(self.loaded.model, self.loaded.tokenizer, rows)

    def _rank(
        self, task: Task, users: Sequence[int | None], shown: Sequence[Sequence[int]], legal: torch.Tensor | None
    ) -> np.ndarray:
        encoding = self._encode(task, users, shown)
        scores = self._ranker.rank(encoding, None if legal is None else legal.to(self.loaded.model.device))
        result = np.full((len(shown), self.n_items + 1), -np.inf, dtype=np.float32)
        result[:, 1:] = scores.cpu().numpy()
        return result

    def _encode(self, task: Task, users: Sequence[int | None], shown: Sequence[Sequence[int]]) -> Encoding:
        rows = [Row(task, self._source(task, user, items)) for user, items in zip(users, shown, strict=True)]
        model = self.loaded.model
        with torch.inference_mode():
            return model.encode(make_batch(rows, self.loaded.tokenizer).to(model.device))

    def _source(self, task: Task, user: int | None, items: Sequence[int]) -> str:
        text = input_text(task, user=0 if user is None else int(user), item_ids=self.item_ids[self._checked(items)].tolist())
        return without_user(text) if user is None else text

    def _checked(self, items: Sequence[int]) -> list[int]:
        if outside := [item for item in items if not 1 <= item <= self.n_items]:
            raise InputError(f"item {outside[0]} is not in the catalogue", todo=f"use items 1 to {self.n_items}")
        return [int(item) for item in items]


def _shown(histories: Sequence[Sequence[int]]) -> list[list[int]]:
    """The last `train.max_history` items of each: what a student is asked with."""
    return [list(history)[-integer("train.max_history") :] for history in histories]
