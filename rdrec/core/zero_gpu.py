"""Graphics cards that are lent for a few seconds: ZeroGPU of Hugging Face Spaces, through the package `spaces`.

On such a Space a function that needs a card runs in another process that holds one; in the page's own process there is none, although
torch says so.  In: a function, and how many seconds it needs.  Out: the same function, run on a lent card.  Elsewhere nothing changes,
whether or not `spaces` is installed.

Source: the package spaces 0.51 (`zero/decorator.py`, `zero/wrappers.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from rdrec.core.records import InputError, RDRecError

VARIABLE = "SPACES_ZERO_GPU"  # set by the Space; `spaces` reads it when it is imported
REASON_CHARS = 160  # of a sentence of the package or the model library
P = ParamSpec("P")
R = TypeVar("R")

_held: ContextVar[bool] = ContextVar("held", default=False)


class NoCardError(RDRecError):
    """No card was lent, or the work on it was cut off: a quota that is used up, a queue that is too long, a time limit."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """An error of ours on its way between processes; as an exception the package would replace it by one of its own."""

    kind: type[RDRecError]
    what: str
    where: str | None
    todo: str | None

    def error(self) -> RDRecError:
        return self.kind(self.what, where=self.where, todo=self.todo)


def lends() -> bool:
    """Whether this process runs on a ZeroGPU Space, where cards are lent."""
    return os.environ.get(VARIABLE, "").lower() in ("1", "t", "true")


def held() -> bool:
    """Whether this code runs inside a function of `on_card`, with a real card at hand."""
    return _held.get()


def usable(available: bool) -> bool:
    """Whether a card that torch says to have (`available`) can be used here."""
    return available and (held() or not lends())


def prepare() -> None:
    """Import `spaces`, which must happen before torch or gradio is imported; nothing on other machines.

    Raises InputError where cards are lent but the package is missing.
    """
    if not lends():
        return
    try:
        import spaces  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"{VARIABLE} is set, but the package spaces cannot be imported ({error})",
            todo="add spaces to requirements.txt; `rdrec space --hardware zero-gpu` writes a list that has it",
        ) from None


def on_card(function: Callable[P, R], seconds: Callable[P, int]) -> Callable[P, R]:
    """`function`, run on a lent card where cards are lent, else as it is.

    function  of a module, not a lambda; arguments and result are pickled, so tensors must be on the CPU
    seconds   how long the card is asked for, from the same arguments: short requests are served first

    The result raises NoCardError where no card was lent, and whatever RDRecError `function` raises.
    """
    if not lends():
        return function
    import spaces

    @wraps(function)
    def there(*args: P.args, **kwargs: P.kwargs) -> R | _Refused:
        token = _held.set(True)
        try:
            return function(*args, **kwargs)
        except RDRecError as error:
            return _Refused(type(error), error.what, error.where, error.todo)
        finally:
            _held.reset(token)

    lent = spaces.GPU(there, duration=seconds)

    @wraps(function)
    def here(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            answer: R | _Refused = lent(*args, **kwargs)
        except Exception as error:  # the package raises errors of gradio, and of its own HTTP client
            raise NoCardError(_first_line(error), todo="try again later") from error
        if isinstance(answer, _Refused):
            raise answer.error()
        return answer

    return here


def _first_line(error: Exception) -> str:
    lines = str(getattr(error, "message", "") or error).strip().splitlines()
    return lines[0][:REASON_CHARS] if lines and lines[0] else type(error).__name__
