"""Compute everything the page shows for one data set into one self-contained folder.

Writes a `precomputed` artefact: Parquet tables sorted by user, and copies of the two students for live runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rdrec.baselines.rules import purchases
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError, first_few
from rdrec.core.settings import integer
from rdrec.core.storage import Manifest, new_artefact, read_manifest, write_table
from rdrec.core.vocabulary import ROLES, TASKS, TEMPORAL
from rdrec.data.cases import Case, cases
from rdrec.data.item_ids import PROTOCOL
from rdrec.data.rationales import KIND as RATIONALES_KIND
from rdrec.data.rationales import load_rationales
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.data.ties import ties_in_words
from rdrec.data.time_cut import shares_of
from rdrec.evaluation.metrics import shown_rank
from rdrec.evaluation.ranking import Ranked, rank_cases
from rdrec.evaluation.run import check_belongs, own_view
from rdrec.explorer.audit import audit_table
from rdrec.explorer.card import data_card
from rdrec.explorer.evaluated import gathered_evidence
from rdrec.explorer.featured import featured_users
from rdrec.explorer.marks import beam_misses, lost_by_beams, taste_drift
from rdrec.explorer.measured import Shown, measured
from rdrec.explorer.motives import COLUMNS as MOTIVES
from rdrec.explorer.precision_table import precision_table
from rdrec.explorer.tables import KIND
from rdrec.explorer.told import about_teachers, told_table
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent, StudentCard, load_student, read_card
from rdrec.student.quantize import weight_bytes
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.synthetic.facts import world_in_words
from rdrec.synthetic.truth import has_truth, load_standing, load_truth


@dataclass(frozen=True)
class BuildPlan:
    """Which students to show.  `scrambled` is measured, and shown by its words about each shopper; None leaves it out.

    teacher  whose rationales the students learned from
    first   teachers whose rationales are shown first wherever they have read the review
    beside  further teachers, shown beside those
    ship    runs that are copied along, measured by nobody here
    precisions  whether both students are ranked in fp32, bf16, int8 and NF4 too, which takes four times as long
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
        """All that are shown, in their order, each once."""
        return tuple(dict.fromkeys((*self.first, self.teacher, *self.beside)))


