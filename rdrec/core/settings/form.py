"""One setting: name, default, unit, bounds, reason, and whether it is a command-line option or a limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

Value = int | float | str


@dataclass(frozen=True)
class Setting:
    """The declaration of a setting: name, default, unit, bounds or choices, and what it is for."""

    name: str
    default: Value
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    option: bool = True
    reason: str = ""

    def why(self, reason: str) -> Setting:
        """The setting with its reason, as the tables write it."""
        return replace(self, reason=reason)

    @property
    def flag(self) -> str:
        """The option of the command line that sets it."""
        return "--" + self.name.split(".", 1)[1].replace("_", "-")


def limit(name: str, default: Value, unit: str) -> Setting:
    """A setting without a command-line option.  It can be set to any value from a thousandth to a thousand times its default."""
    if isinstance(default, str):
        return Setting(name, default, unit, option=False)
    low: float = default / 1000 if isinstance(default, float) else -(-default // 1000)
    return Setting(name, default, unit, low, default * 1000, option=False)
