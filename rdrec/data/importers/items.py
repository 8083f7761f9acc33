"""Item metadata of the Amazon releases: titles, brands, category paths, prices.

In: a file of Python-literal lines (2014), JSON lines (2018, 2023) or csv (`asin,name` or `asin,title`, then brand,
categories, price), plain or gzip, and the item keys wanted.  Out: one `ItemInfo` for each wanted item found.
Names of things differ between releases; a price that is no number ("from 12.99", page markup) is a missing price.
It knows nothing of reviews.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdrec import settings
from rdrec.data.reading import Faults, csv_rows, parse_json, text_lines
from rdrec.data.text import key_fault, one_line, unmark
from rdrec.records import InputError

_PRICE = re.compile(r"\$?\s*(\d[\d,]{0,12}(?:\.\d{1,4})?)")
_CSV_KEYS, _CSV_TITLES = ("asin", "parent_asin", "item"), ("title", "name")


@dataclass(frozen=True, slots=True)
class ItemInfo:
    title: str | None = None
    brand: str | None = None
    categories: str | None = None
    price: float = math.nan


def read_items(path: Path, wanted: Collection[str]) -> dict[str, ItemInfo]:
    """What the file says of the wanted items; the first line of an item counts.  Raises InputError naming file and lines."""
    faults = Faults(path)
    found: dict[str, ItemInfo] = {}
    for line, raw in _raw_items(path, faults):
        key: Any = raw.get("parent_asin") or raw.get("asin")
        fault = key_fault(key)
        if fault:
            faults.add(line, f"the item key (asin) {fault}")
        elif key in wanted and key not in found:
            found[key] = _info(raw)
    faults.check()
    return found


def _raw_items(path: Path, faults: Faults) -> Iterator[tuple[int, dict[str, Any]]]:
    first = next((line.lstrip() for _, line in text_lines(path, faults) if line.strip()), "")
    if not first:
        raise InputError("the file is empty", where=path, todo="give an item metadata file")
    if not first.startswith("{"):
        yield from _csv_items(path, faults)
        return
    for number, line in text_lines(path, faults, f"reading {path.name}"):
        if not line.strip():
            continue
        parse: Callable[[str], Any] = parse_literal if line.lstrip().startswith("{'") else parse_json
        try:
            value = parse(line)
        except ValueError as error:
            faults.add(number, str(error))
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            faults.add(number, "expected one object on the line, {...}")


def parse_literal(line: str) -> Any:
    """A Python literal as the 2014 metadata is written; nothing is evaluated.  Raises ValueError with a clear sentence."""
    if len(line) > settings.integer("data.max_literal_bytes"):
        raise ValueError(f"the line is longer than {settings.integer('data.max_literal_bytes'):,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old escapes such as '\d' are in the real files
            return ast.literal_eval(line.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):  # literal_eval names these five itself
        raise ValueError("not a whole Python literal, {'asin': ...}") from None


def _csv_items(path: Path, faults: Faults) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = csv_rows(path, faults, f"reading {path.name}")
    _, header = next(rows, (1, []))
    names = [name.strip() for name in header]
    key = next((name for name in _CSV_KEYS if name in names), None)
    title = next((name for name in _CSV_TITLES if name in names), None)
    if key is None or title is None:
        missing = [name for name, there in (("asin", key), ("title or name", title)) if there is None]
        raise InputError(
            f"the columns are wrong: missing {' and '.join(missing)}; found {', '.join(names)[:300]}",
            where=path,
            todo="give asin,title[,brand,categories,price]",
        )
    for line, row in rows:
        if len(row) != len(names):
            faults.add(line, f"{len(row)} fields where the header has {len(names)}")
            continue
        raw = dict(zip(names, row, strict=True))
        yield line, {"asin": raw[key].strip(), "title": raw[title], **{k: raw.get(k) for k in ("brand", "categories", "price")}}


def _info(raw: dict[str, Any]) -> ItemInfo:
    return ItemInfo(
        title=_words(raw.get("title")),
        brand=_words(raw.get("brand") or raw.get("store")),
        categories=_categories(raw.get("categories") or raw.get("category")),
        price=_price(raw.get("price")),
    )


def _words(value: object) -> str | None:
    return one_line(unmark(value)) if isinstance(value, str) else None


def _categories(value: object) -> str | None:
    """`Musical Instruments > Microphones`; a second path (2014 has lists of lists) follows after ` | `."""
    if isinstance(value, str):
        return _words(value)
    if not isinstance(value, list):
        return None
    paths = value if all(isinstance(path, list) for path in value) else [value]
    said = [" > ".join(word for part in path if (word := _words(part))) for path in paths]
    return one_line(" | ".join(dict.fromkeys(path for path in said if path)))


def _price(value: object) -> float:
    if isinstance(value, str):
        match = _PRICE.fullmatch(value.strip())
        value = float(match[1].replace(",", "")) if match else None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    return math.nan
