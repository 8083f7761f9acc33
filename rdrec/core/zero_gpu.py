"""GPUs shared for a few seconds: ZeroGPU of Hugging Face Spaces, through the package `spaces`.

On such a Space, a function that needs a GPU runs in another process that holds one.  The page's own process has no GPU, although
torch reports one.  On other machines nothing changes, whether or not `spaces` is installed.

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
REASON_CHARS = 160  # longest quotation from an error message
P = ParamSpec("P")
R = TypeVar("R")

_held: ContextVar[bool] = ContextVar("held", default=False)


class NoCardError(RDRecError):
    """No GPU was assigned, or the work on it was cut off by a quota, a long queue or a time limit."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """An RDRecError passed between processes as a value, since the package replaces exceptions by its own."""

    kind: type[RDRecError]
    what: str
    where: str | None
    todo: str | None

    def error(self) -> RDRecError:
        return self.kind(self.what, where=self.where, todo=self.todo)


def lends() -> bool:
    """Whether this process runs on a ZeroGPU Space."""
    return os.environ.get(VARIABLE, "").lower() in ("1", "t", "true")


def held() -> bool:
    """Whether this code runs inside a function of `on_card`, with a real GPU."""
    return _held.get()


def usable(available: bool) -> bool:
    """Whether a GPU that torch reports (`available`) can be used here."""
    return available and (held() or not lends())


def prepare() -> None:
    """Import `spaces`, which must happen before torch or gradio is imported.  Does nothing on other machines.

    Raises InputError on a ZeroGPU Space without the package.
    """
    if not lends():
        return
    try:
        import spaces  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"{VARIABLE} is set, but the package spaces cannot be imported ({error})",
            todo="add spaces to requirements.txt; `rdrec space --hardware zero-gpu` writes a list that includes it",
        ) from None


def on_card(function: Callable[P, R], seconds: Callable[P, int]) -> Callable[P, R]:
    """Wrap `function` so that it runs on a shared GPU on ZeroGPU Spaces; elsewhere return it unchanged.

    function  a module-level function, not a lambda; arguments and result are pickled, so tensors must be on the CPU
    seconds   GPU time to request, computed from the same arguments; short requests are served first

    The result raises NoCardError if no GPU was assigned, and whatever RDRecError `function` raises.
    """
    if not lends():
        return function
    import spaces

    @wraps(function)
    def run_on_gpu(*args: P.args, **kwargs: P.kwargs) -> R | _Refused:
        token = _held.set(True)
        try:
            return function(*args, **kwargs)
        except RDRecError as error:
            return _Refused(type(error), error.what, error.where, error.todo)
        finally:
            _held.reset(token)

    on_gpu = spaces.GPU(run_on_gpu, duration=seconds)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            answer: R | _Refused = on_gpu(*args, **kwargs)
        except Exception as error:  # the package raises errors of gradio, and of its own HTTP client
            raise NoCardError(_first_line(error), todo="try again later") from error
        if isinstance(answer, _Refused):
            raise answer.error()
        return answer

    return call


def _first_line(error: Exception) -> str:
    lines = str(getattr(error, "message", "") or error).strip().splitlines()
    return lines[0][:REASON_CHARS] if lines and lines[0] else type(error).__name__