def build(home: Home, plan: BuildPlan, *, progress: bool = True) -> Manifest:
    """Rank every test case with the students and write `home.precomputed(data)`.

    Always ranks on the CPU, so that a live run there reproduces the numbers.  Raises InputError or ArtefactError if a student belongs to
    another data set, protocol, seed or variant.
    """
    dataset = load_dataset(home, plan.data)
    sha256 = dataset_sha256(home, plan.data)
    rationales = load_rationales(home, plan.data, plan.teacher)
    runs = {"rdrec": plan.rdrec, "baseline": plan.baseline} | ({"scrambled": plan.scrambled} if plan.scrambled else {})
    folders = {
        role: home.require(home.student(plan.data, run), "student", f"python -m rdrec quantize --data {plan.data} --run ...")
        for role, run in runs.items()
    }
    loaded = {role: load_student(folder, "cpu", data_sha256=sha256) for role, folder in folders.items()}
    shares = shares_of(loaded["rdrec"].card.training) if plan.protocol == loaded["rdrec"].card.protocol == TEMPORAL else None
    view = protocol_view(dataset, plan.protocol, plan.seed, shares)
    told_sha256 = read_manifest(home.rationales(plan.data, plan.teacher), RATIONALES_KIND).sha256
    for role, student in loaded.items():
        _check_role(role, student.card, folders[role], view, plan.teacher, told_sha256)
        _check_comparable(student.card, loaded["rdrec"].card, folders[role])
        _check_source(home, student.card, folders[role])
        _check_numbers(student.item_ids, loaded["rdrec"].item_ids, folders[role])
    view = own_view(loaded["rdrec"], view, folders["rdrec"])
    asked: dict[str, list[Case]] = {task: cases(view, task) for task in TASKS}
    ranked: dict[tuple[str, str], Ranked] = {
        (role, task): rank_cases(
            Recommender(student, view.item_ids),
            asked[task],
            task,
            top=integer("precompute.top"),
            batch_users=plan.batch_users,
            progress=progress,
        )
        for role, student in loaded.items()
        for task in TASKS
    }
    shown = {key: result for key, result in ranked.items() if key[0] in ROLES}
    marks = (
        taste_drift(view, asked["sequential"]),
        lost_by_beams(Recommender(loaded["rdrec"], view.item_ids), asked["sequential"]),
    )
    users = _users(view, asked["sequential"], shown, marks)
    featured = users.loc[users["featured"].notna(), "user"]
    told = told_table(home, plan.data, plan.teachers, dataset.interactions, featured)
    shipped = {run: _shipped(home, plan, run, view, sha256, loaded["rdrec"].item_ids) for run in plan.ship}
    gathered = gathered_evidence(home, plan.data, plan.protocol, sha256)
    evaluation = measured(home, view, plan.seed, sha256, Shown(loaded, ranked, {plan.teacher: rationales}), gathered)
    meta = {
        "data": plan.data,
        "data_sha256": sha256,
        "title": plan.title or str(dataset.meta.get("title") or plan.data),
        "synthetic": bool(dataset.meta.get("synthetic", False)),
        "protocol": plan.protocol,
        "seed": plan.seed,
        "teacher": plan.teacher,
        "first": list(plan.first),
        "beside": list(plan.beside),
        "about_teachers": about_teachers(home, plan.data, told),
        "users": dataset.n_users,
        "items": dataset.n_items,
        "interactions": len(dataset.interactions),
        "reviews": int(dataset.interactions["review"].notna().sum()),
        "rationales": int((rationales["status"] == "ok").sum()),
        "students": [_student_meta(role, runs[role], folders[role], loaded[role].card) for role in ROLES],
        "shipped": [_shipped_meta(run, folder) for run, folder in shipped.items()],
        "source": dataset.meta.get("source"),
        "ties": ties_in_words(dataset.meta),
        "cut": view.cut_facts(),
        "world": world_in_words(dataset.meta),
        "candidates": integer("data.negatives") + 1,
        "top": integer("precompute.top"),
        "command": plan.command,
    }
    with new_artefact(home.precomputed(plan.data), KIND, meta) as folder:
        write_table(users, folder / "users.parquet")
        write_table(_items(view), folder / "items.parquet")
        history = _history(view)
        write_table(history, folder / "history.parquet")
        write_table(told.merge(history[["user", "position"]]), folder / "rationales.parquet")
        write_table(_predictions(asked, shown), folder / "predictions.parquet")
        write_table(_truths(asked, shown), folder / "truths.parquet")
        write_table(_texts(view, rationales, asked["sequential"], loaded), folder / "texts.parquet")
        write_table(_candidates(asked["topn"]), folder / "candidates.parquet")
        write_table(evaluation, folder / "evaluation.parquet")
        write_table(audit_table(view), folder / "audit.parquet")
        for name, table in gathered.items():
            write_table(table, folder / f"{name}.parquet")
        if plan.precisions:
            shown_folders: dict[str, Path] = {role: folders[role] for role in ROLES}
            table = precision_table(view, shown_folders, asked["sequential"], sha256, plan.batch_users, progress=progress)
            write_table(table, folder / "precisions.parquet")
        if (misses := _beam_misses(shipped, asked["sequential"], view)) is not None:
            write_table(misses, folder / "beam_misses.parquet")
        if has_truth(home, plan.data):
            write_table(_causes(home, view), folder / "causes.parquet")
            write_table(_motives(home, view, users["user"]), folder / "motives.parquet")
        for role, source in {role: folders[role] for role in ROLES}.items() | shipped.items():
            shutil.copytree(source, folder / "students" / role)
        if (card := data_card(home, plan.data, meta)) is not None:
            (folder / "README.md").write_text(card, "utf-8")
    return read_manifest(home.precomputed(plan.data), KIND)


