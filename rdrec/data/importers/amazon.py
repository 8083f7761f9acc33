"""Raw Amazon reviews of 2014, 2018 and 2023 into one data set.

In: one file of reviews, csv or JSON lines, plain or gzip, and perhaps one of item metadata.  Out: a `Dataset`.
The form is told by its columns.  A user's purchases are ordered by time, and within the same time (2014 and 2018 know only the
day) by their order in the file; the same item twice counts once, at the earliest purchase.  The file is read twice, so that
only the texts that stay are ever in memory.  It knows nothing of where data sets are kept.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rdrec import settings
from rdrec.data import core, schema
from rdrec.data.explanations import pick_explanations
from rdrec.data.importers.items import ItemInfo, read_items
from rdrec.data.reading import Faults, csv_rows, json_objects, text_lines
from rdrec.data.splits import draw_text_split
from rdrec.data.text import key_fault, one_line, shown, tidy, unmark
from rdrec.records import Dataset, InputError
from rdrec.storage import sha256_of

_WHOLE = re.compile(r"(\d{1,15})(?:\.0*)?")
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,6})?")


@dataclass(frozen=True)
class Form:
    """How one release names its fields; `per_second` is 1000 where times are in milliseconds."""

    name: str
    user: str
    item: str
    time: str
    text: str
    summary: str
    rating: str
    per_second: int

    @property
    def required(self) -> tuple[str, ...]:
        return (self.user, self.item, self.time)


FORMS = (
    Form("Amazon 2014 or 2018", "reviewerID", "asin", "unixReviewTime", "reviewText", "summary", "overall", 1),
    Form("Amazon 2023", "user_id", "parent_asin", "timestamp", "text", "title", "rating", 1000),
)


@dataclass
class _Log:
    """The first pass: what orders and filters, without any text."""

    users: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    user: array[int] = field(default_factory=lambda: array("q"))
    item: array[int] = field(default_factory=lambda: array("q"))
    time: array[int] = field(default_factory=lambda: array("q"))
    rating: array[float] = field(default_factory=lambda: array("d"))
    texts: int = 0


def import_reviews(
    path: Path, name: str, *, items: Path | None = None, core_users: int, core_items: int, seed: int, title: str | None = None
) -> Dataset:
    """A data set of the reviews in `path`.  Raises InputError for a file that is not what it should be, naming lines."""
    form, is_csv = detect(path)
    log = _read_log(path, form, is_csv)
    user, item, time = (np.frombuffer(values, dtype=np.int64) for values in (log.user, log.item, log.time))
    kept = core.keep(user, item, time, core_users, core_items)
    if not len(kept.rows):
        raise _nothing_left(path, user, item, core_users, core_items)
    reviews, summaries, cut = _read_texts(path, form, is_csv, kept.rows, len(log.user))
    explanations, features = pick_explanations(reviews)
    user_keys, item_keys = list(log.users), list(log.items)
    item_frame, found = _item_frame([item_keys[code] for code in kept.item_codes], items)
    rating = np.frombuffer(log.rating, dtype=np.float64)[kept.rows]
    interactions = schema.table(
        {
            "user": kept.users,
            "position": kept.positions,
            "item": kept.items,
            "timestamp": time[kept.rows] // form.per_second,
            "rating": [None if np.isnan(value) else float(value) for value in rating],
            "review": reviews,
            "summary": summaries,
            "explanation": explanations,
            "feature": features,
            "text_split": draw_text_split([review is not None for review in reviews], seed),
        },
        schema.INTERACTIONS,
    )
    users = schema.table(
        {"user": range(1, len(kept.user_codes) + 1), "user_key": [user_keys[code] for code in kept.user_codes]}, schema.USERS
    )
    meta = {
        "title": title or name,
        "source": {
            "kind": f"{form.name} reviews",
            "file": path.name,
            "sha256": sha256_of(path),
            "items_file": None if items is None else items.name,
        },
        "options": {"core": core_users, "core_items": core_items, "seed": seed},
        "rules": {
            "order": "by time, then by order in the file",
            "duplicates": "the same user and item twice: the earliest purchase is kept",
            "text_split": "80/10/10 at random over the interactions with review text, by the seed",
        },
        "counts": schema.counts(interactions, item_frame, len(users)),
        "dropped": {"duplicates": kept.duplicates, "below_core": kept.below_core},
        "cut_reviews": cut,
        "items_in_metadata": found,
        "notes": [],
    }
    return Dataset(name, users, item_frame, interactions, None, meta)


def _nothing_left(path: Path, user: core.Integers, item: core.Integers, core_users: int, core_items: int) -> InputError:
    """Says how much smaller a core must be, so that nobody has to try."""

    def leaves(smaller: int) -> bool:
        return bool(core.core_mask(user, item, min(core_users, smaller), min(core_items, smaller)).any())

    works, fails = 1, max(core_users, core_items)
    while fails - works > 1:
        middle = (works + fails) // 2
        works, fails = (middle, fails) if leaves(middle) else (works, middle)
    return InputError(
        f"nothing is left of {len(user):,} interactions after keeping users with at least {core_users} of them and items with {core_items}",
        where=path,
        todo=f"use a smaller core: {works} is the largest that leaves anything (--core {works})",
    )


def detect(path: Path) -> tuple[Form, bool]:
    """The form of a file, by the names in its first line, and whether it is csv."""
    faults = Faults(path)
    first = next((line.lstrip() for _, line in text_lines(path, faults) if line.strip()), "")
    faults.check()
    if not first:
        raise InputError("the file is empty", where=path, todo="give a file of Amazon reviews")
    if first.startswith("["):
        raise InputError("this is one JSON array", where=path, todo="give one JSON object a line")
    is_csv = not first.startswith("{")
    if is_csv:
        names: Iterable[str] = [cell.strip() for cell in next(csv_rows(path, faults), (1, [""]))[1]]
    else:
        objects = json_objects(path, faults)
        names = next(objects, (1, {}))[1].keys()
        faults.check()
    needed = {form: [*form.required, form.text] if is_csv else list(form.required) for form in FORMS}
    missing = {form: [column for column in needed[form] if column not in names] for form in FORMS}
    form = min(FORMS, key=lambda form: len(missing[form]))
    if missing[form]:
        both = " or ".join(f"{', '.join(needed[form])} ({form.name})" for form in FORMS)
        raise InputError(
            f"the columns are wrong: missing {', '.join(missing[form])}; found {', '.join(names)[:300] or 'none'}",
            where=path,
            todo=f"give a file with {both}",
        )
    return form, is_csv


def _records(path: Path, is_csv: bool, faults: Faults, label: str) -> Iterator[tuple[int, dict[str, Any]]]:
    if not is_csv:
        yield from json_objects(path, faults, label)
        return
    rows = csv_rows(path, faults, label)
    _, header = next(rows)
    names = [name.strip() for name in header]
    if len(set(names)) < len(names):
        raise InputError("a column name comes twice in the header", where=f"{path}:1", todo="rename one of them")
    for line, row in rows:
        if len(row) == len(names):
            yield line, {name: cell for name, cell in zip(names, row, strict=True) if cell}
        else:
            faults.add(line, f"{len(row)} fields where the header has {len(names)}")


def _read_log(path: Path, form: Form, is_csv: bool) -> _Log:
    """First pass: every record checked, all faults said at once."""
    faults, log = Faults(path), _Log()
    without: list[int] = []
    for line, record in _records(path, is_csv, faults, f"reading {path.name}"):
        fault = _fault(record, form)
        if fault:
            faults.add(line, fault)
            continue
        log.user.append(log.users.setdefault(record[form.user], len(log.users)))
        log.item.append(log.items.setdefault(record[form.item], len(log.items)))
        log.time.append(_whole(record[form.time]))
        rating = record.get(form.rating)
        if rating is None:
            without.append(line)
        log.rating.append(float("nan") if rating is None else float(rating))
        log.texts += bool(record.get(form.text))
    if len(without) < len(log.rating):  # a file without any rating is allowed, a record without one among others is not
        for line in without:
            faults.add(line, f"{form.rating} is missing here but not in other records")
    faults.check()
    if not log.user:
        raise InputError("there is no review in this file", where=path, todo="give a file of Amazon reviews")
    if not log.texts:
        raise InputError(f"no record has {form.text}", where=path, todo="give the file with the reviews, not the ratings alone")
    return log


def _fault(record: dict[str, Any], form: Form) -> str | None:
    """What is wrong with one record, or None."""
    for name in form.required:
        if record.get(name) is None:
            return f"{name} is missing"
    for name in (form.user, form.item):
        if fault := key_fault(record[name]):
            return f"{name} {fault}"
    for name in (form.text, form.summary):
        if not isinstance(record.get(name), str | None):
            return f"{name} is {shown(record[name])}: expected a text"
    seconds = _whole(record[form.time]) // form.per_second
    if not settings.integer("data.earliest_time") <= seconds <= settings.integer("data.latest_time"):
        unit = "milliseconds" if form.per_second == 1000 else "seconds"
        return f"{form.time} is {shown(record[form.time])}: expected Unix {unit} from 1990 to 2100"
    return _rating_fault(record.get(form.rating), form.rating)


def _rating_fault(value: object, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= 5:
        return f"{name} is {shown(value)}: expected a rating from 1 to 5"
    return None


def _whole(value: object) -> int:
    """A whole number, also as text or as 1393545600.0; -1 (which no bound allows) for anything else."""
    if isinstance(value, str) and (match := _WHOLE.fullmatch(value.strip())):
        return int(match[1])
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15 and value == int(value):
        return int(value)
    return -1


def _read_texts(
    path: Path, form: Form, is_csv: bool, rows: core.Integers, total: int
) -> tuple[list[str | None], list[str | None], int]:
    """Second pass: cleaned review and summary of the rows that stay, in their order, and how many reviews were cut."""
    place = np.full(total, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    reviews: list[str | None] = [None] * len(rows)
    summaries: list[str | None] = [None] * len(rows)
    limit, cut, seen = settings.integer("data.max_review_chars"), 0, 0
    faults = Faults(path)
    for number, (_, record) in enumerate(_records(path, is_csv, faults, f"reading the texts of {path.name}")):
        seen = number + 1
        if number >= total or place[number] < 0:
            continue
        text, summary = record.get(form.text), record.get(form.summary)
        whole = tidy(unmark(text)) if isinstance(text, str) else None
        cut += whole is not None and len(whole) > limit
        reviews[place[number]] = tidy(whole, limit)
        summaries[place[number]] = one_line(unmark(summary)) if isinstance(summary, str) else None
    if seen != total or len(faults):
        raise InputError("the file changed while it was read", where=path, todo="import it again")
    return reviews, summaries, cut


def _item_frame(keys: list[str], path: Path | None) -> tuple[Any, int | None]:
    """The items table, with what the metadata file says, and how many of the items it knows."""
    found = {} if path is None else read_items(path, set(keys))
    infos = [found.get(key, ItemInfo()) for key in keys]
    frame = schema.table(
        {
            "item": range(1, len(keys) + 1),
            "item_key": keys,
            "title": [info.title for info in infos],
            "brand": [info.brand for info in infos],
            "categories": [info.categories for info in infos],
            "price": [info.price for info in infos],
        },
        schema.ITEMS,
    )
    return frame, None if path is None else len(found)
