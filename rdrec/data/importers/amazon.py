"""Raw Amazon reviews of 2014, 2018, 2023 and of the AWS registry into one data set.

The release is told by its columns.  A user's purchases are ordered by time, and within the same time by their order in the file;
the same item twice counts once, at the earliest purchase.  The file is read twice: once for what orders and filters, once for the
texts of the reviews that stay, which come out in batches so that memory does not grow with the texts.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec import settings
from rdrec.data import core, schema
from rdrec.data.containers import InputFile
from rdrec.data.explanations import pick_explanations
from rdrec.data.importers.faulty import FaultRule, FaultyLines
from rdrec.data.importers.forms import FORMS, Form, new_key_fault, read_event
from rdrec.data.importers.items import ItemInfo, ItemMetadata, read_items
from rdrec.data.importers.review_texts import ReviewTexts, file_stamp
from rdrec.data.importers.tabular import TableFile, json_names, look_at, records
from rdrec.data.importers.waiting_texts import BLOCK_ROWS, WaitingTexts
from rdrec.data.splits import draw_text_split
from rdrec.data.text import one_line, unmark, whole_characters
from rdrec.records import Dataset, InputError, plural
from rdrec.storage import sha256_of


@dataclass(frozen=True)
class Leniency:
    """What an import lets pass: faulty lines by `rule`, a gzip file that is cut off; and how many reviews get an explanation."""

    rule: FaultRule = field(default_factory=FaultRule.of_settings)
    keep_before_cut: bool = False
    explained_reviews: int = field(default_factory=lambda: settings.integer("data.explained_reviews"))


@dataclass
class ReviewImport:
    """A data set on its way: small tables whole, interactions in `batches` of at most `BLOCK_ROWS`, in order.

    `meta` is complete when the batches were taken.
    """

    name: str
    users: pd.DataFrame
    items: pd.DataFrame
    batches: Iterator[pd.DataFrame]
    meta: dict[str, Any]


@dataclass
class _Log:
    """The first reading: what orders and filters, without any text."""

    users: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)  # by item code, where reviews name the product
    user: array[int] = field(default_factory=lambda: array("i"))
    item: array[int] = field(default_factory=lambda: array("i"))
    time: array[int] = field(default_factory=lambda: array("q"))
    rating: array[float] = field(default_factory=lambda: array("d"))
    line: array[int] = field(default_factory=lambda: array("I"))
    texts: int = 0
    stood_in: int = 0


def import_reviews(
    path: Path,
    name: str,
    *,
    items: Path | None = None,
    core_users: int,
    core_items: int,
    seed: int,
    title: str | None = None,
    leniency: Leniency | None = None,
) -> Dataset:
    """A data set of the reviews in `path`.  Raises InputError for a file that is not what it should be, naming lines."""
    found = open_reviews(
        path, name, items=items, core_users=core_users, core_items=core_items, seed=seed, title=title, leniency=leniency
    )
    interactions = schema.cast(pd.concat(list(found.batches), ignore_index=True), schema.INTERACTIONS)
    return Dataset(name, found.users, found.items, interactions, None, found.meta)


def open_reviews(
    path: Path,
    name: str,
    *,
    items: Path | None = None,
    core_users: int,
    core_items: int,
    seed: int,
    title: str | None = None,
    leniency: Leniency | None = None,
    work_folder: Path | None = None,
) -> ReviewImport:
    """`import_reviews` in batches; what does not fit into memory waits in `work_folder` (default: the system's)."""
    leniency = leniency or Leniency()
    form, table = detect(InputFile(path, leniency.keep_before_cut))
    sha256, stamp = sha256_of(path), file_stamp(path)
    log, faults = _read_log(form, table, leniency.rule)
    user, item, time = (np.array(values, dtype=np.int64) for values in (log.user, log.item, log.time))
    kept = core.keep(user, item, time, core_users, core_items)
    if not len(kept.rows):
        raise _nothing_left(path, user, item, core_users, core_items)
    user_keys, item_keys = list(log.users), list(log.items)
    users = schema.table(
        {"user": range(1, len(kept.user_codes) + 1), "user_key": [user_keys[code] for code in kept.user_codes]}, schema.USERS
    )
    item_frame, in_metadata = _item_frame(
        [(item_keys[code], log.titles.get(code)) for code in kept.item_codes.tolist()], items, leniency
    )
    meta = {
        "title": title or name,
        "source": {
            "kind": f"{form.name} reviews",
            "file": path.name,
            "read_as": table.described(),
            "sha256": sha256,
            "items_file": None if items is None else items.name,
        },
        "options": {
            "core": core_users,
            "core_items": core_items,
            "seed": seed,
            "faulty_share": leniency.rule.share,
            "keep_before_cut": leniency.keep_before_cut,
            "explained_reviews": leniency.explained_reviews,
        },
        "rules": {
            "order": "by time, then by order in the file",
            "duplicates": "the same user and item twice: the earliest purchase is kept",
            "text_split": "80/10/10 at random over the interactions with review text, by the seed",
        },
        "dropped": {"duplicates": kept.duplicates, "below_core": kept.below_core},
        "left_out": {"reviews": faults.report(len(log.user)), **({} if in_metadata is None else {"items": in_metadata.report})},
        "items_in_metadata": None if in_metadata is None else len(in_metadata.infos),
        "notes": [*_notes(log, form, table), *([] if in_metadata is None else in_metadata.notes)],
    }
    rating = np.array(log.rating, dtype=np.float64)[kept.rows]
    columns = {
        "user": kept.users,
        "position": kept.positions,
        "item": kept.items,
        "timestamp": time[kept.rows] // form.per_second,
        "rating": rating,
    }
    line = np.array(log.line, dtype=np.int64)[kept.rows]
    texts = ReviewTexts(form, table, line, stamp, work_folder)
    return ReviewImport(name, users, item_frame, _batches(columns, texts, meta, len(users), item_frame, leniency), meta)


def detect(file: InputFile) -> tuple[Form, TableFile]:
    """The release of a file, by the names of its columns, and how to read it."""
    table = look_at(file, "Amazon reviews", [form.columns for form in FORMS])
    names = table.names or json_names(file)
    missing = {form: form.missing(set(names), with_text=table.kind != "json") for form in FORMS}
    form = min(FORMS, key=lambda form: len(missing[form]))
    if missing[form]:
        each = " or ".join(f"{', '.join(form.missing(set(), with_text=True))} ({form.name})" for form in FORMS)
        raise InputError(
            f"the columns are wrong: missing {', '.join(missing[form])}; found {', '.join(names)[:300] or 'none'}",
            where=file.path,
            todo=f"give a file with {each}",
        )
    return form, TableFile(file, table.kind, table.names, table.delimiter, form.quoted or table.delimiter != "\t", form.unit)


def _read_log(form: Form, table: TableFile, rule: FaultRule) -> tuple[_Log, FaultyLines]:
    """First reading: every record is checked."""
    faults, log = FaultyLines(table.path, rule, table.noun), _Log()
    for line, record in records(table, form.columns, faults, f"reading {table.path.name}"):
        event = read_event(record, form)
        if isinstance(event, tuple):
            faults.add(line, *event)
            continue
        user, item = log.users.get(event.user), log.items.get(event.item)
        if user is None or item is None:
            fault = new_key_fault(form.user, event.user) or new_key_fault(form.item, event.item)
            if fault is not None:
                faults.add(line, *fault)
                continue
            user = log.users.setdefault(event.user, len(log.users))
            item = log.items.setdefault(event.item, len(log.items))
        log.user.append(user)
        log.item.append(item)
        log.time.append(event.time)
        log.rating.append(event.rating)
        log.line.append(line)
        log.stood_in += event.stood_in
        log.texts += bool(record.get(form.text))
        if form.title is not None and item not in log.titles and isinstance(named := record.get(form.title), str):
            log.titles[item] = named
    faults.check(len(log.user))
    if not log.user:
        raise faults.refusal() or InputError(
            "there is no review in this file", where=table.path, todo="give a file of Amazon reviews"
        )
    if not log.texts:
        raise InputError(
            f"no record has {form.text}", where=table.path, todo="give the file with the reviews, not the ratings alone"
        )
    return log, faults


def _notes(log: _Log, form: Form, table: TableFile) -> list[str]:
    """What was let pass and is worth a sentence."""
    notes, total = [], len(log.user)
    if table.file.was_cut:
        notes.append(f"the gzip data is cut off: the {total:,} whole records before the cut were taken")
    if log.stood_in:
        notes.append(f"{form.item_else} stands in for a missing {form.item} in {log.stood_in:,} of {plural(total, 'review')}")
    without = int(np.isnan(np.array(log.rating)).sum())
    if without:
        notes.append(f"{without:,} of {plural(total, 'review')} have no rating")
    return notes


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


def _batches(
    columns: dict[str, Any], texts: ReviewTexts, meta: dict[str, Any], n_users: int, items: pd.DataFrame, leniency: Leniency
) -> Iterator[pd.DataFrame]:
    """The interactions, block by block; completes `meta`."""
    total, explained = len(columns["user"]), 0
    with WaitingTexts(total, texts.work_folder) as waiting:
        has_text = texts.read_into(waiting)
        explain = int(has_text.sum()) <= leniency.explained_reviews
        split = np.array(draw_text_split(has_text.tolist(), meta["options"]["seed"]), dtype=object)
        for number, (reviews, summaries) in enumerate(waiting.blocks()):
            rows = slice(number * BLOCK_ROWS, number * BLOCK_ROWS + len(reviews))
            nothing = [None] * len(reviews)
            explanations, features = pick_explanations(reviews) if explain else (nothing, nothing)
            explained += sum(explanation is not None for explanation in explanations)
            said = {"review": reviews, "summary": summaries, "explanation": explanations, "feature": features}
            frame = pd.DataFrame(
                {
                    **{name: values[rows] for name, values in columns.items()},
                    **{name: pd.Series(values, dtype=object) for name, values in said.items()},
                    "text_split": split[rows],
                }
            )
            frame["rating"] = frame["rating"].astype("Float64")  # NaN becomes a missing value
            yield schema.cast(frame, schema.INTERACTIONS)
    reviews_kept = int(has_text.sum())
    meta["counts"] = {
        "users": n_users,
        "items": len(items),
        "interactions": total,
        "reviews": reviews_kept,
        "explanations": explained,
        "titles": int(items["title"].notna().sum()),
    }
    meta["cut_reviews"] = texts.cut
    meta["notes"] = [*meta["notes"], *texts.notes()]
    if not explain:
        meta["notes"].append(
            f"no explanation was looked for: {reviews_kept:,} reviews are more than --explained-reviews {leniency.explained_reviews:,}"
        )


def _item_frame(
    items: list[tuple[str, str | None]], path: Path | None, leniency: Leniency
) -> tuple[pd.DataFrame, ItemMetadata | None]:
    """The items table of (key, title in the reviews), with what the metadata file says."""
    read = None if path is None else read_items(path, {key for key, _ in items}, leniency.rule)
    infos = {} if read is None else read.infos
    named = [(infos.get(key, ItemInfo()), title) for key, title in items]
    frame = schema.table(
        {
            "item": range(1, len(items) + 1),
            "item_key": [key for key, _ in items],
            "title": [
                info.title or (None if title is None else one_line(unmark(whole_characters(title)[0]))) for info, title in named
            ],
            "brand": [info.brand for info, _ in named],
            "categories": [info.categories for info, _ in named],
            "price": [info.price for info, _ in named],
        },
        schema.ITEMS,
    )
    return frame, read
