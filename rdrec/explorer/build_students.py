"""Load the students of a precomputed set, and reject those that do not belong together or to the set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, Dataset, InputError, first_few
from rdrec.core.storage import read_manifest
from rdrec.core.vocabulary import BASELINE, CONTROL, RDREC, ROLES, TEMPORAL
from rdrec.data.item_ids import PROTOCOL
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.data.store import RATIONALES_KIND
from rdrec.data.time_cut import shares_of
from rdrec.evaluation.run import check_compatible, view_for
from rdrec.student.checkpoint import LoadedStudent, StudentCard, load_student, read_card
from rdrec.student.quantize import weight_bytes


@dataclass(frozen=True)
class BuildPlan:
    """Which students to show.

    scrambled   the control; it is evaluated, but only its sentences about shoppers are shown; None leaves it out
    teacher     its rationales were used to train the students
    first       teachers whose rationales are preferred for display wherever they have read the review
    beside      further teachers to show
    ship        runs that are copied into the set and checked, but not ranked
    precisions  whether to rank with both students in fp32, bf16, int8 and NF4 as well, which takes four times as long
    """

    data: str
    protocol: str
    seed: int
    teacher: str
    title: str | None
    rdrec: str
    baseline: str
    scrambled: str | None
    batch_users: int
    command: str
    beside: tuple[str, ...] = ()
    ship: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    precisions: bool = False

    @property
    def teachers(self) -> tuple[str, ...]:
        """All teachers to show, in display order."""
        return tuple(dict.fromkeys((*self.first, self.teacher, *self.beside)))

    @property
    def runs(self) -> dict[str, str]:
        """The runs by role."""
        return {RDREC: self.rdrec, BASELINE: self.baseline} | ({CONTROL: self.scrambled} if self.scrambled else {})


@dataclass(frozen=True)
class Chosen:
    """The students of a set and their folders by role, the view of the data that they share, and the folders of shipped students by run."""

    folders: dict[str, Path]
    loaded: dict[str, LoadedStudent]
    view: ProtocolView
    shipped: dict[str, Path]

    @property
    def shown(self) -> dict[str, Path]:
        """The folders of the two students that the page compares."""
        return {role: self.folders[role] for role in ROLES}


def choose_students(home: Home, plan: BuildPlan, dataset: Dataset, sha256: str) -> Chosen:
    """Load the students.  Raises InputError or ArtefactError if the data set, protocol, seed or variant of one does not match."""
    folders = {role: _folder(home, plan, run) for role, run in plan.runs.items()}
    loaded = {role: load_student(folder, "cpu", data_sha256=sha256) for role, folder in folders.items()}
    first = loaded[RDREC]
    shares = shares_of(first.card.training) if plan.protocol == first.card.protocol == TEMPORAL else None
    view = protocol_view(dataset, plan.protocol, plan.seed, shares)
    rationales_sha256 = read_manifest(home.rationales(plan.data, plan.teacher), RATIONALES_KIND).sha256
    for role, student in loaded.items():
        _check_role(role, student.card, folders[role], view, plan.teacher, rationales_sha256)
        _check_comparable(student.card, first.card, folders[role])
        _check_source(student.card, folders[role])
        _check_numbers(student.item_ids, first.item_ids, folders[role])
    view = view_for(first, view, folders[RDREC])
    return Chosen(folders, loaded, view, {run: _shipped(home, plan, run, view, sha256, first.item_ids) for run in plan.ship})


def student_facts(role: str, run: str, folder: Path, card: StudentCard) -> dict[str, object]:
    """The facts about a student for the manifest."""
    return {
        "role": role,
        "run": run,
        "folder": f"students/{role}",
        "shape": card.shape,
        "parameters": card.parameters,
        "precision": card.precision,
        "bytes": weight_bytes(folder),
        "fp32_bytes": card.fp32_bytes,
        "epochs": card.epochs,
    }


def shipped_facts(run: str, folder: Path) -> dict[str, object]:
    """The facts about a shipped student for the manifest; `ids`: its item numbering, or None for that of the set."""
    card = read_card(folder)[0]
    return student_facts(run, run, folder, card) | {"ids": None if card.ids == PROTOCOL else card.ids}


def _folder(home: Home, plan: BuildPlan, run: str) -> Path:
    return home.require(home.student(plan.data, run), "student", f"python -m rdrec quantize --data {plan.data} --run ...")


def _check_role(role: str, card: StudentCard, folder: Path, view: ProtocolView, teacher: str, rationales_sha256: str) -> None:
    """Refuse a student of another variant, or one trained on rationales other than those shown."""
    check_compatible(card, view, folder)
    if card.variant != role:
        raise InputError(f"this student has the variant {card.variant}, not {role}", where=folder, todo="choose another run")
    if card.ablated:
        raise InputError(
            f"trained without {first_few(card.ablated)}, but the page compares complete students",
            where=folder,
            todo="choose another run",
        )
    if card.teacher not in (None, teacher):
        raise InputError(
            f"trained on rationales of {card.teacher!r}, not {teacher!r}", where=folder, todo=f"use --teacher {card.teacher}"
        )
    if card.rationales_sha256 not in (None, rationales_sha256):
        raise ArtefactError(
            "trained on an earlier version of these rationales", where=folder, todo="train and quantise it again"
        )


def _check_comparable(card: StudentCard, first: StudentCard, folder: Path) -> None:
    """Refuse students that differ in more than their variant, and in how much rationales count at its start."""
    for name in ("shape", "init", "precision", "settings"):
        own, expected = getattr(card, name), getattr(first, name)
        if name == "settings":
            own, expected = ({key: value for key, value in found.items() if key != "match"} for found in (own, expected))
            differ = [key for key in own | expected if own.get(key) != expected.get(key)]
            own, expected = ({key: found.get(key) for key in differ} for found in (own, expected))
        if own != expected:
            raise InputError(
                f"{name}: {own}, but the rdrec student has {expected}",
                where=folder,
                todo="compare students trained with the same settings",
            )


def _check_numbers(ids: np.ndarray | None, first: np.ndarray | None, folder: Path) -> None:
    """Refuse students with different item numbers, because the page shows one number per item."""
    if (ids is None) != (first is None) or not np.array_equal(ids, first):  # type: ignore[arg-type]
        raise InputError(
            "this student uses other item numbers than the rdrec student",
            where=folder,
            todo="train both with the same --ids",
        )


def source_of(folder: Path, card: StudentCard) -> Path:
    """Where the fp32 student is from which this one was quantised; the folder itself for an fp32 student."""
    return folder.with_name(folder.name.removesuffix(f"-{card.precision}"))


def _check_source(card: StudentCard, folder: Path) -> None:
    """Refuse a quantised student whose fp32 original has been retrained since."""
    source = source_of(folder, card)
    if source != folder and (source / "manifest.json").is_file():
        found = read_card(source)[1].sha256
        if found != card.source_sha256:
            raise ArtefactError(
                f"{source.name} was trained again after this student was quantised from it",
                where=folder,
                todo=f"python -m rdrec quantize --data {card.data} --run {source.name}",
            )


def _shipped(home: Home, plan: BuildPlan, run: str, view: ProtocolView, sha256: str, shown_ids: np.ndarray | None) -> Path:
    """The folder of an additional student to copy.  Raises if its data, protocol, seed or item numbers differ."""
    folder = _folder(home, plan, run)
    card = read_card(folder)[0]
    check_compatible(card, view, folder)
    if card.data_sha256 != sha256:
        raise ArtefactError("trained on another version of the data set", where=folder, todo="train and quantise it again")
    _check_source(card, folder)
    if card.ids == PROTOCOL:  # learned numbers are stored with the weights and shown only with this student
        _check_numbers(None, shown_ids, folder)
    return folder
