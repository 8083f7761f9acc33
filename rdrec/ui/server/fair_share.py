"""How much of the page one visitor may use: calls that wait or whose answers have not been fetched, and sessions.

Gradio has one queue and one list of sessions for everybody; without limits a single visitor could fill both.  A visitor is an IP
address (for IPv6 the /64 network), since visitors choose their session names themselves.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any

from rdrec.core.settings import integer

TEACHER = "teacher"  # concurrency id of calls to a slow language model
_MOST_CLIENTS = 10_000  # remembered at most; those not seen for longest are forgotten
_JOIN, _CALL, _RUN = "/queue/join", "/call/", ("/run/", "/api/")
_READ = "/queue/data"


class FairShare:
    """The counts of one page; use within a single event loop."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # client -> session or call whose answers are to be fetched -> (time of acceptance, kind) of its calls
        self._open: OrderedDict[str, dict[str, list[tuple[float, str]]]] = OrderedDict()
        self._sessions: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def accepts(self, client: str, kind: str) -> bool:
        """Whether this client may queue one more call of a kind (a concurrency id)."""
        self._forget()
        mine = [found for calls in self._open.get(client, {}).values() for _, found in calls]
        of_all = [found for calls in self._open.values() for entry in calls.values() for _, found in entry]
        teachers = of_all.count(TEACHER)
        if kind == TEACHER:
            return mine.count(TEACHER) < integer("page.client_teacher_calls") and teachers < integer("page.teacher_calls")
        others = integer("page.queue") - integer("page.teacher_calls")
        return len(mine) < integer("page.client_calls") and len(of_all) - teachers < others

    def joined(self, client: str, name: str, kind: str) -> None:
        """Note an accepted call, whose answer will be fetched under `name`."""
        self._open.setdefault(client, {}).setdefault(name, []).append((self._now(), kind))
        self._open.move_to_end(client)

    def fetched(self, name: str) -> None:
        """Note that all answers under a name were fetched, by any client."""
        for client, calls in list(self._open.items()):
            if calls.pop(name, None) is not None and not calls:
                del self._open[client]

    def session(self, client: str, session: str) -> str | None:
        """Note that a client uses a session; returns the session that it must give up in exchange, if any."""
        mine = self._sessions.setdefault(client, OrderedDict())
        self._sessions.move_to_end(client)
        mine[session] = None
        mine.move_to_end(session)
        if len(self._sessions) > _MOST_CLIENTS:
            self._sessions.popitem(last=False)
        return mine.popitem(last=False)[0] if len(mine) > integer("page.client_sessions") else None

    def _forget(self) -> None:
        """Forget calls whose answers were not fetched in time; by then Gradio has dropped them too."""
        oldest = self._now() - integer("page.unread_seconds")
        for client, calls in list(self._open.items()):
            for name, entries in list(calls.items()):
                calls[name] = [entry for entry in entries if entry[0] > oldest]
                if not calls[name]:
                    del calls[name]
            if not calls:
                del self._open[client]


def client_of(scope: Mapping[str, Any], behind_proxy: bool) -> str:
    """The visitor's address, or the one that a trusted proxy reports."""
    peer = (scope.get("client") or ("",))[0]
    if behind_proxy or peer in ("127.0.0.1", "::1"):
        said = [value for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
        if said:  # take the last entry; the visitor may have sent those before it
            peer = said[-1].decode("latin-1").rpartition(",")[2].strip()
    return _network(peer)


def asked_for(path: str, body: bytes) -> tuple[str | int | None, str | None]:
    """(endpoint name or number, session) of a POST that calls an endpoint; (None, None) for any other."""
    if not (path == _JOIN or path.startswith((_CALL, *_RUN))):
        return None, None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    said = said if isinstance(said, dict) else {}
    session, number = said.get("session_hash"), said.get("fn_index")
    name = path.rstrip("/").rpartition("/")[2] if path.startswith(_CALL) else None
    endpoint = name or (number if isinstance(number, int) else None)
    return endpoint, session if isinstance(session, str) else None


def queues(path: str) -> bool:
    """Whether a POST to the path puts a call into the queue."""
    return path == _JOIN or path.startswith(_CALL)


def fetches(path: str, query: Mapping[str, list[str]]) -> str | None:
    """The name under which a GET fetches answers."""
    if path == _READ:
        return next(iter(query.get("session_hash", [])), None)
    return path.rstrip("/").rpartition("/")[2] if path.startswith(_CALL) else None


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)
