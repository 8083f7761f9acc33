"""Look up the rows of one user in a table in memory, without an SQL query.

A DuckDB query takes a millisecond, mostly for planning, and releases the GIL, so with many visitors a view of six tables would wait
six times.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

_FEW_VALUES = ("split", "status", "reason", "student", "task", "teacher")


class UserRows:
    """The rows of a table by user.  table: sorted by its first column, `user`."""

    def __init__(self, table: pa.Table) -> None:
        users = table.column("user").to_numpy()
        self._users, self._starts = np.unique(users, return_index=True)
        self._starts = np.append(self._starts, len(users))
        columns = table.drop_columns(["user"])
        for place, name in enumerate(columns.column_names):
            if name in _FEW_VALUES:
                columns = columns.set_column(place, name, columns.column(name).dictionary_encode())
        self._columns = columns.combine_chunks()

    @property
    def nbytes(self) -> int:
        """Memory used by the rows, in bytes."""
        return int(self._columns.nbytes + self._users.nbytes + self._starts.nbytes)

    def of(self, user: int) -> list[tuple[Any, ...]]:
        """The user's rows, without the column `user`."""
        place = int(np.searchsorted(self._users, user))
        if place == len(self._users) or self._users[place] != user:
            return []
        start = int(self._starts[place])
        rows = self._columns.slice(start, int(self._starts[place + 1]) - start)
        return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))
