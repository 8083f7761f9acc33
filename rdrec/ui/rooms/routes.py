"""The routes of voting rooms, served without Gradio: `?room=CODE` for phones, `rooms/...` for requests, `rooms/stream` for live votes.

The guard has already checked host, origin and size.  Votes are limited by room, not by address, since a class of 200 often shares one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer
from rdrec.explorer import room_views as views
from rdrec.explorer import url
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.room_questions import guess_question, help_question
from rdrec.explorer.rooms import NoSuchRoom, NotTheHost, RoomFull, RoomQuestion, Rooms, TooLate, canonical
from rdrec.explorer.sentences import failed
from rdrec.ui.rooms import phone_page
from rdrec.ui.rooms import strings as words
from rdrec.ui.rooms.invitation import invitation
from rdrec.ui.server.fair_share import client_of
from rdrec.ui.server.hosts import AllowedHosts

PARAMETER, FOLDER = "room", "/rooms/"
MOST_BODY = 2_048  # bytes; the largest request opens a room and contains an address of up to 300
POLL_SECONDS = 0.25  # between two checks for new votes; with shorter ones the bars flicker
_STATUS = {NoSuchRoom: 404, NotTheHost: 403, RoomFull: 429, TooLate: 409}
_FRESH = {"cache-control": "no-store"}
_EVENTS = {**_FRESH, "content-type": "text/event-stream", "x-accel-buffering": "no"}
_COOKIE = "rdrec_room_"
_SERVICE = "rdrec_rooms"  # attribute of the gr.Blocks that holds its RoomService


class RoomService:
    """The rooms of one page and the data sets that they ask about."""

    def __init__(self, catalogue: Catalogue, rooms: Rooms | None = None) -> None:
        self.catalogue, self.rooms = catalogue, rooms or Rooms()

    def offer(self, blocks: object) -> None:
        """Serve the rooms wherever this page is served."""
        setattr(blocks, _SERVICE, self)

    def question(self, kind: object, data: object, user: object) -> RoomQuestion:
        """The question of a kind about a shopper.  Raises InputError for an unknown kind, set or shopper."""
        store = self.catalogue.stores.get(data) if isinstance(data, str) else None
        if store is None:
            raise InputError(words.NO_SUCH_SET)
        if kind == "help":
            return help_question(store)
        if kind != "guess":
            raise InputError(words.NO_SUCH_KIND)
        number = url.parse_user(store, user)
        if number is None:
            raise InputError(words.NO_SUCH_USER)
        return guess_question(store, number)


class RoomRoutes:
    """ASGI middleware, inside the guard."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer requests about rooms, pass on all others."""
        service = _service(scope)
        answer = await self._answer(service, Request(scope, receive)) if service else None
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, service: RoomService, request: Request) -> ASGIApp | None:
        path = str(request.scope["path"]).removeprefix(request.scope.get("root_path", "").rstrip("/"))
        name, codes = path.removeprefix(FOLDER), request.query_params.getlist(PARAMETER)
        code = codes[0] if codes else ""
        if path in ("", "/") and codes and request.method in ("GET", "HEAD"):
            return _phone_page(service.rooms, request, code)
        if not path.startswith(FOLDER):
            return None
        if request.method == "GET" and name == "state":
            return _state(service.rooms, request, code)
        if request.method == "GET" and name == "stream":
            return _stream(service.rooms, code, request.headers.get("x-room-key", ""))
        if request.method == "POST":
            return await self._post(service, name, request)
        return _json(404, {"error": words.NO_SUCH_ACTION})

    async def _post(self, service: RoomService, name: str, request: Request) -> Response:
        try:
            return _json(200, await self._done(service, name, await _body(request), request))
        except RDRecError as error:
            status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
            return _json(status, {"error": error.what if isinstance(error, InputError) else failed(error)})

    async def _done(self, service: RoomService, name: str, body: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
        """Perform an action and return the answer.  Raises RDRecError if that is not possible."""
        rooms, code, key = service.rooms, body.get("room", ""), body.get("key", "")
        if name == "vote":
            return views.phone(rooms.vote(code, _held(request, code), body.get("question"), body.get("choice")))
        if name == "open":
            return await self._opened(rooms, body.get("address"), request.scope)
        turns = {"close": rooms.close, "reopen": rooms.reopen, "reveal": rooms.reveal}
        if name == "ask":
            rooms.host_look(code, key)  # checks the key before any table is read
            asked = await asyncio.to_thread(service.question, body.get("kind"), body.get("data"), body.get("user"))
            rooms.ask(code, key, asked)
        elif name == "end":
            rooms.end(code, key)
            return {"over": True, "said": words.ENDED}
        elif name in turns:
            turns[name](code, key)
        else:
            raise InputError(words.NO_SUCH_ACTION)
        return views.host(rooms.host_look(code, key))

    async def _opened(self, rooms: Rooms, address: object, scope: Scope) -> Mapping[str, Any]:
        code, key = rooms.open(client_of(scope, bool(self._hosts.published)))
        try:
            made = await asyncio.to_thread(invitation, address, code, self._hosts)
        except RDRecError:
            rooms.end(code, key)
            raise
        # Else an abandoned room would stay in memory until the next one is opened.
        asyncio.get_running_loop().call_later(60 * integer("page.room_minutes") + 1, rooms.drop_ended)
        minutes = integer("page.room_minutes")
        return {
            "code": code, "key": key, "url": made.url, "shown": made.shown, "qr": made.qr, "only_here": made.only_here, "minutes": minutes
        }  # fmt: skip


def _phone_page(rooms: Rooms, request: Request, code: str) -> Response:
    made = phone_page.cached_page()
    headers = {**_FRESH, "content-security-policy": made.policy}
    with contextlib.suppress(NoSuchRoom):  # the page itself says so and asks for another code
        headers["set-cookie"] = _cookie(request, rooms.look(code).code, rooms.ballot(code, _held(request, code)))
    return Response(made.body if request.method == "GET" else b"", headers=headers, media_type="text/html")


def _state(rooms: Rooms, request: Request, code: str) -> Response:
    """An ended room is an answer too: phones that ask on must not see an error."""
    try:
        return _json(200, views.phone(rooms.look(code, _held(request, code))))
    except NoSuchRoom as error:
        return _json(200, views.ended(error.what))


def _stream(rooms: Rooms, code: str, key: str) -> ASGIApp:
    """Server-sent events for a screen of the host: the room whenever it changed, and as a heartbeat, until it ends or the screen leaves."""
    try:
        rooms.attach_screen(code, key)
    except (NoSuchRoom, NotTheHost) as error:
        return Response(_event(views.ended(error.what)), headers=_EVENTS)
    except RoomFull as error:
        return _json(429, {"error": error.what})

    async def streamed(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await StreamingResponse(_events(rooms, code, key), headers=_EVENTS)(scope, receive, send)
        finally:
            rooms.detach_screen(code, key)

    return streamed


async def _events(rooms: Rooms, code: str, key: str) -> AsyncIterator[bytes]:
    sent, silent, beat = -1, 0.0, float(integer("page.room_heartbeat"))
    while True:
        try:
            seen = rooms.host_look(code, key)
        except NoSuchRoom:
            yield _event(views.ended(words.ENDED))
            return
        if seen.version != sent or silent >= beat:
            yield _event(views.host(seen))
            sent, silent = seen.version, 0.0
        await asyncio.sleep(POLL_SECONDS)
        silent += POLL_SECONDS


def _event(view: Mapping[str, Any]) -> bytes:
    return b"data: " + _encoded(view) + b"\n\n"


def _json(status: int, view: Mapping[str, Any]) -> Response:
    return Response(_encoded(view), status, _FRESH, "application/json")


def _encoded(view: Mapping[str, Any]) -> bytes:
    return json.dumps(view, separators=(",", ":")).encode()


async def _body(request: Request) -> Mapping[str, Any]:
    """The request's short JSON object.  Raises InputError for anything else, and for other content types, which foreign pages could send."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await request.body()
    if kind != "application/json" or len(content) > MOST_BODY:
        raise InputError(words.BAD_BODY)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise InputError(words.BAD_BODY) from None
    if not isinstance(found, dict):
        raise InputError(words.BAD_BODY)
    return found


def _held(request: Request, code: object) -> str | None:
    """The ballot that the browser holds for this room."""
    return request.cookies.get(_COOKIE + canonical(code))


def _cookie(request: Request, code: str, ballot: str) -> str:
    """The ballot's cookie, without a path so that it works below any proxy path.  Over HTTPS it also works in the frame of a Space."""
    proxied = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    secure = request.scope.get("scheme") == "https" or proxied == "https"
    site = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    return f"{_COOKIE}{code}={ballot}; Max-Age={60 * integer('page.room_minutes')}; HttpOnly; {site}"


def _service(scope: Scope) -> RoomService | None:
    """The service of the page served here; None for other kinds of requests and for a page without rooms."""
    if scope["type"] != "http" or "app" not in scope:
        return None
    found = getattr(scope["app"].get_blocks(), _SERVICE, None)
    return found if isinstance(found, RoomService) else None
