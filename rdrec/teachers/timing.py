"""How long a teacher took for the reviews that it really read, over all runs on this machine.

Times are stored separately from the rationales, which are the same byte for byte wherever and however often they are made.
"""

from __future__ import annotations

import json
from pathlib import Path

from rdrec.core.home import Home, check_name
from rdrec.core.storage import atomic_write


def add_time(home: Home, data: str, teacher: str, reviews: int, processor: float, wall: float) -> None:
    """Add a run: the number of reviews read, CPU seconds and wall-clock seconds.  Stored answers do not count."""
    if reviews <= 0:
        return
    path = _path(home, data, teacher)
    before = _read(path)
    found = {"reviews": reviews, "processor_seconds": processor, "seconds": wall}
    summed = {name: round(before.get(name, 0) + value, 3) for name, value in found.items()}
    atomic_write(path, json.dumps(summed).encode())


def processor_seconds(home: Home, data: str, teacher: str) -> float | None:
    """CPU seconds per review; None if none was read on this machine."""
    found = _read(_path(home, data, teacher))
    return found["processor_seconds"] / found["reviews"] if found.get("reviews") else None


def _path(home: Home, data: str, teacher: str) -> Path:
    return home.root / "timings" / check_name(data, "data set name") / f"{check_name(teacher, 'teacher name')}.json"


def _read(path: Path) -> dict[str, float]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}  # no run yet, or a damaged file; later runs will measure again
    fits = isinstance(found, dict) and all(isinstance(value, int | float) for value in found.values())
    return found if fits else {}
