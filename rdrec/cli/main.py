"""`python -m rdrec STAGE`: run a command and turn errors into one sentence and an exit code.

Exit codes: 0 complete success; 1 the program failed; 2 bad input; 130 interrupted with Ctrl-C; 141 the output was closed (`| head`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import select
import sys
from pathlib import Path
from typing import Any

from rdrec import __version__
from rdrec.cli.terminal import harmless_output
from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import changed

RESUMING = ("distill", "train", "rival")
STAGES = (
    "data",
    "distill",
    "train",
    "import-release",
    "rival",
    "quantize",
    "evaluate",
    "collect",
    "precompute",
    "serve",
    "bench",
    "report",
    "space",
)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="python -m rdrec",
        description="RDRec: distil reviews into rationales, train compact recommenders on them, rank exactly, and explore the results.",
        epilog="example: python -m rdrec data import reviews.csv --name guitars",
    )
    parser.add_argument("--version", action="version", version=f"rdrec {__version__}")
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    for name in STAGES:
        importlib.import_module(f"rdrec.cli.{name.replace('-', '_')}").add(stages)
    return parser


def common(parser: argparse.ArgumentParser, *, nested: bool = False) -> None:
    """Add the options of every command; `nested` keeps values given before the name of a subcommand."""
    unset: dict[str, Any] = {"default": argparse.SUPPRESS} if nested else {}
    parser.add_argument(
        "--home", metavar="FOLDER", help="folder for all data and results (default $RDREC_HOME, or else ~/.rdrec)", **unset
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object as the last line of output", **unset)


def chosen(args: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The values of these options by name."""
    return {name: getattr(args, name) for name in names}


def check_free(folder: Path, replace: bool) -> None:
    """Raise InputError if a data set is there that must not be replaced."""
    if (folder / "manifest.json").exists() and not replace:
        raise InputError(
            "a data set with this name already exists", where=folder, todo="choose another --name or add --replace"
        )


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status, 0 only if everything was done.  arguments: default those of the process."""
    with harmless_output():
        try:
            for name, value in changed().items():
                print(f"{name} is set to {value}", file=sys.stderr)
            args = build_parser().parse_args(arguments)  # slow imports
        except RDRecError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 130
        return _main(args)


def _main(args: argparse.Namespace) -> int:
    from rdrec.core.storage import writing

    try:
        with writing("the disk"):
            answer = args.run_command(args)
            if args.json:
                print(json.dumps(answer, ensure_ascii=False, allow_nan=False))
            sys.stdout.flush()
    except (RDRecError, OSError) as error:  # also no write permission, port in use ...
        if isinstance(error, BrokenPipeError) and _output_is_closed():
            return 141
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        resumes = args.stage in RESUMING or getattr(args, "resumes", False)
        print(f"stopped; {'run the same command to resume' if resumes else 'no partial results were left'}", file=sys.stderr)
        return 130
    return 0


def _output_is_closed() -> bool:
    """Whether the reader of standard output has closed it; if so, discard buffered output."""
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError):  # standard output was replaced by an object without a file
        return False
    poll = select.poll()
    poll.register(output, select.POLLOUT)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return True
