"""Read the files of a released RDRec, P5 or POD folder (method, section 2) strictly, reporting all faults of a file at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdrec.core import settings
from rdrec.core.records import CLAIM_KINDS, InputError, first_few
from rdrec.core.untrusted import shown
from rdrec.core.vocabulary import SPLITS
from rdrec.data.reading import Faults, csv_rows, read_json, text_lines
from rdrec.data.text import as_key, key_fault, one_line, tidy

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_NUMBERS = re.compile(r"\s*+(?:[1-9][0-9]{0,8}(?:\s++|$))++")


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of explanation.json; `user` and `item` are keys of the data maps or numbers."""

    place: str  # "train[12]", for error messages
    split: str
    user: str | int
    item: str | int
    explanation: str | None
    feature: str | None
    user_preference: str | None
    item_attribution: str | None


def read_sequential(path: Path) -> list[list[int]]:
    """histories[user - 1] = item numbers, oldest first.  Users are 1..U, one line each, without repeated items."""
    faults = Faults(path)
    lines: dict[int, int] = {}
    histories: dict[int, list[int]] = {}
    for line, user, items in _number_lines(path, faults):
        if user in lines:
            faults.add(line, f"user {user} appears a second time (first on line {lines[user]})")
        elif len(set(items)) < len(items):
            twice = next(item for item in items if items.count(item) > 1)
            faults.add(line, f"item {twice} appears twice in the history of user {user}")
        else:
            lines[user], histories[user] = line, items
    faults.check()
    if not histories:
        raise InputError("the file is empty", where=path, todo="use lines `user item item ...`")
    _check_gaps(set(histories), "user", path)
    return [histories[user] for user in range(1, len(histories) + 1)]


def read_negatives(path: Path, histories: list[list[int]], n_items: int) -> tuple[list[list[int]], int]:
    """The negatives of each user, and how many are repeated within a user (the released files have a few).

    Each user needs exactly `data.negatives` existing items that are not in the history.
    """
    expected, faults = settings.integer("data.negatives"), Faults(path)
    drawn: dict[int, list[int]] = {}
    for line, user, items in _number_lines(path, faults):
        if user > len(histories):
            faults.add(line, f"user {user} is not in sequential.txt")
        elif user in drawn:
            faults.add(line, f"user {user} appears a second time")
        elif len(items) != expected:
            faults.add(line, f"user {user} has {len(items)} negatives, not {expected}")
        elif max(items) > n_items:
            faults.add(line, f"item {max(items)} does not exist: there are {n_items:,} items")
        elif both := set(items) & set(histories[user - 1]):
            faults.add(line, f"item {min(both)} is in the history of user {user}, so it cannot be a negative")
        else:
            drawn[user] = items
    faults.check()
    if len(drawn) < len(histories):
        missing = [user for user in range(1, len(histories) + 1) if user not in drawn]
        raise InputError(f"no line for user {first_few(missing)}", where=path, todo="add the lines or remove negative.txt")
    return [drawn[user] for user in range(1, len(histories) + 1)], sum(len(row) - len(set(row)) for row in drawn.values())


def number_keys(histories: list[list[int]], path: Path) -> tuple[list[str], list[str]]:
    """Keys of users and items without data maps: their numbers, in which items must not have gaps."""
    items = {item for history in histories for item in history}
    _check_gaps(items, "item", path)
    return [str(user) for user in range(1, len(histories) + 1)], [str(item) for item in range(1, len(items) + 1)]


def read_datamaps(path: Path, histories: list[list[int]], notes: list[str]) -> tuple[list[str], list[str]]:
    """Keys of users 1..U and items 1..I.  The maps must cover all of sequential.txt with unique keys.

    If only the inverse maps user2id and item2id exist, they are inverted; `notes` says so.
    """
    raw, faults = read_json(path), Faults(path, "use the file of the same release as sequential.txt")
    if not isinstance(raw, dict):
        raise InputError("expected a JSON object with id2user and id2item", where=path, todo="download the file again")
    users, items = (_key_list(raw, f"id2{what}", f"{what}2id", faults) for what in ("user", "item"))
    faults.check()
    notes.extend(f"id2{what} is missing: {what}2id was inverted" for what in ("user", "item") if f"id2{what}" not in raw)
    if len(users) != len(histories):
        faults.add(None, f"id2user has {len(users):,} users, sequential.txt {len(histories):,}")
    largest = max(max(history) for history in histories)
    if largest > len(items):
        faults.add(None, f"id2item ends at {len(items):,}, sequential.txt has item {largest:,}")
    faults.check()
    return users, items


