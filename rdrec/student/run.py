"""One training run: load the data set and the rationales from the home, train, and save the checkpoint and its curve there."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from rdrec.core.arrays import Integers
from rdrec.core.home import Home, check_name
from rdrec.core.records import Dataset, InputError
from rdrec.core.storage import exclusive, read_manifest
from rdrec.core.vocabulary import VARIANTS
from rdrec.data.clustered_ids import learned_view
from rdrec.data.item_ids import PROTOCOL
from rdrec.data.rationales import load_rationales
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.data.time_cut import CutShares
from rdrec.student.checkpoint import StudentCard, save_student
from rdrec.student.known_sequences import KnownSequences
from rdrec.student.memory import keep_freed_memory
from rdrec.student.model import Student
from rdrec.student.pretrained import init_from
from rdrec.student.sampling import Sampler, text_rows
from rdrec.student.shapes import t5_config
from rdrec.student.start import start_from_data
from rdrec.student.start_vectors import Choice
from rdrec.student.state import discard_state, saved_header
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.student.team import Team
from rdrec.student.tokenizer import GROUP, StudentTokenizer
from rdrec.student.train import EpochRecord, TrainSettings, train
from rdrec.teachers.supported import learned_texts

CHOSEN = "chosen"  # of `RunPlan.match`


@dataclass(frozen=True)
class RunPlan:
    """What to train.

    teacher  whose rationales are learned; the baseline ignores it
    init     folder or hub ID of pretrained T5 weights, or None
    run      name of the student, or None for `name`'s default
    ablate   tasks to leave out
    start, match, claims, ids, id_digits: as the settings `train.start`, ...; `start` has no effect with `init`
    """

    data: str
    variant: str
    shape: str
    protocol: str
    teacher: str
    init: str | None
    run: str | None
    settings: TrainSettings
    ablate: tuple[Task, ...] = ()
    start: str = "data"
    match: str = CHOSEN
    claims: str = "canonical"
    ids: str = PROTOCOL
    id_digits: int = 0
    shares: CutShares | None = None  # where to cut in time, for the protocol `temporal`

    @property
    def teacher_used(self) -> str | None:
        """The teacher, or None for the baseline, which learns no rationales."""
        return None if self.variant == "baseline" else self.teacher

    @property
    def digits(self) -> int:
        """Digits of an item ID per token; 0 means all in one token.  Learned IDs are paths in a tree and need several tokens."""
        return self.id_digits or (0 if self.ids == PROTOCOL else GROUP)

    @property
    def name(self) -> str:
        """`--run`, or for example rdrec-nano-clean-s0, rdrec-no-preference-attribution-nano-clean-s0, rdrec-nano-clean-clustered-s0."""
        shape = "init" if self.init else self.shape
        without = "".join(f"-{task.key.split('_')[-1]}" for task in self.ablate)
        variant = f"{self.variant}-no{without}" if without else self.variant
        protocol = self.protocol if self.ids == PROTOCOL else f"{self.protocol}-{self.ids}"
        return check_name(self.run or f"{variant}-{shape}-{protocol}-s{self.settings.seed}", "student name")


@dataclass(frozen=True)
class RunResult:
    """The saved student.  bytes: of its fp32 weights; best_epoch: from 1; start: "data", "random" or "pretrained"."""

    name: str
    folder: Path
    parameters: int
    bytes: int
    best_epoch: int
    curve: tuple[EpochRecord, ...]
    start: str


MeasureNdcg = Callable[[Student, StudentTokenizer, ProtocolView], float]


def run_training(
    home: Home,
    plan: RunPlan,
    *,
    device: str,
    replace: bool = False,
    measure_ndcg: MeasureNdcg | None = None,
    team: Team | None = None,
) -> RunResult:
    """Train one student and save it.  An unfinished run of that name is resumed.

    replace       replace a finished student of that name, and start an unfinished run over if it has other settings
    measure_ndcg  measures NDCG@10 of the validation items after every epoch
    team          the processes that train together (default: this one alone); all must call this function with the same plan, and the
                  first writes the files
    Raises InputError for an unknown variant and for an existing student without `replace`; ArtefactError for an unfinished run with
    other settings or data.
    """
    team = team or Team(device=device)
    if plan.variant not in VARIANTS:
        raise InputError(f"unknown variant {plan.variant!r}", todo=f"use one of {', '.join(VARIANTS)}")
    lock = home.student(plan.data, plan.name).with_name(f".{plan.name}.training.lock")
    with exclusive(lock, f"is training the student {plan.name!r}") if team.first else nullcontext():
        return _run(home, plan, team, replace, measure_ndcg)


def _run(home: Home, plan: RunPlan, team: Team, replace: bool, measure_ndcg: MeasureNdcg | None) -> RunResult:
    folder = home.student(plan.data, plan.name)
    if (folder / "manifest.json").is_file() and not replace:
        raise InputError(
            f"a student named {plan.name!r} already exists", where=folder.parent, todo="add --replace or choose another --run"
        )
    dataset = load_dataset(home, plan.data)
    view = protocol_view(dataset, plan.protocol, plan.settings.seed, plan.shares)
    state = folder.with_name(f".{plan.name}.training")
    rationales = None if plan.teacher_used is None else _rationales(home, plan, dataset, team.first)
    if plan.ids != PROTOCOL:
        saved_ids = None if replace else saved_header(state).get("item_ids")
        ids = team.broadcast(lambda: _learned_ids(view, plan, rationales, saved_ids))
        view = view.numbered(plan.ids, ids)
    sampler = Sampler(view, rationales, plan.variant, plan.settings.seed, plan.ablate)
    saved = {} if replace else saved_header(state)
    earlier = Choice.of(saved["changed"]) if saved.get("shape") == plan.shape else None  # other differences are refused below
    student, tokenizer, found = _new_student(plan, sampler, earlier, team.first)
    facts = team.broadcast(lambda: found)  # another machine may round differently; it gets the weights of the first process too
    start = str(facts["start"])
    student.to(team.device)
    if team.device == "cpu":
        keep_freed_memory()
    plan = dataclasses.replace(plan, settings=plan.settings.of_start(start))
    header = _header(home, plan, view, tokenizer, facts)
    trained = train(
        student,
        tokenizer,
        sampler,
        plan.settings,
        state,
        header,
        restart=replace,
        progress=team.first,
        after_epoch=_report,
        measure_ndcg=None if measure_ndcg is None else lambda current: measure_ndcg(current, tokenizer, view),
        team=team,
    )
    card = _card(plan, sampler, student, header, trained.best_epoch)
    result = RunResult(plan.name, folder, card.parameters, card.fp32_bytes, trained.best_epoch, trained.curve, start)
    if not team.first:
        return result
    learned = None if plan.ids == PROTOCOL else view.item_ids
    save_student(
        folder,
        trained.student,
        tokenizer,
        card,
        curve=[asdict(record) for record in trained.curve],
        item_ids=learned,
        known=KnownSequences.of(sampler.training_texts, tokenizer),
    )
    discard_state(state)
    return result


def _rationales(home: Home, plan: RunPlan, dataset: Dataset, progress: bool) -> pd.DataFrame:
    """The teacher's rationales in the form that `plan.claims` asks for."""
    assert plan.teacher_used is not None
    rationales = load_rationales(home, plan.data, plan.teacher_used)
    return learned_texts(dataset.interactions, rationales, plan.claims, plan.teacher_used, progress)


