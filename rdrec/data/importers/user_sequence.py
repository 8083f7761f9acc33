"""Import OpenP5, IDGenRec and GRAM folders: `user_sequence.txt` with keys, and optionally `item_plain_text.txt`.

A line is `user item item ...`, oldest first.  There are no times or reviews; item texts contain titles, brands and categories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rdrec.core.records import Dataset, InputError
from rdrec.core.storage import sha256_of
from rdrec.core.untrusted import shown
from rdrec.data import schema
from rdrec.data.importers.faulty import FaultRule, FaultyLines
from rdrec.data.importers.items import ItemInfo, item_info, items_table, none_bought_note
from rdrec.data.reading import text_lines
from rdrec.data.text import key_fault

SEQUENCES, ITEM_TEXTS = "user_sequence.txt", "item_plain_text.txt"
_FIELD = re.compile(r"(?:^|;\s{1,3})(title|brand|categories|category|price|description)\s{0,2}:\s", re.IGNORECASE)


def read_user_sequences(folder: Path, name: str, title: str | None = None, rule: FaultRule | None = None) -> Dataset:
    """Import a folder with `user_sequence.txt`.  Raises InputError if the rule does not tolerate the faulty lines."""
    path, texts = folder / SEQUENCES, folder / ITEM_TEXTS
    rule = rule or FaultRule.of_settings()
    faults = FaultyLines(path, rule)
    histories: dict[str, list[str]] = {}
    repeated = 0
    for user, bought in _sequences(path, faults, histories):
        histories[user] = list(dict.fromkeys(bought))
        repeated += len(bought) - len(histories[user])
    faults.check(len(histories))
    if not histories:
        raise faults.refusal() or InputError("the file is empty", where=path, todo="use lines `user item item ...`")
    numbers = {
        key: number for number, key in enumerate(dict.fromkeys(key for bought in histories.values() for key in bought), 1)
    }
    infos, texts_report = _item_texts(texts, set(numbers), rule) if texts.is_file() else ({}, None)
    notes = ["no times or reviews: interactions are in file order, and there is nothing to distil"]
    if texts_report is not None and texts_report["lines"] > texts_report["left_out"] and not infos:
        notes.append(none_bought_note(len(numbers), texts_report["lines"] - texts_report["left_out"], texts))
    rows = [
        (user, position, numbers[key])
        for user, bought in enumerate(histories.values(), 1)
        for position, key in enumerate(bought)
    ]
    interactions = schema.table(
        dict(zip(("user", "position", "item"), zip(*rows, strict=True), strict=True)), schema.INTERACTIONS
    )
    users = schema.users_table(list(histories))
    items = items_table(list(numbers), [infos.get(key, ItemInfo()) for key in numbers])
    meta: dict[str, object] = {
        "title": title or name,
        "source": {"kind": "user_sequence folder", "folder": folder.resolve().name, "sha256": sha256_of(path)},
        "rules": {
            "numbers": "by first appearance",
            "order": "as in the file",
            "duplicates": "the same item twice for a user: the first is kept",
        },
        "counts": schema.counts(interactions, items, len(users)),
        "dropped": {"duplicates": repeated},
        "left_out": {
            "sequences": faults.report(len(histories)),
            **({} if texts_report is None else {"items": texts_report}),
        },
        "items_in_metadata": None if texts_report is None else len(infos),
        "notes": notes,
    }
    return Dataset(name, users, items, interactions, None, meta)


def _sequences(path: Path, faults: FaultyLines, known: dict[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
    for number, line in text_lines(path, faults):
        words = line.split()
        if not words or faults.has(number):
            continue
        bad = next(((word, fault) for word in words if (fault := key_fault(word))), None)
        if bad is not None:
            faults.add(number, f"the key {shown(bad[0])} {bad[1]}", f"a key {bad[1]}")
        elif len(words) == 1:
            faults.add(number, f"user {words[0]} has no item", "a user without items")
        elif words[0] in known:
            faults.add(number, f"user {words[0]} appears a second time", "a user appears a second time")
        if not faults.has(number):
            yield words[0], words[1:]


def _item_texts(path: Path, keys: set[str], rule: FaultRule) -> tuple[dict[str, ItemInfo], dict[str, Any]]:
    faults, infos, good = FaultyLines(path, rule), {}, 0
    for number, line in text_lines(path, faults):
        key, _, text = line.strip().partition(" ")
        if not key or faults.has(number):
            continue
        if fault := key_fault(key):
            faults.add(number, f"the item key {fault}")
            continue
        good += 1
        if key in keys and key not in infos:
            infos[key] = item_info(_fields(text))
    faults.check(good)
    return infos, faults.report(good)


def _fields(text: str) -> dict[str, Any]:
    """Parse 'title: drum; brand: made'; text without fields is a title."""
    parts = _FIELD.split(text)
    if len(parts) == 1:
        return {"title": text}
    return {name.lower(): value.strip(" ;") for name, value in zip(parts[1::2], parts[2::2], strict=True)}
