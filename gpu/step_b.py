"""Step b: SASRec and T5 students on real data without leaks (Beauty and Toys)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from next_item import CHOICE, choose, imported, train_student
from step_a import rdrec

if TYPE_CHECKING:
    from run import Part, Setting

SEEDS = (0, 1, 2)
SETS = ("beauty", "toys")
SECONDS = {"nano": 60, "tiny": 75}  # of training at most; a part also initialises, ranks and quantises


def sasrec(setting: Setting, name: str, seed: int) -> dict[str, Any]:
    """Train SASRec with the default settings, then rank every user's test purchase among all items not seen before."""
    from rdrec.baselines.run import load_rival
    from rdrec.baselines.train import measure
    from rdrec.core.home import Home
    from rdrec.data.splits import histories_of, leave_one_out
    from rdrec.data.store import dataset_sha256, load_dataset

    home = imported(setting, name)
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
    """All parts in order: everything with the first seed, then the other seeds."""
    from run import Part

    found = []
    for seed in SEEDS:
        found += [Part(f"sasrec-{name}-s{seed}", partial(sasrec, name=name, seed=seed), 100) for name in SETS]
        if seed == SEEDS[0]:
            found.append(Part(CHOICE, choose, 90))
        for shape, seconds in SECONDS.items():
            work = partial(train_student, shape=shape, seed=seed, seconds=seconds)
            found += [Part(f"t5-{shape}-{name}-s{seed}", partial(work, name=name), seconds + 30) for name in SETS]
    return found
