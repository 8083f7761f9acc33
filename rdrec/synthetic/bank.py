"""The text bank of a world: hand-written lines in sections, and how to render them.

A section header is alone on its line: `[theme=space +]`, `[jigsaws: quality=finish -]`, `[closing 5 chatty]`.  Within a line,
`[a|b|c]` is a random choice and `{who}`, `{he}`, `{kind}` ... are slots, also inside choices; `{He}` is capitalised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rdrec.core.records import InputError

SLOTS = ("who", "he", "him", "his", "himself", "kind", "name", "maker", "base", "detail", "motive", "bare")
PERSON_SLOTS = frozenset(["who", "he", "him", "his", "himself"])
_HEADER = re.compile(r"\[([^\[\]|]+)\]")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{([A-Za-z]+)\}")
_STRAY = re.compile(r"[{}\[\]|]")
_SPACES = re.compile(r"  +")
_BEFORE_STOP = re.compile(r" +(?=[.,!?;])")  # an empty choice leaves a space


@dataclass(frozen=True)
class Line:
    """One line: plain text and choices alternate (`parts[1::2]` are choices); slots may occur in both.  `where`: file:line."""

    parts: tuple[str | tuple[str, ...], ...]
    slots: frozenset[str]
    where: str

    @property
    def introduces(self) -> bool:
        """Whether the line introduces the person (`{who}`)."""
        return "who" in self.slots

    @property
    def refers(self) -> bool:
        """Whether the line refers to a person who must have been introduced earlier."""
        return bool(self.slots & PERSON_SLOTS) and not self.introduces

    def render(self, draw: Callable[[int], int], words: Mapping[str, str]) -> str:
        """Render the line: draw every choice (`draw(n)` returns 0..n-1) and fill every slot from `words`."""
        text = "".join(part if isinstance(part, str) else part[draw(len(part))] for part in self.parts)
        if self.slots:
            text = _SLOT.sub(lambda slot: _filled(slot[1], words), text)
        return _BEFORE_STOP.sub("", _SPACES.sub(" ", text)).strip()


def _filled(slot: str, words: Mapping[str, str]) -> str:
    value = words[slot.lower()]
    return value[0].upper() + value[1:] if slot[0].isupper() else value


def parse_line(text: str, where: str) -> Line:
    """Parse one line.  Raises InputError for a stray bracket, a choice with one option, or an unknown slot."""
    slots = frozenset(slot.lower() for slot in _SLOT.findall(text))
    if unknown := sorted(slots - set(SLOTS)):
        raise InputError(f"unknown slot {{{unknown[0]}}}", where=where, todo=f"use one of {', '.join(SLOTS)}")
    parts: list[str | tuple[str, ...]] = list(_CHOICE.split(text))
    for place in range(1, len(parts), 2):
        parts[place] = tuple(str(parts[place]).split("|"))
    pieces = [piece for part in parts for piece in ([part] if isinstance(part, str) else part)]
    if any(_STRAY.search(_SLOT.sub("", piece)) for piece in pieces) or any(len(choice) < 2 for choice in parts[1::2]):
        raise InputError(f"stray bracket in {text[:60]!r}", where=where, todo="write choices as [a|b] and slots as {who}")
    return Line(tuple(parts), slots, where)


def read_bank(files: Iterable[Path]) -> dict[str, tuple[Line, ...]]:
    """Read all sections; a section may continue in another file.

    Raises InputError for text before the first section, a line repeated within a section, or a malformed line.
    """
    found: dict[str, dict[str, Line]] = {}
    for path in files:
        section: dict[str, Line] | None = None
        for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
            text, where = raw.strip(), f"{path.name}:{number}"
            if not text or text.startswith("#"):
                continue
            if header := _HEADER.fullmatch(text):
                section = found.setdefault(" ".join(header[1].split()), {})
                continue
            if section is None:
                raise InputError(
                    "a line before the first section", where=where, todo="start with a header such as [theme=space +]"
                )
            if text in section:
                raise InputError(
                    f"the line {text[:60]!r} occurs twice in its section", where=where, todo="remove or reword one of them"
                )
            section[text] = parse_line(text, where)
    return {name: tuple(lines.values()) for name, lines in found.items() if lines}
