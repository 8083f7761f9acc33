"""Builds and launches the page; nothing else.  A Space runs this file; `python -m rdrec serve` has the options.

Reads RDREC_HOME (where precomputed sets lie), RDREC_MCP (1: tools for MCP clients), RDREC_LAB (1: visitors may train a small student),
RDREC_HOSTS (further host names of the page), RDREC_TEACHER_LOCAL (chat models that visitors may have read a review), settings
(docs/settings.md) and, on a Space, SPACE_ID and SPACE_HOST.  Importing it is cheap: no torch, no gradio, no page.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rdrec.core.home import PROJECT, Home
from rdrec.core.records import RDRecError
from rdrec.core.settings import default
from rdrec.core.zero_gpu import prepare

if TYPE_CHECKING:
    from rdrec.explorer.catalogue import Catalogue


def main() -> None:
    """Serve the page until it is stopped."""
    prepare()
    from rdrec.ui.framework import launch, starting, while_importing
    from rdrec.ui.mcp import wanted

    mcp = wanted()
    with starting():
        catalogue = while_importing(_catalogue)
        from rdrec.cli.serve import local_teachers
        from rdrec.explorer.lab import allowed
        from rdrec.ui.page import build_page, launch_options

        teachers = local_teachers(os.environ.get("RDREC_TEACHER_LOCAL", "").split())
        demo = build_page(catalogue, teachers=teachers, lab=allowed())
    host = "0.0.0.0" if os.environ.get("SPACE_ID") else str(default("serve.host"))  # a Space's proxy is another machine
    launch(demo, None, launch_options(host=host, mcp=mcp), catalogue.prepare)


def _catalogue() -> Catalogue:
    from rdrec.explorer.catalogue import find_stores

    return find_stores(Home.find(), PROJECT)


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit("error: app.py takes no options - use python -m rdrec serve, which has them (see --help)")
    try:
        main()
    except RDRecError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:  # pressed while it starts, when nothing is open that must be closed; later, Gradio handles it
        os._exit(130)
