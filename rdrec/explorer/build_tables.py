"""Build the tables of a precomputed set from the data, the rankings, the rationales and the generated texts.  Imports torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.baselines.rules import purchases
from rdrec.core.home import Home
from rdrec.core.records import CLAIM_KINDS, InputError, Rationale, Review
from rdrec.core.storage import read_manifest, read_table
from rdrec.core.vocabulary import PRECISIONS, ROLES
from rdrec.data.cases import Case
from rdrec.data.rationales import ANSWER_KEY, RAW_TABLE, answer_of, load_rationales
from rdrec.data.splits import ProtocolView
from rdrec.data.store import RATIONALES_KIND
from rdrec.evaluation.collect import curve_table
from rdrec.evaluation.metrics import shown_rank
from rdrec.evaluation.precision import student_forms
from rdrec.evaluation.ranking import Ranked, rank_cases
from rdrec.explorer.build_students import Chosen, source_of
from rdrec.explorer.featured import featured_users
from rdrec.explorer.marks import beam_misses
from rdrec.explorer.motives import COLUMNS as MOTIVES
from rdrec.explorer.precisions import TOP
from rdrec.explorer.tables import OPTIONAL_TABLES
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent, load_student, read_card
from rdrec.student.tasks import RATIONALE_TASKS, Task
from rdrec.synthetic.truth import load_standing, load_truth
from rdrec.teachers.grounding import ground
from rdrec.teachers.run import reviews_by_key

TASK = "sequential"


def users_table(
    view: ProtocolView,
    test_cases: Sequence[Case],
    ranked: dict[tuple[str, str], Ranked],
    marks: tuple[np.ndarray, np.ndarray, np.ndarray | None],
) -> pd.DataFrame:
    """Users with at least one purchase to show: key, number of purchases, and why they are featured."""
    rdrec, baseline = ranked["rdrec", "sequential"], ranked["baseline", "sequential"]
    reasons = featured_users(
        [case.user for case in test_cases],
        [len(case.history) + 1 for case in test_cases],
        shown_rank(rdrec.above, rdrec.tied),
        shown_rank(baseline.above, baseline.tied),
        *marks,
    )
    frame = view.dataset.users[["user", "user_key"]].copy()
    frame["interactions"] = [split.before + (split.test is not None) for split in view.splits]
    frame["featured"] = [reasons.get(user) for user in frame["user"]]
    return frame[frame["interactions"] > 0].reset_index(drop=True)  # under `temporal`, some users only appear after the cut


def items_table(view: ProtocolView) -> pd.DataFrame:
    """The products with the item numbers that students use, and their number of training purchases."""
    frame = view.dataset.items[["item", "item_key", "title", "brand", "categories", "price"]].copy()
    frame["item_id"] = view.item_ids[frame["item"]]
    frame["purchases"] = purchases(view)[frame["item"]]
    return frame


def history_table(view: ProtocolView) -> pd.DataFrame:
    """Every interaction up to each user's held-out one; later ones are not shown."""
    frame = view.dataset.interactions[["user", "position", "item", "timestamp", "rating", "review", "summary"]].copy()
    frame.insert(3, "split", view.row_splits)
    return frame[frame["split"] != "after"].reset_index(drop=True)


def causes_table(home: Home, view: ProtocolView) -> pd.DataFrame:
    """For an invented shop: the true cause of each user's held-out purchase."""
    hidden = view.dataset.interactions.loc[view.row_splits == "test", ["user", "position"]]
    return load_truth(home, view.dataset.name)[1].merge(hidden)[["user", "cause"]]


def motives_table(home: Home, view: ProtocolView) -> pd.DataFrame:
    """For an invented shop: the standing motives of all users, in the wording of the answer key."""
    name = view.dataset.name
    world, standing = load_truth(home, name)[0], load_standing(home, name)
    words = [world.wordings[value][0] for value in world.value_names]
    rows = [
        (user, words[value], bool(standing.named_before_last_two[user - 1, value]))
        for user in view.dataset.users["user"]
        for value in standing.motives[user - 1].nonzero()[0]
    ]
    return pd.DataFrame(rows, columns=list(MOTIVES))


