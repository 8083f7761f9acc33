"""Trains a small student on a part of a precomputed set and prints a line of JSON after every epoch: the process behind `lab.py`.

It ends when its standard input is closed, or when the system has given it the processor time that it may take.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdrec.core.settings import integer

if TYPE_CHECKING:
    import pandas as pd

    from rdrec.core.records import Dataset
    from rdrec.explorer.store import Store

EPOCHS = 1_000  # more than any bound of processor time allows
NICE = 10
VARIANT, SHAPE, PROTOCOL = "rdrec", "nano", "clean"


@dataclass(frozen=True)
class Part:
    """A data set of some shoppers, what the teacher said of them, and the number that the watched one has in it."""

    dataset: Dataset
    rationales: pd.DataFrame
    watched: int


def part_of(store: Store, user: int, most: int, seed: int) -> Part:
    """The shopper and others drawn at random, `most` in all, with all products of the set."""
    import numpy as np
    import pandas as pd

    from rdrec.core.records import Dataset

    users, items, rows, told = (
        pd.read_parquet(store.folder / f"{name}.parquet") for name in ("users", "items", "history", "rationales")
    )
    others = np.random.default_rng(seed).permutation(users.loc[users["user"] != user, "user"].to_numpy())
    chosen = sorted([user, *others[: most - 1].tolist()])
    number = {old: new for new, old in enumerate(chosen, start=1)}
    rows = rows[rows["user"].isin(number)].assign(
        user=lambda table: table["user"].map(number), explanation=None, feature=None, text_split=None
    )
    rows = rows.sort_values(["user", "position"], ignore_index=True)
    told = told[told["user"].isin(number) & (told["teacher"] == store.facts.teacher)]
    told = told.assign(user=told["user"].map(number)).reset_index(drop=True)
    people = users[users["user"].isin(number)].assign(user=lambda table: table["user"].map(number))
    people = people.sort_values("user", ignore_index=True)[["user", "user_key"]]
    dataset = Dataset(store.facts.data, people, items.sort_values("item", ignore_index=True), rows, None, {})
    return Part(dataset, told, number[user])


def main(folder: Path, user: int, seed: int, state: Path) -> None:
    """Print `{"epoch", "loss", "sentence", "rank", "among", "cpu_s"}` after every epoch."""
    import torch

    from rdrec.data.competing import competing_items
    from rdrec.data.splits import protocol_view
    from rdrec.evaluation.metrics import place_of_truth, shown_rank
    from rdrec.explorer.store import Store
    from rdrec.ranking.recommender import Recommender
    from rdrec.student.model import Student
    from rdrec.student.run import RunPlan, beginner
    from rdrec.student.sampling import Sampler
    from rdrec.student.tasks import Task
    from rdrec.student.train import EpochRecord, TrainSettings, train

    torch.set_num_threads(1)
    part = part_of(Store.open(folder), user, integer("lab.shoppers"), seed)
    view = protocol_view(part.dataset, PROTOCOL, seed)
    settings = TrainSettings(
        seed, EPOCHS, EPOCHS, integer("lab.rows"), learning_rate=0.0, topn_rows=4, layer_rate=0.0, watch="last"
    )
    settings = settings.of_start("random")
    sampler = Sampler(view, part.rationales, VARIANT, seed, without=(Task.TOPN,))
    plan = RunPlan(part.dataset.name, VARIANT, SHAPE, PROTOCOL, "", None, None, settings, start="random")
    student, tokenizer, _ = beginner(plan, sampler)
    split = view.splits[part.watched - 1]
    truth, history = split.test, split.shown.tolist()
    compete = competing_items(part.dataset.n_items, history, truth)

    @dataclass(frozen=True)
    class InTraining:
        model: Student
        tokenizer: Any

    def look(record: EpochRecord, current: Student) -> None:
        recommender = Recommender(InTraining(current, tokenizer), view.item_ids)
        rank = None
        if truth is not None:
            scores = recommender.sequential([part.watched], [history])[0]
            place = place_of_truth(scores[compete], int((compete == truth).argmax()))
            rank = shown_rank(*place)
        (sentence,) = recommender.texts(Task.USER_PREFERENCE, [part.watched], [int(compete[0] if truth is None else truth)])
        loss = sum(record.train.values()) / len(record.train)
        said = {"epoch": record.epoch, "loss": loss, "sentence": sentence, "rank": None if rank is None else int(rank)}
        print(json.dumps(said | {"among": len(compete), "cpu_s": time.process_time()}), flush=True)

    train(student, tokenizer, sampler, settings, state, {"lab": True}, progress=False, observe=look)


def _end_with_input(folder: Path) -> None:
    """The server is gone, or has had enough: leave nothing."""
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    os.nice(NICE)
    seconds = integer("lab.seconds")
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    threading.Thread(target=_end_with_input, args=(Path(sys.argv[4]).parent,), daemon=True).start()
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
