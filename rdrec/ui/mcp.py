"""Whether to offer the public endpoints (`api.py`) as MCP tools, by an option or $RDREC_MCP.

Gradio runs the MCP server; if the package `mcp` is missing it skips it silently, so this is checked here.
"""

from __future__ import annotations

import importlib.util
import os

from rdrec.core.records import InputError

VARIABLE = "RDREC_MCP"


def wanted(option: bool = False) -> bool:
    """Raises InputError if $RDREC_MCP is neither 0 nor 1, or if the package `mcp` is missing."""
    value = os.environ.get(VARIABLE) or "0"
    if value not in ("0", "1"):
        raise InputError(
            f"unknown value {value[:20]!r}", where=f"${VARIABLE}", todo="use 1 to offer MCP tools, 0 or nothing otherwise"
        )
    if not option and value == "0":
        return False
    if importlib.util.find_spec("mcp") is None:
        raise InputError(
            "MCP tools need a package that is not installed", todo="install it with: pip install -r requirements-mcp.txt"
        )
    return True
