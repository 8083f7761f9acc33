"""Requests to an OpenAI-compatible server through the optional package `openai` (requirements-http.txt), bounded in time and bytes.

The key comes from the environment, is sent in a header, and is removed from every text that a server returns.  Retrying is up to the
caller: `ServerFault` says whether it makes sense.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx2

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.core.untrusted import retry_after
from rdrec.teachers.model_files import optional_package
from rdrec.teachers.prompts import Message, without_surrogates

if TYPE_CHECKING:
    from openai import APIStatusError

KEY_VARIABLE = "RDREC_TEACHER_KEY"
HUB_ROUTER = "router.huggingface.co"
HUB_KEY_VARIABLE = "HF_TOKEN"  # used only for the hub's own router
_NO_KEY = "none"
_BLOT = "[key]"
_PART = 8  # consecutive characters of a key that are removed
_LOCAL = ("localhost", "127.0.0.1", "::1")
_GIVE_UP = frozenset([401, 403, 404, 405, 501])  # would fail for every review
_REFUSED = frozenset([400, 413, 422])  # may concern only this review
_BUSY = frozenset([429, 503])
_MOST_SHOWN = 300  # characters of a server's own words in an error
_MOST_TOKENS = 10**9  # in one request; larger counts are not believed
_SENT = frozenset(["accept", "connection", "content-length", "content-type", "host", "user-agent"])


class ServerFault(Exception):
    """again: the same request may succeed later; stop: no request will succeed; wait: seconds requested by the server."""

    def __init__(
        self, reason: str, detail: str = "", *, again: bool = False, stop: bool = False, wait: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.again, self.stop, self.wait = reason, detail, again, stop, wait


@dataclass(frozen=True, slots=True)
class Reply:
    """cut: stopped at the token limit; used: tokens in and out as counted by the server, or None."""

    text: str
    model: str
    cut: bool
    used: tuple[int, int] | None


def check_endpoint(endpoint: str) -> str:
    """The address without a trailing slash.  Raises InputError if it is invalid or could leak a key."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise InputError("this is not an http address", where="--endpoint", todo='give one like "http://127.0.0.1:8000/v1"')
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            "an address with a user name, a query or a # may contain a key",
            where="--endpoint",
            todo=f"put the key in ${KEY_VARIABLE}",
        )
    if parts.scheme == "http" and host not in _LOCAL and key_for(endpoint):
        raise InputError(
            "the key would be sent over the network unencrypted",
            where="--endpoint",
            todo=f"use https, or unset ${KEY_VARIABLE}",
        )
    return endpoint.rstrip("/")


def key_for(endpoint: str) -> str | None:
    """The key for this address from the environment, or None."""
    key = os.environ.get(KEY_VARIABLE)
    if not key and urlsplit(endpoint).hostname == HUB_ROUTER:
        key = os.environ.get(HUB_KEY_VARIABLE)
    return key or None


def openai_package() -> Any:
    """The imported package `openai`.  Raises InputError if it is not installed."""
    return optional_package("openai", "--teacher http", "requirements-http.txt")


