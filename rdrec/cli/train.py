"""`rdrec train`: train a student with rationales, without them, or with scrambled ones."""

from __future__ import annotations

import argparse
import time
from typing import Any

from rdrec.cli.main import chosen, common
from rdrec.cli.protocol import add_cut_options, cut_shares
from rdrec.core.home import Home
from rdrec.core.settings import add_options

# The fields of `student.train.TrainSettings`, whose module imports torch.
COMMON_SETTINGS = ("seed", "epochs", "watch", "patience", "precision")
RECIPE = (
    "batch_rows", "topn_rows", "text_rows", "accumulate", "least_steps", "learning_rate", "id_rate", "layer_rate", "language_rate", "schedule", "warm_up",
    "text_share", "dropout",
)  # fmt: skip
SETTINGS = (*COMMON_SETTINGS, *RECIPE)


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "train",
        help="train a student",
        description="Train a compact T5 on the five tasks of RDRec. After Ctrl-C, the same command resumes from the last finished epoch.",
        epilog="example: python -m rdrec train --data guitars --variant rdrec",
    )
    common(parser)
    parser.add_argument("--data", required=True, metavar="NAME", help="an imported data set")
    parser.add_argument(
        "--teacher", default="keywords", metavar="NAME", help="teacher whose rationales are used (default keywords)"
    )
    add_options(parser, "train.variant", "train.ablate", "train.claims", "train.protocol")
    add_cut_options(parser)
    parser.add_argument(
        "--init",
        metavar="PATH_OR_HUB_ID",
        help="start from pretrained T5, T5 v1.1 or Flan-T5 weights (safetensors) instead of --shape",
    )
    add_options(parser, *(f"train.{name}" for name in ("shape", "start", "ids", "id_digits", *COMMON_SETTINGS)))
    parser.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU if available)")
    parser.add_argument(
        "--run", metavar="NAME", help="name of the student (default VARIANT[-no-TASK...]-SHAPE-PROTOCOL[-IDS]-sSEED)"
    )
    parser.add_argument("--replace", action="store_true", help="replace an existing student of that name")
    recipe = parser.add_argument_group(
        "recipe", "For experiments. The defaults are the recipe that did best in our own experiments; see LOG.md."
    )
    add_options(recipe, "train.match", *(f"train.{name}" for name in RECIPE))
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command; returns what `--json` prints."""
    from rdrec.evaluation.validation_ndcg import validation_ndcg
    from rdrec.student.device import choose_device
    from rdrec.student.run import RunPlan, run_training
    from rdrec.student.tasks import left_out
    from rdrec.student.team import join, leave
    from rdrec.student.train import TrainSettings

    settings = TrainSettings(**chosen(args, *SETTINGS))
    options = chosen(
        args, "data", "variant", "shape", "protocol", "teacher", "init", "run", "start", "match", "claims", "ids", "id_digits"
    )
    plan = RunPlan(settings=settings, ablate=left_out(args.ablate), shares=cut_shares(args), **options)
    device = choose_device(args.device)
    began = time.perf_counter()
    team = join(device)
    result = run_training(
        Home.find(args.home), plan, device=device, team=team, replace=args.replace, measure_ndcg=validation_ndcg
    )
    leave()
    if not team.first:  # only the first process prints
        args.json = False
        return {}
    seconds = time.perf_counter() - began
    if plan.start == "data" and result.start == "random":
        print("started from random weights: IDs are split into several tokens, so users and items have no vectors of their own")
    best = result.curve[result.best_epoch - 1]
    print(
        f"student {result.name}: {result.parameters:,} parameters, best epoch {result.best_epoch} of {len(result.curve)}, "
        f"validation NDCG@10 {'not measured' if best.ndcg is None else f'{best.ndcg:.4f}'}, {seconds:.0f} s on {device}"
        + (f" in {team.size} processes" if team.size > 1 else "")
    )
    print(f"next: python -m rdrec quantize --data {args.data} --run {result.name}")
    return {
        "run": result.name,
        "folder": str(result.folder),
        "ids": plan.ids,
        "ablated": [task.key for task in plan.ablate],
        "parameters": result.parameters,
        "fp32_bytes": result.bytes,
        "epochs": len(result.curve),
        "best_epoch": result.best_epoch,
        "watched": best.score,
        "validation_ndcg": best.ndcg,
        "seconds": round(seconds, 1),
        "device": device,
        "processes": team.size,
    }
