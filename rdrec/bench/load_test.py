"""Load-test a running page over HTTP, as its own scripts call it.

Changing the user presses "Surprise me", which returns everything that the first view shows in one response.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from tqdm import tqdm

from rdrec.core.records import InputError

ANOTHER = "rd-random"  # id of the button
PATIENCE_S = 30.0
SOAK_CHANGES = 25  # changes of each visitor in a soak test before the next one arrives
IDLE_S = 3.0  # reuse a connection only this long: the server closes it after 5 idle seconds
ARRIVAL_S = 0.2  # interval between arriving visitors: 100 within 20 s


def _address_of(visitor: str) -> str:
    """A network address for each visitor, as forwarded by a proxy, because the page has limits per address."""
    return f"10.{'.'.join(map(str, hashlib.sha256(visitor.encode()).digest()[:3]))}"


@dataclass
class ResponseTimes:
    """milliseconds of successful responses; errors: one message per failed one."""

    milliseconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class PageClient:
    """A client of the page at an address.  Raises InputError if no RDRec Explorer answers there."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        try:
            with httpx2.Client(timeout=PATIENCE_S) as client:
                config = client.get(f"{self.address}/config").raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            raise InputError(f"no page answers ({error})", where=address, todo="start one: python -m rdrec serve") from error
        button = next((c["id"] for c in config["components"] if c["props"].get("elem_id") == ANOTHER), None)
        handlers = [d for d in config["dependencies"] if button is not None and [button, "click"] in map(list, d["targets"])]
        if not handlers:
            raise InputError("this is not an RDRec Explorer page", where=address, todo="start one: python -m rdrec serve")
        values = {c["id"]: c["props"].get("value") for c in config["components"]}
        self._change = {"fn_index": handlers[0]["id"], "data": [values[number] for number in handlers[0]["inputs"]]}

    async def change_shopper(self, client: httpx2.AsyncClient, visitor: str) -> None:
        """Press the button.  Raises ValueError for an error response and httpx2.HTTPError if there is no response."""
        body = {**self._change, "session_hash": visitor}
        headers = {"x-forwarded-for": _address_of(visitor)}
        answer = await client.post(f"{self.address}/gradio_api/run/predict", json=body, headers=headers)
        if answer.status_code != 200:
            raise ValueError(f"{answer.status_code}: {answer.text[:200]}")
        if not answer.json().get("data"):
            raise ValueError("an empty answer")

    async def changes(self, times: int) -> ResponseTimes:
        """One visitor, `times` sequential changes; an additional first one is not counted."""
        waits = ResponseTimes()
        async with httpx2.AsyncClient(timeout=PATIENCE_S) as client:
            for _ in range(times + 1):
                await self._timed(client, "alone", waits)
        waits.milliseconds[:1] = []
        return waits

    async def crowd(self, visitors: int, seconds: float, think_s: float) -> tuple[ResponseTimes, ResponseTimes]:
        """Response times of `visitors` for their first view and for their later changes.

        Visitors arrive ARRIVAL_S apart (the framework creates a session for each).  Once all are there, each changes the user every
        `think_s` seconds, for `seconds`, with random starts.
        """
        arrivals, waits, rng = ResponseTimes(), ResponseTimes(), random.Random(0)
        limits = httpx2.Limits(max_connections=visitors, max_keepalive_connections=visitors, keepalive_expiry=IDLE_S)
        async with httpx2.AsyncClient(timeout=PATIENCE_S, limits=limits) as client:

            async def arrive(number: int) -> None:
                await asyncio.sleep(number * ARRIVAL_S)
                await self._timed(client, f"visitor-{number}", arrivals)

            async def visit(number: int, pause: float) -> None:
                while time.perf_counter() + pause < end:
                    await asyncio.sleep(pause)
                    await self._timed(client, f"visitor-{number}", waits)
                    pause = think_s

            await asyncio.gather(*map(arrive, range(visitors)))
            end = time.perf_counter() + seconds
            await asyncio.gather(*(visit(number, rng.random() * think_s) for number in range(visitors)))
        return arrivals, waits

    async def _timed(self, client: httpx2.AsyncClient, visitor: str, waits: ResponseTimes) -> None:
        began = time.perf_counter()
        try:
            await self.change_shopper(client, visitor)
        except (httpx2.HTTPError, ValueError) as error:
            waits.errors.append(f"{type(error).__name__}: {error}")
            return
        waits.milliseconds.append((time.perf_counter() - began) * 1000)

    async def soak(self, requests: int, at_once: int, marks: Mapping[int, Callable[[], None]]) -> ResponseTimes:
        """Send `requests` changes by changing visitors, `at_once` at a time without pauses; `marks` maps numbers of requests to callbacks."""
        waits = ResponseTimes()
        numbers = iter(range(requests))
        limits = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once, keepalive_expiry=IDLE_S)
        with tqdm(total=requests, desc="soak", unit="request", leave=False, disable=None) as bar:
            async with httpx2.AsyncClient(timeout=PATIENCE_S, limits=limits) as client:

                async def send() -> None:
                    for number in numbers:
                        await self._timed(client, f"soak-{number // SOAK_CHANGES}", waits)
                        bar.update()
                        mark = marks.get(len(waits.milliseconds) + len(waits.errors))
                        if mark is not None:
                            mark()

                await asyncio.gather(*(send() for _ in range(at_once)))
        return waits

    def live(self, times: int) -> ResponseTimes:
        """Rank live with both students for one user after another; an additional first run, which loads the students, is not counted."""
        waits = ResponseTimes()
        with httpx2.Client(timeout=600) as client:
            for turn in range(times + 1):
                began = time.perf_counter()
                try:
                    self._ask_live(client, turn + 1)
                except (httpx2.HTTPError, ValueError) as error:
                    waits.errors.append(f"{type(error).__name__}: {error}")
                    continue
                waits.milliseconds.append((time.perf_counter() - began) * 1000)
        waits.milliseconds[:1] = []
        return waits

    def _ask_live(self, client: httpx2.Client, user: int) -> Any:
        """Run one live recommendation.  Raises ValueError if it is refused."""
        call = f"{self.address}/gradio_api/call/v2/recommend_live"
        event = client.post(call, json={"user": user}).raise_for_status().json()["event_id"]
        name, answer = "", ""
        with client.stream("GET", f"{self.address}/gradio_api/call/recommend_live/{event}") as stream:
            for line in stream.iter_lines():
                name = line.removeprefix("event: ") if line.startswith("event: ") else name
                answer = line.removeprefix("data: ") if line.startswith("data: ") else answer
        if name != "complete":
            raise ValueError(f"{name or 'nothing'}: {answer[:200]}")
        return json.loads(answer)
