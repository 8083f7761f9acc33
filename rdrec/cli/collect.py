"""`rdrec collect`: copy the measurements of several data sets into one small folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rdrec.cli.main import common
from rdrec.core.home import Home
from rdrec.core.records import InputError


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "collect",
        help="collect the measurements of several data sets",
        description="Copy the results of every evaluation of the named data sets (metrics with intervals, differences and training curves; "
        "no interactions, reviews or weights) into one folder of Parquet tables. The page shows the folder precomputed/evidence.",
        epilog="example: python -m rdrec collect --data beauty,guitars --to precomputed/evidence",
    )
    common(parser)
    parser.add_argument("--data", metavar="NAME,NAME", help="evaluated data sets")
    parser.add_argument(
        "--dials",
        action="store_true",
        help="instead, collect the gains of students on the invented shops of this home, by dial (precomputed/dials)",
    )
    parser.add_argument(
        "--to",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="target folder; a collection in it is replaced, unless --add is given",
    )
    parser.add_argument(
        "--add",
        action="store_true",
        help="keep what the folder already holds about other data sets (with --dials: other shops), and replace only the rows about these",
    )
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command; returns what `--json` prints."""
    from rdrec.evaluation.collect import collect
    from rdrec.evaluation.dials import collect_dials

    if args.dials == bool(args.data):
        raise InputError(
            "neither or both of --data and --dials are given",
            where="collect",
            todo="use one of them: --data NAME,NAME or --dials",
        )
    if args.dials:
        table = collect_dials(Home.find(args.home), args.to.absolute(), args.add)
        print(f"{table['data'].nunique()} shops, {len(table)} rows; saved in {args.to}")
        return {"folder": str(args.to), "shops": int(table["data"].nunique()), "rows": len(table)}
    names = [name.strip() for name in args.data.split(",")]
    tables = collect(Home.find(args.home), names, args.to.absolute(), args.add)
    counts = {name: len(table) for name, table in tables.items()}
    about = ", ".join(dict.fromkeys(tables["runs"]["data"]))
    print(", ".join(f"{count:,} rows of {name}" for name, count in counts.items()) + f", about {about}; saved in {args.to}")
    return {"folder": str(args.to), **counts}