class _BoundedBody(httpx2.AsyncByteStream):
    """A response body that raises ServerFault when it grows larger than any valid answer."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream, self._most = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        got = 0
        async for piece in self._stream:
            got += len(piece)
            if got > self._most:
                raise ServerFault("server: the answer is too large")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Transport(httpx2.AsyncHTTPTransport):
    """Sends only our own headers and reads bounded bodies.

    The package `openai` would send further headers to any server, some from the environment ($OPENAI_ORG_ID, $OPENAI_CUSTOM_HEADERS).
    """

    def __init__(self, key: str, connections: int) -> None:
        super().__init__(limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections))
        self._authorization = f"Bearer {key}"

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        for name in [name for name in request.headers if name.lower() not in _SENT]:
            del request.headers[name]
        request.headers["Authorization"] = self._authorization
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()  # it would be counted before it is decompressed
            raise ServerFault("server: sent a compressed answer, which was not requested", stop=True)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _BoundedBody(response.stream, integer("distill.max_answer_bytes"))
        return response


class ChatClient:
    """A client for one server; use within a single event loop.  Raises InputError if the package `openai` is missing."""

    def __init__(self, endpoint: str, model: str, *, timeout: float, connections: int) -> None:
        self.endpoint, self.model, self.timeout = check_endpoint(endpoint), model, timeout
        self._key = key_for(endpoint)
        self._forms = _forms(self._key)
        self._openai = openai_package()
        # `chat.completions.create` would validate every message, which takes a fifth of the time of a request.
        self._completion = self._openai.types.chat.ChatCompletion
        key = self._key or _NO_KEY
        http = httpx2.AsyncClient(transport=_Transport(key, connections), follow_redirects=False, timeout=timeout)
        self._client = self._openai.AsyncOpenAI(
            base_url=self.endpoint, api_key=key, max_retries=0, timeout=timeout, http_client=http
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def clean(self, text: str) -> str:
        """`text` without any form or part of the key, in case the server returned it, and without lone surrogates."""
        return without_surrogates(_blotted(text, self._forms))

    async def chat(self, messages: list[Message], options: dict[str, Any]) -> Reply:
        """Send one request and return its answer within `timeout` seconds.  Raises ServerFault."""
        try:
            async with asyncio.timeout(self.timeout):
                body = {"messages": messages, "model": self.model, **options}
                answer = await self._client.post("/chat/completions", cast_to=self._completion, body=body)
            return self._reply(answer)
        except (TimeoutError, self._openai.APITimeoutError):
            raise ServerFault("server: no answer in time", again=True) from None
        except self._openai.APIStatusError as error:
            raise self._status_fault(error) from None
        except self._openai.APIConnectionError as error:
            raise self._connection_fault(error) from None
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError, self._openai.OpenAIError):
            raise ServerFault("server: a broken answer", again=True) from None

    def _reply(self, answer: Any) -> Reply:
        choice = answer.choices[0]
        text = choice.message.content
        if not isinstance(text, str):
            raise TypeError("no text")
        return Reply(self.clean(text), self.clean(str(answer.model)), choice.finish_reason == "length", _used(answer, text))

    def _status_fault(self, error: APIStatusError) -> ServerFault:
        response = error.response
        status = response.status_code
        try:
            said = response.text
        except (httpx2.StreamError, UnicodeError, LookupError):
            said = ""
        detail = " ".join(self.clean(said).split())[:_MOST_SHOWN]
        if status in _BUSY:
            wait = retry_after(response.headers.get("retry-after"))
            return ServerFault(f"server: busy ({status})", detail, again=True, wait=wait)
        if 300 <= status < 400:
            return ServerFault(f"server: redirects elsewhere ({status}), which is not followed", stop=True)
        if status in _GIVE_UP:
            return ServerFault(f"server: error {status}", detail, stop=True)
        if status in _REFUSED:
            return ServerFault(f"server: refused ({status})", detail)
        return ServerFault(f"server: error {status}", detail, again=status >= 500)

    def _connection_fault(self, error: BaseException) -> ServerFault:
        cause = error.__cause__ or error
        if isinstance(cause, ServerFault):  # raised by our transport and wrapped by the package
            return cause
        return ServerFault("server: no connection", self.clean(str(cause))[:_MOST_SHOWN], again=True)


def _forms(key: str | None) -> tuple[str, ...]:
    """The key as a server may write it: plain, URL-quoted, in JSON, in hexadecimal, and in base64 at each of three offsets."""
    if not key:
        return ()
    raw = key.encode()
    packed = (b64encode(bytes(offset) + raw).decode()[skip:].rstrip("=") for offset, skip in ((0, 0), (1, 2), (2, 3)))
    forms = [key, quote(key, safe=""), json.dumps(key)[1:-1], raw.hex(), *packed]
    return tuple(dict.fromkeys(form.lower() for form in forms))


def _blotted(text: str, forms: tuple[str, ...]) -> str:
    """`text` with every run of `_PART` characters that occurs in a form (or the whole form, if shorter) replaced, ignoring case."""
    lower, hidden = text.lower(), bytearray(len(text))
    if len(lower) != len(text):  # a few letters become longer in lower case, which would shift positions
        lower = "".join(letter if len(letter.lower()) != 1 else letter.lower() for letter in text)
    for form in forms:
        size = min(_PART, len(form))
        for part in {form[at : at + size] for at in range(len(form) - size + 1)}:
            at = lower.find(part)
            while at >= 0:
                hidden[at : at + size] = b"\1" * size
                at = lower.find(part, at + 1)
    if not any(hidden):
        return text
    kept = "".join("\0" if blot else letter for letter, blot in zip(text.replace("\0", " "), hidden, strict=True))
    return re.sub("\0+", _BLOT, kept)


def _used(answer: Any, text: str) -> tuple[int, int] | None:
    """Tokens in and out as counted by the server; None if it does not count, or the counts are impossible."""
    usage = getattr(answer, "usage", None)
    tokens_in, tokens_out = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    if not isinstance(tokens_in, int) or not isinstance(tokens_out, int):
        return None
    if not 0 < tokens_in < _MOST_TOKENS or not (1 if text else 0) <= tokens_out < _MOST_TOKENS:
        return None
    return tokens_in, tokens_out


def same_model(asked: str, answered: str) -> bool:
    """Whether the server's model name matches the requested one; servers may add a version or omit the owner."""
    one, other = asked.lower(), answered.lower()
    return other.startswith(one) or one.split("/")[-1] == other.split("/")[-1].split("@")[0]
