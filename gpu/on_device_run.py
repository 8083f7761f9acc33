"""Train a student with `on_device.py` on a data set of the home, and save it there as an ordinary student.

It has one task, uses neither rationales nor review texts, and all its users share one vector.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from on_device import OnDeviceSettings, Round, TrainedOnDevice, train_on_device

from rdrec.core.home import Home, check_name
from rdrec.core.records import InputError
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.student.checkpoint import StudentCard, save_student
from rdrec.student.model import Student
from rdrec.student.sampling import Sampler
from rdrec.student.shapes import t5_config
from rdrec.student.start import start_from_data
from rdrec.student.state import discard_state
from rdrec.student.tasks import Task
from rdrec.student.tokenizer import StudentTokenizer

STARTS = ("data", "random")


@dataclass(frozen=True)
class OnDevicePlan:
    """What to train.

    protocol  `clean` or `shuffled`; without reviews they are the same
    start     one of `STARTS`
    run       name of the student, or None for the default of `name`
    """

    data: str
    shape: str = "nano"
    protocol: str = "clean"
    start: str = "data"
    run: str | None = None

    def name(self, seed: int) -> str:
        """`run`, or for example next-item-nano-clean-s0."""
        return check_name(self.run or f"next-item-{self.shape}-{self.protocol}-s{seed}", "student name")


@dataclass(frozen=True)
class OnDeviceResult:
    """folder: of the saved student; None if time ran out, and the next call then resumes the run from its saved state."""

    name: str
    folder: Path | None
    trained: TrainedOnDevice


def run_on_device(
    home: Home,
    plan: OnDevicePlan,
    settings: OnDeviceSettings,
    *,
    device: str,
    seconds: float = math.inf,
    replace: bool = False,
    after_round: Callable[[Round], None] | None = None,
) -> OnDeviceResult:
    """Train for at most about `seconds`, and save the student when training is finished.  An unfinished run is resumed.

    Raises InputError for an unknown start, for an existing student without `replace`, and as `train_on_device` and `start_from_data`
    do.
    """
    if plan.start not in STARTS:
        raise InputError(f"unknown start {plan.start!r}", todo=f"use one of {', '.join(STARTS)}")
    name = plan.name(settings.seed)
    folder = home.student(plan.data, name)
    if (folder / "manifest.json").is_file() and not replace:
        raise InputError(
            f"a student named {name!r} already exists", where=folder.parent, todo="replace it or choose another name"
        )
    view = protocol_view(load_dataset(home, plan.data), plan.protocol, settings.seed)
    student, tokenizer, facts = new_student(view, plan, settings.seed)
    student.to(device)
    state = folder.with_name(f".{name}.training")
    header = {
        "data_sha256": dataset_sha256(home, plan.data),
        "plan": asdict(plan),
        "tokenizer_sha256": hashlib.sha256(tokenizer.to_json().encode()).hexdigest(),
    }
    trained = train_on_device(
        student, tokenizer, view, settings, state, header, seconds=seconds, restart=replace, after_round=after_round
    )
    if not trained.finished:
        return OnDeviceResult(name, None, trained)
    card = _card(view, plan, settings, student, header, trained, facts)
    save_student(folder, trained.student, tokenizer, card, curve=[asdict(record) for record in trained.curve])
    discard_state(state)
    return OnDeviceResult(name, folder, trained)


def tokenizer_of(view: ProtocolView, seed: int) -> StudentTokenizer:
    """The tokenizer that `rdrec train` would train for the data set, but it counts back, so that the student knows what is recent."""
    texts = Sampler(view, None, "baseline", seed).vocabulary_texts()
    tokenizer = StudentTokenizer.train(texts, users=view.dataset.n_users, items=view.dataset.n_items)
    tokenizer.counts_back = True
    return tokenizer


def new_student(view: ProtocolView, plan: OnDevicePlan, seed: int) -> tuple[Student, StudentTokenizer, dict[str, str | float]]:
    """A student before training, the same that `rdrec train` would start from, its tokenizer, and facts about its start for its card."""
    tokenizer = tokenizer_of(view, seed)
    torch.manual_seed(seed)
    student = Student.from_scratch(t5_config(plan.shape, tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos))
    if plan.start == "data":
        return student, tokenizer, start_from_data(student, tokenizer, view, None).facts()
    return student, tokenizer, {}


def _card(
    view: ProtocolView,
    plan: OnDevicePlan,
    settings: OnDeviceSettings,
    student: Student,
    header: dict[str, Any],
    trained: TrainedOnDevice,
    facts: dict[str, str | float],
) -> StudentCard:
    dataset = view.dataset
    training: dict[str, float | str] = {
        "start": plan.start,
        "counts_back": 1.0,
        "best_steps": trained.curve[trained.best].steps,
        **{name: value for name, value in asdict(settings).items() if name != "seed"},
        **facts,
    }
    return StudentCard(
        data=plan.data,
        data_sha256=str(header["data_sha256"]),
        users=dataset.n_users,
        items=dataset.n_items,
        shape=plan.shape,
        variant="baseline",
        protocol=plan.protocol,
        seed=settings.seed,
        teacher=None,
        rationales_sha256=None,
        init=None,
        epochs=trained.best + 1,
        training=training,
        tasks=[Task.SEQUENTIAL.key],
        parameters=student.parameters_count,
        precision="fp32",
        source_sha256=None,
        fp32_bytes=student.parameters_count * 4,
        ablated=[task.key for task in Task if task is not Task.SEQUENTIAL],
    )
