"""Read-only queries on one precomputed set: Parquet files, queried with DuckDB.

Values are always bound, never inserted into SQL, and DuckDB cannot open files outside the folder.  Thread-safe, because each query has
its own cursor.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from itertools import islice
from pathlib import Path

import duckdb

from rdrec.core.records import ArtefactError, first_few, grouped
from rdrec.core.settings import integer
from rdrec.core.storage import verify
from rdrec.core.vocabulary import ANY_PROTOCOL
from rdrec.explorer.about_items import AboutItems
from rdrec.explorer.about_shoppers import OF_USER, AboutShoppers, finite
from rdrec.explorer.answers import (
    BeamMiss,
    Curve,
    Item,
    Leak,
    Measured,
    PairedHits,
    SeedResults,
    Shopper,
    StoreFacts,
    curve_of,
)
from rdrec.explorer.checked_set import check_filled, facts_of, typed
from rdrec.explorer.featured import in_order
from rdrec.explorer.motives import LEAST_REVIEWS
from rdrec.explorer.tables import (
    AGAIN,
    ATTRIBUTES_SQL,
    COLUMNS,
    ENGINE,
    IN_MEMORY_BYTES,
    KIND,
    LIKED_SQL,
    OPTIONAL_COLUMNS,
    OPTIONAL_TABLES,
    TITLE_ATTRIBUTES,
    seed_results,
)


class Store(AboutItems, AboutShoppers):
    """One precomputed set, opened with `Store.open`."""

    def __init__(
        self, folder: Path, facts: StoreFacts, connection: duckdb.DuckDBPyConnection, optional: Collection[str], sha256: str
    ) -> None:
        super().__init__(folder, facts, connection, sha256)
        self.held_bytes = 0
        attributes: dict[int, list[str]] = grouped(self._ask(ATTRIBUTES_SQL, [facts.teacher, TITLE_ATTRIBUTES]))
        rows = self._ask("SELECT item, item_key, title, brand, categories, price, item_id, purchases FROM items")
        self._items = {
            number: Item(
                number, key, title, brand, categories, finite(price), item_id, purchases, tuple(attributes.get(number, ()))
            )
            for number, key, title, brand, categories, price, item_id, purchases in rows
        }
        # Titles are searched in memory: 18,000 take 3 ms, and no search text becomes part of a query.
        self._words = [(item.item, f"{item.title or ''} {' '.join(item.said)}".casefold()) for item in self._items.values()]
        self._item_of_key = {item.item_key.casefold(): item.item for item in self._items.values()}
        self._seed_results: SeedResults | None = None
        self._liked: dict[int, frozenset[str]] | None = None
        self._optional, self.has_causes = frozenset(optional), "causes" in optional
        shoppers = (
            Shopper(*row) for row in self._ask("SELECT user, user_key, interactions, featured FROM users ORDER BY user")
        )
        self._shoppers = {shopper.user: shopper for shopper in shoppers}  # cached, as every change needs up to 50 of them
        self._users = list(self._shoppers)
        if not self._users or not self._items:
            raise ArtefactError("the set has no users or no items", where=folder, todo=AGAIN)
        featured = (shopper for shopper in self._shoppers.values() if shopper.featured is not None)
        self._featured = sorted(featured, key=lambda shopper: in_order(shopper.featured or ""))
        self._evaluation = self._measured()  # rejects rows of another protocol now, not on the first query

    @classmethod
    def open(cls, folder: Path, room: int = IN_MEMORY_BYTES) -> Store:
        """Verify the manifest, all hashes and columns.  Raises ArtefactError naming the problem.

        room  bytes of files that may be loaded into memory; the store's `held_bytes` counts those that were
        """
        folder = folder.absolute()
        manifest = verify(folder, KIND)
        if unsealed := [f"{table}.parquet" for table in COLUMNS if f"{table}.parquet" not in manifest.files]:
            raise ArtefactError(f"the manifest does not list {first_few(unsealed)}", where=folder, todo=AGAIN)
        facts = facts_of(manifest.meta, folder)
        optional = {table: columns for table, columns in OPTIONAL_TABLES.items() if f"{table}.parquet" in manifest.files}
        memory = integer("page.set_memory") // 2**20
        connection = duckdb.connect(":memory:", config=ENGINE | {"memory_limit": f"{memory}MiB"})
        size = sum((folder / f"{table}.parquet").stat().st_size for table in COLUMNS | optional)
        try:
            for table, columns in (COLUMNS | optional).items():
                relation = connection.read_parquet(str(folder / f"{table}.parquet"))
                if missing := sorted(set(columns) - set(relation.columns)):
                    raise ArtefactError(f"{table}.parquet lacks {', '.join(missing)}", where=folder, todo=AGAIN)
                absent = [name for name in OPTIONAL_COLUMNS.get(table, ()) if name not in relation.columns]
                known = (typed(table, name) for name in columns + OPTIONAL_COLUMNS.get(table, ()) if name not in absent)
                relation = relation.project(", ".join([*known, *(f"NULL::VARCHAR AS {name}" for name in absent)]))
                (relation.create if size <= room else relation.create_view)(table)
            check_filled(connection, folder)
            connection.execute("SET parquet_metadata_cache = true")
            connection.execute("SET allowed_directories = ?", [[str(folder)]])
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            store = cls(folder, facts, connection, optional, manifest.sha256)
            store._reads_files = size > room
            store.held_bytes = size if size <= room else 0
            return store
        except duckdb.Error as error:
            raise ArtefactError(f"a table cannot be read ({error})", where=folder, todo=AGAIN) from error

    def user(self, user: int) -> Shopper:
        """One user.  Raises UnknownNameError for an unknown number."""
        self._check_user(user)
        return self._shoppers[user]

    def has_user(self, user: int) -> bool:
        """Whether this set has a shopper with this number."""
        return user in self._shoppers

    def first_user(self) -> int:
        """The user of the first view: the first featured one, or else the first."""
        featured = self.featured_users()
        return featured[0].user if featured else self._users[0]

    def other_user(self, user: int) -> int:
        """Another random user, or this one if there is no other."""
        return random.choice([other for other in self._users if other != user] or [user])

    def featured_users(self) -> list[Shopper]:
        """Users with a reason, in display order."""
        return list(self._featured)

    def search_users(self, text: str, limit: int) -> list[Shopper]:
        """Find users by number, prefix of their key, words of a title they bought, or item key.

        The held-out item is not searched, because it would reveal the answer.  Without text: the featured users, then the first ones.
        """
        text = " ".join(text.split()).casefold()
        if not text:
            first = sorted(self._featured, key=lambda shopper: shopper.user)
            others = (shopper for shopper in self._shoppers.values() if shopper.featured is None)
            return [*first, *islice(others, max(0, limit - len(first)))][:limit]
        sql = """SELECT user, user_key, interactions, featured FROM users
                 WHERE CAST(user AS VARCHAR) = ? OR starts_with(lower(user_key), ?)
                 ORDER BY CAST(user AS VARCHAR) <> ?, lower(user_key) <> ?, user LIMIT ?"""
        found = [Shopper(*row) for row in self._ask(sql, [text, text, text, text, limit])]
        seen = {shopper.user for shopper in found}
        return (found + [buyer for buyer in self._buyers(text, limit) if buyer.user not in seen])[:limit]

    def purchase_rows(self) -> list[tuple[int, int, str, int | None, bool]]:
        """Every interaction up to the held-out ones, by user and position: user, item, split, timestamp, whether it has a review."""
        sql = "SELECT user, item, split, timestamp, review IS NOT NULL FROM history ORDER BY user, position"
        return [(user, item, split, time, reviewed) for user, item, split, time, reviewed in self._ask(sql)]

    def all_precision_rows(self, student: str) -> list[tuple[int, str, int, int, list[int]]]:
        """User, precision, rank, size of the student in bytes, ten best items, by user; empty in sets without this table."""
        if "precisions" not in self._optional:
            return []
        sql = "SELECT user, precision, rank, bytes, top_items FROM precisions WHERE student = ? ORDER BY user"
        return [(user, name, rank, size, items) for user, name, rank, size, items in self._ask(sql, [student])]

    def items(self) -> list[Item]:
        """All products, by number."""
        return [self._items[number] for number in sorted(self._items)]

    def liked_attributes(self, item: int) -> frozenset[str]:
        """Attributes that training reviews like about a product, in lower case."""
        if self._liked is None:
            liked: dict[int, list[str]] = grouped(self._ask(LIKED_SQL, [self.facts.teacher, LEAST_REVIEWS]))
            self._liked = {number: frozenset(texts) for number, texts in liked.items()}
        return self._liked.get(item, frozenset())

    def evaluation(self) -> list[Measured]:
        """All rows of the evaluation."""
        return list(self._evaluation)

    def leak_audit(self) -> tuple[Leak, ...] | None:
        """How much of the test can be answered without learning, under each protocol; None in older sets."""
        if "audit" not in self._optional:
            return None
        rows = self._ask("SELECT protocol, measure, value FROM audit")
        return tuple(Leak(protocol, measure, finite(value)) for protocol, measure, value in rows)

    def beam_misses(self, student: str) -> tuple[BeamMiss, ...]:
        """Shoppers for whom a beam search loses a shipped student's best products; empty in older sets."""
        sql = "SELECT * FROM beam_misses WHERE student = ? ORDER BY beams, first_rank, user"
        rows = self._ask(sql, [student]) if "beam_misses" in self._optional else []
        return tuple(BeamMiss(*row) for row in rows if row[1] in self._shoppers)

    def curves(self) -> tuple[Curve, ...]:
        """The training of the page's students; empty in older sets."""
        if "curves" not in self._optional:
            return ()
        names = OPTIONAL_TABLES["curves"]
        rows = self._ask(f"SELECT {', '.join(names)} FROM curves ORDER BY run, epoch")
        parts = grouped((row[1], dict(zip(names, row, strict=True))) for row in rows)
        return tuple(curve_of(part) for part in parts.values())

    def seed_results(self) -> SeedResults:
        """The evidence over several training runs, in the order in which it was gathered."""
        if self._seed_results is None:
            self._seed_results = seed_results(self._ask, self._optional)
        return self._seed_results

    def paired_hits(self, task: str, k: int) -> PairedHits:
        """Paired comparison of both students over all users ranked by both: true item in the top `k`."""
        sql = """SELECT count(*), count(*) FILTER (a.rank <= $k AND b.rank <= $k),
                        count(*) FILTER (a.rank <= $k AND b.rank > $k), count(*) FILTER (a.rank > $k AND b.rank <= $k)
                 FROM truths a JOIN truths b ON a.user = b.user AND a.task = b.task
                 WHERE a.task = $task AND a.student = 'rdrec' AND b.student = 'baseline'"""
        return PairedHits(k, *self._ask(sql, {"task": task, "k": k})[0])

    def search_items(self, text: str, limit: int) -> list[Item]:
        """Products by key or words of their title (or attributes), bestsellers first.  Without text: none."""
        found = self._items_named(" ".join(text.split()).casefold())
        return sorted((self._items[item] for item in found), key=lambda item: (-item.purchases, item.item))[:limit]

    def best_sellers(self, count: int) -> list[Item]:
        """Most frequent items in training; ties by item number."""
        return sorted(self._items.values(), key=lambda item: (-item.purchases, item.item))[:count]

    def _measured(self) -> list[Measured]:
        sql = "SELECT model, task, metric, value, low, high, users, protocol, seed FROM evaluation"
        rows = [Measured(*row) for row in self._ask(sql)]
        if others := {row.protocol for row in rows} - {self.facts.protocol, ANY_PROTOCOL}:
            raise ArtefactError(
                f"the evaluation contains rows of {', '.join(sorted(others))}, but this set uses {self.facts.protocol}",
                where=self.folder,
                todo=AGAIN,
            )
        return rows

    def _items_named(self, text: str) -> set[int]:
        """The products with this key, or with all words of the text in their title (or attributes); none without text."""
        words, by_key = text.split(), self._item_of_key.get(text)
        found = {item for item, title in self._words if words and all(word in title for word in words)}
        return found if by_key is None else found | {by_key}

    def _buyers(self, text: str, limit: int) -> Iterable[Shopper]:
        items = sorted(self._items_named(text))
        if not items:
            return []
        sql = """SELECT u.user, u.user_key, u.interactions, u.featured, arg_max(h.item, h.position)
                 FROM history h JOIN users u ON u.user = h.user
                 WHERE h.item IN (SELECT unnest(?)) AND h.split <> 'test'
                 GROUP BY ALL ORDER BY count(*) DESC, u.user LIMIT ?"""
        return [
            Shopper(user, key, count, featured, name(self.item(item)))
            for user, key, count, featured, item in self._ask(sql, [items, limit])
        ]

    def prepare(self) -> None:
        """Preload what the first view of every visitor needs."""
        for table in OF_USER:
            if not self._reads_files and (table in COLUMNS or table in self._optional):
                self._rows_of(table)
        self.seed_results()
        self.liked_attributes(next(iter(self._items)))


def name(item: Item) -> str:
    """A product's title, or else its key."""
    return item.title or item.item_key
