"""First pass over a file of reviews: recognise the release, and collect what is needed for ordering and filtering, without texts."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace

import numpy as np

from rdrec.core.records import InputError, plural
from rdrec.data.containers import InputFile
from rdrec.data.importers.faulty import FaultRule, FaultyLines
from rdrec.data.importers.forms import FORMS, Form, new_key_fault, read_event
from rdrec.data.importers.tabular import TableFile, inspect_table, json_names, records


@dataclass
class ReviewLog:
    """Columns of the first pass, one entry per good record."""

    users: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)  # by item code, if reviews contain the title
    user: array[int] = field(default_factory=lambda: array("q"))
    item: array[int] = field(default_factory=lambda: array("q"))
    time: array[int] = field(default_factory=lambda: array("q"))
    rating: array[float] = field(default_factory=lambda: array("d"))
    line: array[int] = field(default_factory=lambda: array("q"))
    texts: int = 0
    used_fallback: int = 0


def detect(file: InputFile) -> tuple[Form, TableFile]:
    """The release of a file, recognised by its column names, and how to read it.  Raises InputError for unknown columns."""
    table = inspect_table(file, "Amazon reviews", [form.columns for form in FORMS])
    if table.kind == "json":
        table = replace(table, names=json_names(file))
    missing = {form: form.missing(set(table.names), with_text=table.kind != "json") for form in FORMS}
    form = min(FORMS, key=lambda form: len(missing[form]))
    if missing[form]:
        each = " or ".join(f"{', '.join(form.missing(set(), with_text=True))} ({form.name})" for form in FORMS)
        raise table.wrong_columns(missing[form], f"use a file with {each}")
    return form, replace(table, quoted=form.quoted or table.delimiter != "\t", unit=form.unit)


def read_log(form: Form, table: TableFile, rule: FaultRule) -> tuple[ReviewLog, FaultyLines]:
    """Read and validate every record.  Raises InputError for too many faulty lines, and for a file without reviews or texts."""
    faults, log = FaultyLines(table.path, rule, table.noun), ReviewLog()
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
        log.used_fallback += event.used_fallback
        log.texts += bool(record.get(form.text))
        if form.title is not None and item not in log.titles and isinstance(named := record.get(form.title), str):
            log.titles[item] = named
    faults.check(len(log.user))
    if not log.user:
        raise faults.refusal() or InputError(
            "the file contains no reviews", where=table.path, todo="use a file of Amazon reviews"
        )
    if not log.texts:
        raise InputError(
            f"no record has {form.text}", where=table.path, todo="use the file with review texts, not only ratings"
        )
    return log, faults


def log_notes(log: ReviewLog, form: Form, table: TableFile) -> list[str]:
    """Notes on what was tolerated."""
    notes, total = [], len(log.user)
    if table.file.was_cut:
        notes.append(f"the gzip data is cut off: the {total:,} complete records before the cut were imported")
    if log.used_fallback:
        notes.append(
            f"{form.fallback_item} replaces a missing {form.item} in {log.used_fallback:,} of {plural(total, 'review')}"
        )
    without = int(np.isnan(np.array(log.rating)).sum())
    if without:
        notes.append(f"{without:,} of {plural(total, 'review')} have no rating")
    return notes
