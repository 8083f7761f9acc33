"""The results on other data sets, real and invented, from a collection created by `rdrec collect`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rdrec.core.records import CLAIM_KINDS, plural
from rdrec.core.settings import number
from rdrec.core.storage import read_manifest
from rdrec.core.vocabulary import COLLECTION_KIND, HIT, NDCG, STRICT_FIRST, TASKS
from rdrec.evaluation.methods import in_table_order
from rdrec.evaluation.outcomes import nats
from rdrec.explorer.collected import Collected, Measurement, TeacherWords, read
from rdrec.report.markdown import NOT_MEASURED, cell, code, interval, metric, metric_over_runs, titled
from rdrec.report.names import DATA, TASK_COLUMN, legend
from rdrec.report.students import beyond_accuracy, differences, learned

METRICS = (HIT, NDCG)
Key = tuple[str, str, str]  # method, ids, recipe


def section(folder: Path) -> list[str]:
    """One part for each data set and protocol.  Raises ArtefactError for a collection that was altered or has unexpected columns."""
    found, meta = read(folder), read_manifest(folder, COLLECTION_KIND).meta
    lines = [
        "## Real data",
        "",
        "Measured on real purchases; `precomputed/make-evidence.sh` has the commands. Students that *started from purchases*, or of an *earlier recipe*, "
        "are older than the present way of training. The reviews may not be redistributed and are not included. Under "
        "`published` item numbers follow the order of first appearance and give answers away; under `shuffled` and `clean` they are permuted.",
        "",
        *(
            []
            if found.shown
            else ["Coverage, popularity and novelty are not stored with these runs, which are older than these measures.", ""]
        ),
        *legend(one.method for one in found.measurements),
    ]
    lines += _sets(found, found.real, meta)
    if found.invented:
        lines += [
            "## Other invented shops", "",
            "Made by the same generator as the shipped shop, with the commands in `precomputed/make-evidence.sh`. Students of several teachers are compared on "
            "the same users.", "",
        ]  # fmt: skip
        lines += _sets(found, found.invented, meta)
    return lines


def _sets(found: Collected, names: Sequence[str], meta: Mapping[str, Any]) -> list[str]:
    """The tables of these data sets.  meta: of the collection."""
    lines: list[str] = []
    for data in names:
        lines += [
            f"### {DATA.get(data, cell(data))}",
            "",
            f"Data set {code(data)}, `{meta['data'].get(data, 'unknown')[:16]}` (SHA-256, first digits). {_order(found, data)} {_ridge(meta, data)}",
            "",
            *_words(found.words_of(data)),
        ]
        protocols = {one.evaluated_under for one in found.measurements if one.data == data}
        for protocol in sorted(
            protocols, key=lambda name: (STRICT_FIRST.index(name) if name in STRICT_FIRST else len(STRICT_FIRST), name)
        ):
            lines += _protocol(found, data, protocol)
    return lines


def _words(by_teacher: Mapping[str, Mapping[str, TeacherWords]]) -> list[str]:
    """What the teachers' words tell, before any student reads them; nothing if it is not stored."""
    if not by_teacher:
        return []
    title = (
        "How much each teacher's words reveal before any student reads them: the gain of n-gram counts from knowing whose text it is, in nats "
        f"per token. Less than {nats(number('evaluate.least_yardstick'))} counts as next to nothing, but a student can find more than counts do:"
    )
    head = ["teacher", "preferences, by user (95 %)", "about the user", "attributes, by item (95 %)", "about the item"]
    return titled(title, head, [[code(teacher), *_told(tasks)] for teacher, tasks in by_teacher.items()])


def _told(tasks: Mapping[str, TeacherWords]) -> list[str]:
    cells = []
    for task in CLAIM_KINDS:
        one = tasks.get(task)
        cells += (
            [NOT_MEASURED, NOT_MEASURED]
            if one is None
            else [f"{nats(one.gap)} ({nats(one.low)} to {nats(one.high)})", "something" if one.tell else "next to nothing"]
        )
    return cells


def _order(found: Collected, data: str) -> str:
    ties = found.ties.get(data)
    words = f"Order of purchases: {cell(ties)}." if ties else "How ties in time were broken was not recorded."
    return f"{words} World: {cell(found.worlds[data])}." if found.worlds.get(data) else words


def _ridge(meta: Mapping[str, Any], data: str) -> str:
    """The ridge of EASE, which rationale neighbours build on."""
    ridges = {value for name, value in meta.get("ridges", {}).items() if name.partition("/")[0] == data}
    if not ridges:
        return "The ridge of EASE was not recorded; it was not yet chosen on the validation items."
    return f"Ridge of EASE: {' or '.join(f'{ridge:g}' for ridge in sorted(ridges))}."


def _protocol(found: Collected, data: str, protocol: str) -> list[str]:
    measured = [one for one in found.measurements if (one.data, one.evaluated_under) == (data, protocol)]
    checks, tests = found.checks_of(data, protocol), found.tests_of(data, protocol)
    shown = [
        (_name((one.shown.method, one.ids, one.recipe)), one.shown)
        for one in found.shown
        if (one.data, one.evaluated_under) == (data, protocol)
    ]
    trained = in_table_order(one.method for one in measured if one.recipe)
    return [
        f"#### {DATA.get(data, cell(data)).partition(' (')[0]}, protocol {code(protocol)}",
        "",
        *_accuracy(measured),
        *learned(trained, checks),
        *differences(tests, checks),
        *(beyond_accuracy(shown) if shown else []),
    ]


def _accuracy(measured: Sequence[Measurement]) -> list[str]:
    cells = {(one.method, one.ids, one.recipe, one.task, one.metric): one for one in measured}
    keys = list(dict.fromkeys((one.method, one.ids, one.recipe) for one in measured))

    def mean(key: Key) -> float:
        one = cells.get((*key, TASKS[0], NDCG))
        return one.mean if one else 0.0

    runs = sorted({len(one.values) for one in measured})
    seeds = sorted({seed for one in measured for seed in one.values})
    users = max(one.users for one in measured)
    spread = "mean ± standard deviation over seeds" if runs[-1] > 1 else "in brackets 95 % bootstrap intervals over users"
    intro = (
        f"{plural(users, 'user')}; {plural(len(seeds), 'seed')}: {', '.join(map(str, seeds))}; {spread}. "
        + ("Each has only one training run, so the spread between runs is unknown." if runs[-1] == 1 else "")
    ).strip()
    columns = [(task, name) for task in TASKS for name in METRICS]
    head = ["ranked by", *(f"{name}, {TASK_COLUMN[task]}" for task, name in columns), "runs"]
    body = []
    for key in sorted(keys, key=lambda key: -mean(key)):
        row = [cells.get((*key, *column)) for column in columns]
        body.append([_name(key), *(_cell(one) for one in row), str(max((len(one.values) for one in row if one), default=0))])
    return titled(intro, head, body)


def _name(key: Key) -> str:
    method, _, recipe = key
    return f"{code(method)} ({cell(recipe)})" if recipe else code(method)


def _cell(measurement: Measurement | None) -> str:
    if measurement is None:
        return NOT_MEASURED
    if measurement.low is not None and measurement.high is not None:
        return f"{metric(measurement.mean)} ({interval(measurement.low, measurement.high)})"
    return metric_over_runs(list(measurement.values.values()))
