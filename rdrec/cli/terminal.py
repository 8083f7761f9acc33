"""Make printed output safe, because titles and file names may contain terminal escape codes and bytes that are not text.

Escape codes could change what the terminal shows, set its title or, in some terminals, send keystrokes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

# Control characters except tab, line feed and carriage return; characters that reverse or hide text; lone surrogates.
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BAR_MOVES = "\x1b[A"  # tqdm moves the cursor up a line if there are two bars


def harmless(text: str) -> str:
    """The text with each unsafe character escaped as in JSON, so that the output of --json keeps its meaning."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class HarmlessOutput:
    """A text stream that escapes terminal control codes; all other behaviour is that of the wrapped stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Returns the length of `text`, as a file does."""
        self._stream.write(text if text == _BAR_MOVES else harmless(text))
        return len(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def harmless_output() -> Iterator[None]:
    """Wrap standard output and standard error in a `HarmlessOutput`."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = HarmlessOutput(before[0]), HarmlessOutput(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
