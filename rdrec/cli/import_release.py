"""`rdrec import-release`: convert a checkpoint of the released program to a student."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rdrec.cli.main import common
from rdrec.core.home import Home


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "import-release",
        help="convert a checkpoint of the released program",
        description="Convert the pickled model.pt of the released RDRec or POD program to a student in safetensors format, without executing "
        "anything in the file. The student computes and is evaluated as in that program, under the protocol 'published'.",
        epilog="example: python -m rdrec import-release model.pt --data beauty",
    )
    common(parser)
    parser.add_argument("file", metavar="FILE", type=Path, help="the model.pt")
    parser.add_argument("--data", required=True, metavar="NAME", help="the imported released data set that it was trained on")
    parser.add_argument("--run", metavar="NAME", help="name of the student (default released)")
    parser.add_argument(
        "--tokenizer", metavar="PATH_OR_HUB_ID", help="T5 tokenizer (default: that of t5-small, -base or -large from the hub)"
    )
    parser.add_argument("--replace", action="store_true", help="replace an existing student of that name")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command; returns what `--json` prints."""
    from rdrec.student.released import import_released

    imported = import_released(
        Home.find(args.home), args.file, args.data, run=args.run, tokenizer=args.tokenizer, replace=args.replace
    )
    print(f"student {imported.name}: {imported.card.parameters:,} parameters, tasks {', '.join(imported.card.tasks)}")
    print(f"next: python -m rdrec evaluate --data {args.data} --protocol published --models {imported.name}")
    return {
        "run": imported.name,
        "folder": str(imported.folder),
        "parameters": imported.card.parameters,
        "tasks": imported.card.tasks,
        "sha256": imported.card.training["released_sha256"],
        "compat": imported.card.compat,
    }
