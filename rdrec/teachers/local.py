"""The teacher `local`: any chat model of transformers, by hub ID or folder, on this machine's GPU or CPU.

A batch has prompts of similar length, as many as `distill.batch_tokens` allows; a repeated attempt waits for a batch of its length.  Each
review has its own random seed (`Ask.seed`), so an answer depends on its batch only through rounding.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rdrec.core.records import InputError, Review
from rdrec.core.settings import integer
from rdrec.teachers.answers import Identity
from rdrec.teachers.asking import Ask, Asker
from rdrec.teachers.base import TeacherResult
from rdrec.teachers.prompted import CountedModel
from rdrec.teachers.prompts import Message

if TYPE_CHECKING:
    from rdrec.teachers.chat_model import ChatModel


@dataclass
class LocalTeacher(CountedModel):
    """Implements `teachers.Teacher`."""

    name: str
    model: ChatModel
    asker: Asker
    batch_tokens: int = integer("distill.batch_tokens")

    def __post_init__(self) -> None:
        prompt = self.asker.prompt
        room = self.model.longest - prompt.max_tokens
        if room < len(self.model.encode(prompt.messages("a"))) + integer("distill.least_review_tokens"):
            raise InputError(
                f"the prompt {prompt.name!r} and its answer leave no room for a review in this model's context of {self.model.longest:,} tokens",
                where="--prompt",
                todo="use a model with a longer context, or a prompt with a smaller max_tokens",
            )

    @property
    def config(self) -> dict[str, Any]:
        """What affects the answers; answers with different configs are never mixed."""
        return {"teacher": "local", **self.model.config, **self.asker.config}

    @property
    def identity(self) -> Identity:
        """The key under which its answers are stored."""
        facts = self.model.config
        marks = ":".join(str(facts[name]) for name in ("revision", "precision", "template"))
        return Identity(self.asker, f"{facts['model']}@{marks}", str(facts["model"]), f"transformers, {facts['precision']}")

    def fitted(self, ask: Ask) -> list[Message]:
        """The messages of an attempt, with a shorter review if it does not fit the model's context."""
        return self._fitted(ask)[0]

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Yield lists of results, batch by batch."""
        window = integer("distill.sorting_window")
        for at in range(0, len(reviews), window):
            yield from self._window(reviews[at : at + window])

    def _window(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Longest first, so that running out of memory shows at once rather than after an hour."""
        waiting: list[tuple[int, int, Ask, list[int]]] = []
        results: list[TeacherResult] = []
        number = 0

        def push(ask: Ask) -> None:
            nonlocal number
            tokens = self._fitted(ask)[1]
            heapq.heappush(waiting, (-len(tokens), number, ask, tokens))
            number += 1

        for review in reviews:
            first = self.asker.first(review)
            if isinstance(first, Ask):
                push(first)
            else:
                results.append(first)
        if results:
            yield results
        while waiting:
            batch = self._batch(waiting)
            results = []
            for ask, (text, cut) in zip([ask for ask, _ in batch], self._generate(batch), strict=True):
                answer = self.asker.judge(ask, text, cut=cut)
                if isinstance(answer, Ask):
                    push(answer)
                else:
                    results.append(answer)
            if results:
                yield results

    def _batch(self, waiting: list[tuple[int, int, Ask, list[int]]]) -> list[tuple[Ask, list[int]]]:
        longest = -waiting[0][0] + waiting[0][2].max_tokens
        rows = max(1, self.batch_tokens // longest)
        return [heapq.heappop(waiting)[2:] for _ in range(min(rows, len(waiting)))]

    def _fitted(self, ask: Ask) -> tuple[list[Message], list[int]]:
        """Messages and tokens of an attempt; the review is cut further if it does not fit the model's context."""
        messages, source = ask.messages, ask.source
        tokens = self.model.encode(messages)
        room = self.model.longest - ask.max_tokens
        while len(tokens) > room:
            source = source[: int(len(source) * min(0.9, room / len(tokens)))]
            messages = self.asker.prompt.messages(source)
            tokens = self.model.encode(messages)
        return messages, tokens

    def _generate(self, batch: list[tuple[Ask, list[int]]]) -> list[tuple[str, bool]]:
        answers = self.model.generate([tokens for _, tokens in batch], [ask for ask, _ in batch])
        self.count(len(batch), sum(len(tokens) for _, tokens in batch), sum(answer.tokens for answer in answers))
        return [(answer.text, answer.cut) for answer in answers]
