"""`rdrec precompute`: compute everything the page shows for a data set."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from rdrec.cli.main import chosen, common
from rdrec.core.home import Home
from rdrec.core.records import UnknownNameError
from rdrec.core.settings import add_options
from rdrec.core.vocabulary import CONTROL, ROLES


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "precompute",
        help="compute what the page shows",
        description="Rank every test case with both quantised students and write the tables that the page reads.",
        epilog="example: python -m rdrec precompute --data guitars --title 'Musical instruments'",
    )
    common(parser)
    parser.add_argument("--data", required=True, metavar="NAME", help="an imported data set")
    parser.add_argument("--title", metavar="TEXT", help="title of the data set on the page (default: its own title or name)")
    parser.add_argument("--teacher", default="keywords", metavar="NAME", help="teacher of the students (default keywords)")
    add_options(parser, "train.shape", "train.protocol", "train.seed", "evaluate.batch_users")
    parser.add_argument(
        "--first",
        metavar="TEACHER,..",
        help="teachers whose rationales are shown first for the reviews they have read; for other reviews, those of --teacher",
    )
    parser.add_argument("--beside", metavar="TEACHER,..", help="further teachers whose rationales are also shown")
    parser.add_argument("--ship", metavar="RUN,..", help="further students to include; they are checked, but not ranked")
    for role in (*ROLES, CONTROL):
        parser.add_argument(f"--{role}", metavar="RUN", help=f"student for this role (default {role}-SHAPE-PROTOCOL-sSEED-nf4)")
    parser.add_argument(
        "--precisions",
        action="store_true",
        help="also rank with both students in fp32, bf16, int8 and NF4, for the precision switch of the page",
    )
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command; returns what `--json` prints."""
    from rdrec.explorer.build import build
    from rdrec.explorer.build_students import BuildPlan

    home = Home.find(args.home)
    tail = f"{args.shape}-{args.protocol}-s{args.seed}"
    known = home.names("students", args.data)
    runs: dict[str, Any] = {}
    for role in ROLES:
        runs[role] = getattr(args, role) or f"{role}-{tail}-nf4"
        if runs[role] not in known:
            raise UnknownNameError(
                f"no student named {runs[role]!r} for {args.data!r}",
                where=home.root / "students",
                todo=f"python -m rdrec train --data {args.data} --variant {role}, then python -m rdrec quantize --data {args.data} --run {role}-{tail}",
            )
    scrambled = args.scrambled or (f"scrambled-{tail}-nf4" if f"scrambled-{tail}-nf4" in known else None)
    if scrambled is None:
        print("note: no scrambled student, so the page has no control for the effect of rationales")
    options = chosen(args, "data", "shape", "protocol", "seed", "teacher")
    more = chosen(args, *ROLES, CONTROL, "title", "first", "beside", "ship")
    options |= {name: value for name, value in more.items() if value}
    command = shlex.join(
        ["python", "-m", "rdrec", "precompute", *(str(w) for key, value in options.items() for w in (f"--{key}", value))]
        + ["--precisions"] * args.precisions
    )
    lists: dict[str, Any] = {
        name: tuple(value.split(",")) for name, value in chosen(args, "beside", "ship", "first").items() if value
    }
    same = chosen(args, "data", "protocol", "seed", "teacher", "title", "batch_users", "precisions")
    plan = BuildPlan(**runs, scrambled=scrambled, command=command, **lists, **same)
    manifest = build(home, plan)
    folder = home.precomputed(args.data)
    size = sum(facts["bytes"] for facts in manifest.files.values())
    print(f"{len(manifest.files)} files, {size / 1e6:.1f} MB in {folder}")
    print("next: python -m rdrec serve")
    return {"folder": str(folder), "bytes": size, "files": len(manifest.files), "runs": runs | {"scrambled": scrambled}}
