"""The teacher `http`: a language model behind any OpenAI-compatible server (vLLM, llama.cpp, Ollama, hosted services).

`concurrency` requests are open at a time.  If the server is busy, all of them wait as long as it asks.  Budgets are never exceeded.  A
server that fails on several reviews in a row ends the run.
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Any

from rdrec.core.records import Failed, RDRecError, Review
from rdrec.core.settings import default, integer
from rdrec.teachers import grammar
from rdrec.teachers.answers import Identity
from rdrec.teachers.asking import Ask, Asker
from rdrec.teachers.base import TeacherResult
from rdrec.teachers.budget import Budget, Limits
from rdrec.teachers.chat_client import (
    KEY_VARIABLE,
    ChatClient,
    Reply,
    ServerFault,
    check_endpoint,
    openai_package,
    same_model,
)
from rdrec.teachers.prompted import PromptedModel

_LOOK = 0.5  # seconds between checks for Ctrl-C while waiting for answers
_GOODBYE = 3.0  # seconds that open requests have to end when the run stops
_FRAME_TOKENS = 64  # tokens that a chat template may add to the messages


class TeacherUnreachableError(RDRecError):
    """The server cannot be used; all answers so far are kept."""


@dataclass
class HttpTeacher(PromptedModel):
    """Implements `teachers.Teacher`.  The server's address is not part of `config`."""

    name: str
    model: str
    endpoint: str
    asker: Asker
    limits: Limits = field(default_factory=Limits)
    concurrency: int = integer("distill.concurrency")
    timeout: float = float(default("distill.timeout"))
    patience: float = inf  # seconds without any finished answer after which a stream is given up

    def __post_init__(self) -> None:
        check_endpoint(self.endpoint)
        openai_package()
        self._budget = Budget(self.limits)
        self._notes: list[str] = []

    @property
    def config(self) -> dict[str, Any]:
        """What affects the answers; answers with different configs are never mixed."""
        return {"teacher": "http", "model": self.model, **self.asker.config}

    @property
    def identity(self) -> Identity:
        """The key under which its answers are stored."""
        return Identity(self.asker, self.model, self.model, "an OpenAI-compatible server")

    def note(self) -> str:
        """A short text for the progress bar."""
        return f"{self._budget.requests:,} requests" + (f", ${self._budget.dollars:.4f}" if self._budget.dollars else "")

    def spent(self) -> dict[str, float]:
        """What the run has used so far."""
        budget = self._budget
        tokens = {"tokens_in": budget.tokens_in, "tokens_out": budget.tokens_out}
        return {"requests": budget.requests, **tokens, "dollars": round(budget.dollars, 6)}

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks about the run for the user."""
        return tuple(self._notes)

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Yield results as they are finished.  Raises TeacherUnreachableError or BudgetSpentError, after yielding all earlier results."""
        done: queue.SimpleQueue[TeacherResult | BaseException | None] = queue.SimpleQueue()
        run = _Run(self, iter(reviews), done)
        thread = threading.Thread(target=run.in_thread, daemon=True)
        thread.start()
        try:
            yield from _collected(done, self.patience)
        finally:
            run.stop()
            thread.join(_GOODBYE)


def _collected(done: queue.SimpleQueue[TeacherResult | BaseException | None], patience: float) -> Iterator[list[TeacherResult]]:
    """Yield all results finished so far, again and again; finally raise the error that ended the run, if any."""
    heard, running = monotonic(), True
    while running:
        results: list[TeacherResult] = []
        last: TeacherResult | BaseException | None = None
        with suppress(queue.Empty):
            while len(results) < integer("distill.journal_batch") and running:
                last = done.get(timeout=0 if results else _LOOK)
                if isinstance(last, TeacherResult):
                    results.append(last)
                else:
                    running = False
        if results:
            yield results
            heard = monotonic()
        elif running and monotonic() - heard > patience:
            raise TeacherUnreachableError(f"no answer within {patience:g} s", todo="try again later")
        if isinstance(last, BaseException):
            raise last


