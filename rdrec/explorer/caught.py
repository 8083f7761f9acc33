"""Find reviews for which a language model made a claim that the review does not support."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.explorer.open_tables import Tables

LANGUAGE_MODELS = ("llama", "local", "http")  # kinds of teachers, as `StoreFacts.about_teachers` names them


@dataclass(frozen=True, slots=True)
class Caught:
    """A review with an unsupported claim; `claim`: the text of the first one."""

    user: int
    position: int
    teacher: str
    claim: str


# One review per invented claim, sorted: reviews with a stored raw answer, then most invented claims, then the shortest review.
_SQL = """
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


class CaughtClaims(Tables):
    """The part of `Store` that finds them."""

    def caught(self, teachers: Sequence[str], why: str, limit: int) -> list[Caught]:
        """At most `limit` reviews in which a claim of one of `teachers` was flagged for the reason `why`, each with a different claim.

        Held-out purchases are left out.
        """
        if not teachers:
            return []
        return [Caught(*row) for row in self._ask(_SQL, [list(teachers), why, why, limit])]
