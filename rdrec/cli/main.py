"""`python -m rdrec STAGE`: finds the stage, runs it, turns errors into one sentence and an exit code.

Exit codes: 0 all was done; 1 the program failed; 2 bad input; 130 stopped with Ctrl-C; 141 whoever read the output left (`| head`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import select
import sys
from typing import Any

from rdrec import __version__
from rdrec.records import RDRecError

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
)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rdrec",
        description="RDRec: from reviews to rationales, students, exact rankings and a page.",
        epilog="example: python -m rdrec data import reviews.csv --name guitars",
    )
    parser.add_argument("--version", action="version", version=f"rdrec {__version__}")
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    for name in STAGES:
        importlib.import_module(f"rdrec.cli.{name.replace('-', '_')}").add(stages)
    return parser


def common(parser: argparse.ArgumentParser, *, nested: bool = False) -> None:
    """The options that every command has; `nested`: those that stood before the action's name stay as they are."""
    unset: dict[str, Any] = {"default": argparse.SUPPRESS} if nested else {}
    parser.add_argument("--home", metavar="FOLDER", help="where everything goes (default $RDREC_HOME, else ~/.rdrec)", **unset)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line of the output", **unset)


def main(arguments: list[str] | None = None) -> int:
    args = build_parser().parse_args(arguments)
    try:
        answer = args.run_command(args)
        if args.json:
            print(json.dumps(answer, ensure_ascii=False, allow_nan=False))
        sys.stdout.flush()
    except RDRecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError as error:
        if _reader_has_left():
            return 141
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # disk full, a folder that may not be written, a port in use
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        on = (
            "the same command goes on from here"
            if args.stage in RESUMING or getattr(args, "resumes", False)
            else "nothing half-made was left"
        )
        print(f"stopped; {on}", file=sys.stderr)
        return 130
    return 0


def _reader_has_left() -> bool:
    """Whether standard output is a pipe that nobody reads any more; if so, what is still buffered goes nowhere."""
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError):  # a stand-in without a file behind it
        return False
    poll = select.poll()
    poll.register(output, select.POLLOUT)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return True
