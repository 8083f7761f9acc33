"""The line to an OpenAI-compatible server: one request through `huggingface_hub`, bounded in time and bytes, its faults named.

In: an address, a model's name, messages.  Out: `Reply`, or `ServerFault` that says whether asking again makes sense.
It refuses to know reviews.  The key comes from the environment, goes into the request's header, and is blotted out of every text
that a server sends back.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import Any
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import AsyncInferenceClient, InferenceTimeoutError, set_async_client_factory
from huggingface_hub.errors import HfHubHTTPError

from rdrec.records import InputError
from rdrec.settings import integer

KEY_VARIABLE = "RDREC_TEACHER_KEY"
HUB_ROUTER = "router.huggingface.co"
HUB_KEY_VARIABLE = "HF_TOKEN"  # used for the hub's own router alone
_NO_KEY = "none"  # the client sends the user's stored hub token where it is given no key: no server but the hub's may have that
_BLOT = "[key]"
_LOCAL = ("localhost", "127.0.0.1", "::1")
_GIVE_UP = frozenset([401, 403, 404, 405, 501])  # no other review would fare better
_REFUSED = frozenset([400, 413, 422])  # this review alone, perhaps
_MOST_SHOWN = 300  # characters of a server's own words in an error


class ServerFault(Exception):
    """`again`: the same request may work later; `stop`: no request will work; `wait`: seconds that the server asked for."""

    def __init__(
        self, reason: str, detail: str = "", *, again: bool = False, stop: bool = False, wait: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.again, self.stop, self.wait = reason, detail, again, stop, wait


@dataclass(frozen=True, slots=True)
class Reply:
    """`cut`: stopped at the longest answer; `used`: tokens in and out as the server counts them, if it does."""

    text: str
    model: str
    cut: bool
    used: tuple[int, int] | None


def check_endpoint(endpoint: str) -> str:
    """The address without a slash at its end.  Raises InputError for one that could leak a key or is none."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise InputError("this is no http address", where="--endpoint", todo='give one like "http://127.0.0.1:8000/v1"')
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            "an address with a user, a query or a # may hold a key",
            where="--endpoint",
            todo=f"put the key into ${KEY_VARIABLE}",
        )
    if parts.scheme == "http" and host not in _LOCAL and key_for(endpoint):
        raise InputError(
            "the key would go over the network in the clear", where="--endpoint", todo=f"use https, or unset ${KEY_VARIABLE}"
        )
    return endpoint.rstrip("/")


def key_for(endpoint: str) -> str | None:
    """The key for this address, from the environment."""
    key = os.environ.get(KEY_VARIABLE)
    if not key and urlsplit(endpoint).hostname == HUB_ROUTER:
        key = os.environ.get(HUB_KEY_VARIABLE)
    return key or None


class _Bounded(httpx2.AsyncByteStream):
    """A body that breaks off when it is larger than any answer."""

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
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()  # a packed body would be counted before it is unpacked
            raise ServerFault("server: a packed answer that nobody asked for", stop=True)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, integer("distill.max_answer_bytes"))
        return response


class _Client(httpx2.AsyncClient):
    """Sends `response_format` as OpenAI defines it: the hub's client (2.4.0) turns it into the form of TGI alone for every address
    of one's own, and other servers then ignore the schema.  To be removed when it no longer does."""

    async def post(self, url: httpx2.URL | str, *, json: Any = None, **rest: Any) -> httpx2.Response:
        shape = json.get("response_format") if isinstance(json, dict) else None
        if isinstance(shape, dict) and shape.get("type") == "json_object" and "value" in shape:
            named = {"name": "rationale", "schema": shape["value"], "strict": True}
            json = {**json, "response_format": {"type": "json_schema", "json_schema": named}}
        return await super().post(url, json=json, **rest)


class Wire:
    """A client for one server; used within one event loop."""

    def __init__(self, endpoint: str, model: str, *, timeout: float, connections: int) -> None:
        self.endpoint, self.model, self.timeout = check_endpoint(endpoint), model, timeout
        self._key = key_for(endpoint)

        async def read_whole(response: httpx2.Response) -> None:
            if response.status_code >= 400:  # the hub's error texts need the body
                await response.aread()

        def client() -> httpx2.AsyncClient:
            limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
            return _Client(
                transport=_Transport(limits=limits),
                follow_redirects=False,
                timeout=timeout,
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [read_whole]},
            )

        set_async_client_factory(client)
        self._client = AsyncInferenceClient(
            base_url=self.endpoint, api_key=self._key or _NO_KEY, timeout=timeout, headers={"Accept-Encoding": "identity"}
        )

    async def close(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]

    def blot(self, text: str) -> str:
        """`text` without the key, should a server send it back."""
        return text.replace(self._key, _BLOT) if self._key else text

    async def chat(self, messages: list[dict[str, str]], options: dict[str, Any]) -> Reply:
        """One request, one answer within `timeout` seconds.  Raises ServerFault."""
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._client.chat_completion(messages, model=self.model, **options)
            return self._reply(answer)
        except (TimeoutError, InferenceTimeoutError):
            raise ServerFault("server: no answer in time", again=True) from None
        except HfHubHTTPError as error:
            raise self._http_fault(error) from None
        except httpx2.TransportError as error:
            raise ServerFault("server: no connection", self.blot(str(error))[:_MOST_SHOWN], again=True) from None
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
            raise ServerFault("server: a broken answer", again=True) from None

    def _reply(self, answer: Any) -> Reply:
        choice = answer.choices[0]
        text = choice.message.content
        if not isinstance(text, str):
            raise TypeError("no text")
        used = None
        usage = getattr(answer, "usage", None)
        if usage is not None and all(isinstance(n, int) and n >= 0 for n in (usage.prompt_tokens, usage.completion_tokens)):
            used = (usage.prompt_tokens, usage.completion_tokens)
        return Reply(self.blot(text), self.blot(str(answer.model)), choice.finish_reason == "length", used)

    def _http_fault(self, error: HfHubHTTPError) -> ServerFault:
        response = error.response
        status = response.status_code
        try:
            said = response.text
        except (httpx2.StreamError, UnicodeError):
            said = ""
        detail = " ".join(self.blot(said).split())[:_MOST_SHOWN]
        if status == 429 or status == 503:
            return ServerFault(
                f"server: busy ({status})", detail, again=True, wait=retry_after(response.headers.get("retry-after"))
            )
        if status in _GIVE_UP:
            return ServerFault(f"server: error {status}", detail, stop=True)
        if status in _REFUSED:
            return ServerFault(f"server: refused ({status})", detail)
        return ServerFault(f"server: error {status}", detail, again=status >= 500)


def retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date; None where it says nothing usable."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError):
        return None


def same_model(asked: str, answered: str) -> bool:
    """Whether the server's name for the model is the one that was asked for: servers add a version or leave the owner out."""
    one, other = asked.lower(), answered.lower()
    return other.startswith(one) or one.split("/")[-1] == other.split("/")[-1].split("@")[0]