def predictions_table(test_cases: dict[str, list[Case]], ranked: dict[tuple[str, str], Ranked]) -> pd.DataFrame:
    """The best products of each student, task and shopper."""
    parts = []
    for (role, task), result in ranked.items():
        users, top = result.top_items.shape
        part = pd.DataFrame(
            {
                "user": np.repeat([case.user for case in test_cases[task]], top),
                "student": role,
                "task": task,
                "rank": np.tile(np.arange(1, top + 1), users),
                "item": result.top_items.ravel(),
                "probability": result.top_probabilities.ravel(),
            }
        )
        parts.append(part[part["item"] > 0])
    return pd.concat(parts).sort_values(["user", "student", "task", "rank"], ignore_index=True)


def truths_table(test_cases: dict[str, list[Case]], ranked: dict[tuple[str, str], Ranked]) -> pd.DataFrame:
    """Where each student ranks the held-out purchase."""
    parts = [
        pd.DataFrame(
            {
                "user": [case.user for case in test_cases[task]],
                "student": role,
                "task": task,
                "item": [case.truth for case in test_cases[task]],
                "rank": shown_rank(result.above, result.tied),
                "probability": result.probability,
                "among": result.among,
            }
        )
        for (role, task), result in ranked.items()
    ]
    return pd.concat(parts).sort_values(["user", "student", "task"], ignore_index=True)


def texts_table(
    view: ProtocolView, rationales: pd.DataFrame, test_cases: Sequence[Case], students: dict[str, LoadedStudent]
) -> pd.DataFrame:
    """The students' texts about each test interaction, with reference texts; for the control only the user preference."""
    users, items = [case.user for case in test_cases], [case.truth for case in test_cases]
    hidden = view.dataset.interactions[view.row_splits == "test"]
    true_rationales = rationales.merge(hidden[["user", "position"]])
    references = {Task.EXPLANATION: hidden.set_index("user")["explanation"]} | {
        task: true_rationales.set_index("user")[task.key] for task in RATIONALE_TASKS
    }
    parts = []
    for role, loaded in students.items():
        recommender = Recommender(loaded, view.item_ids)
        text_tasks = (Task.EXPLANATION, *RATIONALE_TASKS) if role in ROLES else (Task.USER_PREFERENCE,)
        trained = [task for task in text_tasks if task.key in loaded.card.tasks]
        for task in trained:
            texts = recommender.texts(task, users, items)
            part = pd.DataFrame({"user": users, "item": items, "student": role, "task": task.key, "text": texts})
            part["reference"] = references[task].reindex(users).to_numpy(dtype=object)
            parts.append(part)
    return pd.concat(parts).sort_values(["user", "student", "task"], ignore_index=True)


def candidates_table(test_cases: Sequence[Case]) -> pd.DataFrame:
    """The candidates of each user's short list."""
    return pd.DataFrame(
        {"user": [case.user for case in test_cases], "candidates": [case.compete.tolist() for case in test_cases]}
    )


def curves_table(home: Home, chosen: Chosen) -> pd.DataFrame:
    """The training curves of the page's students, from the fp32 students that they were quantised from, if these are in the home."""
    data = chosen.view.dataset.name
    runs = [source_of(folder, chosen.loaded[role].card).name for role, folder in chosen.folders.items()]
    tables = [curve_table(home, data, run) for run in runs if run in home.names("students", data)]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True)[list(OPTIONAL_TABLES["curves"])] if filled else pd.DataFrame()


def beam_misses_table(shipped: dict[str, Path], test_cases: Sequence[Case], view: ProtocolView) -> pd.DataFrame | None:
    """Examples for each shipped student whose item ids consist of several tokens; None if there is no such student."""
    found = []
    for run, folder in shipped.items():
        loaded = load_student(folder, "cpu")
        recommender = Recommender(loaded, view.item_ids if loaded.item_ids is None else loaded.item_ids)
        if not recommender.one_token_ids:
            found.append(beam_misses(recommender, test_cases, run))
    return pd.concat(found, ignore_index=True) if found else None