def _new_student(
    plan: RunPlan, sampler: Sampler, choice: Choice | None = None, progress: bool = False
) -> tuple[Student, StudentTokenizer, dict[str, str | float]]:
    """A student before training, its tokenizer, and facts for its card.

    start   what it starts from: "pretrained", "data" or "random" weights
    match   of a student that starts from rationales too: the setting
    choice  of the unfinished run that is resumed, which saves choosing again; what was chosen is among the facts
    """
    torch.manual_seed(plan.settings.seed)
    if plan.init:
        return *init_from(plan.init), {"start": "pretrained"}
    view = sampler.view
    tokenizer = StudentTokenizer.train(
        sampler.vocabulary_texts(), users=view.dataset.n_users, items=view.dataset.n_items, digits=plan.digits
    )
    student = Student.from_scratch(t5_config(plan.shape, tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos))
    if plan.start == "random" or not tokenizer.whole_ids:
        return student, tokenizer, {"start": "random"}
    wanted = None if plan.match == CHOSEN else float(plan.match)
    used = start_from_data(student, tokenizer, view, sampler.start_texts, wanted, choice, progress)
    facts = {"start": "data", **used.facts()}
    return student, tokenizer, facts if used.match is None else {**facts, "match": plan.match}


def _header(
    home: Home, plan: RunPlan, view: ProtocolView, tokenizer: StudentTokenizer, facts: Mapping[str, str | float]
) -> dict[str, Any]:
    """Everything that distinguishes this run from others; `changed` also goes into the student's card."""
    teacher = plan.teacher_used
    rationales = None if teacher is None else read_manifest(home.rationales(plan.data, teacher), "rationales").sha256
    changed: dict[str, int | float | str] = {**facts, "claims": plan.claims}
    if plan.id_digits or plan.ids != PROTOCOL:
        changed["id_digits"] = plan.digits
    if plan.ids != PROTOCOL:
        changed["ids"] = plan.ids
    if view.cut is not None:
        changed |= view.cut.shares.as_dict()
    return {
        "data_sha256": dataset_sha256(home, plan.data),
        "rationales_sha256": rationales,
        "variant": plan.variant,
        "shape": plan.shape,
        "init": plan.init,
        "protocol": plan.protocol,
        "ablate": ",".join(task.key for task in plan.ablate),
        "changed": changed,
        "item_ids": None if plan.ids == PROTOCOL else view.item_ids.tolist(),
        "tokenizer_sha256": hashlib.sha256(tokenizer.to_json().encode()).hexdigest(),
    }