def _key_list(raw: dict[str, Any], name: str, inverse_name: str, faults: Faults) -> list[str]:
    forward, back = raw.get(name), raw.get(inverse_name)
    if forward is None and isinstance(back, dict):
        forward = _inverted(back, inverse_name, faults)
    if not isinstance(forward, dict) or not forward:
        faults.add(None, f"{name} and {inverse_name} are missing or not objects")
        return []
    forward = {number: as_key(key) or key for number, key in forward.items()}
    bad = [number for number, key in forward.items() if not _NUMBER.fullmatch(number) or key_fault(key)]
    if bad:
        faults.add(
            None, f"{name} has entries that do not map a number to a key: {first_few([shown(number) for number in bad])}"
        )
        return []
    keys = {int(number): key for number, key in forward.items()}
    gaps = [number for number in range(1, len(keys) + 1) if number not in keys]
    if gaps:
        faults.add(None, f"{name} has no number {first_few(gaps)}")
        return []
    if len(set(keys.values())) < len(keys):
        faults.add(None, f"{name} maps two numbers to the same key")
    if isinstance(back, dict) and {str(value): key for key, value in back.items()} != forward:
        faults.add(None, f"{inverse_name} is not the inverse of {name}")
    return [keys[number] for number in range(1, len(keys) + 1)]


def _inverted(back: dict[str, Any], name: str, faults: Faults) -> dict[str, str] | None:
    """Invert a map from key to number into a map from number to key."""
    forward: dict[str, str] = {}
    for key, value in back.items():
        number = as_key(value)
        if number is None or number in forward:
            what = (
                f"is {shown(value)}: expected a number" if number is None else f"is {number}, as for {shown(forward[number])}"
            )
            faults.add(None, f"{name}: the number of {shown(key)} {what}")
            return None
        forward[number] = key
    return forward


def read_records(path: Path) -> list[Record]:
    """The entries of explanation.json or explanation_rationale.json, in file order."""
    raw, faults = read_json(path), Faults(path, "fix these records")
    if not isinstance(raw, dict) or set(raw) != set(SPLITS) or not all(isinstance(part, list) for part in raw.values()):
        found = ", ".join(map(str, raw)) if isinstance(raw, dict) else type(raw).__name__
        raise InputError(
            f'expected {{"train": [...], "val": [...], "test": [...]}}, found {found[:200]}',
            where=path,
            todo="split the records or remove the file",
        )
    records: list[Record] = []
    for split in SPLITS:
        for index, entry in enumerate(raw[split]):
            place = f"{split}[{index}]"
            if fault := _record_fault(entry):
                faults.add(None, f"{place}: {fault}")
                continue
            texts = (tidy(entry.get(name)) for name in ("explanation", "feature", *CLAIM_KINDS))
            records.append(Record(place, split, entry["user"], entry["item"], *texts))
    faults.check()
    return records


def _record_fault(entry: object) -> str | None:
    if not isinstance(entry, dict):
        return f"expected an object, not {shown(entry)}"
    for name in ("user", "item", "explanation"):
        if name not in entry:
            return f"{name} is missing"
    for name in ("user", "item"):
        if isinstance(entry[name], bool) or not isinstance(entry[name], (str, int)):
            return f"{name} is {shown(entry[name])}: expected a key or a number"
    for name in ("explanation", "feature", *CLAIM_KINDS):
        if not isinstance(entry.get(name), str | None):
            return f"{name} is {shown(entry[name])}: expected a text"
    return None


def read_names(path: Path) -> dict[str, str]:
    """item_names.csv (`asin,name`): item key -> readable name; blank names are skipped."""
    faults = Faults(path)
    rows = csv_rows(path, faults)
    _, header = next(rows, (1, []))
    if header != ["asin", "name"]:
        raise InputError(
            f"expected the columns asin,name, found {','.join(header)[:200]}", where=path, todo="fix or remove the file"
        )
    names: dict[str, str] = {}
    for line, row in rows:
        if len(row) != 2:
            faults.add(line, f"{len(row)} fields, not 2")
        elif row[0] in names:
            faults.add(line, f"{row[0][:40]!r} appears a second time")
        elif name := one_line(row[1]):
            names[row[0]] = name
    faults.check()
    return names


def _number_lines(path: Path, faults: Faults) -> Iterator[tuple[int, int, list[int]]]:
    """Lines `user item item ...`; anything but whole numbers from 1 is a fault."""
    for number, line in text_lines(path, faults):
        words = line.split()
        if not words:
            continue
        if not _NUMBERS.fullmatch(line):
            bad = next((word for word in words if not _NUMBER.fullmatch(word)), line)
            faults.add(number, f"{shown(bad)} is not a number from 1")
        elif len(words) == 1:
            faults.add(number, f"user {words[0]} has no item")
        else:
            user, *items = map(int, words)
            yield number, user, items


def _check_gaps(numbers: set[int], what: str, path: Path) -> None:
    """Raise InputError unless the numbers are 1, 2, 3 ... (without counting up to a number from the file)."""
    gap = next((number for number in range(1, len(numbers) + 1) if number not in numbers), None)
    if gap is not None:
        raise InputError(
            f"{what} numbers go up to {max(numbers):,} but {what} {gap} is missing",
            where=path,
            todo=f"number the {what}s 1, 2, 3 ... without a gap" + (", or add datamaps.json" if what == "item" else ""),
        )
