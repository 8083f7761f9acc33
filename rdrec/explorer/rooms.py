"""Voting rooms: one browser opens a room and asks questions, others vote; everything is held in memory and ends with the room.

There are no accounts.  The browser that opens a room gets a secret key.  Each voting browser holds a ballot signed by the room, so that it
has one vote per question, which it can change until voting closes.  Thread-safe.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.explorer import sentences

Phase = Literal["waiting", "open", "closed", "revealed"]
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"  # no characters that look alike on a projector, and no vowels, which could form words
CODE_LENGTH = 6  # 387 million codes


class RoomError(InputError):
    """The request cannot be fulfilled; `what` is a sentence for the user."""


class NoSuchRoom(RoomError):
    """There is no room with this code, or it has ended."""


class NotTheHost(RoomError):
    """Only the browser that opened the room may do this."""


class RoomFull(RoomError):
    """A limit on rooms, votes or screens is reached."""


class TooLate(RoomError):
    """The question has changed, or voting has closed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to vote for.  key: short, such as "A", and shown; title and note are untrusted text."""

    key: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RoomQuestion:
    """A question.  answer: key of the right choice; because: its explanation.  Both are secret until the host reveals them."""

    text: str
    choices: tuple[Choice, ...]
    answer: str
    because: str
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of a room.  number: of the question, 0 before the first; mine: the viewer's vote; left: seconds until the room ends."""

    code: str
    number: int
    phase: Phase
    question: RoomQuestion | None
    counts: Mapping[str, int]
    mine: str | None
    left: float
    version: int

    @property
    def votes(self) -> int:
        """Number of votes on this question."""
        return sum(self.counts.values())


@dataclass
class _Room:
    key: str
    client: str
    ends: float
    seal: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    number: int = 0
    phase: Phase = "waiting"
    question: RoomQuestion | None = None
    votes: dict[str, str] = field(default_factory=dict)  # ballot -> key of a choice
    screens: int = 0
    version: int = 0  # incremented with every change


