"""The teachers that visitors of the page may use: always `keywords`, and language models that the server's owner offers.

A teacher is opened on its first review and reads one review at a time.  Nothing about a visitor is stored.  Neither importing this module
nor reading with `keywords` loads a model library.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rdrec.core.records import InputError, RDRecError, Review, UnknownNameError, first_few
from rdrec.core.settings import integer
from rdrec.core.vocabulary import TeacherKind
from rdrec.teachers.base import Teacher, keywords
from rdrec.teachers.read_one import Reading, read_one

LOG = logging.getLogger(__name__)
REASON_CHARS = 120  # longest quotation from a library's error message


@dataclass(frozen=True, slots=True)
class Offer:
    """`open` is called on the first review; `kind`: whether it works by rules, on this machine, or on a server."""

    name: str
    kind: TeacherKind
    open: Callable[[], Teacher]


@dataclass(frozen=True, slots=True)
class LiveReading:
    """`milliseconds`: time of the reading alone; `load_ms`: None if the teacher was already open.

    device, precision  of a local model; None for other kinds
    """

    kind: TeacherKind
    reading: Reading
    milliseconds: float
    load_ms: float | None
    device: str | None = None
    precision: str | None = None


KEYWORDS = Offer("keywords", "keywords", keywords)


class LiveTeachers:
    """The offers of one server, by name; `keywords` is always the first."""

    def __init__(self, offers: Sequence[Offer] = ()) -> None:
        self.offers = {offer.name: offer for offer in (KEYWORDS, *offers)}
        if len(self.offers) != len(offers) + 1:
            raise InputError("two teachers have the same name", todo="offer each model once")
        self._open: dict[str, Teacher] = {}
        self._turn = {name: threading.Lock() for name in self.offers}

    def read(self, name: str, review: Review) -> LiveReading:
        """Read one review.  Raises UnknownNameError for a teacher that is not offered, RDRecError if it cannot be opened or used."""
        offer = self.offers.get(name) if isinstance(name, str) else None
        if offer is None:
            raise UnknownNameError(
                f"no teacher {str(name)[:40]!r} is offered here", todo=f"use {first_few(list(self.offers), 10)}"
            )
        with self._in_turn(name):
            began = time.perf_counter()
            fresh = name not in self._open
            if fresh:
                self._open[name] = _opened(offer)
            opened = time.perf_counter()
            teacher = self._open[name]
            try:
                reading = read_one(teacher, review)
            except RuntimeError as error:  # torch: out of memory, a broken kernel
                raise RDRecError(f"the model stopped ({first_line(error)})", todo="try again with a shorter review") from error
            done = time.perf_counter()
        model = getattr(teacher, "model", None) if offer.kind == "local" else None
        return LiveReading(
            offer.kind,
            reading,
            (done - opened) * 1000,
            (opened - began) * 1000 if fresh else None,
            getattr(model, "device", None),
            getattr(model, "precision", None),
        )

    @contextmanager
    def _in_turn(self, name: str) -> Iterator[None]:
        """Wait for other visitors' reviews, but not longer than `page.patience` seconds."""
        if not self._turn[name].acquire(timeout=integer("page.patience")):
            raise RDRecError("the teacher is busy with other visitors' reviews", todo="try again in a minute")
        try:
            yield
        finally:
            self._turn[name].release()


def _opened(offer: Offer) -> Teacher:
    """Open the teacher; the reason of a failure is only logged, because it may name folders and addresses."""
    try:
        return offer.open()
    except RDRecError as error:
        LOG.warning("the teacher %s cannot be opened: %s", offer.name, error)
        raise RDRecError("the model cannot be loaded", todo="use another teacher; the page's log says why") from error


def first_line(error: Exception) -> str:
    """The error in short, without paths of the server."""
    lines = (error.what if isinstance(error, RDRecError) else str(error)).strip().splitlines()
    return lines[0][:REASON_CHARS] if lines else type(error).__name__


def checked_text(text: object) -> str:
    """Return a review to read.  Raises InputError if it is empty, too long or not a text."""
    limit = integer("page.review_chars")
    if not isinstance(text, str) or not text.strip():
        raise InputError("there is no review to read", where="review", todo="write one, or choose one of the shopper's")
    if len(text) > limit:
        raise InputError(
            f"the review has {len(text):,} characters", where="review", todo=f"shorten it to at most {limit:,} characters"
        )
    return text


def checked_stars(stars: object) -> float | None:
    """Stars from 1 to 5; None for 0 or None.  Raises InputError for anything else."""
    if stars is None or (isinstance(stars, (int, float)) and not isinstance(stars, bool) and stars == 0):
        return None
    if isinstance(stars, bool) or not isinstance(stars, (int, float)) or not 1 <= stars <= 5:
        raise InputError("stars are a number from 1 to 5, or 0 for none", where="stars", todo="give one of these")
    return float(stars)
