"""`rdrec bench`: what this machine does, two ways of the same work timed in turn."""

from __future__ import annotations

import argparse
from typing import Any

from rdrec.cli.main import common
from rdrec.home import Home
from rdrec.records import InputError
from rdrec.settings import add_option


def add(stages: Any) -> None:
    parser = stages.add_parser(
        "bench",
        help="measure speed on this machine",
        description="Time exact ranking beside beam search, everything in turn in one process.",
        epilog="example: python -m rdrec bench rank --json",
    )
    kinds = parser.add_subparsers(dest="bench", required=True, metavar="WHAT")
    rank = kinds.add_parser(
        "rank",
        help="exact ranking of a whole catalogue",
        description="The tree pass and the exact best 20 beside transformers' beam search and the released program's way. "
        "Ids, shoppers and students are made up; no data folder is needed.",
        epilog="example: python -m rdrec bench rank --shape small --items 12101 --precision bf16",
    )
    common(rank)
    rank.add_argument(
        "--shape", choices=("nano", "tiny", "mini", "small"), default="small", help="default small, which is T5-small's"
    )
    rank.add_argument(
        "--precision",
        choices=("auto", "fp32", "bf16", "int8", "nf4"),
        default="fp32",
        help="auto: bf16 where a timing says that this machine is clearly faster at it (default fp32)",
    )
    rank.add_argument("--ids", choices=("t5", "own"), default="t5", help="how ids are cut into tokens (default as T5 does)")
    rank.add_argument("--items", type=int, default=12_101, metavar="N", help="size of the catalogue (default Beauty's 12,101)")
    rank.add_argument("--users", type=int, default=1, metavar="N", help="ranked at once (default 1)")
    rank.add_argument("--history", type=int, default=20, metavar="N", help="purchases shown of each user (default 20)")
    rank.add_argument("--repeats", type=int, default=10, metavar="N", help="timed rounds, after two to warm up (default 10)")
    rank.add_argument(
        "--train-steps", type=int, default=150, metavar="N", help="before the best 20 are timed on a trained student; 0: not"
    )
    rank.add_argument("--no-beams", action="store_true", help="leave the beam searches out (they are the slow part)")
    rank.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU where there is one)")
    rank.set_defaults(run_command=run_rank)
    teachers = kinds.add_parser(
        "teachers",
        help="what reading reviews costs of our own time",
        description="Reviews a second of the offline teacher, and our own milliseconds a review on the path to a server that answers at once.",
        epilog="example: python -m rdrec bench teachers --data guitars --concurrency 32",
    )
    common(teachers)
    teachers.add_argument("--data", required=True, metavar="NAME", help="an imported data set with reviews")
    add_option(teachers, "distill.concurrency")
    teachers.add_argument("--reviews", type=int, default=100_000, metavar="N", help="at most (default 100,000)")
    teachers.set_defaults(run_command=run_teachers)


def run_teachers(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.bench.teachers import bench_teachers

    if args.reviews < 1:
        raise InputError(f"--reviews {args.reviews} makes no sense", todo="give 1 or more")
    answer = bench_teachers(Home.find(args.home), args.data, args.concurrency, args.reviews)
    for name, value in answer.items():
        print(f"{name:38} {value}")
    return answer


def run_rank(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.bench.rank import Plan, bench_rank
    from rdrec.student.device import choose_device

    for name in ("items", "users", "history", "repeats"):
        if getattr(args, name) < 1:
            raise InputError(f"--{name} {getattr(args, name)} makes no sense", todo="give 1 or more")
    if args.train_steps < 0:
        raise InputError(f"--train-steps {args.train_steps} makes no sense", todo="give 0 or more")
    plan = Plan(
        shape=args.shape,
        precision=args.precision,
        device=choose_device(args.device),
        form=args.ids,
        items=args.items,
        users=args.users,
        history=args.history,
        repeats=args.repeats,
        train_steps=args.train_steps,
        beams=not args.no_beams,
    )
    answer = bench_rank(plan)
    for name, value in answer.items():
        print(f"{name:32} {value}")
    return answer
