"""The open tables of one precomputed set, which all queries of `Store` share.

Values are always bound, never inserted into SQL.  Thread-safe, because each query has its own cursor.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from rdrec.core.records import ArtefactError, UnknownNameError
from rdrec.core.storage import read_manifest
from rdrec.explorer.answers import Item, Shopper, StoreFacts
from rdrec.explorer.tables import AGAIN, KIND

_FEW_VALUES = ("split", "status", "reason", "student", "task", "teacher")


class Tables:
    """A connection to the tables, and what `Store` reads from them when it is opened."""

    _items: dict[int, Item]
    _shoppers: dict[int, Shopper]  # in the order of their numbers
    _optional: frozenset[str]  # the optional tables that this set has
    has_causes: bool  # only for invented shops, and not in older sets

    def __init__(self, folder: Path, facts: StoreFacts, connection: duckdb.DuckDBPyConnection, sha256: str) -> None:
        self.folder, self.facts, self._sha256 = folder, facts, sha256
        self._connection, self._reads_files = connection, False
        self._rows: dict[str, UserRows | None] = {}
        self._rows_lock = threading.Lock()

    def check_unchanged(self) -> None:
        """Raise ArtefactError if the folder was replaced since it was opened, because later reads would not match earlier ones."""
        try:
            replaced = read_manifest(self.folder, KIND).sha256 != self._sha256
        except ArtefactError:
            replaced = True
        if replaced:
            what = "the data set on disk was replaced or removed after the page was started"
            raise ArtefactError(what, where=self.folder, todo="restart the page")

    def item(self, item: int) -> Item:
        """One product.  Raises UnknownNameError for an unknown number."""
        try:
            return self._items[item]
        except KeyError:
            raise UnknownNameError(f"no item {item} in {self.facts.data!r}", todo=f"use 1 to {self.facts.items}") from None

    def user_range(self) -> tuple[int, int]:
        """The smallest and largest user numbers."""
        return next(iter(self._shoppers)), next(reversed(self._shoppers))

    def _check_user(self, user: int) -> None:
        if user not in self._shoppers:
            low, high = self.user_range()
            raise UnknownNameError(f"no user {user} in {self.facts.data!r}", todo=f"use a number from {low} to {high}")

    def _ask_arrow(self, sql: str) -> Any:
        try:
            with self._connection.cursor() as cursor:
                return cursor.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise ArtefactError(f"the tables cannot be read ({error})", where=self.folder, todo=AGAIN) from error

    def _ask(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        if self._reads_files:
            self.check_unchanged()
        try:
            with self._connection.cursor() as cursor:
                rows: list[tuple[Any, ...]] = cursor.execute(sql, values or None).fetchall()
                return rows
        except duckdb.Error as error:
            raise ArtefactError(f"the tables cannot be read ({error})", where=self.folder, todo=AGAIN) from error


class UserRows:
    """The rows of a table by user, without an SQL query.  table: sorted by its first column, `user`.

    A DuckDB query takes a millisecond, mostly for planning, and releases the GIL, so with many visitors a view of six tables would wait
    six times.
    """

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
