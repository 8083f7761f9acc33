"""Table of all settings and limits: name, default, unit, bounds and reason.  The command line, the docs and the page read it.

It imports no stage; a stage looks up its settings by name.  A setting with `option=True` becomes a command-line option
(`train.batch_rows` -> `--batch-rows`); the others are limits.  All of them can be changed by environment variables or a file
(`chosen.py`); manifests record which settings were changed.
"""

from __future__ import annotations

import argparse
from functools import cache

from rdrec.core.records import InputError
from rdrec.core.settings.chosen import chosen
from rdrec.core.settings.data import DATA
from rdrec.core.settings.form import Setting, Value
from rdrec.core.settings.results import RESULTS
from rdrec.core.settings.teachers import TEACHERS
from rdrec.core.settings.training import TRAINING

SETTINGS: tuple[Setting, ...] = (*DATA, *TEACHERS, *TRAINING, *RESULTS)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def setting(name: str) -> Setting:
    """The declaration of a setting.  Raises KeyError for an unknown name."""
    return _BY_NAME[name]


@cache
def changed() -> dict[str, Value]:
    """Settings that differ from their default, by name.  Raises InputError for an unknown name or a value out of bounds."""
    return {name: value for name, value in chosen(_BY_NAME, check).items() if value != _BY_NAME[name].default}


def default(name: str) -> Value:
    """The value of a setting, unless a command-line option overrides it."""
    return changed().get(name, _BY_NAME[name].default)


def integer(name: str) -> int:
    """The value of a whole-number setting."""
    value = default(name)
    assert isinstance(value, int)
    return value


def number(name: str) -> float:
    """The value of a numeric setting, as a float."""
    value = default(name)
    assert isinstance(value, (int, float))
    return float(value)


def check(name: str, value: Value) -> Value:
    """`value` if the setting allows it, else raises an InputError that names the setting and its bounds."""
    entry = _BY_NAME[name]
    shown = entry.flag if entry.option else name
    if entry.choices and value not in entry.choices:
        raise InputError(f"{shown} is {value!r}", todo=f"use one of {', '.join(entry.choices)}")
    if isinstance(value, (int, float)) and not (
        (entry.low is None or value >= entry.low) and (entry.high is None or value <= entry.high)
    ):
        raise InputError(f"{shown} is {value}", todo=f"use a number from {entry.low:.10g} to {entry.high:.10g}")
    return value


def add_options(parser: argparse._ActionsContainer, *names: str) -> None:
    """Add settings to a command as options; argparse reports values that are not allowed."""
    for name in names:
        _add_option(parser, name)


def _add_option(parser: argparse._ActionsContainer, name: str) -> None:
    entry = _BY_NAME[name]
    assert entry.option, f"{name} is a limit, not an option"
    kind = type(entry.default)

    def parse(text: str) -> Value:
        try:
            return check(name, kind(text))
        except (ValueError, InputError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    value = default(name)
    what = f"{entry.reason} (default {'none' if value == '' else _amount(value, entry.unit)})"
    metavar = "{" + ",".join(entry.choices) + "}" if entry.choices else entry.flag[2:].upper().replace("-", "_")
    parser.add_argument(entry.flag, type=parse, default=value, metavar=metavar, help=what.replace("%", "%%"))


def as_markdown() -> str:
    """The table of `docs/settings.md`; a test compares the two."""
    rows = ["| name | default | allowed values | option | reason |", "|---|---|---|---|---|"]
    for s in SETTINGS:
        allowed = ", ".join(s.choices) if s.choices or s.low is None else f"{_plain(s.low)} to {_plain(s.high)}"
        rows.append(
            f"| `{s.name}` | {_amount(s.default, s.unit)} | {allowed} | {f'`{s.flag}`' if s.option else ''} | {s.reason} |"
        )
    return "\n".join(rows) + "\n"


def _amount(value: Value, unit: str) -> str:
    """'2 processes', '1 process', or the value alone for an empty unit."""
    one = unit.removesuffix("es") if unit.endswith("sses") else unit.removesuffix("s")
    return f"{value} {one if value == 1 else unit}".strip()


def _plain(bound: float | None) -> str:
    """A bound without an exponent: 2,000,000,000 instead of 2e+09."""
    assert bound is not None
    return f"{int(bound):,}" if bound == int(bound) else f"{bound:g}"
