"""Column names of the Amazon releases, and validation of their records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from rdrec.core import settings
from rdrec.core.untrusted import shown
from rdrec.data.text import as_key, key_fault

Unit = Literal["seconds", "milliseconds", "date"]
Fault = tuple[str, str]  # description, and its kind (the same without values)
_WHOLE = re.compile(r"(\d{1,15})(?:\.0*)?")
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{1,6})?")  # decimal comma in European CSV
_DAY_SECONDS = 86_400
PANDAS_MISSING = frozenset({"nan", "NaN", "None", "<NA>"})  # how pandas writes a missing value as text
_TIMES = {
    "seconds": "expected Unix seconds from 1990 to 2100",
    "milliseconds": "expected Unix milliseconds from 1990 to 2100",
    "date": "expected a date like 2014-02-28 from 1990 to 2100",
}


@dataclass(frozen=True)
class Form:
    """The columns of one release; `fallback_item` replaces a missing `item`; `title`: of the product, if reviews contain it."""

    name: str
    user: str
    item: str
    time: str
    text: str
    summary: str
    rating: str
    unit: Unit
    fallback_item: str | None = None
    title: str | None = None
    quoted: bool = True  # whether quotes enclose fields in tab-separated text

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        names = (self.user, self.item, self.fallback_item, self.time, self.text, self.summary, self.rating, self.title)
        return tuple(name for name in names if name is not None)

    @property
    def per_second(self) -> int:
        """Units of its timestamps in a second."""
        return 1000 if self.unit == "milliseconds" else 1

    def missing(self, names: set[str], with_text: bool) -> list[str]:
        """The required columns that are not among `names`."""
        needed = [self.user, self.item, self.time, *([self.text] if with_text else [])]
        there = names | ({self.item} if self.fallback_item in names else set())
        return [name for name in needed if name not in there]


FORMS = (
    Form("Amazon 2014 or 2018", "reviewerID", "asin", "unixReviewTime", "reviewText", "summary", "overall", "seconds"),
    Form("Amazon 2023", "user_id", "parent_asin", "timestamp", "text", "title", "rating", "milliseconds", fallback_item="asin"),
    Form(
        "Amazon customer reviews (AWS)",
        "customer_id",
        "product_id",
        "review_date",
        "review_body",
        "review_headline",
        "star_rating",
        "date",
        title="product_title",
        quoted=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Event:
    """What the first pass keeps of a record; `time` in the unit of its form (days as seconds), `rating` NaN if missing."""

    user: str
    item: str
    time: int
    rating: float
    used_fallback: bool


def read_event(record: dict[str, Any], form: Form) -> Event | Fault:
    """Validate a record; return its values or the fault."""
    user = as_key(record.get(form.user))
    item, used_fallback = record.get(form.item), False
    if form.fallback_item is not None and is_missing(item):
        item, used_fallback = record.get(form.fallback_item), True
    item = as_key(item)
    for name, key in ((form.user, user), (form.item, item)):
        if key is None or key in PANDAS_MISSING:
            raw = record.get(name)
            if is_missing(raw):
                return f"{name} is missing", f"{name} is missing"
            return f"{name} is {shown(raw)}: expected a text or a whole number", f"{name}: expected a text or a whole number"
    assert user is not None and item is not None
    time = _time(record.get(form.time), form)
    if isinstance(time, tuple):
        return time
    rating = _rating(record.get(form.rating), form.rating)
    if isinstance(rating, tuple):
        return rating
    for name in (form.text, form.summary):
        text = record.get(name)
        if not isinstance(text, str | None):
            return f"{name} is {shown(text)}: expected a text", f"{name}: expected a text"
    return Event(user, item, time, rating, used_fallback)


def is_missing(value: object) -> bool:
    """Whether a field is absent, empty, or a missing value as pandas writes it."""
    return value is None or (isinstance(value, str) and (not value or value in PANDAS_MISSING))


def new_key_fault(name: str, key: str) -> Fault | None:
    """What is wrong with a key that appears for the first time, or None."""
    fault = key_fault(key)
    return None if fault is None else (f"{name} {fault}", f"{name} {fault}")


def _time(value: object, form: Form) -> int | Fault:
    if is_missing(value):
        return f"{form.time} is missing", f"{form.time} is missing"
    time = _day(value) if form.unit == "date" and isinstance(value, str) else whole(value)
    if not settings.integer("data.earliest_time") <= time // form.per_second <= settings.integer("data.latest_time"):
        return f"{form.time} is {shown(value)}: {_TIMES[form.unit]}", f"{form.time}: {_TIMES[form.unit]}"
    return time


@lru_cache(maxsize=20_000)  # more than the days of any data set
def _day(text: str) -> int:
    """Midnight of a date in Unix seconds; -1 for anything else."""
    try:
        return (date.fromisoformat(text.strip()) - date(1970, 1, 1)).days * _DAY_SECONDS
    except ValueError:
        return -1


def _rating(value: object, name: str) -> float | Fault:
    if isinstance(value, float) and 1 <= value <= 5:
        return value
    if is_missing(value):
        return float("nan")
    number = float(value.replace(",", ".")) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 1 <= number <= 5:
        return f"{name} is {shown(value)}: expected a rating from 1 to 5", f"{name}: expected a rating from 1 to 5"
    return float(number)


def whole(value: object) -> int:
    """A whole number, also as text or as 1393545600.0; -1 (outside all bounds) for anything else."""
    if isinstance(value, str) and (match := _WHOLE.fullmatch(value.strip())):
        return int(match[1])
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15 and value == int(value):
        return int(value)
    return -1
