"""The one rule for faulty lines of a file that came from outside: left out, counted, reported; too many refuse the file."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdrec import settings
from rdrec.records import InputError, first_few, plural

_SHOWN = 5
_OTHER = "other reasons"
_VALUES = re.compile(r" \(.*\)")


@dataclass(frozen=True)
class FaultRule:
    """How many faulty lines are let pass: `few` in any file, a `share` of the lines in a large one; none if the share is 0."""

    share: float
    few: int

    @classmethod
    def of_settings(cls) -> FaultRule:
        return cls(float(settings.default("data.faulty_share")), settings.integer("data.faulty_few"))

    def allowed(self, lines: int) -> int:
        return max(self.few, int(self.share * lines)) if self.share else 0


STRICT = FaultRule(0.0, 0)


class FaultyLines:
    """The faulty lines of one file: all counted by kind, the first few in words.  One fault counts for a line."""

    def __init__(self, path: Path, rule: FaultRule, noun: str = "line") -> None:
        self.path, self.rule, self.noun = path, rule, noun
        self._first: list[tuple[int, str]] = []
        self._kinds: Counter[str] = Counter()
        self._count = 0
        self._last: int | None = None

    def __len__(self) -> int:
        return self._count

    def has(self, line: int) -> bool:
        """Whether the line that was read last is faulty."""
        return line == self._last

    def add(self, line: int | None, what: str, kind: str | None = None) -> None:
        """Count a line.  Raises InputError in strict reading after `data.max_faults`, and for a file that is mostly faulty."""
        assert line is not None, "a fault of an import has a line"
        if line == self._last:
            return
        self._last = line
        self._count += 1
        if len(self._first) < _SHOWN:
            self._first.append((line, what))
        kind = _VALUES.sub("", what) if kind is None else kind
        full = len(self._kinds) >= settings.integer("data.max_reasons")
        self._kinds[_OTHER if full and kind not in self._kinds else kind] += 1
        most = (1 + self.rule.share) / 2  # between the share that is allowed and all
        judged = line >= settings.integer("data.judged_lines") and self._count > most * line
        if judged or (self.rule == STRICT and self._count >= settings.integer("data.max_faults")):
            raise self._error(line, stopped=True)

    def check(self, good: int) -> None:
        """Raise InputError if more lines are faulty than the rule allows beside `good` ones."""
        if self._count > self.rule.allowed(self._count + good):
            raise self._error(self._count + good)

    def report(self, good: int) -> dict[str, Any]:
        """For the manifest and `--json`: what was left out of how many lines, and why."""
        return {
            "lines": self._count + good,
            "left_out": self._count,
            "reasons": dict(sorted(self._kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
            "first": [{self.noun: line, "reason": what} for line, what in self._first],
        }

    def refusal(self) -> InputError | None:
        """The error for a file of which nothing is left: its faulty lines, if it has any."""
        return self._error(self._count, offer=False) if self._count else None

    def _error(self, lines: int, stopped: bool = False, offer: bool = True) -> InputError:
        """`offer`: whether to name the option that would let the file pass."""
        todo = f"mend or remove {'this ' + self.noun if self._count == 1 else f'these {self.noun}s'}"
        if offer and self.rule == STRICT:
            todo += ", or leave out --strict"
        elif offer:
            todo += f", or allow more than {self.rule.share * 100:g} % with --faulty-share"
        if self._count == 1:
            line, what = self._first[0]
            return InputError(what, where=f"{self.path}:{line}", todo=todo)
        said = [f"{self.noun} {line}: {what}" for line, what in self._first]
        more = f" and {self._count - len(said):,} more" if self._count > len(said) else ""
        return InputError(
            f"{self._count:,} of {plural(lines, self.noun)} are faulty{' (reading stopped there)' if stopped else ''}: "
            + first_few(said, _SHOWN)
            + more,
            where=self.path,
            todo=todo,
        )


class Unheeded:
    """Takes faults that an earlier reading of the same file has reported."""

    def __init__(self) -> None:
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, line: int | None, what: str, kind: str | None = None) -> None:
        self._count += 1
