"""Limits on requests, tokens and money of a run.  They are never exceeded: a request that could exceed one is not made."""

from __future__ import annotations

from dataclasses import dataclass

from rdrec.core.records import InputError, RDRecError

_MILLION = 1_000_000


class BudgetSpentError(RDRecError):
    """The run stopped because the next request could have exceeded a limit; all answers so far are kept."""


@dataclass(frozen=True)
class Limits:
    """0 means no limit.  Prices are in dollars per million tokens."""

    requests: int = 0
    tokens: int = 0
    dollars: float = 0.0
    price_in: float = 0.0
    price_out: float = 0.0

    def __post_init__(self) -> None:
        if self.dollars and not (self.price_in or self.price_out):
            raise InputError("--max-cost needs prices", todo="give --price-in and --price-out, in dollars per million tokens")

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Cost of so many tokens in dollars."""
        return (tokens_in * self.price_in + tokens_out * self.price_out) / _MILLION


class Budget:
    """What a run has used so far, including requests in progress.  Not thread-safe."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.requests = self.tokens_in = self.tokens_out = 0
        self._open_in = self._open_out = 0  # worst case of the requests in progress

    @property
    def dollars(self) -> float:
        """Cost of the finished requests."""
        return self.limits.cost(self.tokens_in, self.tokens_out)

    def reserve(self, most_in: int, most_out: int) -> bool:
        """Reserve the worst case of a request; False if it could exceed a limit."""
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
        """Replace a reservation by the tokens used (in, out), or by the worst case if the number is unknown."""
        self._open_in -= most_in
        self._open_out -= most_out
        tokens_in, tokens_out = (most_in, most_out) if used is None else used
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out

    def spent_error(self) -> BudgetSpentError:
        """The error to raise when the budget is used up."""
        what = f"{self.requests:,} requests, {self.tokens_in + self.tokens_out:,} tokens, ${self.dollars:.4f}"
        return BudgetSpentError(
            f"this run has used up its budget ({what}); all answers so far are kept",
            todo="run the command again with a larger budget, or with --limit 1 to write the rationales so far",
        )
