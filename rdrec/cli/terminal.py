"""What a command prints, made harmless: titles and file names from outside may hold escape codes, and bytes that are no text.

An escape code could rewrite what stands on the terminal, set its title or, in some, send keystrokes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

# Control characters but tab, line feed and carriage return; those that reverse or hide text; halves of surrogate pairs.
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BAR_MOVES = "\x1b[A"  # how tqdm goes up a line when two bars stand below each other


def harmless(text: str) -> str:
    """The same with each unsafe character spelled out as in JSON, so that the answer of --json stays what it is."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class HarmlessOutput:
    """A stream of text that spells out what a terminal would obey; everything else is the stream's own."""

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
    """Put both streams of the program behind a `HarmlessOutput`."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = HarmlessOutput(before[0]), HarmlessOutput(before[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
