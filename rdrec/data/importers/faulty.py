"""How importers treat faulty lines: skip, count and report them, but refuse a file with too many."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdrec.core import settings
from rdrec.core.records import InputError, first_few, plural

_SHOWN = 5
_OTHER = "other reasons"
_VALUES = re.compile(r" \(.*\)")


@dataclass(frozen=True)
class FaultRule:
    """How many faulty lines are tolerated: `few` in any file, a `share` of all lines in a large one; none if the share is 0."""

    share: float
    few: int

    @classmethod
    def of_settings(cls) -> FaultRule:
        """The rule that the settings state."""
        return cls(float(settings.default("data.faulty_share")), settings.integer("data.faulty_few"))

    def allowed(self, lines: int) -> int:
        """How many of so many lines may be faulty."""
        return max(self.few, int(self.share * lines)) if self.share else 0


STRICT = FaultRule(0.0, 0)
ANY = FaultRule(1.0, 0)  # for faults that an earlier pass over the same file has reported


class FaultyLines:
    """The faulty lines of one file, counted by kind; the first few are described.  At most one fault counts per line."""

    def __init__(self, path: Path, rule: FaultRule, noun: str = "line") -> None:
        self.path, self.rule, self.noun = path, rule, noun
        self._first: list[tuple[int, str]] = []
        self._kinds: Counter[str] = Counter()
        self._count = 0
        self._last: int | None = None

    def __len__(self) -> int:
        return self._count

    def has(self, line: int) -> bool:
        """Whether `line`, the last one read, is faulty."""
        return line == self._last

    def add(self, line: int | None, what: str, kind: str | None = None) -> None:
        """Count a line.  Raises InputError after `data.max_faults` in strict mode, and for a file that is mostly faulty."""
        assert line is not None, "a fault without a line number"
        if line == self._last:
            return
        self._last = line
        self._count += 1
        if len(self._first) < _SHOWN:
            self._first.append((line, what))
        kind = _VALUES.sub("", what) if kind is None else kind
        full = len(self._kinds) >= settings.integer("data.max_reasons")
        self._kinds[_OTHER if full and kind not in self._kinds else kind] += 1
        limit = (1 + self.rule.share) / 2  # halfway between the tolerated share and all lines
        mostly_faulty = line >= settings.integer("data.judged_lines") and self._count > limit * line
        if mostly_faulty or (self.rule == STRICT and self._count >= settings.integer("data.max_faults")):
            raise self._error(line, stopped=True)

    def check(self, good: int) -> None:
        """Raise InputError if the rule does not tolerate this many faulty lines beside `good` ones."""
        if self._count > self.rule.allowed(self._count + good):
            raise self._error(self._count + good)

    def report(self, good: int) -> dict[str, Any]:
        """For the manifest and `--json`: how many lines were skipped, and why."""
        return {
            "lines": self._count + good,
            "left_out": self._count,
            "reasons": dict(sorted(self._kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
            "first": [{self.noun: line, "reason": what} for line, what in self._first],
        }

    def refusal(self) -> InputError | None:
        """The error for a file without any good line, or None if it had no faulty ones either."""
        return self._error(self._count, offer=False) if self._count else None

    def _error(self, lines: int, stopped: bool = False, offer: bool = True) -> InputError:
        """`offer`: whether to suggest the option that would accept the file."""
        todo = f"fix or remove {'this ' + self.noun if self._count == 1 else f'these {self.noun}s'}"
        if offer and self.rule == STRICT:
            todo += ", or leave out --strict"
        elif offer:
            todo += f", or allow more than {self.rule.share * 100:g} % with --faulty-share"
        if self._count == 1:
            line, what = self._first[0]
            return InputError(what, where=f"{self.path}:{line}", todo=todo)
        described = [f"{self.noun} {line}: {what}" for line, what in self._first]
        more = f" and {self._count - len(described):,} more" if self._count > len(described) else ""
        return InputError(
            f"{self._count:,} of {plural(lines, self.noun)} are faulty{' (reading stopped there)' if stopped else ''}: "
            + first_few(described, _SHOWN)
            + more,
            where=self.path,
            todo=todo,
        )
