"""`python -m rdrec serve`: opens the page on what is precomputed.

In: --home, --data, --host, --port.  Out: a server that runs until Ctrl-C.
"""

from __future__ import annotations

import argparse
from typing import Any

from rdrec.cli.main import common
from rdrec.home import PROJECT, Home
from rdrec.records import UnknownNameError, first_few
from rdrec.settings import add_option


def add(stages: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = stages.add_parser(
        "serve",
        help="open the page",
        description="Open the page on the precomputed data sets of the home and those that came with the program. Stop with Ctrl-C.",
        epilog="example: python -m rdrec serve --data guitars --port 7860",
    )
    common(parser)
    parser.add_argument("--data", metavar="NAME", help="the data set to show first (default: the first with real reviews)")
    add_option(parser, "serve.host")
    add_option(parser, "serve.port")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Raises UnknownNameError when `--data` names no set; a set that cannot be opened raises its own error."""
    from rdrec.precompute.catalogue import find_stores
    from rdrec.ui.page import build_page, launch_options

    home = Home.find(args.home)
    catalogue = find_stores(home, PROJECT, first=args.data)
    for broken in catalogue.broken:
        print(f"{broken.name} cannot be shown: {broken.error}")
        if broken.name == args.data:
            raise broken.error
    if args.data and args.data not in catalogue.stores:
        known = first_few(list(catalogue.stores)) or "none"
        raise UnknownNameError(
            f"no precomputed data set {args.data!r} (there is: {known})", where=home.root / "precomputed",
            todo=f"make it with: python -m rdrec precompute --data {args.data}",
        )  # fmt: skip
    build_page(catalogue).launch(server_name=args.host, server_port=args.port, **launch_options())
    return {"data": list(catalogue.stores)}
