"""Reviews of the set on which a language model was caught: it said something that the review does not hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LANGUAGE_MODELS = ("llama", "local", "http")  # kinds of teachers, as `StoreFacts.about_teachers` names them


@dataclass(frozen=True, slots=True)
class Caught:
    """`claim`: the first one whose words come from the prompt's examples and not from the review."""

    user: int
    position: int
    teacher: str
    claim: str


# One review for each invented claim.  First those whose raw answer is kept, then by how many claims were invented, then the shortest.
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


class CaughtClaims:
    """The part of a `Store` that finds them."""

    def _ask(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        raise NotImplementedError

    def caught(self, teachers: Sequence[str], why: str, limit: int) -> list[Caught]:
        """At most `limit` reviews, each with another invented claim, on which one of `teachers` made a claim that was flagged for the reason `why`.

        Hidden purchases are left out.
        """
        if not teachers:
            return []
        return [Caught(*row) for row in self._ask(_SQL, [list(teachers), why, why, limit])]
