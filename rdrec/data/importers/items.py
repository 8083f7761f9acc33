"""Read item metadata of the Amazon releases: titles, brands, category paths and prices.

Accepts Python literals (2014), JSON lines (2018, 2023), CSV (`asin,name` or `asin,title`, then brand, categories, price) and Parquet.
A price that is not a number ("from 12.99", markup) counts as missing, and so does a title that is a fragment of a page.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core import settings
from rdrec.core.records import plural
from rdrec.data import schema
from rdrec.data.containers import InputFile, as_input
from rdrec.data.importers.faulty import FaultRule, FaultyLines
from rdrec.data.importers.forms import PANDAS_MISSING, is_missing
from rdrec.data.importers.tabular import TableFile, inspect_table, json_records, records
from rdrec.data.reading import parse_record
from rdrec.data.text import as_key, key_fault, one_line, replace_surrogates, strip_markup

_PRICE = re.compile(r"\$?\s*(\d[\d,]{0,12}(?:\.\d{1,4})?)")
_PAGE = re.compile(
    r"getTime\(\)|\bfunction\s{0,5}\(|\bdocument\.\w|\bvar \w{1,60}\s{0,5}=|<\s{0,5}/?(?:a|div|html|img|input|script|span|style|table)\b",
    re.IGNORECASE,
)
_BY = re.compile(r"^\s{0,50}By\s{0,50}\n\s{0,200}")
_KEYS, _TITLES = ("parent_asin", "asin", "item"), ("title", "name")


@dataclass(frozen=True, slots=True)
class ItemInfo:
    """What a metadata file says about an item; None where it says nothing."""

    title: str | None = None
    brand: str | None = None
    categories: str | None = None
    price: float = math.nan


@dataclass(frozen=True)
class ItemMetadata:
    """Metadata of the requested items, and the report of faulty lines."""

    infos: dict[str, ItemInfo]
    report: dict[str, Any]
    notes: list[str]


def read_items(source: Path | InputFile, keys: Collection[str], rule: FaultRule | None = None) -> ItemMetadata:
    """Read the metadata of the items with these keys; the first line of an item counts.

    Raises InputError if the rule does not tolerate the faulty lines, or for a file of another kind.
    """
    rule = rule or FaultRule.of_settings()
    file, infos, good, dropped = as_input(source), {}, 0, 0
    table = inspect_table(file, "item metadata", [[*_KEYS, *_TITLES]])
    faults = FaultyLines(file.path, rule, table.noun)
    for line, raw in _raw_items(table, faults):
        parent, asin = raw.get("parent_asin"), raw.get("asin")
        own = asin if is_missing(parent) else parent
        key = None if is_missing(own) else as_key(own)
        fault = "is missing, or neither a text nor a whole number" if key is None else key_fault(key)
        if fault:
            faults.add(line, f"the item key (asin) {fault}")
            continue
        good += 1
        if key in keys and key not in infos:
            assert key is not None
            infos[key] = item_info(raw)
            dropped += _is_page(raw.get("title"))
    faults.check(good)
    notes = [f"{plural(dropped, 'title')} dropped: script or page fragments"] if dropped else []
    if good and not infos:
        notes.append(none_bought_note(len(keys), good, file.path))
    if file.was_cut:
        notes.append(
            f"the gzip data of {file.path.name} is cut off: the {good:,} complete records before the cut were imported"
        )
    return ItemMetadata(infos, faults.report(good), notes)


def none_bought_note(bought: int, described: int, path: Path) -> str:
    """A warning that the file describes none of the items in the data set."""
    return f"none of the {plural(bought, 'item')} bought is among the {described:,} in {path.name}; check that it belongs to this data"


def _raw_items(table: TableFile, faults: FaultyLines) -> Iterator[tuple[int, dict[str, Any]]]:
    if table.kind == "json":
        yield from json_records(table.file, faults, f"reading {table.path.name}", parse=_parsed)
        return
    key = next((name for name in _KEYS if name in table.names), None)
    title = next((name for name in _TITLES if name in table.names), None)
    if key is None or title is None:
        missing = [name for name, there in (("asin", key), ("title or name", title)) if there is None]
        raise table.wrong_columns(missing, "use asin,title[,brand,categories,price]")
    others = ("brand", "store", "categories", "category", "price")
    for line, raw in records(table, (key, title, *others), faults, f"reading {table.path.name}"):
        asin = raw.get(key)
        yield (
            line,
            {**raw, "asin": asin.strip() if isinstance(asin, str) else asin, "parent_asin": None, "title": raw.get(title)},
        )


def _parsed(line: bytes) -> Any:
    """A line of metadata: JSON, or a Python literal as in the 2014 files."""
    line = line.strip()
    return parse_literal(line.decode("utf-8")) if line.startswith(b"{'") else parse_record(line)


def parse_literal(line: str) -> Any:
    """Parse a Python literal of the 2014 metadata without evaluating it.  Raises ValueError with a clear message."""
    if len(line) > settings.integer("data.max_literal_bytes"):
        raise ValueError(f"the line is longer than {settings.integer('data.max_literal_bytes'):,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the real files contain invalid escapes such as '\d'
            return ast.literal_eval(line.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):  # all documented by literal_eval
        raise ValueError("not a complete Python literal, {'asin': ...}") from None


def item_info(raw: dict[str, Any]) -> ItemInfo:
    """The cleaned contents of one metadata record."""
    return ItemInfo(
        title=_title(raw.get("title")),
        brand=_brand(raw.get("brand") or raw.get("store")),
        categories=_categories(raw.get("categories") or raw.get("category")),
        price=_price(raw.get("price")),
    )


def items_table(keys: Sequence[str], infos: Sequence[ItemInfo]) -> pd.DataFrame:
    """The items 1, 2, 3 ... with these keys and metadata."""
    names = ("title", "brand", "categories", "price")
    return schema.items_table(keys, {name: [getattr(info, name) for info in infos] for name in names})


def _clean(value: object) -> str | None:
    if not isinstance(value, str) or value in PANDAS_MISSING:
        return None
    return one_line(strip_markup(replace_surrogates(value)[0]))


def _is_page(title: object) -> bool:
    return isinstance(title, str) and _PAGE.search(title) is not None


def _title(value: object) -> str | None:
    return None if _is_page(value) else _clean(value)


def _brand(value: object) -> str | None:
    """The 2018 release prefixes brands with "By" and line breaks."""
    return _clean(_BY.sub("", value)) if isinstance(value, str) else None


def _categories(value: object) -> str | None:
    """`Musical Instruments > Microphones`; further paths (2014 has lists of lists) follow after ` | `."""
    if isinstance(value, str):
        return _clean(value)
    if not isinstance(value, list):
        return None
    paths = value if all(isinstance(path, list) for path in value) else [value]
    joined = [" > ".join(word for part in path if (word := _clean(part))) for path in paths]
    return one_line(" | ".join(dict.fromkeys(path for path in joined if path)))


def _price(value: object) -> float:
    if isinstance(value, str):
        match = _PRICE.fullmatch(value.strip())
        value = float(match[1].replace(",", "")) if match else None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    return math.nan
