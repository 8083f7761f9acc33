"""Ask a language model about one review until its answer parses or the attempts are used up.

Random seeds are derived from the run's seed, the text and the attempt, so an answer does not depend on other reviews, restarts, shards or
the review's position in the data set.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rdrec.core.home import check_name
from rdrec.core.records import Failed, InputError, NothingFound, Rationale, Review, TeacherAnswer
from rdrec.core.settings import integer
from rdrec.teachers import grammar
from rdrec.teachers.base import RESERVED, TeacherResult
from rdrec.teachers.example_leaks import mark_leaks
from rdrec.teachers.prompts import Message, Prompt, without_surrogates

VERSION = 3  # of rendering, parsing and seeds; raise it whenever an answer may change
NO_SOURCE = "nothing for this prompt to read"
CUT_OFF = "cut off at the length limit"
_RETRY_TEMPERATURE = 0.6  # lowest temperature of later attempts, because greedy sampling would repeat the same answer


@dataclass(frozen=True, slots=True)
class Ask:
    """One attempt: the messages that the model gets, and how it samples.  `attempt` counts from 1."""

    review: Review
    source: str
    messages: list[Message]
    attempt: int
    temperature: float
    top_p: float
    max_tokens: int
    seed: int

    @property
    def options(self) -> dict[str, Any]:
        """How to sample, in the words of OpenAI's API."""
        return {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens, "seed": self.seed}


@dataclass(frozen=True)
class Asker:
    """Prepares attempts and parses answers for one prompt and seed."""

    prompt: Prompt
    seed: int

    @property
    def config(self) -> dict[str, Any]:
        """Everything here that affects the answers."""
        return {
            "asking": VERSION,
            "prompt": self.prompt.name,
            "prompt_sha256": self.prompt.sha256,
            "seed": self.seed,
            "attempts": integer("distill.attempts"),
            "max_sentence_chars": integer("distill.max_sentence_chars"),
        }

    @property
    def sampling(self) -> str:
        """How answers are sampled, in words; with the seed unless greedy."""
        return f"{self.prompt.sampling}, seed {self.seed}" if self.prompt.temperature else self.prompt.sampling

    def first(self, review: Review) -> Ask | TeacherResult:
        """The first attempt, or at once a result if the prompt finds nothing to read in this review."""
        source = self.prompt.source(review)
        if source is None:
            return TeacherResult(review, NothingFound(NO_SOURCE), attempts=0)
        return self._ask(review, source, 1)

    def judge(self, ask: Ask, raw: str, *, cut: bool = False) -> TeacherResult | Ask:
        """The result, or the next attempt if the answer does not parse.  cut: whether the model was stopped at `max_tokens`."""
        raw = without_surrogates(raw)
        answer = Failed(CUT_OFF) if cut else self._understood(raw, ask.review)
        if isinstance(answer, Failed) and ask.attempt < integer("distill.attempts"):
            return self._ask(ask.review, ask.source, ask.attempt + 1)
        return TeacherResult(ask.review, answer, raw[: integer("distill.max_answer_chars")], ask.attempt)

    def recall(self, review: Review, raw: str, attempts: int) -> TeacherResult | None:
        """An earlier answer to the same text, parsed again; None if it is not usable."""
        answer = self._understood(raw, review)
        return None if isinstance(answer, Failed) else TeacherResult(review, answer, raw, attempts)

    def _understood(self, raw: str, review: Review) -> TeacherAnswer:
        answer = grammar.parse(self.prompt.answer, raw, review)
        return mark_leaks(answer, review.text, self.prompt) if isinstance(answer, Rationale) else answer

    def _ask(self, review: Review, source: str, attempt: int) -> Ask:
        words = f"{self.seed} {text_sha256(source)} {attempt}"
        seed = int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big") >> 1
        prompt = self.prompt
        temperature = prompt.temperature if attempt == 1 else max(prompt.temperature, _RETRY_TEMPERATURE)
        return Ask(review, source, prompt.messages(source), attempt, temperature, prompt.top_p, prompt.max_tokens, seed)


def text_sha256(source: str) -> str:
    """SHA-256 of a text as the model reads it."""
    return hashlib.sha256(source.encode()).hexdigest()


def teacher_name(given: str | None, model: str, prompt: Prompt) -> str:
    """`--name`, or a name made from model and prompt ("llama-2-7b-chat-hf-paper").  Raises InputError for a reserved name."""
    base = re.sub(r"[^a-z0-9]+", "-", PurePosixPath(model.rstrip("/")).name.lower().removesuffix(".gguf")).strip("-")
    name = check_name(given or f"{base[: 62 - len(prompt.name)] or 'model'}-{prompt.name}"[:64], "teacher name")
    if name in RESERVED:
        raise InputError(f"{name!r} is the name of another teacher", where="--name", todo="choose another name")
    return name