def _check_role(role: str, card: StudentCard, folder: Path, view: ProtocolView, teacher: str, told_sha256: str) -> None:
    """Refuse a student of another variant, or one trained on other rationales than those shown."""
    check_belongs(card, view, folder)
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
    if card.rationales_sha256 not in (None, told_sha256):
        raise ArtefactError(
            "trained on an earlier version of these rationales", where=folder, todo="train and quantise it again"
        )


def _check_comparable(card: StudentCard, first: StudentCard, folder: Path) -> None:
    """Refuse students that differ in more than their variant."""
    for name in ("shape", "init", "precision", "training"):
        mine, other = getattr(card, name), getattr(first, name)
        if mine != other:
            raise InputError(
                f"{name} is {mine}, but that of the rdrec student is {other}",
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


def _check_source(home: Home, card: StudentCard, folder: Path) -> None:
    """Refuse a quantised student whose fp32 original has been retrained since."""
    source = folder.with_name(folder.name.removesuffix(f"-{card.precision}"))
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
    folder = home.require(home.student(plan.data, run), "student", f"python -m rdrec quantize --data {plan.data} --run ...")
    card = read_card(folder)[0]
    check_belongs(card, view, folder)
    if card.data_sha256 != sha256:
        raise ArtefactError("trained on another version of the data set", where=folder, todo="train and quantise it again")
    _check_source(home, card, folder)
    if card.ids == PROTOCOL:  # learned numbers are kept beside the weights and shown with the student alone
        _check_numbers(None, shown_ids, folder)
    return folder


def _shipped_meta(run: str, folder: Path) -> dict[str, object]:
    card = read_card(folder)[0]
    return _student_meta(run, run, folder, card) | {"ids": None if card.ids == PROTOCOL else card.ids}


def _beam_misses(shipped: dict[str, Path], asked: Sequence[Case], view: ProtocolView) -> pd.DataFrame | None:
    """Examples for each shipped student whose item ids are several tokens; None without such a student."""
    found = []
    for run, folder in shipped.items():
        loaded = load_student(folder, "cpu")
        recommender = Recommender(loaded, view.item_ids if loaded.item_ids is None else loaded.item_ids)
        if not recommender.one_token_ids:
            found.append(beam_misses(recommender, asked, run))
    return pd.concat(found, ignore_index=True) if found else None


def _student_meta(role: str, run: str, folder: Path, card: StudentCard) -> dict[str, object]:
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


def _users(
    view: ProtocolView,
    asked: Sequence[Case],
    ranked: dict[tuple[str, str], Ranked],
    marks: tuple[np.ndarray, np.ndarray],
) -> pd.DataFrame:
    rdrec, baseline = ranked["rdrec", "sequential"], ranked["baseline", "sequential"]
    reasons = featured_users(
        [case.user for case in asked],
        [len(case.history) + 1 for case in asked],
        shown_rank(rdrec.above, rdrec.tied),
        shown_rank(baseline.above, baseline.tied),
        *marks,
    )
    frame = view.dataset.users[["user", "user_key"]].copy()
    frame["interactions"] = [split.before + (split.test is not None) for split in view.splits]
    frame["featured"] = [reasons.get(user) for user in frame["user"]]
    return frame[frame["interactions"] > 0].reset_index(drop=True)  # under `temporal`, some users only appear after the cut


def _items(view: ProtocolView) -> pd.DataFrame:
    frame = view.dataset.items[["item", "item_key", "title", "brand", "categories", "price"]].copy()
    frame["item_id"] = view.item_ids[frame["item"]]
    frame["purchases"] = purchases(view)[frame["item"]]
    return frame


def _history(view: ProtocolView) -> pd.DataFrame:
    """Every interaction up to the held-out one, which is each user's last; later ones are not shown."""
    frame = view.dataset.interactions[["user", "position", "item", "timestamp", "rating", "review", "summary"]].copy()
    frame.insert(3, "split", view.row_splits)
    return frame[frame["split"] != "after"].reset_index(drop=True)


def _causes(home: Home, view: ProtocolView) -> pd.DataFrame:
    """For an invented set: the true cause of each user's held-out purchase."""
    hidden = view.dataset.interactions.loc[view.row_splits == "test", ["user", "position"]]
    return load_truth(home, view.dataset.name)[1].merge(hidden)[["user", "cause"]]


def _motives(home: Home, view: ProtocolView, users: pd.Series) -> pd.DataFrame:
    """For an invented set: the standing motives of the users shown, in the answer key's words."""
    name = view.dataset.name
    world, standing = load_truth(home, name)[0], load_standing(home, name)
    words = [world.wordings[value][0] for value in world.value_names]
    rows = [
        (user, words[value], bool(standing.named_before_last_two[user - 1, value]))
        for user in users
        for value in standing.motives[user - 1].nonzero()[0]
    ]
    return pd.DataFrame(rows, columns=list(MOTIVES))


def _predictions(asked: dict[str, list[Case]], ranked: dict[tuple[str, str], Ranked]) -> pd.DataFrame:
    parts = []
    for (role, task), result in ranked.items():
        users, top = result.top_items.shape
        part = pd.DataFrame(
            {
                "user": np.repeat([case.user for case in asked[task]], top),
                "student": role,
                "task": task,
                "rank": np.tile(np.arange(1, top + 1), users),
                "item": result.top_items.ravel(),
                "probability": result.top_probabilities.ravel(),
            }
        )
        parts.append(part[part["item"] > 0])
    return pd.concat(parts).sort_values(["user", "student", "task", "rank"], ignore_index=True)


def _truths(asked: dict[str, list[Case]], ranked: dict[tuple[str, str], Ranked]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "user": [case.user for case in asked[task]],
                "student": role,
                "task": task,
                "item": [case.truth for case in asked[task]],
                "rank": shown_rank(result.above, result.tied),
                "probability": result.probability,
                "among": result.among,
            }
        )
        for (role, task), result in ranked.items()
    ]
    return pd.concat(parts).sort_values(["user", "student", "task"], ignore_index=True)


