"""Compare students that differ only in the teacher of their rationales, from the collected results on an invented shop."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from rdrec.core.records import grouped
from rdrec.core.vocabulary import BASELINE, NDCG, TASKS
from rdrec.data.rationales import ANSWER_KEY
from rdrec.explorer.answers import StoreFacts
from rdrec.explorer.collected import Collected, Measurement
from rdrec.explorer.seed_verdict import complete_students


@dataclass(frozen=True, slots=True)
class ByTeacher:
    """NDCG@10 of the next purchase for students of several teachers in one shop, best first.

    runs  number of training runs of each student
    rows  teacher (None: without rationales), and the mean over the training runs
    """

    users: int
    runs: int
    rows: tuple[tuple[str | None, float], ...]


def by_teacher(elsewhere: Collected, facts: StoreFacts) -> ByTeacher | None:
    """How much the teacher matters: students of the first invented shop that has several teachers, under the protocol of this set.

    All have the same recipe, item IDs and seeds.  None if there are none, or if the students of this set did not learn from the answer
    key, which no teacher that reads reviews can match.
    """
    if facts.teacher != ANSWER_KEY:
        return None
    for data in elsewhere.invented:
        held: list[tuple[Hashable, Measurement]] = [
            ((row.ids, row.recipe, *sorted(row.values)), row)
            for row in elsewhere.measurements
            if (row.data, row.evaluated_under, row.task, row.metric) == (data, facts.protocol, TASKS[0], NDCG)
        ]
        for rows in grouped(held).values():
            found = {row.method: row for row in rows}
            students = complete_students(found)
            if data != facts.data and len(students) > 1 and BASELINE in found:
                base = found[BASELINE]
                means = [(None, base.mean), *((teacher, found[method].mean) for teacher, method in students.items())]
                return ByTeacher(base.users, len(base.values), tuple(sorted(means, key=lambda row: -row[1])))
    return None
