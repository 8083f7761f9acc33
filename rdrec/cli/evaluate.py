"""`rdrec evaluate`: students and rules on the test items, one row a model, task and metric."""

from __future__ import annotations

import argparse
from typing import Any

from rdrec.cli.main import common
from rdrec.home import Home
from rdrec.records import UnknownNameError
from rdrec.settings import add_option


def add(stages: Any) -> None:
    parser = stages.add_parser(
        "evaluate",
        help="measure students and simple rules",
        description="HR, NDCG and MRR of students and of two rules, sequential (whole catalogue) and top-N (99 negatives).",
        epilog="example: python -m rdrec evaluate --data guitars --models rdrec-tiny-clean-s0,baseline-tiny-clean-s0",
    )
    common(parser)
    parser.add_argument("--data", required=True, metavar="NAME", help="an imported data set")
    parser.add_argument("--models", metavar="RUN,RUN", help="students (default: all of this data set, protocol and seed)")
    for name in ("train.protocol", "train.seed", "evaluate.batch_users"):
        add_option(parser, name)
    parser.add_argument(
        "--name", metavar="NAME", help="name of the result (default PROTOCOL-sSEED, with --models PROTOCOL-sSEED-chosen)"
    )
    parser.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU where there is one)")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.data.splits import protocol_view
    from rdrec.data.store import dataset_sha256, load_dataset
    from rdrec.evaluate.run import as_text, evaluate
    from rdrec.student.checkpoint import load_student, read_card
    from rdrec.student.device import choose_device

    home = Home.find(args.home)
    dataset = load_dataset(home, args.data)
    view = protocol_view(dataset, args.protocol, args.seed)
    device, sha256 = choose_device(args.device), dataset_sha256(home, args.data)
    if args.models:
        names = args.models.split(",")
    else:
        known = home.names("students", args.data)
        cards = {name: read_card(home.student(args.data, name))[0] for name in known}
        names = [name for name, card in cards.items() if (card.protocol, card.seed) == (args.protocol, args.seed)]
        if not names:
            raise UnknownNameError(
                f"no student of {args.data!r} was trained under {args.protocol} with seed {args.seed}",
                todo=f"python -m rdrec train --data {args.data}",
            )
    students = []
    for name in names:
        folder = home.require(home.student(args.data, name), "student", f"python -m rdrec train --data {args.data}")
        students.append((name, load_student(folder, device, data_sha256=sha256)))
    folder = home.evaluation(args.data, args.name or f"{args.protocol}-s{args.seed}{'-chosen' if args.models else ''}")
    table = evaluate(view, students, folder, sha256, args.batch_users)
    print(as_text(table))
    print(f"kept in {folder}")
    return {"folder": str(folder), "rows": table.to_dict("records")}