def rationale_table(
    home: Home, data: str, teachers: Sequence[str], interactions: pd.DataFrame, raw_of: Iterable[int]
) -> pd.DataFrame:
    """All shown teachers' rationales, sorted by user and position, with teachers in the given order.

    Columns of `schema.RATIONALES`, then `teacher`, `why_not` (a JSON list with an entry per claim: null if the review supports it, otherwise
    the reason) and `raw` (a language model's raw answer, only for the users `raw_of`).
    """
    users = set(raw_of)
    tables = [_with_raw(home, data, name, users).assign(teacher=name) for name in teachers]
    table = pd.concat(tables).sort_values(["user", "position"], kind="stable", ignore_index=True)
    reviews = reviews_by_key(interactions)
    rows = table[["user", "position", "status", "reason", *CLAIM_KINDS, "claims", "teacher"]]
    table["why_not"] = [_why_not(row, reviews.get((row["user"], row["position"]))) for row in rows.to_dict("records")]
    return table


def about_teachers(home: Home, data: str, table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """For each teacher of the table: its `kind` (as named by `--teacher`), number of reviews `read`, and number of `rationales`."""
    about = {}
    for name, rows in table.groupby("teacher", sort=False):
        meta = read_manifest(home.rationales(data, str(name)), RATIONALES_KIND).meta
        kind = (meta.get("teacher_config") or {}).get("teacher", name)
        about[str(name)] = {"kind": kind, "read": len(rows), "rationales": int((rows["status"] == "ok").sum())}
    return about


def _with_raw(home: Home, data: str, teacher: str, users: set[int]) -> pd.DataFrame:
    table = load_rationales(home, data, teacher)
    path = home.rationales(data, teacher) / RAW_TABLE
    if not users or not path.is_file():
        return table.assign(raw=None)
    raw = read_table(path)
    raw = raw.loc[raw["user"].isin(users), ["user", "position", "raw"]]
    return table.merge(raw, on=["user", "position"], how="left")


def _why_not(row: dict[Any, Any], review: Review | None) -> str:
    """The JSON of `why_not`.  The answer key is true by construction, although its fixed wording may not occur in the review."""
    answer = answer_of(row)
    if review is None or not isinstance(answer, Rationale):
        return "[]"
    if row["teacher"] == ANSWER_KEY:
        return json.dumps([None] * len(answer.claims))
    return json.dumps([None if check.supported else check.why for check in ground(review, answer).claims])


def precision_table(
    view: ProtocolView,
    folders: Mapping[str, Path],
    test_cases: Sequence[Case],
    sha256: str,
    batch_users: int,
    *,
    progress: bool = True,
) -> pd.DataFrame:
    """Every test case ranked with the students in fp32, bf16, int8 and NF4: one row per student, precision and user, sorted by user.

    folders: the shown students by role.  Raises InputError if the fp32 original of one is not in the same parent folder.
    """
    parts = []
    for role, folder in folders.items():
        source = _fp32_folder(folder)
        with student_forms(source, PRECISIONS, "cpu", sha256) as forms:
            for form in forms:
                found = rank_cases(
                    Recommender(form.loaded, view.item_ids),
                    test_cases,
                    TASK,
                    top=TOP,
                    batch_users=batch_users,
                    progress=progress,
                )
                parts.append(
                    pd.DataFrame(
                        {
                            "user": [case.user for case in test_cases],
                            "student": role,
                            "precision": form.precision,
                            "rank": shown_rank(found.above, found.tied),
                            "bytes": form.disk_bytes,
                            "top_items": [[int(item) for item in row if item > 0] for row in found.top_items],
                        }
                    )
                )
    return pd.concat(parts).sort_values(["user", "student", "precision"], ignore_index=True)


def _fp32_folder(folder: Path) -> Path:
    """The fp32 student from which a student was quantised."""
    precision = read_card(folder)[0].precision
    source = folder.with_name(folder.name.removesuffix(f"-{precision}"))
    if precision != "fp32" and (source == folder or not (source / "manifest.json").is_file()):
        raise InputError(
            "the fp32 student from which it was quantised is not in the same parent folder",
            where=folder,
            todo="leave out --precisions, or train it again",
        )
    return source
