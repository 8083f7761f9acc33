"""Whether the public endpoints are tools of an MCP server too: asked for, and possible.

In: an option, $RDREC_MCP.  Out: a yes, or an error that says what to install.  The framework makes the server itself, out of `api.py`;
without the extra it would leave it out in silence.
"""

from __future__ import annotations

import importlib.util
import os

from rdrec.core.records import InputError

VARIABLE = "RDREC_MCP"


def wanted(option: bool = False) -> bool:
    """Raises InputError for a value of $RDREC_MCP that is neither 0 nor 1, and where the extra is not installed."""
    value = os.environ.get(VARIABLE) or "0"
    if value not in ("0", "1"):
        raise InputError(
            f"{value[:20]!r} cannot be", where=f"${VARIABLE}", todo="use 1 to offer MCP tools, 0 or nothing not to"
        )
    if not option and value == "0":
        return False
    if importlib.util.find_spec("mcp") is None:
        raise InputError(
            "MCP tools need a package that is not installed", todo="install it with: pip install -r requirements-mcp.txt"
        )
    return True
