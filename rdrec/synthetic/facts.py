"""What a data set says of the invented world that it was made from, in words: results of different worlds are not mixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def world_in_words(meta: Mapping[str, Any]) -> str | None:
    """meta: of a data set.  None where nobody invented it here."""
    source, options = meta.get("source"), meta.get("options", {})
    if not isinstance(source, Mapping) or "world" not in source:
        return None
    dials = [f"{name} {options[name]:g}" for name in ("drive", "names", "purchases") if options.get(name) is not None]
    files = str(source.get("world_sha256", ""))[:12]
    return ", ".join([f"invented world {source['world']} ({files})", *dials])
