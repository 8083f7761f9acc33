"""`rdrec space`: write a folder for a Hugging Face Space, ready to be pushed.

The folder contains code, assets and precomputed sets, the front matter, the requirements for the hardware, and a list of files to store
with Git LFS.
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rdrec.cli.main import common

TORCH = {  # requirement lines for each kind of hardware
    "cpu": "--extra-index-url https://download.pytorch.org/whl/cpu\ntorch==2.13.0+cpu",
    "gpu": "torch==2.13.0",
    "zero-gpu": "torch==2.11.0\nspaces==0.51.3",  # the newest torch that ZeroGPU lists
}
HARDWARE = {"cpu": "cpu-basic", "gpu": "t4-small", "zero-gpu": "zero-a10g"}
WHOLE = ("app.py", "LICENSE", "THIRD_PARTY.md", "requirements.txt")
FOLDERS = ("rdrec", "assets", "precomputed")
LEFT_OUT = (
    "assets/screenshots",
    "precomputed/answers",
)  # pictures of the documentation; answers about reviews that are not included
SCRIPTS = re.compile(r"precomputed/[^/]+\.(sh|py)")
THUMBNAIL = "assets/screenshots/explore-light.webp"
THUMBNAIL_LINE = "thumbnail: https://huggingface.co/spaces/{space}/resolve/main/{file}\n"  # the hub requires an absolute URL
SPACE_NAME = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)
LARGE = ("*.parquet", "*.safetensors", "*.webp", "*.woff2", "*.gguf")
FILE_LIMIT = 10 * 2**20  # bytes; the hub accepts larger files only on request
START_MINUTES = 30  # time limit for a start on the hub; the first start installs everything
SHORT = "What does a recommender gain from reading reviews?"
README = """---
title: RDRec Explorer
emoji: 🔎
colorFrom: indigo
colorTo: yellow
sdk: gradio
sdk_version: {gradio}
python_version: "3.12"
app_file: app.py
license: apache-2.0
short_description: {short}
{thumbnail}suggested_hardware: {hardware}
startup_duration_timeout: {minutes}m
models: []
datasets: []
tags:
  - recommendation
  - explainability
  - t5
---

# RDRec Explorer

Pick a shopper, read what they bought and wrote, see what a teacher distilled from it, and what two small quantised students predict next: one learned from these rationales, the
other did not. Is the first one better, and is the difference real?

The shop and its shoppers are invented, so what the students say can be checked. Everything on the first view was precomputed; *Re-run live* ranks the whole catalogue {live}.
"""
LIVE = {
    "cpu": "on the Space's CPU",
    "gpu": "on the Space's GPU",
    "zero-gpu": "on a GPU assigned for a few seconds, or on the CPU if none is free",
}


def add(stages: Any) -> None:
    """Add the command."""
    parser = stages.add_parser(
        "space",
        help="write the folder of a Hugging Face Space",
        description="Write everything that a Hugging Face Space needs into a folder that can be pushed unchanged: code, assets, the bundled "
        "precomputed sets, requirements for the hardware, front matter, and .gitattributes for large files. Run it in a checkout of the project.",
        epilog="example: python -m rdrec space --out ../rdrec-space --hardware zero-gpu",
    )
    common(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="folder to write; it must not exist, or be empty"
    )
    parser.add_argument(
        "--hardware", choices=tuple(TORCH), default="cpu",
        help="cpu: torch without CUDA; gpu: a GPU of the Space's own; zero-gpu: shared GPUs of the hub (default cpu)",
    )  # fmt: skip
    parser.add_argument(
        "--space", metavar="OWNER/NAME", help="name of the Space on the hub, for the picture shown where its address is shared"
    )
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Write the folder.  Raises InputError if it is not empty, outside a checkout, for an invalid name, and for a file that is too large."""
    from rdrec.core.home import PROJECT
    from rdrec.core.records import InputError
    from rdrec.core.storage import atomic_write

    out: Path = args.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("this is not an empty folder", where=out, todo="choose one that does not exist yet")
    if args.space and not SPACE_NAME.fullmatch(args.space):
        raise InputError(f"{args.space[:80]!r} is not the name of a Space", where="--space", todo="give it as OWNER/NAME")
    missing = [name for name in (*WHOLE, *FOLDERS) if not (PROJECT / name).exists()]
    if missing:
        raise InputError(f"there is no {missing[0]} here", where=PROJECT, todo="run this command in a checkout of the project")
    files = [*WHOLE, *(path for folder in FOLDERS for path in _below(PROJECT, folder)), THUMBNAIL]
    for name in files:
        if (PROJECT / name).stat().st_size > FILE_LIMIT:
            raise InputError(
                f"this file is larger than {FILE_LIMIT // 2**20} MB", where=name, todo="leave the set out of precomputed/"
            )
    out.mkdir(parents=True, exist_ok=True)
    for name in files:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, out / name)
    pinned = (PROJECT / "requirements.txt").read_text("utf-8")
    atomic_write(out / "requirements.txt", requirements(pinned, args.hardware).encode())
    gradio = version(pinned, "gradio")
    readme = README.format(
        gradio=gradio,
        short=SHORT,
        thumbnail=THUMBNAIL_LINE.format(space=args.space, file=THUMBNAIL) if args.space else "",
        hardware=HARDWARE[args.hardware],
        minutes=START_MINUTES,
        live=LIVE[args.hardware],
    )
    atomic_write(out / "README.md", readme.encode())
    atomic_write(out / ".gitattributes", "".join(f"{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in LARGE).encode())
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    count = len(files) + 2
    print(f"{out}: {count} files, {size / 1e6:.1f} MB, for {args.hardware}")
    print("next: create a Space on the hub, clone it, copy this folder into the clone, commit and push (docs/deploy.md)")
    return {"out": str(out), "files": count, "bytes": size, "hardware": args.hardware}


def requirements(pinned: str, hardware: str) -> str:
    """The project's requirements with the torch for this hardware; without gradio, which the hub installs at `sdk_version`."""
    kept = [
        line
        for line in pinned.splitlines()
        if line and not line.startswith("#") and re.split(r"[<=>]", line)[0] not in ("torch", "gradio")
    ]
    return "\n".join([*kept, TORCH[hardware], ""])


def version(pinned: str, package: str) -> str:
    """The version to which a package is pinned."""
    found = re.search(rf"(?m)^{re.escape(package)}==(\S+)$", pinned)
    assert found, package
    return found[1]


def _below(project: Path, folder: str) -> Iterator[str]:
    for path in sorted((project / folder).rglob("*")):
        name = path.relative_to(project).as_posix()
        hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(project).parts)
        if (
            path.is_file()
            and not hidden
            and not name.startswith(tuple(f"{out}/" for out in LEFT_OUT))
            and not SCRIPTS.fullmatch(name)
        ):
            yield name
