"""Which device to run on: a GPU where there is one.  In: a wish.  Out: "cpu" or "cuda"."""

from __future__ import annotations

import torch

from rdrec.records import InputError


def choose_device(wish: str | None = None) -> str:
    """`wish` if it can be had; without one, cuda where there is a GPU, else cpu.  Raises InputError otherwise."""
    if wish is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wish not in ("cpu", "cuda"):
        raise InputError(f"unknown device {wish!r}", todo="use cpu or cuda")
    if wish == "cuda" and not torch.cuda.is_available():
        raise InputError("there is no GPU that this torch can use", todo="leave out --device, or install a CUDA build of torch")
    return wish
