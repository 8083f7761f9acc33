"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table_lines(head: Sequence[object], rows: Iterable[Iterable[object]]) -> list[str]:
    """The lines of a table; cells must already be Markdown."""
    body = [f"| {' | '.join(map(str, row))} |" for row in (head, *rows)]
    return [body[0], "|---" * len(head) + "|", *body[1:]]