class _Run:
    """One stream: an event loop in its own thread, with workers that share the reviews and pause together."""

    def __init__(
        self, teacher: HttpTeacher, reviews: Iterator[Review], done: queue.SimpleQueue[TeacherResult | BaseException | None]
    ) -> None:
        self.teacher, self.reviews, self.done = teacher, reviews, done
        self.budget, self.notes = teacher._budget, teacher._notes
        self._schema = grammar.schema(teacher.asker.prompt.answer)
        self._not_before = 0.0  # loop time
        self._lost = 0  # consecutive reviews on which the server failed
        self._spent = False
        self._settled = asyncio.Condition()
        self._open = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = threading.Event()

    def in_thread(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self.done.put(_first(error))
        else:
            self.done.put(self.budget.spent_error() if self._spent else None)

    def stop(self) -> None:
        """End open requests; called from another thread."""
        self._stopped.set()
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def _main(self) -> None:
        teacher = self.teacher
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._stopped.is_set():
            return
        self._client = ChatClient(teacher.endpoint, teacher.model, timeout=teacher.timeout, connections=teacher.concurrency)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(teacher.concurrency):
                    group.create_task(self._work())
        finally:
            await self._client.close()

    async def _work(self) -> None:
        for review in self.reviews:  # an iterator that all workers share: each review goes to one of them
            step: TeacherResult | Ask | None = self.teacher.asker.first(review)
            while isinstance(step, Ask):
                step = await self._attempt(step)
            if step is not None:
                self.done.put(step)
            if step is None or self._spent:
                return

    async def _attempt(self, ask: Ask) -> TeacherResult | Ask | None:
        """A result or the next attempt; None if the budget does not allow a request."""
        try:
            reply = await self._reply(ask)
        except ServerFault as fault:
            return self._lose(ask, fault)
        if reply is None:
            return None
        if not same_model(self.teacher.model, reply.model):
            raise TeacherUnreachableError(
                f"the server answers with the model {reply.model[:100]!r}, not {self.teacher.model!r}",
                where=self.teacher.endpoint,
                todo="give --model the name that the server uses",
            )
        self._lost = 0
        return self.teacher.asker.judge(ask, reply.text, cut=reply.cut)

    def _lose(self, ask: Ask, fault: ServerFault) -> TeacherResult:
        """Count a review on which the server failed, or end the run."""
        self._lost += 1
        if fault.stop or self._lost >= integer("distill.most_lost"):
            what = f"{fault.reason}{f' ({fault.detail})' if fault.detail else ''}"
            todo = f"check the address, the model's name and the key in ${KEY_VARIABLE}; run the same command again to resume"
            raise TeacherUnreachableError(what, where=self.teacher.endpoint, todo=todo)
        return TeacherResult(ask.review, Failed(fault.reason), attempts=ask.attempt)

    async def _reply(self, ask: Ask) -> Reply | None:
        """The reply to one attempt, with retries while they make sense.  Raises ServerFault."""
        tries = integer("distill.tries")
        for attempt in range(1, tries + 1):
            most = (
                sum(len(m["content"].encode()) for m in ask.messages) + _FRAME_TOKENS,
                ask.max_tokens,
            )  # a token has a byte at least
            if not await self._reserve(*most):
                return None
            used: tuple[int, int] | None = None
            options = self._options(ask)
            try:
                await self._wait_for_pause()
                reply = await self._client.chat(ask.messages, options)
                used = reply.used
                return reply
            except ServerFault as fault:
                if "response_format" in options and self._without_schema(fault):
                    continue
                if not fault.again or attempt == tries:
                    raise
                self._pause(fault, attempt)
            finally:
                await self._settle(*most, used)
        raise ServerFault("server: refused", "", stop=True)  # all retries were used up on finding that it accepts no schema

    def _options(self, ask: Ask) -> dict[str, Any]:
        options = ask.options
        if self._schema:
            shape = {"name": "rationale", "schema": self._schema, "strict": True}
            options["response_format"] = {"type": "json_schema", "json_schema": shape}
        return options

    def _without_schema(self, fault: ServerFault) -> bool:
        """Whether to ask again without a schema, which not every server accepts; the notes say so once."""
        if not _blames_schema(fault):
            return False
        if self._schema:  # several requests in progress may fail because of it
            self._schema = {}
            self.notes.append("the server does not accept a JSON schema; only the prompt determines the form of its answers")
        return True

    def _pause(self, fault: ServerFault, attempt: int) -> None:
        """Let all workers pause: as long as the server asks, otherwise longer with each retry."""
        longest = integer("distill.longest_wait")
        if fault.wait is not None and fault.wait > longest:
            raise ServerFault(f"server: asks to wait {fault.wait:,.0f} s", fault.detail, stop=True)
        wait = fault.wait if fault.wait is not None else min(longest, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)
        assert self._loop is not None
        self._not_before = max(self._not_before, self._loop.time() + wait)

    async def _wait_for_pause(self) -> None:
        assert self._loop is not None
        while (left := self._not_before - self._loop.time()) > 0:
            await asyncio.sleep(left)

    async def _reserve(self, most_in: int, most_out: int) -> bool:
        """Reserve the worst case; if that is too much, wait until open requests turn out to cost less."""
        async with self._settled:
            while not self.budget.reserve(most_in, most_out):
                if self._open == 0 or self._spent:
                    self._spent = True
                    self._settled.notify_all()
                    return False
                await self._settled.wait()
            self._open += 1
            return True

    async def _settle(self, most_in: int, most_out: int, used: tuple[int, int] | None) -> None:
        async with self._settled:
            self._open -= 1
            self.budget.settle(most_in, most_out, used)
            self._settled.notify_all()


def _blames_schema(fault: ServerFault) -> bool:
    words = ["response_format", "json_schema", "grammar"]
    if fault.reason.startswith("server: refused"):
        words += ["schema", "unexpected"]
    return any(word in fault.detail.lower() for word in words)


def _first(error: BaseException) -> BaseException:
    """The first ordinary error in a group of errors from workers."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
