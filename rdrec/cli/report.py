"""`rdrec report`: write docs/results.md from stored evidence."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rdrec.cli.main import common

DEFAULT = Path("docs") / "results.md"


def add(stages: Any) -> None:
    """Add the command."""
    parser = stages.add_parser(
        "report",
        help="write the results as Markdown, from stored evidence",
        description="Write docs/results.md from the precomputed sets, the collected measurements (precomputed), the published figures "
        "(assets/evidence) and the measurements on GPUs (gpu/results). Nothing is measured or trained; missing results are named in the document.",
        epilog="example: python -m rdrec report --out docs/results.md",
    )
    common(parser)
    parser.add_argument(
        "--from", dest="project", type=Path, metavar="FOLDER", help="folder with precomputed/ (default: this project)"
    )
    parser.add_argument("--out", type=Path, default=DEFAULT, metavar="FILE", help=f"file to write (default {DEFAULT})")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Write the file.  Raises InputError if FOLDER is not a folder."""
    from rdrec.core.home import PROJECT
    from rdrec.core.records import InputError
    from rdrec.core.storage import atomic_write
    from rdrec.report.write import report

    project = args.project or PROJECT
    if not project.is_dir():
        raise InputError("there is no such folder", where=project, todo="name the folder that contains precomputed/")
    if args.out.is_dir():
        raise InputError("this is a folder", where=args.out, todo="name a file, such as docs/results.md")
    text = report(project.absolute())
    atomic_write(args.out.absolute(), text.encode())
    print(f"{len(text.splitlines()):,} lines written to {args.out}")
    return {"file": str(args.out), "lines": len(text.splitlines())}
