"""Limits what visitors can make the server write to its log.

A malformed request costs a visitor nothing, but Gradio logs a traceback of 20 to 160 lines for it.  In each minute the first records of
a kind are written; the others are counted in one line at its end.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

from rdrec.core.plain_text import plain
from rdrec.core.settings import integer

WINDOW_S = 60.0
_COUNTED = "rdrec_counted"  # attribute of records that report a count
_MOST_KINDS = 50  # counted separately in one minute; they are places in the code, so more than that means a different problem
_TRACEBACK_LINES, _LINE_CHARS = 24, 300
_REST = ("others",)
LOG = logging.getLogger(__name__)
Kind = tuple[object, ...]


class LogLimit(logging.Filter):
    """Passes `page.log_repeats` records of a kind and `page.log_lines` lines in total per minute; thread-safe.

    later: calls a function after a number of seconds; tests replace it and `now`
    """

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] | None = None,
    ) -> None:
        super().__init__()
        self._now, self._later = now, later or _in_background
        self._lock = threading.Lock()
        self._began = -WINDOW_S
        self._lines = 0
        self._seen: Counter[Kind] = Counter()
        self._left_out: dict[Kind, tuple[int, str]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record; shortens it if so."""
        if hasattr(record, _COUNTED):
            return True
        kind = _kind(record)
        with self._lock:
            ended = self._next_window()
            written = self._counts(record, kind)
        _write_counts(ended)
        return written

    def report(self) -> None:
        """Write how many records were left out, by kind, and forget them."""
        with self._lock:
            left_out, self._left_out = self._left_out, {}
        _write_counts(left_out)

    def _next_window(self) -> dict[Kind, tuple[int, str]]:
        """Start the next window if the current one is over; returns what the old one left out."""
        if self._now() < self._began + WINDOW_S:
            return {}
        self._began, self._lines = self._now(), 0
        self._seen.clear()
        left_out, self._left_out = self._left_out, {}
        return left_out

    def _counts(self, record: logging.LogRecord, kind: Kind) -> bool:
        if kind not in self._seen and len(self._seen) >= _MOST_KINDS:
            kind = _REST
        self._seen[kind] += 1
        if self._seen[kind] <= integer("page.log_repeats"):
            lines = _shorten(record)
            if self._lines + lines <= integer("page.log_lines"):
                self._lines += lines
                return True
        if not self._left_out:
            self._later(self._began + WINDOW_S - self._now(), self.report)
        count, example = self._left_out.get(kind) or (0, _summary(record))
        self._left_out[kind] = count + 1, example
        return False


def limit_log() -> None:
    """Apply a `LogLimit` to everything that a served page logs: our own records, the web server's, and Gradio's tracebacks, which it
    prints instead of logging.  Idempotent."""
    root, server = logging.getLogger(), logging.getLogger("uvicorn.error")
    if any(isinstance(found, LogLimit) for found in server.filters):
        return
    limit = LogLimit()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    for found in root.handlers:
        found.addFilter(limit)
    server.addFilter(limit)  # it has its own handler
    logging.captureWarnings(True)
    for name, module in list(sys.modules.items()):
        if name.startswith("gradio.") and getattr(module, "traceback", None) is traceback:
            setattr(module, "traceback", _LoggedTraceback())  # noqa: B010 (mypy does not know this attribute)
    atexit.register(limit.report)


class _LoggedTraceback:
    """Replaces the module `traceback` in Gradio: logs what it would print."""

    def print_exc(self, *_: Any, **__: Any) -> None:
        LOG.error("a request failed", exc_info=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(traceback, name)


def _in_background(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(max(0.0, seconds), call)
    timer.daemon = True
    timer.start()


def _kind(record: logging.LogRecord) -> Kind:
    """Where in the code the record was made and its exception raised, which a visitor cannot vary at will."""
    error = _cause(record)
    if error is None:
        return record.name, record.pathname, record.lineno
    frames = list(traceback.walk_tb(error.__traceback__))
    place = (frames[-1][0].f_code.co_filename, frames[-1][1]) if frames else ()
    return record.name, record.pathname, record.lineno, type(error).__qualname__, *place


def _cause(record: logging.LogRecord) -> BaseException | None:
    error = record.exc_info[1] if record.exc_info else None
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _summary(record: logging.LogRecord) -> str:
    error = _cause(record)
    said = _line(record.getMessage())
    return said if error is None else f"{said} ({_line(f'{type(error).__name__}: {error}')})"


def _shorten(record: logging.LogRecord) -> int:
    """Reduce a record to one line and the end of its traceback, without control characters; returns the number of lines."""
    record.msg, record.args = _line(record.getMessage()), None
    record.__dict__.pop("color_message", None)  # the web server's second copy
    if not record.exc_info or record.exc_info[1] is None:
        return 1
    lines = "".join(traceback.format_exception(record.exc_info[1])).splitlines()[-_TRACEBACK_LINES:]
    record.exc_info = None
    # indented, so that no text looks like a record
    record.exc_text = "\n".join("  " + plain(line, _LINE_CHARS) for line in lines)
    return 1 + len(lines)


def _line(text: str) -> str:
    return plain(" ".join(text.split()), _LINE_CHARS)


def _write_counts(left_out: dict[Kind, tuple[int, str]]) -> None:
    for count, example in left_out.values():
        LOG.warning("%d more like this: %s", count, example, extra={_COUNTED: True})
