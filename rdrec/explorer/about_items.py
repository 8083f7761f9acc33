"""Queries about a product, about groups of users, and about reviews and claims that teachers left without a rationale or evidence or made up.

Held-out interactions are never counted, because a product card that revealed them would give answers away.  Co-purchases are counted as
in `rdrec.data.together`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.core.records import UnknownNameError
from rdrec.explorer.answers import Item, Shopper
from rdrec.explorer.open_tables import Tables

SHRINK = 5  # as in rdrec.data.together, which would import scipy; a test keeps them equal

# Products by shrunk cosine: number of common users / sqrt((users of one + SHRINK) (users of the other + SHRINK)).
TOGETHER = f"""
    WITH mine AS (SELECT DISTINCT user FROM history WHERE item = $item AND split = 'train'),
    common AS (
        SELECT h.item, count(DISTINCT h.user) AS users FROM history h JOIN mine USING (user)
        WHERE h.split = 'train' AND h.item <> $item GROUP BY h.item
    ), alone AS (
        SELECT item, count(DISTINCT user) AS users FROM history
        WHERE split = 'train' AND item IN (SELECT item FROM common) GROUP BY item
    )
    SELECT c.item, c.users, c.users / sqrt((a.users + {SHRINK}) * ((SELECT count(*) FROM mine) + {SHRINK})) AS likeness
    FROM common c JOIN alone a USING (item) ORDER BY likeness DESC, c.item LIMIT $limit
"""

BUYERS = """
    SELECT u.user, u.user_key, u.interactions, u.featured, arg_max(h.rating, h.position)
    FROM history h JOIN users u USING (user) WHERE h.item = $item AND h.split = 'train'
    GROUP BY u.user, u.user_key, u.interactions, u.featured ORDER BY (u.featured IS NULL), u.user LIMIT $limit
"""
BUYER_COUNT = "SELECT count(DISTINCT user) FROM history WHERE item = $item AND split = 'train'"

ATTRIBUTE_COUNTS = """
    SELECT c.text, c.polarity, count(*) AS times
    FROM rationales r JOIN history h ON h.user = r.user AND h.position = r.position AND h.split = 'train',
    LATERAL (
        SELECT unnest(from_json(r.claims, '[{"kind":"VARCHAR","text":"VARCHAR","polarity":"VARCHAR"}]'), recursive := true)
    ) c
    WHERE r.item = $item AND r.status = 'ok' AND r.teacher = $teacher AND c.kind = 'item_attribution'
    GROUP BY c.text, c.polarity ORDER BY times DESC, c.text, c.polarity LIMIT $limit
"""

SILENT = """
    SELECT reason, count(*) FROM rationales WHERE teacher = $teacher AND status <> 'ok' GROUP BY reason ORDER BY 2 DESC, 1
"""
CLAIMS = """
    SELECT count(*), count(*) FILTER (len(c.spans) = 0)
    FROM rationales r,
    LATERAL (SELECT unnest(from_json(r.claims, '[{"kind":"VARCHAR","spans":[["INTEGER"]]}]'), recursive := true)) c
    WHERE r.teacher = $teacher AND r.status = 'ok'
"""

# Slices as in `evaluate --gather`: users with a test item for whom a count lies in a range, or with a given cause.
BY_NUMBER = {
    "purchases shown": """
        SELECT user FROM history GROUP BY user
        HAVING count(*) FILTER (split = 'test') > 0 AND count(*) FILTER (split <> 'test') BETWEEN $low AND $high ORDER BY user
    """,
    "purchases of the true item in training": """
        SELECT h.user FROM history h JOIN items i USING (item)
        WHERE h.split = 'test' AND i.purchases BETWEEN $low AND $high ORDER BY h.user
    """,
}
CAUSE_SLICE = "true cause of the purchase"
BY_CAUSE = """
    SELECT c.user FROM causes c JOIN history h ON h.user = c.user AND h.split = 'test' WHERE c.cause = $cause ORDER BY c.user
"""

LANGUAGE_MODELS = ("llama", "local", "http")  # kinds of teachers, as `StoreFacts.about_teachers` names them
# One review per invented claim, sorted: reviews with a stored raw answer, then most invented claims, then the shortest review.
CAUGHT = """
    WITH flagged AS (
        SELECT r.user, r.position, r.teacher, r.raw, length(h.review) AS size,
               generate_subscripts(from_json(r.why_not, '["VARCHAR"]'), 1) AS place,
               unnest(from_json(r.why_not, '["VARCHAR"]')) AS why, from_json(r.claims, '[{"text":"VARCHAR"}]') AS claims
        FROM rationales r JOIN history h ON h.user = r.user AND h.position = r.position
        WHERE r.teacher IN (SELECT unnest(?)) AND r.status = 'ok' AND h.split <> 'test' AND h.review IS NOT NULL
              AND contains(r.why_not, ?)
    ), counted AS (
        SELECT user, position, teacher, any_value(raw) AS raw, any_value(size) AS size, count(*) AS invented,
               arg_min(claims[place].text, place) AS claim
        FROM flagged WHERE why = ? GROUP BY user, position, teacher
    )
    SELECT user, position, teacher, claim FROM counted
    QUALIFY row_number() OVER (PARTITION BY claim ORDER BY raw IS NULL, invented DESC, size, user, position) = 1
    ORDER BY raw IS NULL, invented DESC, size, user LIMIT ?
