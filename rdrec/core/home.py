"""All paths under RDREC_HOME.  Names are checked here before they become part of a path; no file is opened."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from rdrec.core.records import InputError, UnknownNameError, first_few

ENVIRONMENT_VARIABLE = "RDREC_HOME"
DEFAULT_HOME = "~/.rdrec"
NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
PACKAGE = Path(__file__).resolve().parent.parent


def _find_project() -> Path:
    """The folder with assets/ and precomputed/: the root of a checkout, or `rdrec/_bundled` of an installed wheel."""
    bundled = PACKAGE / "_bundled"
    return bundled if bundled.is_dir() else PACKAGE.parent


PROJECT = _find_project()


def check_name(name: str, what: str = "name") -> str:
    """Return `name` if it may be a folder name: 1 to 64 of a-z 0-9 _ -, starting with a letter or digit."""
    if not NAME_PATTERN.fullmatch(name):
        raise InputError(
            f"{name[:80]!r} cannot be a {what}", todo="use 1 to 64 of a-z, 0-9, _ and -, starting with a letter or digit"
        )
    return name


@dataclass(frozen=True)
class Home:
    """The folder for everything that this program writes."""

    root: Path

    @classmethod
    def find(cls, option: str | None = None) -> Home:
        """The folder given by `--home`, else by $RDREC_HOME, else ~/.rdrec."""
        return cls(Path(option or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_HOME).expanduser().absolute())

    def _of(self, kind: str, data: str) -> Path:
        return self.root / kind / check_name(data, "data set name")

    def data(self, name: str) -> Path:
        """The folder of a data set."""
        return self._of("data", name)

    def downloads(self, name: str) -> Path:
        """Downloads of `data get`, kept so that the next run needs no network; can be deleted."""
        return self.root / "cache" / "downloads" / check_name(name, "data set name")

    def rationales(self, data: str, teacher: str) -> Path:
        """The folder of one teacher's rationales."""
        return self._of("rationales", data) / check_name(teacher, "teacher name")

    def shard(self, data: str, teacher: str, which: int, of: int) -> Path:
        """One part of the rationales of a divided run."""
        return self._of("shards", data) / check_name(teacher, "teacher name") / f"{which}-of-{of}"

    @property
    def answers(self) -> Path:
        """Answers of language models by the text they read, for all data sets."""
        return self.root / "answers"

    def truth(self, data: str) -> Path:
        """The truth about an invented shop: what drove each purchase."""
        return self._of("truth", data)

    def student(self, data: str, run: str) -> Path:
        """The folder of a trained student."""
        return self._of("students", data) / check_name(run, "student name")

    def rival(self, data: str, run: str) -> Path:
        """The folder of a trained rival."""
        return self._of("rivals", data) / check_name(run, "rival name")

    def evaluation(self, data: str, run: str) -> Path:
        """The folder of an evaluation."""
        return self._of("evaluations", data) / check_name(run, "evaluation name")

    def precomputed(self, data: str) -> Path:
        """The folder of what the page shows of a data set."""
        return self._of("precomputed", data)

    def names(self, *parts: str) -> list[str]:
        """Sorted names of the finished artefacts (those with a manifest) in one folder of the home."""
        folder = self.root.joinpath(parts[0], *(check_name(part) for part in parts[1:]))
        if not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if NAME_PATTERN.fullmatch(p.name) and (p / "manifest.json").is_file())

    def require(self, path: Path, what: str, command: str) -> Path:
        """Return `path` if it is a finished artefact.  Otherwise raise UnknownNameError with the existing names and the command to run."""
        if (path / "manifest.json").is_file():
            return path
        known = self.names(*path.parent.relative_to(self.root).parts)
        there = f"available: {first_few(known)}" if known else "none exist yet"
        raise UnknownNameError(f"no {what} named {path.name!r} ({there})", where=path.parent, todo=f"make it with: {command}")
