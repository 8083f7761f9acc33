"""What teachers with a prompt have in common: the messages they send, and how many tokens they used."""

from __future__ import annotations

from rdrec.core.records import Review
from rdrec.teachers.asking import Ask, Asker
from rdrec.teachers.prompts import Message


class PromptedModel:
    """A language model, which has a prompt and can show the messages that it would get about a review."""

    asker: Asker

    def messages(self, review: Review) -> list[Message] | None:
        """The messages that the model gets about a review; None if the prompt finds nothing to read in it."""
        ask = self.asker.first(review)
        return self.fitted(ask) if isinstance(ask, Ask) else None

    def fitted(self, ask: Ask) -> list[Message]:
        """The messages of an attempt as they are sent."""
        return ask.messages


class CountedModel(PromptedModel):
    """A model on this machine, which counts its requests and tokens."""

    requests = tokens_in = tokens_out = 0

    def count(self, requests: int, tokens_in: int, tokens_out: int) -> None:
        """Add what some requests used."""
        self.requests += requests
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out

    def note(self) -> str:
        """A short text for the progress bar."""
        return f"{self.tokens_out:,} tokens written"

    def spent(self) -> dict[str, float]:
        """What the run has used so far."""
        return {"requests": self.requests, "tokens_in": self.tokens_in, "tokens_out": self.tokens_out}
