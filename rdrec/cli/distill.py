"""`rdrec distill`: a teacher reads every review of a data set and says what the shopper prefers and what the item is like."""

from __future__ import annotations

import argparse
import time
from typing import Any

from rdrec.cli.main import common
from rdrec.home import Home
from rdrec.records import plural


def add(stages: Any) -> None:
    parser = stages.add_parser(
        "distill",
        help="let a teacher read the reviews",
        description="Distil a rationale from every review. Stopped with Ctrl-C it goes on where it was.",
        epilog="example: python -m rdrec distill --data guitars --teacher offline",
    )
    common(parser)
    parser.add_argument("--data", required=True, metavar="NAME", help="an imported data set")
    parser.add_argument(
        "--teacher",
        default="offline",
        metavar="NAME",
        help="offline: rules and word lists, no weights, no network (default offline)",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N reviews, for a try (default: all)")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.distill.run import distil
    from rdrec.distill.teachers import check_teacher, offline

    began = time.perf_counter()
    home = Home.find(args.home)
    manifest = distil(home, args.data, {check_teacher(args.teacher): offline()}[args.teacher], limit=args.limit)
    seconds = time.perf_counter() - began
    counts = manifest.meta["counts"]
    share = counts["ok"] / counts["reviews"]
    print(
        f"{plural(counts['reviews'], 'review')} read by {args.teacher} in {seconds:.1f} s: {counts['ok']:,} with a rationale ({share:.1%})"
    )
    if counts["unread"]:
        print(f"  {counts['unread']:,} not read yet; run it again without --limit")
    for reason, count in counts["nothing"].items():
        print(f"  {count:,} without: {reason}")
    print(f"next: python -m rdrec train --data {args.data}")
    return {
        "data": args.data,
        "teacher": args.teacher,
        "folder": str(home.rationales(args.data, args.teacher)),
        "reviews": counts["reviews"],
        "rationales": counts["ok"],
        "share": round(share, 4),
        "nothing": counts["nothing"],
        "unread": counts["unread"],
        "seconds": round(seconds, 1),
    }