def _texts(
    view: ProtocolView, rationales: pd.DataFrame, asked: Sequence[Case], students: dict[str, LoadedStudent]
) -> pd.DataFrame:
    """The students' texts about each test interaction, and the reference texts; of the control, what it says of the shopper."""
    users, items = [case.user for case in asked], [case.truth for case in asked]
    hidden = view.dataset.interactions[view.row_splits == "test"]
    said = rationales.merge(hidden[["user", "position"]])
    references = {Task.EXPLANATION: hidden.set_index("user")["explanation"]} | {
        task: said.set_index("user")[task.key] for task in RATIONALE_TASKS
    }
    parts = []
    for role, loaded in students.items():
        recommender = Recommender(loaded, view.item_ids)
        asked_of = (Task.EXPLANATION, *RATIONALE_TASKS) if role in ROLES else (Task.USER_PREFERENCE,)
        trained = [task for task in asked_of if task.key in loaded.card.tasks]
        for task in trained:
            texts = recommender.texts(task, users, items)
            part = pd.DataFrame({"user": users, "item": items, "student": role, "task": task.key, "text": texts})
            part["reference"] = references[task].reindex(users).to_numpy(dtype=object)
            parts.append(part)
    return pd.concat(parts).sort_values(["user", "student", "task"], ignore_index=True)


def _candidates(asked: Sequence[Case]) -> pd.DataFrame:
    return pd.DataFrame({"user": [case.user for case in asked], "candidates": [case.compete.tolist() for case in asked]})
