"""A student and its catalogue: the interface through which evaluation, precomputing and the page ask for rankings.

Item numbers are the data set's own, 1..I; score arrays have I + 1 columns, and column 0 is always -inf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.ranking.beam_loss import lost, simulate_beams
from rdrec.ranking.beam_tree import BeamTree, beam_tree
from rdrec.ranking.choices import Score
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.explain import Branch, branches
from rdrec.ranking.generation import generate_texts
from rdrec.ranking.shares import tempered
from rdrec.ranking.trie import build_trie
from rdrec.student.batches import Row, make_batch
from rdrec.student.checkpoint import LoadedStudent
from rdrec.student.known_sequences import KnownSequences
from rdrec.student.model import Encoding, Student
from rdrec.student.tasks import Task, input_text, without_user
from rdrec.student.tokenizer import Encoded, StudentTokenizer


def score_of(loaded: LoadedStudent) -> Score:
    """The score a student is evaluated with: `compat`, as in the original program, for a released one (method, fault 7)."""
    return "compat" if loaded.card.compat else "constrained"


@dataclass(frozen=True)
class StudentInTraining:
    """A student that has not been saved yet, with its tokenizer."""

    model: Student
    tokenizer: StudentTokenizer
    known: KnownSequences | None = None


class Recommender:
    """Ranks the items 1..I of a catalogue; `item_ids[item]` is the ID under which the student knows an item.

    temperatures  by task, from `rdrec.evaluation.calibration`: log-probabilities are divided by them and normalised again, in float64,
                  so that no ranking changes; InputError if IDs consist of several tokens

    All methods raise InputError for an item outside the catalogue.
    """

    def __init__(
        self,
        loaded: LoadedStudent | StudentInTraining,
        item_ids: np.ndarray,
        score: Score = "constrained",
        temperatures: Mapping[str, float] | None = None,
    ) -> None:
        self.loaded, self.item_ids, self._temperatures = loaded, item_ids, temperatures or {}
        trie = build_trie([loaded.tokenizer.encode_id(int(number)) for number in item_ids[1:]])
        self._ranker = ExactRanker(loaded.model, trie, score)
        if self._temperatures and not self.one_token_ids:
            raise InputError("temperatures are for IDs of a single token", todo="leave them out")

    @cached_property
    def _raw(self) -> ExactRanker:
        """Ranker over the whole vocabulary, built on first use because ranking does not need it."""
        return ExactRanker(self.loaded.model, self._ranker.trie, "raw")

    @property
    def n_items(self) -> int:
        """Number of items of the catalogue."""
        return len(self.item_ids) - 1

    def sequential(self, users: Sequence[int | None], histories: Sequence[Sequence[int]]) -> np.ndarray:
        """Next item over the whole catalogue: (B, I + 1) log-probabilities, float32, or float64 with a temperature.

        users      None: an unknown user, encoded as "somebody"
        histories  oldest first; only the last `train.max_history` items are shown to the student
        """
        return self._rank(Task.SEQUENTIAL, users, _recent(histories), None)

    def lost_by_beams(self, users: Sequence[int], histories: Sequence[Sequence[int]], beams: int, k: int) -> list[int]:
        """For each user, how many of the exact best k next items a constrained beam search misses.

        The search is replayed on exact log-probabilities (`rdrec.ranking.beam_loss`).  Both orders use the `raw` score, so that only
        losses of the search count.
        """
        trie, reached = self._ranker.trie, self._reached(users, histories)
        return [len(lost(row[trie.leaf], simulate_beams(trie, row, beams).items, k)) for row in reached]

    def branches(self, user: int | None, history: Sequence[int], item: int) -> tuple[Branch, ...]:
        """The branches on the path of an item as next item; the shares taken multiply to its probability."""
        encoding = self._encode(Task.SEQUENTIAL, [user], _recent([history]))
        temperature = self._temperatures.get(Task.SEQUENTIAL.key, 1.0)
        return branches(self._ranker, encoding, self._check_items([item])[0] - 1, temperature)

    def beam_trees(
        self,
        users: Sequence[int | None],
        histories: Sequence[Sequence[int]],
        compete: Sequence[np.ndarray],
        beams: Sequence[int],
    ) -> list[list[BeamTree]]:
        """For each user, what a search with each number of beams keeps and loses among the items that compete.  Replayed."""
        reached = self._reached(users, histories)
        return [
            [beam_tree(self._ranker.trie, row, width, np.asarray(items) - 1) for width in beams]
            for row, items in zip(reached, compete, strict=True)
        ]

    def _reached(self, users: Sequence[int | None], histories: Sequence[Sequence[int]]) -> np.ndarray:
        """(B, N) log-probability over the vocabulary of the path to each node of the trie."""
        nodes: np.ndarray = self._raw.nodes(self._encode(Task.SEQUENTIAL, users, _recent(histories))).cpu().numpy()
        return nodes

    @property
    def one_token_ids(self) -> bool:
        """Whether every ID is decided in a single step of the decoder."""
        return len(self._ranker.trie.branching()) < 2

    def prompt(self, user: int | None, history: Sequence[int], task: Task = Task.SEQUENTIAL) -> Encoded:
        """The input of the student, prompt vectors excluded; for `Task.TOPN`, `history` holds the candidates."""
        shown = _recent([history])[0] if task is Task.SEQUENTIAL else history
        return self.loaded.tokenizer.encode(self._source(task, user, shown))

    def topn(self, users: Sequence[int | None], candidates: Sequence[Sequence[int]]) -> np.ndarray:
        """Rank each user's candidates, shown in the given order: (B, I + 1) log-probabilities as for `sequential`, -inf outside."""
        legal = torch.zeros(len(users), self.n_items, dtype=torch.bool)
        for row, items in enumerate(candidates):
            legal[row, torch.as_tensor(self._check_items(items)) - 1] = True
        return self._rank(Task.TOPN, users, candidates, legal)

    def texts(self, task: Task, users: Sequence[int], items: Sequence[int]) -> list[str]:
        """The student's generated text for each (user, item)."""
        loaded, sources = self.loaded, self._text_sources(task, users, items)
        others = {source: self._others(task, user) for source, user in zip(sources, users, strict=True)}
        rows = [Row(task, source) for source in sources]
        return generate_texts(loaded.model, loaded.tokenizer, rows, others=others, known=loaded.known)

    def _others(self, task: Task, user: int) -> list[str]:
        """Inputs to compare a sentence with: items from all parts of the catalogue and the first users, or for an explanation the same user."""
        if task is Task.EXPLANATION:
            items = self._spread(integer("train.explanation_others"))
            return self._text_sources(task, [user] * len(items), items)
        known = len(self.loaded.tokenizer.users) or None
        items = self._spread(min(integer("train.text_others"), known or self.n_items))
        return self._text_sources(task, range(1, len(items) + 1), items)

    def _spread(self, most: int) -> list[int]:
        """At most so many items, at even distances."""
        items: list[int] = np.linspace(1, self.n_items, min(most, self.n_items)).astype(int).tolist()
        return items

    def _text_sources(self, task: Task, users: Sequence[int], items: Sequence[int]) -> list[str]:
        sources = []
        for user, item in zip(users, items, strict=True):
            ids = [] if task is Task.USER_PREFERENCE else [int(self.item_ids[self._check_items([item])[0]])]
            sources.append(input_text(task, user=user, item_ids=ids))
        return sources

    def _rank(
        self, task: Task, users: Sequence[int | None], shown: Sequence[Sequence[int]], legal: torch.Tensor | None
    ) -> np.ndarray:
        encoding = self._encode(task, users, shown)
        scores = self._ranker.rank(encoding, legal)
        result = np.full((len(shown), self.n_items + 1), -np.inf, dtype=np.float32)
        result[:, 1:] = scores.cpu().numpy()
        return tempered(result, temperature) if (temperature := self._temperatures.get(task.key)) else result

    def _encode(self, task: Task, users: Sequence[int | None], shown: Sequence[Sequence[int]]) -> Encoding:
        rows = [Row(task, self._source(task, user, items)) for user, items in zip(users, shown, strict=True)]
        model = self.loaded.model
        with torch.inference_mode():
            return model.encode(make_batch(rows, self.loaded.tokenizer).to(model.device))

    def _source(self, task: Task, user: int | None, items: Sequence[int]) -> str:
        text = input_text(
            task, user=0 if user is None else int(user), item_ids=self.item_ids[self._check_items(items)].tolist()
        )
        return without_user(text) if user is None else text

    def _check_items(self, items: Sequence[int]) -> list[int]:
        if outside := [item for item in items if not 1 <= item <= self.n_items]:
            raise InputError(f"item {outside[0]} is not in the catalogue", todo=f"use items 1 to {self.n_items}")
        return [int(item) for item in items]


def _recent(histories: Sequence[Sequence[int]]) -> list[list[int]]:
    """The last `train.max_history` items of each history, which is what the student is shown."""
    return [list(history)[-integer("train.max_history") :] for history in histories]
