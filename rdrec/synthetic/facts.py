"""Describe the world that a data set was made from, so that results of different worlds are not mixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def world_in_words(meta: Mapping[str, Any]) -> str | None:
    """The world and its dials in words.  meta: of the data set; None if it is not an invented shop."""
    source, options = meta.get("source"), meta.get("options", {})
    if not isinstance(source, Mapping) or "world" not in source:
        return None
    dials = [f"{name} {options[name]:g}" for name in ("drive", "names", "purchases") if options.get(name) is not None]
    files = str(source.get("world_sha256", ""))[:12]
    return ", ".join([f"invented world {source['world']} ({files})", *dials])
