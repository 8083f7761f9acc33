"""Evaluate students, rivals and rules on one data set under one protocol, and save the table and every user's rank.

The `protocol` of a row is `any` if the model sees items as plain indices, so that renumbering them changes nothing.  It is never `any`
under `temporal`, which holds out other purchases.
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
from rdrec.evaluation.beyond_accuracy import ItemVectors, K, beyond_accuracy
from rdrec.evaluation.manipulation_check import FoundReferences, check_student, needs_check
from rdrec.evaluation.metrics import METRICS, Places, check_cutoffs, estimate
from rdrec.evaluation.outcomes import COLUMNS as CHECK_COLUMNS
from rdrec.evaluation.ranking import Listed, rank_cases, rule_places, scorer_places
from rdrec.evaluation.rivals import Rival
from rdrec.evaluation.stored import KIND, Stored, Tables
from rdrec.evaluation.summary import as_text
from rdrec.ranking.recommender import Recommender, score_of
from rdrec.student.checkpoint import LoadedStudent, StudentCard
from rdrec.synthetic.spec import world_in_words

_AGAIN = "evaluate all models again without --add"


def metric_rows(model: str, task: str, places: Places, protocol: str, seed: int) -> list[dict[str, object]]:
    """One row per metric, each with protocol and seed."""
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
    rows = [metric_rows(name, task, rule_places(rule, _test_cases(view, task)), view.protocol, view.seed) for task in TASKS]
    return pd.DataFrame([row for part in rows for row in part])


def _test_cases(view: ProtocolView, task: str) -> list[Case]:
    """The test cases of a task.  Raises InputError if too few items compete for the cut-offs of the metrics."""
    found = cases(view, task)
    check_cutoffs(min(len(case.compete) for case in found))
    return found


def rank_rows(model: str, task: str, test_cases: Sequence[Case], places: Places) -> pd.DataFrame:
    """One row per user: the place of the true item."""
    users = {"user": [case.user for case in test_cases], "rank": places.rank, "above": places.above, "tied": places.tied}
    return pd.DataFrame({"model": model, "task": task} | users)


def check_compatible(card: StudentCard, view: ProtocolView, where: object) -> None:
    """Check that a student was trained on this data set under the view's protocol, seed and cut in time.

    where  shown in the error.  Raises InputError or ArtefactError otherwise.
    """
    if (card.protocol, card.seed) != (view.protocol, view.seed):
        raise InputError(
            f"this student was trained under {card.protocol} with seed {card.seed}, not {view.protocol} with seed {view.seed}",
            where=where,
            todo="use the student's protocol and seed; results of different ones must not be mixed",
        )
    if view.cut is not None:
        asked = view.cut.shares.as_dict()
        trained = {name: card.training.get(name) for name in asked}
        if trained != asked:
            raise InputError(
                f"this student was trained with {shares_in_words(trained)}, not with {shares_in_words(asked)}",
                where=where,
                todo="use the same values as in its training; another cut in time holds out other purchases",
            )
    if card.items != view.dataset.n_items:
        raise ArtefactError(
            f"this student knows {card.items} items, but the data set has {view.dataset.n_items}",
            where=where,
            todo="train it again",
        )


def view_for(loaded: LoadedStudent, view: ProtocolView, where: object) -> ProtocolView:
    """The view with the item IDs of this student: those of the protocol, or learned ones.  Raises as `check_compatible` does."""
    check_compatible(loaded.card, view, where)
    return view if loaded.item_ids is None else view.numbered(loaded.card.ids, loaded.item_ids)


@dataclass(frozen=True)
class Evaluation:
    """The tables of an evaluation.

    rows    one row per model, task and metric
    beyond  one row per model, with the columns of `beyond_accuracy.COLUMNS`
    checks  one row per student and text task, with the columns of `outcomes.COLUMNS`
    """

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
    references: FoundReferences,
    vectors: ItemVectors,
    rivals: Sequence[Rival] = (),
    bounds: Mapping[str, Rule] | None = None,
    *,
    ridge: float | None = None,
    add: bool = False,
) -> Evaluation:
    """Rank all test cases with each named student, each rival and each rule, and check whether students learned their rationales.

    folder      receives `evaluation.parquet`, `beyond.parquet`, `checks.parquet`, all three as `evaluation.md`, and `ranks.parquet`
    references  the rationales for the manipulation check
    vectors     item vectors, for the similarity within recommended lists
    bounds      rules that know the truth of an invented shop, by name
    ridge       of EASE in `rivals` and `bounds`; None if there is none
    add         keep the results of other models that `folder` already holds

    In the table, `teacher` says whose rationales a student learned, `ablated` which tasks it was trained without, and `ids` where its item
    IDs come from.  Students with learned IDs can be compared with the others: the same purchases are held out, and ranks are ranks of
    items.  For each set of learned IDs there is a row `max-id rule on RUN`, which shows what arithmetic on these IDs achieves.

    Raises InputError if fewer items compete than the largest cut-off, for students of one teacher that learned from different
    distillations, and with `add` if the results in `folder` may not stand beside the new ones.
    """
    meta: dict[str, Any] = {
        "data": view.dataset.name, "data_sha256": data_sha256, "protocol": view.protocol, "seed": view.seed,
        "rivals": {rival.name: rival.kind for rival in rivals}, "ties": ties_in_words(view.dataset.meta), "cut": view.cut_facts(),
        "world": world_in_words(view.dataset.meta), "rationales": _distillations(students), "attributes": vectors.source,
        "ridge": ridge, "weights": {rival.name: rival.weight for rival in rivals if rival.weight is not None},
        "measured": {name: loaded.sha256 for name, loaded in students if loaded.sha256}
        | {rival.name: rival.sha256 for rival in rivals if rival.sha256},
    }  # fmt: skip
    stored = Stored.read(folder, _AGAIN) if add else None
    if stored:
        stored.check_extends(meta, [*(name for name, _ in students), *(rival.name for rival in rivals)])
    results = ResultTables(view, vectors)
    results.rules()
    for name, rule in (bounds or {}).items():
        results.rule(name, rule, ANY_PROTOCOL)
    for rival in rivals:
        results.rival(rival, _protocol_without_ids(view), batch_users)
    known_ids, checks = [view.item_ids], []
    for name, loaded in students:
        own = view_for(loaded, view, name)
        if not any(np.array_equal(own.item_ids, known) for known in known_ids):
            known_ids.append(own.item_ids)
            results.tables.append(_max_id_rows(own, f"{MAX_ID} on {name}"))
        results.student(name, Recommender(loaded, own.item_ids, score_of(loaded)), batch_users)
        if needs_check(loaded):
            found = check_student(own, loaded, references.of(loaded.card))
            checks += [{"model": name} | asdict(check) for check in found]
    columns = {"model": "str"} | CHECK_COLUMNS
    tables = Tables(
        _with_card_columns(pd.concat(results.tables, ignore_index=True), students),
        pd.concat(results.ranks, ignore_index=True),
        pd.DataFrame(results.beyond, columns=["model", *BEYOND_COLUMNS]),
        pd.DataFrame(checks, columns=list(columns)).astype(columns),
    )
    if stored:
        tables, meta = stored.with_results(tables, meta)
    evaluation = Evaluation(tables.rows, tables.beyond, tables.checks, meta)
    with new_artefact(folder, KIND, meta) as temporary:
        write_table(evaluation.rows, temporary / "evaluation.parquet")
        write_table(evaluation.beyond, temporary / "beyond.parquet")
        write_table(evaluation.checks, temporary / "checks.parquet")
        text = as_text(evaluation.rows, evaluation.beyond, evaluation.checks, meta)
        (temporary / "evaluation.md").write_text(text + "\n", "utf-8")
        write_table(tables.ranks, temporary / "ranks.parquet")
    return evaluation


def _protocol_without_ids(view: ProtocolView) -> str:
    """The protocol of rows of models that see items as plain indices."""
    return ANY_PROTOCOL if view.cut is None else view.protocol


class ResultTables:
    """Collects the results of one model after another.

    tables  of `metric_rows`; ranks: of `rank_rows`; beyond: one record per model, as `beyond_accuracy.Beyond`
    """

    def __init__(self, view: ProtocolView, vectors: ItemVectors) -> None:
        self._view, self._vectors = view, vectors
        self._cases = {task: _test_cases(view, task) for task in TASKS}
        self._purchases = purchases(view)
        self.tables: list[pd.DataFrame] = []
        self.ranks: list[pd.DataFrame] = []
        self.beyond: list[dict[str, object]] = []

    def rules(self) -> None:
        """Add every rule that the data set supports."""
        for name, make in rules_for(self._view.dataset).items():
            self.rule(name, make(self._view), _protocol_without_ids(self._view) if name in PLAIN else self._view.protocol)

    def rule(self, name: str, rule: Rule, protocol: str) -> None:
        """Add the ranks of a rule, which learns nothing."""
        self.add(name, protocol, lambda task, test_cases, top: rule_places(rule, test_cases, top=top))

    def rival(self, rival: Rival, protocol: str, batch_users: int) -> None:
        """Add the ranks of a rival."""
        self.add(
            rival.name, protocol,
            lambda task, test_cases, top: scorer_places(rival.scorer, test_cases, task, batch_users=batch_users, top=top),
        )  # fmt: skip

    def student(self, name: str, recommender: Recommender, batch_users: int) -> None:
        """Add the exact ranks of a student."""
        self.add(
            name, self._view.protocol,
            lambda task, test_cases, top: rank_cases(recommender, test_cases, task, top=top, batch_users=batch_users),
        )  # fmt: skip

    def add(self, name: str, protocol: str, rank: Callable[[str, Sequence[Case], int], Listed]) -> None:
        """Add a model.  rank: from a task, its cases, and how many of the best items to list at least."""
        for task, test_cases in self._cases.items():
            listed = rank(task, test_cases, K)
            self.tables.append(pd.DataFrame(metric_rows(name, task, listed, protocol, self._view.seed)))
            self.ranks.append(rank_rows(name, task, test_cases, listed))
            if task == TASKS[0]:
                truths = np.array([case.truth for case in test_cases])
                beyond = beyond_accuracy(listed.top_items[:, :K], truths, self._purchases, self._vectors.vectors)
                self.beyond.append({"model": name} | asdict(beyond))


def _with_card_columns(frame: pd.DataFrame, students: Sequence[tuple[str, LoadedStudent]]) -> pd.DataFrame:
    """The rows with `ablated`, `ids` and `teacher` from the students' cards; other models have the defaults."""
    cards = {name: loaded.card for name, loaded in students}
    known = {name: {"ablated": ",".join(c.ablated), "ids": c.ids, "teacher": c.teacher or ""} for name, c in cards.items()}
    defaults = {"ablated": "", "ids": PROTOCOL, "teacher": ""}
    rows = [known.get(model, defaults) for model in frame["model"]]
    return frame.assign(**{column: [row[column] for row in rows] for column in defaults})


def _distillations(students: Sequence[tuple[str, LoadedStudent]]) -> dict[str, str]:
    """The hash of each teacher's rationales from which the students learned."""
    found: dict[str, dict[str, str]] = {}
    for name, loaded in students:
        if loaded.card.teacher and loaded.card.rationales_sha256:
            found.setdefault(loaded.card.teacher, {}).setdefault(loaded.card.rationales_sha256, name)
    for teacher, runs in found.items():
        if len(runs) > 1:
            raise InputError(
                f"{first_few(list(runs.values()))} learned from different distillations of the teacher {teacher!r}",
                todo="name students of one distillation with --models, or train them again; results must not be mixed",
            )
    return {teacher: next(iter(runs)) for teacher, runs in sorted(found.items())}
