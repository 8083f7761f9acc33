"""What a run may spend and what it has spent: requests, tokens, money.

A limit is never passed: a request that could pass it is not made.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdrec.core.records import InputError, RDRecError

_MILLION = 1_000_000


class BudgetSpentError(RDRecError):
    """The run stopped because the next request could have passed a limit; what was answered is kept."""


@dataclass(frozen=True)
class Limits:
    """0 means no limit.  Prices are dollars for a million tokens."""

    requests: int = 0
    tokens: int = 0
    dollars: float = 0.0
    price_in: float = 0.0
    price_out: float = 0.0

    def __post_init__(self) -> None:
        if self.dollars and not (self.price_in or self.price_out):
            raise InputError("--max-cost needs prices", todo="give --price-in and --price-out, dollars for a million tokens")

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.price_in + tokens_out * self.price_out) / _MILLION


class Budget:
    """Not for several threads at once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.requests = self.tokens_in = self.tokens_out = 0
        self._open_in = self._open_out = 0  # of requests that are under way, at most

    @property
    def dollars(self) -> float:
        return self.limits.cost(self.tokens_in, self.tokens_out)

    def reserve(self, most_in: int, most_out: int) -> bool:
        """Set the worst case of a request aside; False where it could pass a limit."""
        limits = self.limits
        tokens_in, tokens_out = self.tokens_in + self._open_in + most_in, self.tokens_out + self._open_out + most_out
        if (
            (limits.requests and self.requests >= limits.requests)
            or (limits.tokens and tokens_in + tokens_out > limits.tokens)
            or (limits.dollars and limits.cost(tokens_in, tokens_out) > limits.dollars)
        ):
            return False
        self.requests += 1
        self._open_in += most_in
        self._open_out += most_out
        return True

    def settle(self, most_in: int, most_out: int, used: tuple[int, int] | None) -> None:
        """What was set aside becomes what was used: (tokens in, tokens out), or the worst case where nobody says."""
        self._open_in -= most_in
        self._open_out -= most_out
        tokens_in, tokens_out = (most_in, most_out) if used is None else used
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out

    def spent_error(self) -> BudgetSpentError:
        what = f"{self.requests:,} requests, {self.tokens_in + self.tokens_out:,} tokens, ${self.dollars:.4f}"
        return BudgetSpentError(
            f"this run has used up its budget ({what}); all answers so far are kept",
            todo="run the command again with a larger budget, or with --limit 1 to write the rationales so far",
        )
