"""Step b: strong recommenders without leaks on real data.  SASRec on Beauty and Toys, ranked beside EASE and the rules."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from step_a import rdrec

if TYPE_CHECKING:
    from run import Part, Setting

PROJECT = Path(__file__).resolve().parent.parent
SEEDS = (0, 1, 2)


def real_data(name: str) -> Path:
    """The released folder of a set."""
    folder = Path(os.environ.get("RDREC_SHARED_DATA", PROJECT.parent / "shared" / "data" / "amazon")) / name
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is missing: set RDREC_SHARED_DATA to the folder with the released sets")
    return folder


def sasrec(setting: Setting, name: str, seed: int) -> dict[str, Any]:
    """Train SASRec by its recipe and rank the test purchase over the whole catalogue."""
    home = setting.scratch / ("home-rehearsal" if setting.rehearse else "home")
    if not (home / "data" / name / "manifest.json").exists():
        rdrec(home, "data", "import", str(real_data(name)), "--name", name)
    shorter = ["--epochs", "1", "--width", "16", "--negatives", "8"] if setting.rehearse else []
    run = f"sasrec-s{seed}"
    trained = rdrec(
        home, "rival", "--data", name, "--seed", str(seed), "--run", run, "--replace", "--device", setting.device, *shorter
    )
    ranked = rdrec(
        home, "evaluate", "--data", name, "--rivals", f"{run},ease", "--seed", str(seed), "--protocol", "shuffled", "--device", setting.device
    )  # fmt: skip
    return {"train": trained, "evaluate": ranked}


def parts(setting: Setting) -> list[Part]:
    """In the order in which they run."""
    from run import Part

    return [
        Part(f"sasrec-{name}-s{seed}", partial(sasrec, name=name, seed=seed), 150)
        for seed in SEEDS
        for name in ("beauty", "toys")
    ]
