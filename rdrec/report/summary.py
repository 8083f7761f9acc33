"""The results in short: does the student with rationales rank better than the same student without, on every stored data set?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rdrec.core.records import CLAIM_KINDS
from rdrec.core.storage import read_manifest
from rdrec.core.vocabulary import BASELINE, EARLIER, NDCG, RDREC, START_RECIPE, TASKS
from rdrec.evaluation.methods import Method, control_of, in_table_order
from rdrec.evaluation.outcomes import Check, worst
from rdrec.explorer.collected import Collected, read
from rdrec.explorer.comparisons import Baseline, Tested, is_baseline, tested
from rdrec.explorer.store import Store
from rdrec.report.markdown import NOT_MEASURED, cell, change, code, metric, table
from rdrec.report.names import DATA
from rdrec.report.students import on_rationales

_HEAD = (
    "data set", "protocol", "teacher", "words about the user", "learned?", "runs", "with rationales", "without", "best rival without rationales",
    "minus without (95 %)", "verdict", "minus shuffled (95 %)", "verdict", "one of 100: minus without", "verdict",
    "one of 100: minus shuffled", "verdict",
)  # fmt: skip
_INTRO = (
    "One row for each data set, protocol and teacher: NDCG@10 of the student with rationales (`rdrec`), of the same student without "
    "(`baseline`), and the best rule or rival that reads no rationales; means over training runs. *words about the user*: whether counting finds that the teacher's words tell anything about the user. *learned?*: the "
    "manipulation check; without *learned* there is no verdict. *minus shuffled*: minus the control, whose "
    "rationales belong to other purchases. All but the last four columns are about the next purchase, in the whole catalogue. The sections "
    "below explain the verdicts and contain all other students, rivals and measures.",
    "",
)


@dataclass(frozen=True)
class Compared:
    """What is stored about one data set under one protocol.

    values  NDCG@10 of each training run, by method and task
    tests   paired differences of NDCG@10
    words   by teacher, whether its words tell something about the user
    older   whether some of its students are of an earlier recipe
    """

    title: str
    protocol: str
    values: Mapping[tuple[str, str], Sequence[float]]
    tests: Sequence[Tested]
    checks: Mapping[str, Sequence[Check]]
    words: Mapping[str, bool] = field(default_factory=dict)
    older: bool = False


def of_set(folder: Path) -> list[Compared]:
    """The results of a precomputed set; none if only one training run of each is stored.  Raises as `Store.open`."""
    store = Store.open(folder)
    found = store.seed_results()
    values: dict[tuple[str, str], Sequence[float]] = {
        (method, task): runs for task in TASKS for method, runs in found.values(task).items()
    }
    return (
        [
            Compared(
                store.facts.title,
                store.facts.protocol,
                values,
                tested(found.differences),
                found.checks_of_methods,
                older=any(_is_older(card.parent) for card in (folder / "students").glob("*/manifest.json")),
            )
        ]
        if values
        else []
    )


def of_collection(folder: Path) -> list[Compared]:
    """The results of every data set and protocol of a collection.  Raises as `collected.read`."""
    found = read(folder)
    pairs = list(dict.fromkeys((one.data, one.evaluated_under) for one in found.measurements))
    return [_of_pair(found, data, protocol) for data, protocol in pairs]


def _of_pair(found: Collected, data: str, protocol: str) -> Compared:
    values: dict[tuple[str, str], Sequence[float]] = {}
    for one in found.measurements:
        if (one.data, one.evaluated_under, one.metric) == (data, protocol, NDCG):
            values.setdefault((one.method, one.task), list(one.values.values()))
    tests, checks = found.tests_of(data, protocol), found.checks_of(data, protocol)
    words = {teacher: tasks[CLAIM_KINDS[0]].tell for teacher, tasks in found.words_of(data).items() if CLAIM_KINDS[0] in tasks}
    older = any(EARLIER in one.recipe for one in found.measurements if one.data == data)
    return Compared(DATA.get(data, data), protocol, values, tests, checks, words, older)


def _is_older(student: Path) -> bool:
    """Whether a shipped student starts from data by one of the first recipes, whose numbers cards do not name."""
    training = read_manifest(student, "student").meta.get("training", {})
    return training.get("start") == "data" and START_RECIPE not in training


def section(compared: Sequence[Compared]) -> list[str]:
    """The table; data sets without a student that learns from rationales are named below it."""
    rows, without = [], []
    for one in compared:
        methods = _with_rationales(one)
        rows += [_row(one, method) for method in methods]
        if not methods:
            without.append(_link(one.title))
    if not rows:
        return []
    named = ", ".join(dict.fromkeys(without))
    note = (
        [f"No student with rationales was trained on {named}: the reviews of these purchases are not available.", ""]
        if named
        else []
    )
    older = ", ".join(dict.fromkeys(_link(one.title) for one in compared if one.older and _with_rationales(one)))
    if older:
        note += [
            f"Students of {older} were trained with an earlier recipe ([training.md](training.md)), which uses purchases less well "
            "on some data. With the present one, rationales may gain less.", ""
        ]  # fmt: skip
    return ["## In short", "", *_INTRO, *table(_HEAD, rows), *note]


def _with_rationales(one: Compared) -> list[str]:
    """The students with rationales whose training left no task out, in table order."""
    found = in_table_order({method for method, task in one.values if task == TASKS[0]})
    return [name for name in found if (parsed := Method.parse(name)) and parsed.variant == RDREC and not parsed.ablated]


def _row(one: Compared, method: str) -> list[str]:
    runs = one.values[method, TASKS[0]]
    rivals = [
        Baseline(name, sum(values) / len(values))
        for (name, task), values in one.values.items()
        if task == TASKS[0] and is_baseline(name)
    ]
    best = max((rival for rival in rivals if not rival.uses_rationales), key=lambda rival: rival.value, default=None)
    parsed = Method.parse(method)
    return [
        _link(one.title), code(one.protocol), code(parsed.teacher if parsed else ""),
        *_trust(one, method, parsed.teacher if parsed else ""), str(len(runs)),
        metric(_mean(runs)), metric(_mean(one.values.get((BASELINE, TASKS[0]), ()))),
        f"{code(best.method)} {metric(best.value)}" if best else NOT_MEASURED,
        *_difference(one, method, BASELINE, TASKS[0]), *_difference(one, method, control_of(method), TASKS[0]),
        *_difference(one, method, BASELINE, TASKS[1]), *_difference(one, method, control_of(method), TASKS[1]),
    ]  # fmt: skip


def _trust(one: Compared, method: str, teacher: str) -> list[str]:
    """What the teacher's words tell about the user, and whether the student learned them: the worse of preferences and attributes."""
    told = {None: NOT_MEASURED, True: "something", False: "next to nothing"}[one.words.get(teacher)]
    outcomes = [check.outcome for check in one.checks.get(method, ()) if check.task in CLAIM_KINDS]
    return [told, worst(outcomes) if outcomes else "not checked"]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _difference(one: Compared, method: str, other: str, task: str) -> list[str]:
    """The difference with its interval, and what it says about rationales."""
    test = next(
        (t for t in one.tests if (t.row.one, t.row.other, t.row.task, t.row.metric) == (method, other, task, NDCG)), None
    )
    if test is None:
        return [NOT_MEASURED, NOT_MEASURED]
    return [change(test.row.difference, test.row.low, test.row.high), on_rationales(test, one.checks)]


def _link(title: str) -> str:
    """A link to the section with this heading, as GitHub forms its anchors."""
    shown = cell(title).replace("]", "\\]")
    return f"[{shown}](#{re.sub(r'[^a-z0-9 _-]', '', title.lower()).replace(' ', '-')})"
