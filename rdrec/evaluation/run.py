"""Evaluate students, rivals and rules on one data set under one protocol; keep the table and every user's rank.

In: loaded students and rivals.  Out: an `evaluation` artefact and the table.  It knows no page.
The `protocol` of a row is `any` where the model sees items as plain indices: renumbering them changes nothing (another choice of
held-out purchases does, so it is never `any` under `temporal`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.baselines.rules import PLAIN, RULES, Rule, purchases, rules_for
from rdrec.core.records import ArtefactError, InputError, first_few
from rdrec.core.storage import new_artefact, write_table
from rdrec.core.vocabulary import ANY_PROTOCOL, MAX_ID, TASKS
from rdrec.data.cases import Case, cases
from rdrec.data.item_ids import PROTOCOL
from rdrec.data.splits import ProtocolView
from rdrec.data.ties import ties_in_words
from rdrec.data.time_cut import shares_in_words
from rdrec.evaluation.beyond_accuracy import COLUMNS as BEYOND_COLUMNS
from rdrec.evaluation.beyond_accuracy import K, beyond_accuracy
from rdrec.evaluation.item_attributes import NOTHING_KNOWN, ItemVectors
from rdrec.evaluation.manipulation_check import References, check_student, needs_check
from rdrec.evaluation.metrics import METRICS, Places, check_cutoffs, estimate
from rdrec.evaluation.outcomes import COLUMNS as CHECK_COLUMNS
from rdrec.evaluation.ranking import Listed, rank_cases, rule_places, scorer_places
from rdrec.evaluation.references import FoundReferences
from rdrec.evaluation.rivals import Rival
from rdrec.evaluation.summary import as_text
from rdrec.ranking.recommender import Recommender, score_of
from rdrec.student.checkpoint import LoadedStudent, StudentCard
from rdrec.synthetic.facts import world_in_words

KIND = "evaluation"
_NOBODY = "Nobody gave the rationales of its teacher to this evaluation"


def metric_rows(model: str, task: str, places: Places, protocol: str, seed: int) -> list[dict[str, object]]:
    """One row a metric, with protocol and seed in every row."""
    rows: list[dict[str, object]] = []
    for metric in METRICS:
        e = estimate(metric, places)
        rows.append(
            {"model": model, "task": task, "metric": metric, "value": e.value, "low": e.low, "high": e.high}
            | {"users": e.users, "protocol": protocol, "seed": seed}
        )
    return rows


def _max_id_rows(view: ProtocolView, name: str) -> pd.DataFrame:
    rule = RULES[MAX_ID](view)
    rows = [metric_rows(name, task, rule_places(rule, _asked(view, task)), view.protocol, view.seed) for task in TASKS]
    return pd.DataFrame([row for part in rows for row in part])


def _asked(view: ProtocolView, task: str) -> list[Case]:
    asked = cases(view, task)
    check_cutoffs(min(len(case.compete) for case in asked))
    return asked


def rank_rows(model: str, task: str, asked: Sequence[Case], places: Places) -> pd.DataFrame:
    """One row a user: place of the truth."""
    users = {"user": [case.user for case in asked], "rank": places.rank, "above": places.above, "tied": places.tied}
    return pd.DataFrame({"model": model, "task": task} | users)


def check_belongs(card: StudentCard, view: ProtocolView, where: object) -> None:
    """A student may be evaluated only under the ids it was trained with."""
    if (card.protocol, card.seed) != (view.protocol, view.seed):
        raise InputError(
            f"this student was trained under {card.protocol} with seed {card.seed}, not {view.protocol} with seed {view.seed}",
            where=where,
            todo="choose the protocol and seed of the student; results of different ones are not mixed",
        )
    if view.cut is not None:
        asked = view.cut.shares.as_dict()
        trained = {name: card.training.get(name) for name in asked}
        if trained != asked:
            raise InputError(
                f"this student was trained with {shares_in_words(trained)}, not with {shares_in_words(asked)}",
                where=where,
                todo="give both as in its training; another cut in time hides other purchases",
            )
    if card.items != view.dataset.n_items:
        raise ArtefactError(
            f"this student knows {card.items} items, the data set has {view.dataset.n_items}",
            where=where,
            todo="train it again",
        )


def own_view(loaded: LoadedStudent, view: ProtocolView, where: object) -> ProtocolView:
    """The view in the numbers of this student: those of the protocol, or the ones it learned.  Raises as `check_belongs`."""
    check_belongs(loaded.card, view, where)
    return view if loaded.item_ids is None else view.numbered(loaded.card.ids, loaded.item_ids)


@dataclass(frozen=True)
class Beside:
    """What an evaluation needs beside students and rivals.

    references  where the manipulation check finds what teachers said; None: nobody looks, and students with rationale tasks are
                "not checked"
    vectors     of items, for the likeness within lists
    """

    references: FoundReferences | None = None
    vectors: ItemVectors = NOTHING_KNOWN


@dataclass(frozen=True)
class Evaluation:
    """rows: one a model, task and metric; beyond: one a model (columns of `beyond_accuracy.COLUMNS`); checks: one a student and text
    task (columns of `outcomes.COLUMNS`)."""

    rows: pd.DataFrame
    beyond: pd.DataFrame
    checks: pd.DataFrame
    meta: dict[str, Any]


def evaluate(
    view: ProtocolView,
    students: Sequence[tuple[str, LoadedStudent]],
    folder: Path,
    data_sha256: str,
    batch_users: int,
    rivals: Sequence[Rival] = (),
    bounds: Mapping[str, Rule] | None = None,
    beside: Beside | None = None,
) -> Evaluation:
    """Rank all test cases with each named student, each rival and each rule, and with `bounds`: rules that know the truth of an
    invented shop.  Check of each student with rationale tasks whether it learned them.

    Saves `evaluation.parquet`, `beyond.parquet`, `checks.parquet`, the same as `evaluation.md`, and `ranks.parquet` to `folder`.  The column
    `teacher` names whose rationales a student learned, `ablated` the tasks that it was trained without, `ids` where its item numbers
    come from.  Students with learned numbers stand beside the others: the hidden purchases are the same, and ranks are ranks of items.
    What arithmetic on their numbers reaches is told in rows of its own (`max-id rule on RUN`).  Raises InputError where fewer items
    compete than a metric's k, and for students of one teacher that learned from different distillations.
    """
    beside = beside or Beside()
    distilled = _distillations(students)
    measured = Measured(view, beside.vectors)
    without_numbers = ANY_PROTOCOL if view.cut is None else view.protocol
    measured.rules()
    for name, rule in (bounds or {}).items():
        measured.rule(name, rule, ANY_PROTOCOL)
    for rival in rivals:
        measured.rival(rival, without_numbers, batch_users)
    numberings, checks = [view.item_ids], []
    for name, loaded in students:
        own = own_view(loaded, view, name)
        if not any(np.array_equal(own.item_ids, known) for known in numberings):
            numberings.append(own.item_ids)
            measured.tables.append(_max_id_rows(own, f"{MAX_ID} on {name}"))
        measured.student(name, Recommender(loaded, own.item_ids, score_of(loaded)), batch_users)
        if needs_check(loaded):
            told = References(None, _NOBODY) if beside.references is None else beside.references.of(loaded.card)
            checks += [{"model": name} | asdict(check) for check in check_student(own, loaded, told)]
    meta = {
        "data": view.dataset.name, "data_sha256": data_sha256, "protocol": view.protocol, "seed": view.seed,
        "rivals": {rival.name: rival.kind for rival in rivals}, "ties": ties_in_words(view.dataset.meta), "cut": view.cut_facts(),
        "world": world_in_words(view.dataset.meta), "rationales": distilled, "attributes": beside.vectors.source,
    }  # fmt: skip
    columns = {"model": "str"} | CHECK_COLUMNS
    found = Evaluation(
        _described(pd.concat(measured.tables, ignore_index=True), students),
        pd.DataFrame(measured.beyond, columns=["model", *BEYOND_COLUMNS]),
        pd.DataFrame(checks, columns=list(columns)).astype(columns),
        meta,
    )
    with new_artefact(folder, KIND, meta) as temporary:
        write_table(found.rows, temporary / "evaluation.parquet")
        write_table(found.beyond, temporary / "beyond.parquet")
        write_table(found.checks, temporary / "checks.parquet")
        (temporary / "evaluation.md").write_text(as_text(found.rows, found.beyond, found.checks, meta) + "\n", "utf-8")
        write_table(pd.concat(measured.ranks, ignore_index=True), temporary / "ranks.parquet")
    return found


class Measured:
    """Tables that grow by one model at a time: `tables` of `metric_rows`, `ranks` of `rank_rows`, rows of `beyond`."""

    def __init__(self, view: ProtocolView, vectors: ItemVectors) -> None:
        self._view, self._vectors = view, vectors
        self._asked = {task: _asked(view, task) for task in TASKS}
        self._purchases = purchases(view)
        self.tables: list[pd.DataFrame] = []
        self.ranks: list[pd.DataFrame] = []
        self.beyond: list[dict[str, object]] = []

    def rules(self) -> None:
        """Those that the data set allows."""
        without_numbers = ANY_PROTOCOL if self._view.cut is None else self._view.protocol
        for name, make in rules_for(self._view.dataset).items():
            self.rule(name, make(self._view), without_numbers if name in PLAIN else self._view.protocol)

    def rule(self, name: str, rule: Rule, protocol: str) -> None:
        """Add the ranks of a rule that learns nothing."""
        self.add(name, protocol, lambda task, asked, top: rule_places(rule, asked, top=top))

    def rival(self, rival: Rival, protocol: str, batch_users: int) -> None:
        """Add the ranks of a rival: a rule, or a model that scores every item."""
        if (scorer := rival.scorer) is None:
            assert rival.rule is not None
            self.rule(rival.name, rival.rule, protocol)
            return
        self.add(
            rival.name, protocol,
            lambda task, asked, top: scorer_places(scorer, asked, task, batch_users=batch_users, top=top),
        )  # fmt: skip

    def student(self, name: str, recommender: Recommender, batch_users: int) -> None:
        """Add the exact ranks of a student."""
        self.add(
            name, self._view.protocol,
            lambda task, asked, top: rank_cases(recommender, asked, task, top=top, batch_users=batch_users),
        )  # fmt: skip

    def add(self, name: str, protocol: str, rank: Callable[[str, Sequence[Case], int], Listed]) -> None:
        """rank: of a task, its cases and how many of the best items are wanted (more do no harm)."""
        for task, asked in self._asked.items():
            listed = rank(task, asked, K)
            self.tables.append(pd.DataFrame(metric_rows(name, task, listed, protocol, self._view.seed)))
            self.ranks.append(rank_rows(name, task, asked, listed))
            if task == TASKS[0]:
                truths = np.array([case.truth for case in asked])
                found = beyond_accuracy(listed.top_items[:, :K], truths, self._purchases, self._vectors.vectors)
                self.beyond.append({"model": name} | asdict(found))


def _described(frame: pd.DataFrame, students: Sequence[tuple[str, LoadedStudent]]) -> pd.DataFrame:
    """With what a row of a student needs to be told apart from others."""
    cards = {name: loaded.card for name, loaded in students}
    told = {
        "ablated": {name: ",".join(card.ablated) for name, card in cards.items()},
        "ids": {name: card.ids for name, card in cards.items()},
        "teacher": {name: card.teacher or "" for name, card in cards.items()},
    }
    usual = {"ablated": "", "ids": PROTOCOL, "teacher": ""}
    return frame.assign(**{column: [told[column].get(model, usual[column]) for model in frame["model"]] for column in told})


def _distillations(students: Sequence[tuple[str, LoadedStudent]]) -> dict[str, str]:
    """Of each teacher the hash of the rationales that the students learned from."""
    found: dict[str, dict[str, str]] = {}
    for name, loaded in students:
        if loaded.card.teacher and loaded.card.rationales_sha256:
            found.setdefault(loaded.card.teacher, {}).setdefault(loaded.card.rationales_sha256, name)
    for teacher, runs in found.items():
        if len(runs) > 1:
            raise InputError(
                f"{first_few(list(runs.values()))} learned from different distillations of the teacher {teacher!r}",
                todo="name students of one distillation with --models, or train them again; results of different ones are not mixed",
            )
    return {teacher: next(iter(runs)) for teacher, runs in sorted(found.items())}
