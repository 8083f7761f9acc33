"""Read changed settings from environment variables and from the TOML file named by `$RDREC_SETTINGS`.

`train.text_beams` is changed by `RDREC_TRAIN_TEXT_BEAMS=1` or by this file:

    [train]
    text_beams = 1

Command-line options override variables, variables override the file, and the file overrides the defaults.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rdrec.core.records import InputError
from rdrec.core.settings.form import Setting, Value
from rdrec.core.untrusted import read_toml

FILE_VARIABLE = "RDREC_SETTINGS"


def chosen(
    settings: Mapping[str, Setting], check: Callable[[str, Value], Value], environment: Mapping[str, str] = os.environ
) -> dict[str, Value]:
    """Changed settings by name.  Raises InputError for an unknown name, a value of the wrong type or a value out of bounds."""
    found: dict[str, Value] = {}
    if path := environment.get(FILE_VARIABLE):
        for name, given in _in_file(Path(path)).items():
            found[name] = _checked(settings, check, name, given, f"{path}, {name}")
    stages = {name.split(".", 1)[0] for name in settings}
    variables = {_variable(name): name for name in settings}
    for variable, text in environment.items():
        if variable in variables:
            found[variables[variable]] = _checked(settings, check, variables[variable], text, f"${variable}")
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


def _checked(settings: Mapping[str, Setting], check: Callable[[str, Value], Value], name: str, given: Any, where: str) -> Value:
    entry = settings.get(name)
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
