"""Read-only questions to one precomputed set: Parquet files, asked through DuckDB.

In: a folder whose manifest and checksums hold.  Out: the records of `answers`.
Values are always bound, never put into the SQL; once the tables are known, DuckDB may open nothing outside the folder.
It knows no model and no page.  A store may be asked from many threads at once: each question has its own cursor.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from rdrec.distill.store import decode_claims
from rdrec.precompute.about_items import AboutItems
from rdrec.precompute.answers import (
    Distilled,
    Item,
    Leak,
    Measured,
    OverSeeds,
    PairedHits,
    Prediction,
    Purchase,
    Shopper,
    StoreFacts,
    StudentFacts,
    Truth,
    Written,
)
from rdrec.precompute.featured import in_order
from rdrec.precompute.gathered import GATHERED, MEASURED_LATER, over_seeds
from rdrec.records import ArtefactError, Claim, UnknownNameError
from rdrec.storage import verify

KIND = "precomputed"
COLUMNS: dict[str, tuple[str, ...]] = {
    "users": ("user", "user_key", "interactions", "featured"),
    "items": ("item", "item_key", "title", "brand", "categories", "price", "item_id", "purchases"),
    "history": ("user", "position", "item", "split", "timestamp", "rating", "review", "summary"),
    "rationales": (
        "user", "position", "item", "status", "reason", "user_preference", "item_attribution", "claims", "teacher",
    ),
    "predictions": ("user", "student", "task", "rank", "item", "probability"),
    "truths": ("user", "student", "task", "item", "rank", "probability", "among"),
    "texts": ("user", "item", "student", "task", "text", "reference"),
    "candidates": ("user", "candidates"),
    "evaluation": ("model", "task", "metric", "value", "low", "high", "users", "protocol", "seed"),
} | GATHERED  # fmt: skip
# Tables that folders made before them lack: the set opens, and the page says that this part is not there.
LATER: dict[str, tuple[str, ...]] = {"audit": ("protocol", "measure", "value"), "causes": ("user", "cause")} | MEASURED_LATER
ANY = "any"  # protocol of a row that would be the same under every one
SAID = 2  # attributes that stand in for a missing title: enough to tell a guitar strap from a microphone
# Of files that are read into memory, all sets of a page together: they answer five times as fast; what goes beyond is asked from its files.
IN_MEMORY_BYTES = 64_000_000
_AGAIN = "make it again with: python -m rdrec precompute"

# How often it is said of the item, times how rare it is among all items: "fits a wide neck" before "good overall quality".
_SAID_SQL = """
    WITH counted AS (
        SELECT r.item, c.text, count(*) AS times
        FROM rationales r
        JOIN history h ON h.user = r.user AND h.position = r.position AND h.split = 'train'
        JOIN items i ON i.item = r.item AND i.title IS NULL,
        LATERAL (SELECT unnest(from_json(r.claims, '[{"kind":"VARCHAR","text":"VARCHAR"}]'), recursive := true)) c
        WHERE r.status = 'ok' AND r.teacher = ? AND c.kind = 'item_attribution' AND length(c.text) <= 60
        GROUP BY r.item, c.text
    ), weighed AS (
        SELECT item, text, times * ln(1.5 * (SELECT count(*) FROM items) / count(*) OVER (PARTITION BY text)) AS telling FROM counted
    )
    SELECT item, text FROM weighed
    QUALIFY row_number() OVER (PARTITION BY item ORDER BY telling DESC, text) <= ?
    ORDER BY item, telling DESC, text