"""

_RANGE = re.compile(r"(\d+) (?:to (\d+)|or more)")
_NO_END = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A product bought by the same users: the number of common users, and the shrunk cosine."""

    item: Item
    users: int
    likeness: float


@dataclass(frozen=True, slots=True)
class Buyer:
    """A user who bought a product in the training part, with the latest rating."""

    shopper: Shopper
    rating: float | None


@dataclass(frozen=True, slots=True)
class AttributeCount:
    """An attribute that the teacher found in training reviews of a product, and its number of claims."""

    text: str
    polarity: str
    times: int


@dataclass(frozen=True, slots=True)
class TeacherGaps:
    """Reviews for which the students' teacher found no rationale, by reason, and its claims without evidence in the text."""

    reasons: tuple[tuple[str | None, int], ...]
    claims: int
    unsupported: int

    @property
    def reviews(self) -> int:
        """Number of reviews that give a reason."""
        return sum(count for _, count in self.reasons)


@dataclass(frozen=True, slots=True)
class Caught:
    """A review with an unsupported claim; `claim`: the text of the first one."""

    user: int
    position: int
    teacher: str
    claim: str


class AboutItems(Tables):
    """The part of `Store` that answers these queries."""

    def neighbours(self, item: int, limit: int) -> list[Neighbour]:
        """Products that buyers of this one also bought, most similar first.  Raises UnknownNameError for an unknown product."""
        self.item(item)
        rows = self._ask(TOGETHER, {"item": item, "limit": limit})
        return [Neighbour(self.item(other), users, likeness) for other, users, likeness in rows]

    def bought_with(self, item: int, others: Sequence[int], user: int) -> dict[int, int]:
        """How many other users bought `item` and each of `others` in training; products without any are omitted."""
        sql = """SELECT b.item, count(DISTINCT b.user) FROM history a JOIN history b ON a.user = b.user
                 WHERE a.item = ? AND a.user <> ? AND a.split = 'train' AND b.split = 'train' AND b.item <> a.item
                   AND b.item IN (SELECT unnest(?)) GROUP BY b.item"""
        counted: dict[int, int] = dict(self._ask(sql, [item, user, list(others)]))
        return counted

    def buyers(self, item: int, limit: int) -> tuple[int, list[Buyer]]:
        """The number of buyers and the first of them, featured users first.  Raises UnknownNameError for an unknown product."""
        self.item(item)
        count: int = self._ask(BUYER_COUNT, {"item": item})[0][0]
        rows = self._ask(BUYERS, {"item": item, "limit": limit})
        return count, [Buyer(Shopper(*row), None if rating is None or rating != rating else rating) for *row, rating in rows]

    def attribute_counts(self, item: int, limit: int) -> list[AttributeCount]:
        """Attributes that the students' teacher found in training reviews of a product, most frequent first."""
        self.item(item)
        return [
            AttributeCount(*row)
            for row in self._ask(ATTRIBUTE_COUNTS, {"item": item, "teacher": self.facts.teacher, "limit": limit})
        ]

    def teacher_gaps(self) -> TeacherGaps:
        """Reviews without a rationale and claims without evidence, of the students' teacher."""
        teacher = {"teacher": self.facts.teacher}
        claims, unsupported = self._ask(CLAIMS, teacher)[0]
        return TeacherGaps(tuple((reason, count) for reason, count in self._ask(SILENT, teacher)), claims, unsupported)

    def can_show(self, name: str, label: str) -> bool:
        """Whether the users of this slice can be determined from the tables of the set."""
        return _RANGE.fullmatch(label) is not None if name in BY_NUMBER else name == CAUSE_SLICE and self.has_causes

    def members(self, name: str, label: str) -> list[int]:
        """The users of a slice.  Raises UnknownNameError for a slice that cannot be shown."""
        if not self.can_show(name, label):
            raise UnknownNameError(
                f"unknown slice {name[:60]!r}, {label[:40]!r}", todo="choose one offered on the evidence tab"
            )
        if name == CAUSE_SLICE:
            return [user for (user,) in self._ask(BY_CAUSE, {"cause": label})]
        found = _RANGE.fullmatch(label)
        assert found is not None
        values = {"low": int(found[1]), "high": int(found[2]) if found[2] else _NO_END}
        return [user for (user,) in self._ask(BY_NUMBER[name], values)]

    def caught(self, teachers: Sequence[str], why: str, limit: int) -> list[Caught]:
        """At most `limit` reviews in which a claim of one of `teachers` was flagged for the reason `why`, each with a different claim.

        Held-out purchases are left out.
        """
        if not teachers:
            return []
        return [Caught(*row) for row in self._ask(CAUGHT, [list(teachers), why, why, limit])]
