"""`rdrec collect`: what was measured on several data sets, in one small folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rdrec.cli.main import common
from rdrec.home import Home


def add(stages: Any) -> None:
    parser = stages.add_parser(
        "collect",
        help="put the measurements of several data sets into one folder",
        description="Copies the results of every evaluation of the named data sets (rows with intervals, gathered differences, training "
        "curves; no purchases, no reviews, no weights) into one folder of Parquet tables. precomputed/evidence is such a folder: the "
        "page shows it.",
        epilog="example: python -m rdrec collect --data beauty,guitars --to precomputed/evidence",
    )
    common(parser)
    parser.add_argument("--data", required=True, metavar="NAME,NAME", help="imported data sets that were evaluated")
    parser.add_argument("--to", required=True, type=Path, metavar="FOLDER", help="where to; a collection there is replaced")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.evaluate.collect import collect

    names = [name.strip() for name in args.data.split(",")]
    tables = collect(Home.find(args.home), names, args.to.absolute())
    counts = {name: len(table) for name, table in tables.items()}
    print(", ".join(f"{count:,} rows of {name}" for name, count in counts.items()) + f"; kept in {args.to}")
    return {"folder": str(args.to), **counts}
