"""One setting: name, default, unit, bounds, reason, and whether it is an option of a command or a limit."""

from __future__ import annotations

from dataclasses import dataclass

Value = int | float | str


@dataclass(frozen=True)
class Setting:
    name: str
    default: Value
    unit: str
    reason: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    option: bool = True

    @property
    def flag(self) -> str:
        return "--" + self.name.split(".", 1)[1].replace("_", "-")


def limit(name: str, default: Value, unit: str, reason: str) -> Setting:
    return Setting(name, default, unit, reason, option=False)
