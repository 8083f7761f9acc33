"""Import raw Amazon reviews of 2014, 2018, 2023 or the AWS registry.

The release is recognised by its columns.  A user's interactions are ordered by time and, if times are equal (2014 and 2018 only know the
day), as in `rdrec.data.ties`; a repeated item counts once, at the earliest purchase.  The file is read twice: once for filtering and
ordering, once for the texts of the selected reviews, which are streamed in batches to bound memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.core.arrays import Integers
from rdrec.core.records import Dataset, InputError, plural
from rdrec.core.storage import sha256_of
from rdrec.data import core, schema
from rdrec.data.containers import InputFile
from rdrec.data.explanations import pick_explanations
from rdrec.data.importers.faulty import FaultRule
from rdrec.data.importers.items import item_info, items_table, read_items
from rdrec.data.importers.review_log import detect, log_notes, read_log
from rdrec.data.importers.review_texts import ReviewTexts, file_stamp
from rdrec.data.importers.text_buffer import BLOCK_ROWS, TextBuffer
from rdrec.data.splits import draw_text_split
from rdrec.data.ties import HASH, ORDER_RULE, tie_hash


@dataclass(frozen=True)
class Leniency:
    """What an import tolerates: faulty lines, by `rule`, and a gzip file that is cut off."""

    rule: FaultRule = field(default_factory=FaultRule.of_settings)
    keep_before_cut: bool = False

    def options(self) -> dict[str, Any]:
        """The options for the manifest."""
        return {
            "faulty_share": self.rule.share,
            "keep_before_cut": self.keep_before_cut,
        }


@dataclass
class ReviewImport:
    """A data set being imported: complete small tables, and interactions in ordered `batches` of at most `BLOCK_ROWS`.

    `meta` is complete once all batches were consumed.
    """

    name: str
    users: pd.DataFrame
    items: pd.DataFrame
    batches: Iterator[pd.DataFrame]
    meta: dict[str, Any]

    def dataset(self) -> Dataset:
        """Everything at once.  Raises InputError naming the faulty lines."""
        interactions = schema.cast(pd.concat(list(self.batches), ignore_index=True), schema.INTERACTIONS)
        return Dataset(self.name, self.users, self.items, interactions, None, self.meta)


def open_reviews(
    path: Path,
    name: str,
    *,
    items: Path | None = None,
    core_users: int,
    core_items: int,
    seed: int,
    title: str | None = None,
    ties: str = HASH,
    leniency: Leniency | None = None,
    work_folder: Path | None = None,
) -> ReviewImport:
    """Import the reviews in `path`; `ties` is one of `rdrec.data.ties.TIES`.  Raises InputError naming the faulty lines.

    Buffered texts overflow to `work_folder` (default: the system's temporary folder).
    """
    leniency = leniency or Leniency()
    form, table = detect(InputFile(path, leniency.keep_before_cut))
    sha256, stamp = sha256_of(path), file_stamp(path)
    log, faults = read_log(form, table, leniency.rule)
    user, item, time = (np.frombuffer(values, dtype=np.int64) for values in (log.user, log.item, log.time))
    by_hash = tie_hash(list(log.users), list(log.items), user, item, seed) if ties == HASH else None
    kept = core.select(user, item, time, core_users, core_items, by_hash)
    if not len(kept.rows):
        raise _nothing_left(path, user, item, core_users, core_items)
    all_users, all_items = list(log.users), list(log.items)
    users = schema.users_table([all_users[code] for code in kept.user_codes.tolist()])
    bought = {all_items[code]: log.titles.get(code) for code in kept.item_codes.tolist()}  # key and title, if reviews have one
    metadata = None
    if items is not None:
        metadata = read_items(InputFile(items, leniency.keep_before_cut), bought, leniency.rule)
    infos = {} if metadata is None else metadata.infos
    item_frame = items_table(list(bought), [infos.get(key) or item_info({"title": title}) for key, title in bought.items()])
    meta = {
        "title": title or name,
        "source": {
            "kind": f"{form.name} reviews",
            "file": path.name,
            "read_as": table.described(),
            "sha256": sha256,
            "items_file": None if items is None else items.name,
        },
        "options": {"core": core_users, "core_items": core_items, "seed": seed, "ties": ties, **leniency.options()},
        "rules": {
            "order": ORDER_RULE[ties],
            "duplicates": "the same user and item twice: the earliest purchase is kept",
            "text_split": "80/10/10 at random over the interactions with review text, by the seed",
        },
        "dropped": {"duplicates": kept.duplicates, "below_core": kept.below_core},
        "left_out": {"reviews": faults.report(len(log.user)), **({} if metadata is None else {"items": metadata.report})},
        "items_in_metadata": None if metadata is None else len(metadata.infos),
        "notes": [*log_notes(log, form, table), *([] if metadata is None else metadata.notes)],
    }
    columns = {
        "user": kept.users,
        "position": kept.positions,
        "item": kept.items,
        "timestamp": time[kept.rows] // form.per_second,
        "rating": np.frombuffer(log.rating)[kept.rows],
    }
    texts = ReviewTexts(form, table, np.frombuffer(log.line, dtype=np.int64)[kept.rows], stamp, work_folder)
    return ReviewImport(name, users, item_frame, _batches(columns, texts, meta, len(users), item_frame), meta)


def _nothing_left(path: Path, user: Integers, item: Integers, core_users: int, core_items: int) -> InputError:
    """The error for an empty core, naming the largest one that would work."""

    def leaves(smaller: int) -> bool:
        return bool(core.core_mask(user, item, min(core_users, smaller), min(core_items, smaller)).any())

    works, fails = 1, max(core_users, core_items)
    while fails - works > 1:
        middle = (works + fails) // 2
        works, fails = (middle, fails) if leaves(middle) else (works, middle)
    options = f"--core {min(core_users, works)}"
    if core_users != core_items:
        options += f" --core-items {min(core_items, works)}"
    return InputError(
        f"nothing is left of {plural(len(user), 'interaction')} after requiring at least {core_users} per user and {core_items} per item",
        where=path,
        todo=f"use a smaller core: {works} is the largest that leaves anything ({options})",
    )


def _batches(
    columns: dict[str, Any], texts: ReviewTexts, meta: dict[str, Any], n_users: int, items: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Yield the interactions in batches; completes `meta`."""
    total, explained = len(columns["user"]), 0
    with TextBuffer(total, texts.work_folder) as waiting:
        has_text = texts.read_into(waiting)
        split = draw_text_split(has_text.tolist(), meta["options"]["seed"])
        for number, (reviews, summaries) in enumerate(waiting.blocks()):
            rows = slice(number * BLOCK_ROWS, number * BLOCK_ROWS + len(reviews))
            explanations, features = pick_explanations(reviews)
            explained += sum(explanation is not None for explanation in explanations)
            columns_of_text = {"review": reviews, "summary": summaries, "explanation": explanations, "feature": features}
            frame = pd.DataFrame(
                {
                    **{name: values[rows] for name, values in columns.items()},
                    **{name: pd.Series(values, dtype=object) for name, values in columns_of_text.items()},
                    "text_split": pd.Series(split[rows], dtype=object),
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
