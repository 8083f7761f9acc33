"""`rdrec rival`: train SASRec, a baseline without language."""

from __future__ import annotations

import argparse
import time
from typing import Any

from rdrec.cli.main import chosen, common
from rdrec.cli.protocol import add_cut_options, cut_shares
from rdrec.core.home import Home
from rdrec.core.settings import add_options

# The fields of `baselines.train.RivalSettings`, whose module imports torch.
SETTINGS = (
    "seed", "epochs", "patience", "batch_users", "learning_rate", "negatives", "width", "blocks", "heads", "length", "dropout",
)  # fmt: skip


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "rival",
        help="train SASRec, a strong baseline without language",
        description="Train SASRec with a sampled softmax on interactions alone, with early stopping on the validation items. It sees item "
        "indices only, so one model serves all protocols except temporal, which holds out other interactions. An interrupted run resumes "
        "after its last finished epoch. `evaluate` then compares it with students and rules. (EASE, the other baseline, needs no training: "
        "evaluate --rivals ease.)",
        epilog="example: python -m rdrec rival --data guitars --seed 0",
    )
    common(parser)
    parser.add_argument("--data", required=True, metavar="NAME", help="an imported data set")
    add_options(parser, *(f"rival.{name}" for name in SETTINGS), "train.protocol")
    add_cut_options(parser)
    parser.add_argument(
        "--run",
        metavar="NAME",
        help="name of the model (default sasrec-sSEED, or sasrec-temporal-sSEED with --protocol temporal)",
    )
    parser.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU if available)")
    parser.add_argument("--replace", action="store_true", help="replace an existing model of that name")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command; returns what `--json` prints."""
    from rdrec.baselines.run import run_rival
    from rdrec.baselines.train import RivalSettings
    from rdrec.student.device import choose_device

    settings = RivalSettings(**chosen(args, *SETTINGS))
    device = choose_device(args.device)
    began = time.perf_counter()
    home = Home.find(args.home)
    result = run_rival(home, args.data, args.run, settings, device=device, replace=args.replace, shares=cut_shares(args))
    seconds = time.perf_counter() - began
    card = result.card
    print(
        f"rival {result.name}: {card.parameters:,} parameters, best epoch {card.epochs} of {len(result.curve)}, "
        f"validation NDCG@10 {card.validation_ndcg10:.4f}, {seconds:.0f} s on {device}"
    )
    print(
        f"next: python -m rdrec evaluate --data {args.data} --protocol {args.protocol} --seed {card.seed} --rivals {result.name}"
    )
    return {
        "run": result.name,
        "folder": str(result.folder),
        "parameters": card.parameters,
        "epochs": len(result.curve),
        "best_epoch": card.epochs,
        "validation_ndcg10": card.validation_ndcg10,
        "seconds": round(seconds, 1),
        "device": device,
    }
