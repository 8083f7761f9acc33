"""Table of all settings and limits: name, default, unit, bounds and reason.  The command line, the docs and the page read it.

It imports no stage; a stage looks up its settings by name.  A setting with `option=True` becomes a command-line option
(`train.batch_rows` -> `--batch-rows`); the others are limits.  All of them can be changed by environment variables or the TOML file named
by `$RDREC_SETTINGS`; manifests record which settings were changed.  `train.text_beams` is changed by `RDREC_TRAIN_TEXT_BEAMS=1` or by

    [train]
    text_beams = 1

Command-line options override variables, variables override the file, and the file overrides the defaults.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rdrec.core.records import InputError
from rdrec.core.settings.data import DATA
from rdrec.core.settings.form import Setting, Value
from rdrec.core.settings.results import RESULTS
from rdrec.core.settings.teachers import TEACHERS
from rdrec.core.settings.training import TRAINING
from rdrec.core.untrusted import read_toml

FILE_VARIABLE = "RDREC_SETTINGS"
SETTINGS: tuple[Setting, ...] = (*DATA, *TEACHERS, *TRAINING, *RESULTS)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


def setting(name: str) -> Setting:
    """The declaration of a setting.  Raises KeyError for an unknown name."""
    return _BY_NAME[name]


@cache
def changed() -> dict[str, Value]:
    """Settings that differ from their default, by name.  Raises InputError for an unknown name or a value out of bounds."""
    return {name: value for name, value in chosen().items() if value != _BY_NAME[name].default}


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


def chosen(environment: Mapping[str, str] = os.environ) -> dict[str, Value]:
    """Settings given by environment variables or the file, by name.

    Raises InputError for an unknown name, a value of the wrong type or a value out of bounds.
    """
    found: dict[str, Value] = {}
    if path := environment.get(FILE_VARIABLE):
        for name, given in _in_file(Path(path)).items():
            found[name] = _checked(name, given, f"{path}, {name}")
    stages = {name.split(".", 1)[0] for name in _BY_NAME}
    variables = {_variable(name): name for name in _BY_NAME}
    for variable, text in environment.items():
        if variable in variables:
            found[variables[variable]] = _checked(variables[variable], text, f"${variable}")
        elif any(variable.startswith(_variable(f"{stage}.")) for stage in stages):
            raise InputError("there is no such setting", where=f"${variable}", todo="docs/settings.md lists all settings")
    return found


def _variable(name: str) -> str:
    return "RDREC_" + name.replace(".", "_").upper()


def _in_file(path: Path) -> dict[str, Any]:
    """{"train.text_beams": 1, ...} from the tables of the file."""
    try:
        tables = read_toml(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"the settings file cannot be read ({error})", where=path, todo="correct it, or unset $RDREC_SETTINGS"
        ) from error
    found: dict[str, Any] = {}
    for stage, entries in tables.items():
        if not isinstance(entries, dict):
            raise InputError(f"{stage!r} is outside a table", where=path, todo="write it under its stage, for example [train]")
        found |= {f"{stage}.{name}": value for name, value in entries.items()}
    return found


def _checked(name: str, given: Any, where: str) -> Value:
    entry = _BY_NAME.get(name)
    if entry is None:
        raise InputError(f"there is no setting {name!r}", where=where, todo="docs/settings.md lists all settings")
    kind = type(entry.default)
    try:
        if isinstance(given, bool) or (kind is int and isinstance(given, float)) or not isinstance(given, (int, float, str)):
            raise ValueError
        value = kind(given)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError
    except (ValueError, OverflowError):
        expected = {int: "a whole number", float: "a number", str: "a text"}[kind]
        raise InputError(
            f"{given!r} is not {expected}", where=where, todo=f"give {expected}; the default is {entry.default}"
        ) from None
    try:
        return check(name, value)
    except InputError as error:
        raise InputError(error.what, where=where, todo=error.todo) from None


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
