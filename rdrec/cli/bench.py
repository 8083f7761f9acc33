"""`rdrec bench`: measure speed on this machine."""

from __future__ import annotations

import argparse
from typing import Any

from rdrec.cli.main import chosen, common
from rdrec.core.home import Home
from rdrec.core.records import InputError
from rdrec.core.vocabulary import SHAPES


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "bench",
        help="measure speed on this machine",
        description="Compare exact ranking with beam search and task batches with mixed batches, timed alternately in one process; or time "
        "the page as a visitor sees it.",
        epilog="example: python -m rdrec bench rank --json",
    )
    kinds = parser.add_subparsers(dest="bench", required=True, metavar="WHAT")
    rank = kinds.add_parser(
        "rank",
        help="exact ranking of the whole catalogue",
        description="Time the tree pass and the exact top 20 against transformers' beam search and the released program's search. "
        "IDs, users and students are synthetic; no data set is needed.",
        epilog="example: python -m rdrec bench rank --shape small --items 12101 --precision bf16",
    )
    common(rank)
    _add_shape(rank)
    rank.add_argument(
        "--precision",
        choices=("auto", "fp32", "bf16", "int8", "nf4"),
        default="fp32",
        help="auto: bf16 if a short timing finds it clearly faster on this machine (default fp32)",
    )
    rank.add_argument(
        "--ids",
        choices=("t5", "own"),
        default="t5",
        help="how IDs are split into tokens: like T5 (default) or like students trained from scratch",
    )
    rank.add_argument("--items", type=int, default=12_101, metavar="N", help="catalogue size (default 12,101, that of Beauty)")
    _add_number(rank, "users", 1, "users per batch")
    _add_number(rank, "history", 20, "items shown per user")
    _add_number(rank, "repeats", 3, "timed rounds, after two warm-up rounds", thorough=10)
    _add_number(rank, "train-steps", 40, "training steps before timing the top 20; 0 skips it", thorough=150)
    _add_thorough(rank)
    rank.add_argument("--no-beams", action="store_true", help="skip the beam searches, which take most of the time")
    rank.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU if available)")
    rank.set_defaults(run_command=run_rank)
    _add_train(kinds)
    _add_app(kinds)


def _add_shape(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shape", choices=SHAPES, default="small", help="model size (default small, that of T5-small)")


def _add_number(parser: argparse.ArgumentParser, name: str, default: int, what: str, thorough: int | None = None) -> None:
    """thorough: the default if `--thorough` is given."""
    parser.set_defaults(
        thorough_numbers={**(parser.get_default("thorough_numbers") or {}), name.replace("-", "_"): (default, thorough)}
    )
    words = f"default {default}" if thorough is None else f"default {default}, thorough {thorough}"
    parser.add_argument(f"--{name}", type=int, metavar="N", help=f"{what} ({words})")


def _add_thorough(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--thorough", action="store_true", help="measure longer; by default, at most about three minutes")


def _fill_numbers(args: argparse.Namespace) -> None:
    """Set the numbers that were not given to their defaults."""
    for name, (default, thorough) in args.thorough_numbers.items():
        if getattr(args, name) is None:
            setattr(args, name, thorough if args.thorough and thorough is not None else default)


def _add_train(kinds: Any) -> None:
    train = kinds.add_parser(
        "train",
        help="training steps",
        description="Time a training step on one batch per task against a step on one mixed batch of the same samples, padded to the "
        "longest input and to targets of 20 tokens as in the released program. Samples are synthetic; no data set is needed.",
        epilog="example: python -m rdrec bench train --shape small --repeats 3 --json",
    )
    common(train)
    _add_shape(train)
    train.add_argument(
        "--precision", choices=("fp32", "bf16"), default="fp32", help="precision of matrix products (default fp32)"
    )
    _add_number(train, "rows", 8, "rows per task and step", thorough=16)
    _add_number(train, "accumulate", 1, "gradient accumulation steps with one batch per task")
    _add_number(train, "history", 6, "mean number of items shown")
    _add_number(train, "repeats", 2, "timed rounds, after one warm-up round", thorough=5)
    _add_thorough(train)
    train.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU if available)")
    train.set_defaults(run_command=run_train)


def run_train(args: argparse.Namespace) -> dict[str, Any]:
    """`bench train`; raises InputError for options that do not fit."""
    from rdrec.bench.train import Plan, bench_train
    from rdrec.student.device import choose_device

    _fill_numbers(args)
    _at_least_one(args, ("rows", "accumulate", "history", "repeats"))
    options = chosen(args, "shape", "precision", "rows", "accumulate", "history", "repeats")
    return _print_values(bench_train(Plan(device=choose_device(args.device), **options)))


def _at_least_one(args: argparse.Namespace, names: tuple[str, ...]) -> None:
    for name in names:
        if getattr(args, name) < 1:
            raise InputError(f"--{name} {getattr(args, name)} is too small", todo="use 1 or more")


def _print_values(answer: dict[str, Any]) -> dict[str, Any]:
    for name, value in answer.items():
        print(f"{name:32} {value}")
    return answer


def _add_app(kinds: Any) -> None:
    app = kinds.add_parser(
        "app",
        help="the page as a visitor sees it",
        description="Start the page and time its first view in headless Chromium, changing the user, many visitors at once, and live runs.",
        epilog="example: python -m rdrec bench app --soak 50000",
    )
    common(app)
    _add_number(app, "changes", 100, "how often one visitor changes the user", thorough=300)
    _add_number(app, "lives", 15, "live runs of both students", thorough=50)
    _add_number(app, "visitors", 100, "concurrent visitors")
    _add_number(app, "seconds", 30, "duration of the load test", thorough=60)
    _add_thorough(app)
    app.add_argument(
        "--soak",
        type=int,
        metavar="N",
        help="instead, send N requests without a pause and report memory, open files and threads after a fifth and at the end",
    )
    app.set_defaults(run_command=run_app)


def run_app(args: argparse.Namespace) -> dict[str, Any]:
    """`bench app`; raises InputError for options that do not fit."""
    from rdrec.bench.app import Plan, bench_app, soak_app

    home = Home.find(args.home).root
    if args.soak is not None:
        _at_least_one(args, ("soak",))
        return _print_values(soak_app(home, args.soak))
    _fill_numbers(args)
    _at_least_one(args, ("changes", "lives", "visitors", "seconds"))
    return _print_values(bench_app(Plan(home, args.changes, args.lives, args.visitors, float(args.seconds))))


def run_rank(args: argparse.Namespace) -> dict[str, Any]:
    """`bench rank`; raises InputError for options that do not fit."""
    from rdrec.bench.rank import Plan, bench_rank
    from rdrec.student.device import choose_device

    _fill_numbers(args)
    _at_least_one(args, ("items", "users", "history", "repeats"))
    if args.train_steps < 0:
        raise InputError(f"--train-steps {args.train_steps} is too small", todo="use 0 or more")
    options = chosen(args, "shape", "precision", "items", "users", "history", "repeats", "train_steps")
    plan = Plan(device=choose_device(args.device), form=args.ids, beams=not args.no_beams, **options)
    return _print_values(bench_rank(plan))
