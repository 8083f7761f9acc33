"""Every setting and limit: name, default, unit, bounds, reason.  The command line, the docs and the page read this one table.

In: nothing.  Out: `SETTINGS`, `default(name)`, `check(name, value)`.  It knows no stage; a stage asks for its numbers by name.
A setting that is `option=True` becomes a command-line option (`train.batch_rows` -> `--batch-rows`); the others are limits.
"""

from __future__ import annotations

import argparse

from rdrec.core.records import InputError
from rdrec.core.settings.form import Setting, Value
from rdrec.core.settings.stages import AFTER, BEFORE
from rdrec.core.settings.training import TRAINING

SETTINGS: tuple[Setting, ...] = (*BEFORE, *TRAINING, *AFTER)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def setting(name: str) -> Setting:
    return _BY_NAME[name]


def default(name: str) -> Value:
    return _BY_NAME[name].default


def integer(name: str) -> int:
    """The default of a whole-number setting."""
    value = _BY_NAME[name].default
    assert isinstance(value, int)
    return value


def number(name: str) -> float:
    """The default of a setting that is any number."""
    value = _BY_NAME[name].default
    assert isinstance(value, (int, float))
    return float(value)


def check(name: str, value: Value) -> Value:
    """`value` if the setting allows it.  Raises InputError naming the setting and its bounds."""
    entry = _BY_NAME[name]
    if entry.choices and value not in entry.choices:
        raise InputError(f"{entry.flag} is {value!r}", todo=f"use one of {', '.join(entry.choices)}")
    if isinstance(value, (int, float)) and not (
        (entry.low is None or value >= entry.low) and (entry.high is None or value <= entry.high)
    ):
        raise InputError(f"{entry.flag} is {value}", todo=f"use a number from {entry.low:.10g} to {entry.high:.10g}")
    return value


def add_option(parser: argparse._ActionsContainer, name: str) -> None:
    """Make a setting an option of a command; its value is checked by argparse's own error path."""
    entry = _BY_NAME[name]
    assert entry.option, f"{name} is a limit, not an option"
    kind = type(entry.default)

    def parse(text: str) -> Value:
        try:
            return check(name, kind(text))
        except (ValueError, InputError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    default = "none" if entry.default == "" else entry.default
    what = f"{entry.reason} (default {default}{' ' + entry.unit if entry.unit else ''})"
    parser.add_argument(entry.flag, type=parse, default=entry.default, metavar=_metavar(entry), help=what.replace("%", "%%"))


def _metavar(entry: Setting) -> str:
    return "{" + ",".join(entry.choices) + "}" if entry.choices else entry.flag[2:].upper().replace("-", "_")


def as_markdown() -> str:
    """The table of `docs/settings.md`; a test holds the file to it."""
    rows = ["| name | default | unit | bounds | option | reason |", "|---|---|---|---|---|---|"]
    for s in SETTINGS:
        bounds = ", ".join(s.choices) if s.choices else ("" if s.low is None else f"{s.low:g} to {s.high:g}")
        rows.append(f"| `{s.name}` | {s.default} | {s.unit} | {bounds} | {f'`{s.flag}`' if s.option else ''} | {s.reason} |")
    return "\n".join(rows) + "\n"
