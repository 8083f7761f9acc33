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
        description="Time exact ranking beside beam search, training beside mixed batches, everything in turn in one process; or the page as a visitor meets it.",
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
    _add_train(kinds)
    _add_teachers(kinds)
    _add_app(kinds)


def _add_train(kinds: Any) -> None:
    train = kinds.add_parser(
        "train",
        help="optimiser steps of a student",
        description="A step on batches of one task each, beside a step on one mixed batch of the same samples, padded to the longest "
        "input and to targets of 20 tokens, as the released program makes it. Samples are made up; no data folder is needed.",
        epilog="example: python -m rdrec bench train --shape small --repeats 3 --json",
    )
    common(train)
    train.add_argument(
        "--shape", choices=("nano", "tiny", "mini", "small"), default="small", help="default small, which is T5-small's"
    )
    train.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="of the products of both ways")
    train.add_argument("--rows", type=int, default=16, metavar="N", help="of each of the five tasks in a step (default 16)")
    train.add_argument("--accumulate", type=int, default=1, metavar="N", help="parts in which ours computes them (default 1)")
    train.add_argument("--history", type=int, default=6, metavar="N", help="purchases shown, in the mean (default 6)")
    train.add_argument("--repeats", type=int, default=5, metavar="N", help="timed rounds, after one to warm up (default 5)")
    train.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU where there is one)")
    train.set_defaults(run_command=run_train)


def run_train(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.bench.train import Plan, bench_train
    from rdrec.student.device import choose_device

    _at_least_one(args, ("rows", "accumulate", "history", "repeats"))
    plan = Plan(
        shape=args.shape,
        precision=args.precision,
        device=choose_device(args.device),
        rows=args.rows,
        accumulate=args.accumulate,
        history=args.history,
        repeats=args.repeats,
    )
    return _told(bench_train(plan))


def _at_least_one(args: argparse.Namespace, names: tuple[str, ...]) -> None:
    for name in names:
        if getattr(args, name) < 1:
            raise InputError(f"--{name} {getattr(args, name)} makes no sense", todo="give 1 or more")


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    for name, value in answer.items():
        print(f"{name:32} {value}")
    return answer


def _add_teachers(kinds: Any) -> None:
    teachers = kinds.add_parser(
        "teachers",
        help="what reading reviews costs of our own time",
        description="Reviews a second of the teacher keywords, and our own milliseconds a review on the path to a server that answers at once.",
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


def _add_app(kinds: Any) -> None:
    app = kinds.add_parser(
        "app",
        help="the page as a visitor meets it",
        description="Start the page, and time the first view in a headless Chromium, changes of shopper, a room full of visitors, and live runs.",
        epilog="example: python -m rdrec bench app --json",
    )
    common(app)
    app.add_argument("--changes", type=int, default=100, metavar="N", help="of shopper, one visitor (default 100)")
    app.add_argument("--lives", type=int, default=15, metavar="N", help="live runs of both students (default 15)")
    app.add_argument("--visitors", type=int, default=100, metavar="N", help="in the full room (default 100)")
    app.add_argument("--seconds", type=int, default=30, metavar="N", help="that the room is full (default 30)")
    app.set_defaults(run_command=run_app)


def run_app(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.bench.app import Plan, bench_app

    _at_least_one(args, ("changes", "lives", "visitors", "seconds"))
    home = Home.find(args.home).root
    return _told(bench_app(Plan(home, args.changes, args.lives, args.visitors, float(args.seconds))))


def run_rank(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.bench.rank import Plan, bench_rank
    from rdrec.student.device import choose_device

    _at_least_one(args, ("items", "users", "history", "repeats"))
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
    return _told(bench_rank(plan))
