"""`rdrec quantize`: quantise a student to NF4 or int8."""

from __future__ import annotations

import argparse
from typing import Any

from rdrec.cli.main import common
from rdrec.core.home import Home, check_name
from rdrec.core.records import plural


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "quantize",
        help="quantise a student to NF4 or int8",
        description="Quantise a trained student with bitsandbytes and save it as safetensors next to the fp32 one.",
        epilog="example: python -m rdrec quantize --data guitars --run rdrec-nano-clean-s0",
    )
    common(parser)
    parser.add_argument("--data", required=True, metavar="NAME", help="the data set of the student")
    parser.add_argument("--run", required=True, metavar="NAME", help="the student to quantise")
    parser.add_argument("--precision", default="nf4", metavar="{nf4,int8}", help="nf4 (default) or int8")
    parser.add_argument(
        "--keep",
        metavar="NAMES",
        help="layers to keep in bf16, separated by commas, for example wo,decoder.block.0; '' for none "
        "(default: with nf4 EncDecAttention, the cross-attention, with int8 none)",
    )
    parser.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU if available)")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command; returns what `--json` prints."""
    from rdrec.student.device import choose_device
    from rdrec.student.quantize import quantize

    home = Home.find(args.home)
    source = home.require(home.student(args.data, args.run), "student", f"python -m rdrec train --data {args.data}")
    target = home.student(args.data, check_name(f"{args.run}-{args.precision}", "student name"))
    keep = None if args.keep is None else [part.strip() for part in args.keep.split(",") if part.strip()]
    result = quantize(source, target, args.precision, choose_device(args.device), keep)
    share = result.bytes / result.fp32_bytes
    print(f"student {target.name}: {result.bytes / 1e6:.2f} MB, fp32 {result.fp32_bytes / 1e6:.2f} MB ({share:.4f} of it)")
    if result.bf16_layers:
        print(f"{plural(len(result.bf16_layers), 'layer')} kept in bf16")
    return {
        "run": target.name,
        "folder": str(target),
        "bytes": result.bytes,
        "fp32_bytes": result.fp32_bytes,
        "share": round(share, 4),
        "kept": list(result.bf16_layers),
    }