class Rooms:
    """All rooms of one page.  Methods raise RoomError for requests that cannot be fulfilled."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._rooms: dict[str, _Room] = {}

    def open(self, client: str) -> tuple[str, str]:
        """Open a room; return its code and key.  client: network address, which may hold only a few rooms."""
        with self._lock:
            self._drop_ended()
            open_rooms = sum(room.client == client for room in self._rooms.values())
            if open_rooms >= integer("page.client_rooms"):
                raise RoomFull(
                    f"{integer('page.client_rooms')} rooms are already open from this network address: end one of them first."
                )
            if len(self._rooms) >= integer("page.rooms"):
                raise RoomFull(f"{integer('page.rooms')} rooms are already open on this page. Please try again later.")
            code = _new_code()
            while code in self._rooms:
                code = _new_code()
            key = secrets.token_urlsafe(32)
            self._rooms[code] = _Room(key, client, self._now() + 60 * integer("page.room_minutes"))
            return code, key

    def ask(self, code: str, key: str, question: RoomQuestion) -> None:
        """Ask a new question; votes on the previous one are dropped."""
        with self._lock:
            room = self._hosted(code, key)
            room.question, room.phase, room.votes = question, "open", {}
            room.number += 1
            room.version += 1

    def close(self, code: str, key: str) -> None:
        """Close voting on this question; it can be reopened."""
        self._turn(code, key, "closed", from_phases=("open",))

    def reopen(self, code: str, key: str) -> None:
        """Reopen voting; not possible after the answer was shown."""
        self._turn(code, key, "open", from_phases=("closed",))

    def reveal(self, code: str, key: str) -> None:
        """Show the answer and the votes to everybody in the room; closes the question for good."""
        self._turn(code, key, "revealed", from_phases=("open", "closed"))

    def end(self, code: str, key: str) -> None:
        """End the room and delete it."""
        with self._lock:
            self._hosted(code, key)
            del self._rooms[canonical(code)]

    def ballot(self, code: str, held: str | None = None) -> str:
        """A browser's ballot: the one it holds if this room has signed it, otherwise a new one."""
        with self._lock:
            room = self._room(code)
            return held if held is not None and _is_signed(room, held) else _signed(room, secrets.token_hex(16))

    def vote(self, code: str, ballot: str | None, number: object, choice: object) -> Seen:
        """Count a browser's vote on question `number`, or change it.  ballot: None if the browser did not keep one."""
        with self._lock:
            room = self._room(code)
            if ballot is None or not _is_signed(room, ballot):
                raise RoomError(sentences.NO_BALLOT)
            if type(number) is not int or number != room.number:
                raise TooLate("The question has changed: here is the new one.")
            if room.question is None or room.phase != "open":
                raise TooLate("Voting on this question has closed.")
            if not isinstance(choice, str) or choice not in (one.key for one in room.question.choices):
                raise RoomError("This is not one of the choices.")
            if ballot not in room.votes and len(room.votes) >= integer("page.room_voters"):
                raise RoomFull(f"This room counts at most {integer('page.room_voters')} browsers, and that many have voted.")
            if room.votes.get(ballot) != choice:
                room.votes[ballot] = choice
                room.version += 1
            return self._seen(code, room, ballot)

    def look(self, code: str, ballot: str | None = None) -> Seen:
        """The current state of the room, with the viewer's own vote."""
        with self._lock:
            return self._seen(code, self._room(code), ballot)

    def host_look(self, code: str, key: str) -> Seen:
        """The state of the room for its host."""
        with self._lock:
            return self._seen(code, self._hosted(code, key), None)

    def attach_screen(self, code: str, key: str) -> None:
        """Register a screen that follows the votes.  Call `detach_screen` when it leaves."""
        with self._lock:
            room = self._hosted(code, key)
            if room.screens >= integer("page.room_screens"):
                raise RoomFull(f"At most {integer('page.room_screens')} screens can follow this room: close another one first.")
            room.screens += 1

    def detach_screen(self, code: str, key: str) -> None:
        """Unregister a screen; the room may already have ended."""
        with self._lock:
            room = self._rooms.get(canonical(code))
            if room is not None and _same(room.key, key):
                room.screens -= 1

    def drop_ended(self) -> int:
        """Delete rooms whose time is over; return the number of remaining ones."""
        with self._lock:
            self._drop_ended()
            return len(self._rooms)

    def _turn(self, code: str, key: str, phase: Phase, from_phases: tuple[Phase, ...]) -> None:
        with self._lock:
            room = self._hosted(code, key)
            if room.phase == phase:  # pressed twice
                return
            if room.phase not in from_phases:
                raise TooLate("That is not possible at this stage of the vote.")
            room.phase = phase
            room.version += 1

    def _hosted(self, code: str, key: str) -> _Room:
        room = self._room(code)
        if not isinstance(key, str) or not _same(room.key, key):
            raise NotTheHost("Only the browser that opened this room can do that.")
        return room

    def _room(self, code: str) -> _Room:
        self._drop_ended()
        room = self._rooms.get(canonical(code))
        if room is None:
            raise NoSuchRoom("There is no room with this code, or it has ended. Check the code on the projector.")
        return room

    def _drop_ended(self) -> None:
        now = self._now()
        for code in [code for code, room in self._rooms.items() if room.ends <= now]:
            del self._rooms[code]

    def _seen(self, code: str, room: _Room, ballot: str | None) -> Seen:
        counts = Counter(room.votes.values())
        mine = room.votes.get(ballot) if ballot is not None else None
        left = max(0.0, room.ends - self._now())
        return Seen(canonical(code), room.number, room.phase, room.question, counts, mine, left, room.version)


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def canonical(code: object) -> str:
    """The canonical form of a code, which people may type with lower-case letters, spaces and hyphens; "" if it is too long."""
    if not isinstance(code, str) or len(code) > 4 * CODE_LENGTH:
        return ""
    return code.upper().replace(" ", "").replace("-", "")


def _signed(room: _Room, name: str) -> str:
    return f"{name}.{hmac.digest(room.seal, name.encode(), 'sha256').hex()[:32]}"


def _is_signed(room: _Room, ballot: str) -> bool:
    name = ballot.partition(".")[0]
    return len(ballot) == 65 and name.isascii() and _same(_signed(room, name), ballot)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
