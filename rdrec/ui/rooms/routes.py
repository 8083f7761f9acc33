"""The routes of voting rooms, served without Gradio: `?room=CODE` for phones, `rooms/...` for requests, `rooms/stream` for live votes.

The guard has already checked host, origin and size.  Votes are limited by room, not by address, since a class of 200 often shares one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer
from rdrec.explorer import room_views as views
from rdrec.explorer import url
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.room_questions import guess_question, help_question
from rdrec.explorer.rooms import NoSuchRoom, NotTheHost, RoomFull, RoomQuestion, Rooms, TooLate
from rdrec.explorer.sentences import failed
from rdrec.ui.rooms import phone_page
from rdrec.ui.rooms import strings as words
from rdrec.ui.rooms.invitation import invitation
from rdrec.ui.server.fair_share import client_of
from rdrec.ui.server.hosts import AllowedHosts

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PARAMETER, FOLDER = "room", "/rooms/"
MOST_BODY = 2_048  # bytes; the largest request opens a room and contains an address of up to 300
POLL_SECONDS = 0.25  # between two checks for new votes; with shorter ones the bars flicker
_STATUS = {NoSuchRoom: 404, NotTheHost: 403, RoomFull: 429, TooLate: 409}
_COOKIE = "rdrec_room_"
_SERVICE = "rdrec_rooms"  # attribute of the gr.Blocks that holds its RoomService


class RoomService:
    """The rooms of one page and the data sets that they ask about."""

    def __init__(self, catalogue: Catalogue, rooms: Rooms | None = None) -> None:
        self.catalogue, self.rooms = catalogue, rooms or Rooms()

    def offer(self, blocks: Any) -> None:
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

    def __init__(self, app: App, hosts: AllowedHosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer requests about rooms, pass on all others."""
        service = _service(scope)
        if service is None:
            await self._app(scope, receive, send)
            return
        path = str(scope["path"]).removeprefix(scope.get("root_path", "").rstrip("/"))
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        method, name = scope["method"], path.removeprefix(FOLDER)
        if path in ("", "/") and PARAMETER in query and method in ("GET", "HEAD"):
            await _phone_page(service.rooms, scope, send, query[PARAMETER][0])
        elif not path.startswith(FOLDER):
            await self._app(scope, receive, send)
        elif method == "GET" and name == "state":
            await _state(service.rooms, scope, send, query.get(PARAMETER, [""])[0])
        elif method == "GET" and name == "stream":
            await _stream(service.rooms, scope, receive, send, query.get(PARAMETER, [""])[0])
        elif method == "POST":
            await self._post(service, name, scope, receive, send)
        else:
            await _answer(send, 404, {"error": words.NO_SUCH_ACTION})

    async def _post(self, service: RoomService, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body(scope, receive)
            answer = await self._done(service, name, body, scope)
        except RDRecError as error:
            status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
            said = error.what if isinstance(error, InputError) else failed(error)
            await _answer(send, status, {"error": said})
            return
        await _answer(send, 200, answer)

    async def _done(self, service: RoomService, name: str, body: Mapping[str, Any], scope: Scope) -> Mapping[str, Any]:
        """Perform an action and return the answer.  Raises RDRecError if that is not possible."""
        rooms, code, key = service.rooms, body.get("room", ""), body.get("key", "")
        if name == "vote":
            return views.phone(rooms.vote(code, _held(scope, code), body.get("question"), body.get("choice")))
        if name == "open":
            return await self._opened(rooms, body.get("address"), scope)
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


async def _phone_page(rooms: Rooms, scope: Scope, send: Send, code: str) -> None:
    made = phone_page.cached_page()
    headers: Headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", made.policy)]
    with contextlib.suppress(NoSuchRoom):  # the page itself says so and asks for another code
        headers += _cookie(scope, rooms.look(code).code, rooms.ballot(code, _held(scope, code)))
    await _send(send, 200, made.body if scope["method"] == "GET" else b"", headers)


async def _state(rooms: Rooms, scope: Scope, send: Send, code: str) -> None:
    """An ended room is an answer too: phones that ask on must not see an error."""
    try:
        await _answer(send, 200, views.phone(rooms.look(code, _held(scope, code))))
    except NoSuchRoom as error:
        await _answer(send, 200, views.ended(error.what))


async def _stream(rooms: Rooms, scope: Scope, receive: Receive, send: Send, code: str) -> None:
    """Server-sent events for a screen of the host: the room whenever it changed, and as a heartbeat, until it ends or the screen leaves."""
    key = next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-room-key"), "")
    try:
        rooms.attach_screen(code, key)
    except (NoSuchRoom, NotTheHost) as error:
        await _events_begin(send)
        await _event(send, views.ended(error.what), more=False)
        return
    except RoomFull as error:
        await _answer(send, 429, {"error": error.what})
        return
    leaving = asyncio.create_task(_left(receive))
    try:
        await _events_begin(send)
        await _follow(rooms, code, key, leaving, send)
    finally:
        leaving.cancel()
        rooms.detach_screen(code, key)


async def _follow(rooms: Rooms, code: str, key: str, leaving: asyncio.Task[None], send: Send) -> None:
    sent, silent, beat = -1, 0.0, float(integer("page.room_heartbeat"))
    while not leaving.done():
        try:
            seen = rooms.host_look(code, key)
        except NoSuchRoom:
            await _event(send, views.ended(words.ENDED), more=False)
            return
        if seen.version != sent or silent >= beat:
            await _event(send, views.host(seen), more=True)
            sent, silent = seen.version, 0.0
        await asyncio.wait({leaving}, timeout=POLL_SECONDS)
        silent += POLL_SECONDS


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _events_begin(send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _event(send: Send, view: Mapping[str, Any], *, more: bool) -> None:
    await send({"type": "http.response.body", "body": b"data: " + _json(view) + b"\n\n", "more_body": more})


async def _answer(send: Send, status: int, view: Mapping[str, Any]) -> None:
    await _send(send, status, _json(view), [(b"content-type", b"application/json")])


async def _send(send: Send, status: int, body: bytes, headers: Headers) -> None:
    more = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more]})
    await send({"type": "http.response.body", "body": body})


