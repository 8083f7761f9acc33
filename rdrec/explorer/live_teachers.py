"""The teachers that visitors of the page may ask: `keywords` always, language models where the server's owner offers them.

In: offers, each with a way to open its teacher; a name and a review.  Out: a `LiveReading`.
A teacher is opened on its first review, once, and reads one review at a time.  Nothing of a visitor is kept.
Importing this module loads no model library, and neither does reading with `keywords`.
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
from rdrec.teachers.base import StreamingTeacher, Teacher, keywords
from rdrec.teachers.read_one import Reading, read_one

LOG = logging.getLogger(__name__)
REASON_CHARS = 120  # of a library's error message


@dataclass(frozen=True, slots=True)
class Offer:
    """`open` is called on the first review; `kind` says where it runs: by rules, on this machine, behind a server."""

    name: str
    kind: TeacherKind
    open: Callable[[], Teacher | StreamingTeacher]


@dataclass(frozen=True, slots=True)
class LiveReading:
    """`milliseconds` of the reading alone; `load_ms` is None where the teacher was open already.

    device, precision  of a local model; None for the others
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
        self._open: dict[str, Teacher | StreamingTeacher] = {}
        self._turn = {name: threading.Lock() for name in self.offers}

    def read(self, name: str, review: Review) -> LiveReading:
        """Raises UnknownNameError for a teacher that is not offered, RDRecError where it cannot be opened or used."""
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
                lines = str(error).strip().splitlines() or [type(error).__name__]
                raise RDRecError(
                    f"the model stopped ({lines[0][:REASON_CHARS]})", todo="try again with a shorter review"
                ) from error
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
        """Nobody waits for ever behind others."""
        if not self._turn[name].acquire(timeout=integer("page.patience")):
            raise RDRecError("the teacher is busy with other visitors' reviews", todo="try again in a minute")
        try:
            yield
        finally:
            self._turn[name].release()


def _opened(offer: Offer) -> Teacher | StreamingTeacher:
    """The teacher; where it cannot be opened the reason goes to the owner's log, since it may name folders and addresses."""
    try:
        return offer.open()
    except RDRecError as error:
        LOG.warning("the teacher %s cannot be opened: %s", offer.name, error)
        raise RDRecError("the model cannot be loaded", todo="use another teacher; the page's log says why") from error


def checked_text(text: object) -> str:
    """What a visitor wants read.  Raises InputError for what is no text, too long a text, or none."""
    limit = integer("page.review_chars")
    if not isinstance(text, str) or not text.strip():
        raise InputError("there is no review to read", where="review", todo="write one, or choose one of the shopper's")
    if len(text) > limit:
        raise InputError(
            f"the review has {len(text):,} characters", where="review", todo=f"shorten it to at most {limit:,} characters"
        )
    return text


def checked_stars(stars: object) -> float | None:
    """1 to 5, or 0 or None for no stars.  Raises InputError for anything else."""
    if stars is None or (isinstance(stars, (int, float)) and not isinstance(stars, bool) and stars == 0):
        return None
    if isinstance(stars, bool) or not isinstance(stars, (int, float)) or not 1 <= stars <= 5:
        raise InputError("stars are a number from 1 to 5, or 0 for none", where="stars", todo="give one of these")
    return float(stars)
