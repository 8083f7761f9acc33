"""Step b: strong recommenders without leaks on real data.  SASRec on Beauty and Toys, three seeds."""

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
    """Train SASRec by its recipe, then rank the test purchase of every user over the whole catalogue, seen items left out."""
    from rdrec.baselines.run import load_rival
    from rdrec.baselines.train import measure
    from rdrec.core.home import Home
    from rdrec.data.splits import histories_of, leave_one_out
    from rdrec.data.store import dataset_sha256, load_dataset

    home = setting.scratch / ("home-rehearsal" if setting.rehearse else "home")
    if not (home / "data" / name / "manifest.json").exists():
        if setting.rehearse:
            rdrec(home, "data", "make", "--users", "60", "--name", name)
        else:
            rdrec(home, "data", "import", str(real_data(name)), "--name", name)
    shorter = ["--epochs", "2", "--width", "16", "--negatives", "8"] if setting.rehearse else []
    run, device = f"sasrec-s{seed}", setting.device
    trained = rdrec(home, "rival", "--data", name, "--seed", str(seed), "--run", run, "--replace", "--device", device, *shorter)
    data = Home(home)
    model, card = load_rival(data.rival(name, run), device, data_sha256=dataset_sha256(data, name))
    histories = histories_of(load_dataset(data, name))
    asked = [(history[:-1], int(history[-1])) for history in histories if leave_one_out(history).test is not None]
    recall, ndcg = measure(model, asked, card.shape.length)
    return {"train": trained, "test_users": len(asked), "test_recall10": round(recall, 6), "test_ndcg10": round(ndcg, 6)}


def parts(setting: Setting) -> list[Part]:
    """In the order in which they run."""
    from run import Part

    return [
        Part(f"sasrec-{name}-s{seed}", partial(sasrec, name=name, seed=seed), 150)
        for seed in SEEDS
        for name in ("beauty", "toys")
    ]