def _card(plan: RunPlan, sampler: Sampler, student: Student, header: dict[str, Any], epochs: int) -> StudentCard:
    dataset = sampler.view.dataset
    return StudentCard(
        data=plan.data,
        data_sha256=str(header["data_sha256"]),
        users=dataset.n_users,
        items=dataset.n_items,
        shape="init" if plan.init else plan.shape,
        variant=plan.variant,
        protocol=plan.protocol,
        seed=plan.settings.seed,
        teacher=plan.teacher_used,
        rationales_sha256=header["rationales_sha256"],
        init=plan.init,
        epochs=epochs,
        training=header["changed"] | {name: value for name, value in asdict(plan.settings).items() if name != "seed"},
        tasks=[task.key for task in sampler.tasks],
        parameters=student.parameters_count,
        precision="fp32",
        source_sha256=None,
        fp32_bytes=student.parameters_count * 4,
        ablated=[task.key for task in plan.ablate],
    )


def _learned_ids(view: ProtocolView, plan: RunPlan, rationales: pd.DataFrame | None, saved_ids: list[int] | None) -> Integers:
    """(I + 1,) item IDs learned from what this student may see, or `saved_ids`, those of the unfinished run that is resumed.

    Raises InputError if IDs are single tokens, or if the baseline is to learn IDs from rationales.
    """
    if not plan.init and view.dataset.n_items < 10**plan.digits:
        raise InputError(
            f"the IDs of {view.dataset.n_items:,} items are single tokens, which cannot express what items have in common",
            where=view.dataset.name,
            todo="use a smaller --id-digits, or leave out --ids",
        )
    if saved_ids is not None:
        return np.array(saved_ids, dtype=np.int64)
    texts: list[tuple[int, str]] = []
    if plan.ids == "clustered-text":
        if rationales is None:
            raise InputError(
                "these IDs are learned from rationales, which the baseline may not see", todo="use --ids clustered"
            )
        seen = text_rows(view, rationales, plan.variant, "train", plan.settings.seed)
        tasks = [task for task in RATIONALE_TASKS if task not in plan.ablate]
        texts = [(item, text) for task in tasks for _, item, text in seen.of(task)]
    return learned_view(view, plan.ids, plan.digits, texts).item_ids


def _report(record: EpochRecord) -> None:
    """Print one line about an epoch."""
    losses = ", ".join(f"{key} {value:.3f}" for key, value in record.validation.items())
    ndcg = "" if record.ndcg is None else f", NDCG@10 {record.ndcg:.4f}"
    gaps = ", ".join(f"{key} {gap:+.3f}" for key, gap in record.gaps.items())
    own_other = f"; own-other gaps in nats per token: {gaps}" if gaps else ""
    print(f"epoch {record.epoch}: watched {record.score:.4f} (losses {losses}{ndcg}){own_other}", flush=True)