async def _body(scope: Scope, receive: Receive) -> Mapping[str, Any]:
    """The request's short JSON object.  Raises InputError for anything else, and for other content types, which foreign pages could send."""
    kinds = [value.partition(b";")[0].strip().lower() for name, value in scope["headers"] if name.lower() == b"content-type"]
    content, more = b"", True
    while more and len(content) <= MOST_BODY:
        message = await receive()
        content += message.get("body", b"")
        more = message.get("more_body", False)
    if kinds != [b"application/json"] or len(content) > MOST_BODY:
        raise InputError(words.BAD_BODY)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise InputError(words.BAD_BODY) from None
    if not isinstance(found, dict):
        raise InputError(words.BAD_BODY)
    return found


def _held(scope: Scope, code: object) -> str | None:
    """The ballot that the browser holds for this room."""
    if not isinstance(code, str):
        return None
    cookie = _COOKIE + code.upper().replace(" ", "").replace("-", "")
    for header in (value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"cookie"):
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == cookie:
                return value
    return None


def _cookie(scope: Scope, code: str, ballot: str) -> Headers:
    """The ballot's cookie, without a path so that it works below any proxy path.  Over HTTPS it also works in the frame of a Space."""
    proxied = [value.partition(b",")[0].strip() for name, value in scope["headers"] if name.lower() == b"x-forwarded-proto"]
    secure = scope.get("scheme") == "https" or proxied[:1] == [b"https"]
    site = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    age = 60 * integer("page.room_minutes")
    return [(b"set-cookie", f"{_COOKIE}{code}={ballot}; Max-Age={age}; HttpOnly; {site}".encode())]


def _service(scope: Scope) -> RoomService | None:
    """The service of the page served here; None for other kinds of requests and for a page without rooms."""
    if scope["type"] != "http" or "app" not in scope:
        return None
    found = getattr(scope["app"].get_blocks(), _SERVICE, None)
    return found if isinstance(found, RoomService) else None


def _json(view: Mapping[str, Any]) -> bytes:
    return json.dumps(view, ensure_ascii=True, separators=(",", ":")).encode()