"""


class Store(AboutItems):
    """One precomputed set, open for reading.  Make it with `Store.open`."""

    def __init__(self, folder: Path, facts: StoreFacts, connection: duckdb.DuckDBPyConnection, later: Collection[str]) -> None:
        self.folder, self.facts = folder, facts
        self._connection = connection
        self.held_bytes = 0
        said: dict[int, list[str]] = {}
        for item, text in self._ask(_SAID_SQL, [facts.teacher, SAID]):
            said.setdefault(item, []).append(text)
        rows = self._ask("SELECT item, item_key, title, brand, categories, price, item_id, purchases FROM items")
        self._items = {
            number: Item(number, key, title, brand, categories, _number(price), item_id, purchases, tuple(said.get(number, ())))
            for number, key, title, brand, categories, price, item_id, purchases in rows
        }
        # Titles in memory: matching 18,000 of them takes 3 ms, and no search text ever becomes part of a query.
        self._words = [(item.item, f"{item.title or ''} {' '.join(item.said)}".casefold()) for item in self._items.values()]
        self._item_of_key = {item.item_key.casefold(): item.item for item in self._items.values()}
        self._of_number = {str(item.item_id): item for item in self._items.values()}
        self._paired: dict[tuple[str, int], PairedHits] = {}  # over all users: 20 ms, so asked once
        self._evaluation: list[Measured] | None = None
        self._over_seeds: OverSeeds | None = None
        self._later, self.has_causes = frozenset(later), "causes" in later
        shoppers = (
            Shopper(*row) for row in self._ask("SELECT user, user_key, interactions, featured FROM users ORDER BY user")
        )
        self._shoppers = {shopper.user: shopper for shopper in shoppers}  # asked at every change, up to 50 of them
        self._users = list(self._shoppers)
        if not self._users or not self._items:
            raise ArtefactError("the set holds no user or no item", where=folder, todo=_AGAIN)
        chosen = (shopper for shopper in self._shoppers.values() if shopper.featured is not None)
        self._featured = sorted(chosen, key=lambda shopper: in_order(shopper.featured or ""))
        self.evaluation()  # refuses rows of another protocol now, not at the first question

    @classmethod
    def open(cls, folder: Path, room: int = IN_MEMORY_BYTES) -> Store:
        """Check the manifest, every file's sha256 and the tables' columns.  Raises ArtefactError saying what is wrong.

        room: bytes of files that may be read into memory; `held_bytes` of the store says how many were
        """
        folder = folder.absolute()
        manifest = verify(folder, KIND)
        facts = _facts(manifest.meta, folder)
        later = {table: columns for table, columns in LATER.items() if f"{table}.parquet" in manifest.files}
        connection = duckdb.connect(":memory:", config={"threads": 1, "autoinstall_known_extensions": False})
        size = sum((folder / f"{table}.parquet").stat().st_size for table in COLUMNS | later)
        try:
            for table, columns in (COLUMNS | later).items():
                relation = connection.read_parquet(str(folder / f"{table}.parquet"))
                if missing := sorted(set(columns) - set(relation.columns)):
                    raise ArtefactError(f"{table}.parquet lacks {', '.join(missing)}", where=folder, todo=_AGAIN)
                (relation.create if size <= room else relation.create_view)(table)
            connection.execute("SET parquet_metadata_cache = true")
            connection.execute("SET allowed_directories = ?", [[str(folder)]])
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            store = cls(folder, facts, connection, later)
            store.held_bytes = size if size <= room else 0
            return store
        except duckdb.Error as error:
            raise ArtefactError(f"a table cannot be read ({error})", where=folder, todo=_AGAIN) from error

    def user(self, user: int) -> Shopper:
        """One user.  Raises UnknownNameError when this set has no such number."""
        self._check_user(user)
        return self._shoppers[user]

    def has_user(self, user: int) -> bool:
        return user in self._shoppers

    def user_range(self) -> tuple[int, int]:
        """The smallest and the largest user number."""
        return self._users[0], self._users[-1]

    def first_user(self) -> int:
        """The user of the first view: the first featured one, else the first of all."""
        featured = self.featured_users()
        return featured[0].user if featured else self._users[0]

    def other_user(self, user: int) -> int:
        """Any user but this one, drawn at random; this one where there is no other."""
        return random.choice([other for other in self._users if other != user] or [user])

    def featured_users(self) -> list[Shopper]:
        """Those with a reason, what rationales do to them first."""
        return list(self._featured)

    def search_users(self, text: str, limit: int) -> list[Shopper]:
        """Users by number, by the start of their key, or by what they bought: words of a title, or an item key.

        The held-out last purchase is not searched: finding users by it would give the answer away.
        No text: the featured users, then the first ones.
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

    def history(self, user: int) -> list[Purchase]:
        """Every purchase up to the held-out one (split "test"), oldest first."""
        self._check_user(user)
        sql = """SELECT position, item, split, timestamp, rating, review, summary
                 FROM history WHERE user = ? ORDER BY position"""
        return [Purchase(p, self.item(i), s, t, _number(r), *rest) for p, i, s, t, r, *rest in self._ask(sql, [user])]

    def rationales(self, user: int, teacher: str | None = None) -> dict[int, Distilled]:
        """What a teacher said about each of the user's reviews, by position; without a name the teacher of the students."""
        known = (self.facts.teacher, *self.facts.beside)
        if teacher is not None and teacher not in known:
            raise UnknownNameError(f"no teacher {teacher[:40]!r} in {self.facts.data!r}", todo=f"use {' or '.join(known)}")
        return self.all_rationales(user)[teacher or self.facts.teacher]

    def all_rationales(self, user: int) -> dict[str, dict[int, Distilled]]:
        """The same of every teacher, that of the students first."""
        self._check_user(user)
        sql = """SELECT position, item, status, reason, user_preference, item_attribution, claims, teacher
                 FROM rationales WHERE user = ? ORDER BY position"""
        answer: dict[str, dict[int, Distilled]] = {teacher: {} for teacher in (self.facts.teacher, *self.facts.beside)}
        for position, item, status, reason, preference, attribution, claims, teacher in self._ask(sql, [user]):
            if teacher in answer:
                said = _claims(claims, self.folder)
                answer[teacher][position] = Distilled(position, item, status, reason, preference, attribution, said, teacher)
        return answer

    def predictions(self, user: int, task: str) -> dict[str, list[Prediction]]:
        """The first `top` items of each student ("rdrec", "baseline"), best first."""
        self._check_user(user)
        sql = """SELECT student, rank, item, probability FROM predictions
                 WHERE user = ? AND task = ? ORDER BY student, rank"""
        answer: dict[str, list[Prediction]] = {}
        for student, rank, item, probability in self._ask(sql, [user, task]):
            answer.setdefault(student, []).append(Prediction(student, rank, self.item(item), probability))
        return answer

    def truth(self, user: int, task: str) -> dict[str, Truth]:
        """The held-out item with its rank, by student; empty for a user too short to hold one out."""
        self._check_user(user)
        sql = "SELECT student, item, rank, probability, among FROM truths WHERE user = ? AND task = ?"
        return {row[0]: Truth(row[0], self.item(row[1]), *row[2:]) for row in self._ask(sql, [user, task])}

    def texts(self, user: int) -> list[Written]:
        self._check_user(user)
        return [Written(*row) for row in self._ask("SELECT student, task, text, reference FROM texts WHERE user = ?", [user])]

    def candidates(self, user: int) -> list[int]:
        """The 100 items among which the top-N task ranks."""
        self._check_user(user)
        rows = self._ask("SELECT candidates FROM candidates WHERE user = ?", [user])
        return list(rows[0][0]) if rows else []

    def evaluation(self) -> list[Measured]:
        if self._evaluation is None:
            sql = "SELECT model, task, metric, value, low, high, users, protocol, seed FROM evaluation"
            rows = [Measured(*row) for row in self._ask(sql)]
            if foreign := {row.protocol for row in rows} - {self.facts.protocol, ANY}:
                raise ArtefactError(
                    f"the evaluation holds rows of {', '.join(sorted(foreign))}, this set is of {self.facts.protocol}",
                    where=self.folder,
                    todo=_AGAIN,
                )
            self._evaluation = rows
        return list(self._evaluation)

    def leak_audit(self) -> tuple[Leak, ...] | None:
        """How much of the test can be answered without learning, under each protocol; None in sets made before this was kept."""
        if "audit" not in self._later:
            return None
        rows = self._ask("SELECT protocol, measure, value FROM audit")
        return tuple(Leak(protocol, measure, _number(value)) for protocol, measure, value in rows)

    def over_seeds(self) -> OverSeeds:
        """The evidence over several training runs, in the order in which it was gathered."""
        if self._over_seeds is None:
            self._over_seeds = over_seeds(self._ask, self._later)
        return self._over_seeds

    def paired_hits(self, task: str, k: int) -> PairedHits:
        """Over all users that both students ranked: who has the true item in the first `k`."""
        sql = """SELECT count(*), count(*) FILTER (a.rank <= $k AND b.rank <= $k),
                        count(*) FILTER (a.rank <= $k AND b.rank > $k), count(*) FILTER (a.rank > $k AND b.rank <= $k)
                 FROM truths a JOIN truths b ON a.user = b.user AND a.task = b.task
                 WHERE a.task = $task AND a.student = 'rdrec' AND b.student = 'baseline'"""
        if (task, k) not in self._paired:
            self._paired[task, k] = PairedHits(k, *self._ask(sql, {"task": task, "k": k})[0])
        return self._paired[task, k]

    def item(self, item: int) -> Item:
        """One product.  Raises UnknownNameError for a number that is not in the catalogue."""
        try:
            return self._items[item]
        except KeyError:
            raise UnknownNameError(f"no item {item} in {self.facts.data!r}", todo=f"use 1 to {self.facts.items}") from None

    def search_items(self, text: str, limit: int) -> list[Item]:
        """Products by key or by words of their title (or of what is said of them), what sold most first.  No text: nothing."""
        text = " ".join(text.split()).casefold()
        words = text.split()
        found = {item for item, title in self._words if words and all(word in title for word in words)}
        if text in self._item_of_key:
            found.add(self._item_of_key[text])
        return sorted((self._items[item] for item in found), key=lambda item: (-item.purchases, item.item))[:limit]

    def best_sellers(self, count: int) -> list[Item]:
        """What sold most in training, most first; at equal numbers the smaller item number."""
        return sorted(self._items.values(), key=lambda item: (-item.purchases, item.item))[:count]

    def item_by_number(self, number: str) -> Item | None:
        """The product that the students know by a number, in digits."""
        return self._of_number.get(number)

    def _buyers(self, text: str, limit: int) -> Iterable[Shopper]:
        words = text.split()
        items = [item for item, title in self._words if all(word in title for word in words)]
        if text in self._item_of_key:
            items.append(self._item_of_key[text])
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

    def _check_user(self, user: int) -> None:
        if user not in self._shoppers:
            low, high = self.user_range()
            raise UnknownNameError(f"no user {user} in {self.facts.data!r}", todo=f"use a number from {low} to {high}")

    def _ask(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._connection.cursor() as cursor:
                rows: list[tuple[Any, ...]] = cursor.execute(sql, values or None).fetchall()
                return rows
        except duckdb.Error as error:
            raise ArtefactError(f"the tables cannot be read ({error})", where=self.folder, todo=_AGAIN) from error


def name(item: Item) -> str:
    """What to call a product: its title, else its key."""
    return item.title or item.item_key


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else value


def _claims(text: str, folder: Path) -> tuple[Claim, ...]:
    try:
        return decode_claims(text)
    except ArtefactError as error:  # its advice is for the home's own rationales
        what = f"a claim in rationales.parquet cannot be read ({error.__cause__})"
        raise ArtefactError(what, where=folder, todo=_AGAIN) from error


def _facts(meta: dict[str, Any], folder: Path) -> StoreFacts:
    try:
        older = {"ties": None, "cut": None}  # what manifests of earlier versions lack
        values = {field: (older | meta)[field] for field in StoreFacts.__slots__}
        students = tuple(StudentFacts(**{field: raw[field] for field in StudentFacts.__slots__}) for raw in meta["students"])
        return StoreFacts(**{**values, "students": students, "beside": tuple(values["beside"])})
    except (KeyError, TypeError) as error:
        raise ArtefactError(f"the manifest's meta lacks {error}", where=folder, todo=_AGAIN) from error
