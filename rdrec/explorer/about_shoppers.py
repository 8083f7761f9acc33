"""Queries about one shopper: purchases, rationales, rankings, generated sentences, motives.

They run whenever the shopper changes.  For tables in memory, rows come from `UserRows`, otherwise from an SQL query.
"""

from __future__ import annotations

import math
from typing import Any

from rdrec.core.records import UnknownNameError, grouped
from rdrec.core.settings import integer
from rdrec.explorer.answers import Distilled, Prediction, Purchase, Truth, Written
from rdrec.explorer.checked_set import claims_of, reasons_of
from rdrec.explorer.motives import Motive
from rdrec.explorer.open_tables import Tables, UserRows

# Table -> its columns, and the sort order of a user's rows.
OF_USER = {
    "history": ("position, item, split, timestamp, rating, review, summary", "position"),
    "rationales": (
        "position, item, status, reason, user_preference, item_attribution, claims, teacher, why_not, raw", "position, teacher",
    ),
    "predictions": ("task, student, rank, item, probability", "task, student, rank"),
    "truths": ("task, student, item, rank, probability, among", "task, student"),
    "texts": ("student, task, text, reference", "task, student"),
    "motives": ("motive, named", "motive"),
}  # fmt: skip


class AboutShoppers(Tables):
    """The part of `Store` that answers these queries."""

    def history(self, user: int) -> list[Purchase]:
        """Every interaction up to the held-out one (split "test"), oldest first."""
        return [Purchase(p, self.item(i), s, t, finite(r), *rest) for p, i, s, t, r, *rest in self._of_user("history", user)]

    def rationales(self, user: int, teacher: str | None = None) -> dict[int, Distilled]:
        """A teacher's rationales for the user's reviews, by position.

        Without a name: the rationales shown on the page, each from the first of `facts.first` that has read the review, or else from the
        teacher that the students learned from.  Raises UnknownNameError.
        """
        known = self.facts.teachers
        if teacher is not None and teacher not in known:
            raise UnknownNameError(f"no teacher {teacher[:40]!r} in {self.facts.data!r}", todo=f"use {' or '.join(known)}")
        return self.shown(self.all_rationales(user)) if teacher is None else self.all_rationales(user)[teacher]

    def shown(self, by_teacher: dict[str, dict[int, Distilled]]) -> dict[int, Distilled]:
        """The rationales of one user to show first, by position, from those of all teachers."""
        answer: dict[int, Distilled] = {}
        for name in (self.facts.teacher, *reversed(self.facts.first)):
            answer |= by_teacher[name]
        return dict(sorted(answer.items()))

    def all_rationales(self, user: int) -> dict[str, dict[int, Distilled]]:
        """The rationales of every teacher, in the order of `facts.teachers`."""
        answer: dict[str, dict[int, Distilled]] = {teacher: {} for teacher in self.facts.teachers}
        for row in self._of_user("rationales", user):
            position, item, status, reason, preference, attribution, claims, teacher, why_not, raw = row
            if teacher in answer:
                decoded = claims_of(claims, self.folder)
                checked = None if why_not is None else reasons_of(why_not, len(decoded), self.folder)
                answer[teacher][position] = Distilled(
                    position, item, status, reason, preference, attribution, decoded, teacher, checked, raw
                )
        return answer

    def predictions(self, user: int, task: str) -> dict[str, list[Prediction]]:
        """The top items of each student ("rdrec", "baseline"), best first."""
        return grouped(
            (student, Prediction(student, rank, self.item(item), probability))
            for row_task, student, rank, item, probability in self._of_user("predictions", user)
            if row_task == task
        )

    def truth(self, user: int, task: str) -> dict[str, Truth]:
        """The held-out item with its rank, by student; empty if the user has none."""
        rows = self._of_user("truths", user)
        return {student: Truth(student, self.item(item), *rest) for row_task, student, item, *rest in rows if row_task == task}

    def texts(self, user: int) -> list[Written]:
        """The students' texts about the user and the held-out item."""
        return [Written(*row) for row in self._of_user("texts", user)]

    def motives(self, user: int) -> tuple[Motive, ...] | None:
        """The true motives of a shopper of an invented shop; None for other sets and for older ones without this table."""
        self._check_user(user)
        return tuple(Motive(*row) for row in self._of_user("motives", user)) if "motives" in self._optional else None

    def precision_rows(self, user: int, student: str) -> list[tuple[str, int, list[int]]]:
        """Precision, rank of the true purchase, ten best items; empty in sets without this table."""
        self._check_user(user)
        if "precisions" not in self._optional:
            return []
        sql = "SELECT precision, rank, top_items FROM precisions WHERE user = ? AND student = ?"
        return [(precision, rank, items) for precision, rank, items in self._ask(sql, [user, student])]

    def candidates(self, user: int) -> list[int]:
        """The 100 candidates of the top-N task."""
        self._check_user(user)
        rows = self._ask("SELECT candidates FROM candidates WHERE user = ?", [user])
        return list(rows[0][0]) if rows else []

    def _of_user(self, table: str, user: int) -> list[tuple[Any, ...]]:
        self._check_user(user)
        rows = None if self._reads_files else self._rows_of(table)
        if rows is not None:
            return rows.of(user)
        columns, order = OF_USER[table]
        return self._ask(f"SELECT {columns} FROM {table} WHERE user = ? ORDER BY {order}", [user])

    def _rows_of(self, table: str) -> UserRows | None:
        """The rows of a table by user, loaded on first use; None if they would exceed the memory limit of a set."""
        with self._rows_lock:
            if table not in self._rows:
                columns, order = OF_USER[table]
                loaded = UserRows(self._ask_arrow(f"SELECT user, {columns} FROM {table} ORDER BY user, {order}"))
                used = sum(rows.nbytes for rows in self._rows.values() if rows is not None)
                self._rows[table] = loaded if used + loaded.nbytes <= integer("page.set_memory") else None
            return self._rows[table]


def finite(value: float | None) -> float | None:
    """The value, or None for NaN and infinity."""
    return value if value is not None and math.isfinite(value) else None
