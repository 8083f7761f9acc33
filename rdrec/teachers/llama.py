"""The teacher `llama`: any GGUF file, run in this process by llama.cpp, several reviews at a time, constrained to the JSON schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rdrec.core.records import InputError, Review
from rdrec.core.settings import integer
from rdrec.teachers import grammar
from rdrec.teachers.answers import Identity
from rdrec.teachers.asking import Ask, Asker
from rdrec.teachers.base import TeacherResult
from rdrec.teachers.llama_model import Completion, LlamaModel, TooLongError
from rdrec.teachers.prompted import CountedModel

_SHORTER = 0.7  # share to which a text that does not fit is cut


@dataclass
class LlamaTeacher(CountedModel):
    """Implements `teachers.Teacher`.  Threads and parallel requests are not part of `config`."""

    name: str
    model: LlamaModel
    asker: Asker

    def __post_init__(self) -> None:
        self._schema = grammar.schema(self.asker.prompt.answer)

    @property
    def config(self) -> dict[str, Any]:
        """What affects the answers; answers with different configs are never mixed."""
        return {"teacher": "llama", "model": f"sha256:{self.model.sha256}", "context": self.model.context, **self.asker.config}

    @property
    def identity(self) -> Identity:
        """The key under which its answers are stored."""
        return Identity(self.asker, f"sha256:{self.model.sha256}", self.model.path.name, self.model.engine)

    def close(self) -> None:
        """Free the model."""
        self.model.close()

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Yield results as soon as they are finished, with as many reviews in progress as the model reads at a time."""
        waiting = iter(reviews)
        pool = ThreadPoolExecutor(self.model.parallel, thread_name_prefix="llama")
        working: set[Future[TeacherResult]] = set()
        try:
            working.update(pool.submit(self._read, review) for review in islice(waiting, self.model.parallel))
            while working:
                finished, working = wait(working, return_when=FIRST_COMPLETED)
                working.update(pool.submit(self._read, review) for review in islice(waiting, len(finished)))
                results = [future.result() for future in finished if future.exception() is None]
                if results:
                    yield results
                for future in finished:
                    future.result()  # raises a request's error, after the answers that finished with it
        finally:
            pool.shutdown(cancel_futures=True)  # requests in progress end within seconds

    def _read(self, review: Review) -> TeacherResult:
        step = self.asker.first(review)
        while isinstance(step, Ask):
            answer = self._answer(step)
            self.count(1, answer.tokens_in, answer.tokens_out)
            step = self.asker.judge(step, answer.text, cut=answer.cut)
        return step

    def _answer(self, ask: Ask) -> Completion:
        """The model's answer; the review is cut further if it does not fit the context."""
        source, messages = ask.source, ask.messages
        while True:
            try:
                return self.model.chat(messages, schema=self._schema, options=ask.options)
            except TooLongError:
                source = source[: int(len(source) * _SHORTER)].rstrip()
                if len(source) < integer("distill.least_review_tokens"):
                    raise InputError(
                        f"the prompt {self.asker.prompt.name!r} and its answer leave no room for a review in a context of {self.model.context:,} tokens",
                        where="--context",
                        todo="give a larger --context, or use a model with a longer context",
                    ) from None
                messages = self.asker.prompt.messages(source)
