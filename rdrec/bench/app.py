"""Benchmark the page as a visitor sees it: first view, changing the user, live runs, many visitors at once, and a soak.

Starts `python app.py` in its own process; the first view is measured in headless Chromium.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import httpx2
import numpy as np
import psutil

from rdrec.bench.load_test import PageClient
from rdrec.core.home import PROJECT
from rdrec.core.records import InputError

FIRST_VIEW = ".rd-predictions .student li"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE_S = 120.0
AT_ONCE = 8  # requests of a soak


@dataclass(frozen=True)
class Plan:
    """visitors: each changes the user every `think_s` seconds, for `seconds`; `changes` and `lives` are sequential requests."""

    home: Path | None = None
    changes: int = 100
    lives: int = 15
    visitors: int = 100
    seconds: float = 30.0
    think_s: float = 5.0


def bench_app(plan: Plan) -> dict[str, Any]:
    """Run all measurements.  Raises InputError if the page does not start or no browser is available."""
    with ExitStack() as browser:
        import_s = _import_s()
        page = browser.enter_context(_browser())  # started first, so that its startup time does not count
        with _running_page(plan.home) as (address, process, began):
            first_view = _first_view(page, address, began, process)
            browser.close()  # closes Playwright's event loop, because a thread can only have one
            return {**first_view, "gradio_import_s": import_s, **_response_times(PageClient(address), plan)}


def soak_app(home: Path | None, requests: int) -> dict[str, Any]:
    """Memory, open files and threads of the page's process after a fifth and after all of many requests."""
    with _running_page(home) as (address, process, _):
        _wait(lambda: _answers(address))
        page = PageClient(address)
        measured: dict[str, Any] = {}

        def measure(count: int) -> None:
            with process.oneshot():
                measured[f"memory_mb_at_{count}"] = round(process.memory_info().rss / 1e6, 1)
                measured[f"open_files_at_{count}"] = process.num_fds()
                measured[f"threads_at_{count}"] = process.num_threads()

        counts = sorted({max(1, requests // 5), requests})
        waits = asyncio.run(page.soak(requests, AT_ONCE, {count: partial(measure, count) for count in counts}))
        return {
            "requests": requests,
            "at_once": AT_ONCE,
            **measured,
            "p50_ms": _percentile(waits.milliseconds, 50),
            "p95_ms": _percentile(waits.milliseconds, 95),
            "errors": len(waits.errors),
            "first_error": waits.errors[0] if waits.errors else None,
        }


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}config", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def _import_s() -> float:
    """Seconds for importing gradio alone: the reference for the first view, from the same run and machine."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import gradio"], check=True, cwd=PROJECT)
    return round(time.perf_counter() - began, 2)


def _response_times(page: PageClient, plan: Plan) -> dict[str, Any]:
    changes = asyncio.run(page.changes(plan.changes))
    arrivals, crowd = asyncio.run(page.crowd(plan.visitors, plan.seconds, plan.think_s))
    live = page.live(plan.lives)
    errors = [*changes.errors, *arrivals.errors, *crowd.errors, *live.errors]
    return {
        "user_change_p50_ms": _percentile(changes.milliseconds, 50),
        "user_change_p95_ms": _percentile(changes.milliseconds, 95),
        "live_p50_ms": _percentile(live.milliseconds, 50),
        "arrivals_p95_ms": _percentile(arrivals.milliseconds, 95),
        f"lookups_{plan.visitors}_users_p50_ms": _percentile(crowd.milliseconds, 50),
        f"lookups_{plan.visitors}_users_p95_ms": _percentile(crowd.milliseconds, 95),
        "lookups": len(crowd.milliseconds),
        "errors": len(errors),
        "first_error": errors[0] if errors else None,
    }


def _percentile(values: list[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 1) if values else None


@contextmanager
def _browser() -> Iterator[Any]:
    """An empty page of headless Chromium.  Raises InputError if Chromium or Playwright is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise InputError(
            "playwright is not installed; measuring the first view needs a browser",
            todo="pip install -r requirements-test.txt",
        ) from None
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise InputError("no Chromium found on this machine", todo="install it; on Debian: apt install chromium")
    with sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield opened.new_page(viewport={"width": 1280, "height": 800})
        finally:
            opened.close()


@contextmanager
def _running_page(home: Path | None) -> Iterator[tuple[str, psutil.Process, float]]:
    """Run the page on a free port; yield its address, its process and its start time."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    environment.pop("SPACE_ID", None)
    if home is not None:
        environment["RDREC_HOME"] = str(home)
    began = time.perf_counter()
    with subprocess.Popen(
        _command(port),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=PROJECT,
    ) as started:
        try:
            _wait(lambda: _accepts_connections(port) or started.poll() is not None)
            if started.poll() is not None:
                output = started.stdout.read().decode(errors="replace") if started.stdout else ""
                raise InputError(
                    f"the page did not start: {output.strip()[-300:]}",
                    where=" ".join(_command(port)[1:]),
                    todo="start it by hand",
                )
            yield f"http://127.0.0.1:{port}/", psutil.Process(started.pid), began
        finally:
            started.terminate()
            try:
                started.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                started.kill()


def _command(port: int) -> list[str]:
    """`python app.py`, or `serve` in an installed package, which has no app.py."""
    app = PROJECT / "app.py"
    arguments = [str(app)] if app.is_file() else ["-m", "rdrec", "serve", "--port", str(port)]
    return [sys.executable, *arguments]


def _accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(done: Callable[[], bool]) -> None:
    end = time.perf_counter() + PATIENCE_S
    while not done():
        if time.perf_counter() > end:
            raise InputError(f"the page did not answer within {PATIENCE_S:.0f} s", todo="retry when the machine is less busy")
        time.sleep(0.02)


def _first_view(page: Any, address: str, began: float, process: psutil.Process) -> dict[str, Any]:
    """Seconds from program start until both students' lists are visible, and what the browser fetched until it became idle."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.requestWillBeSent", lambda e: urls.__setitem__(e["requestId"], e["request"]["url"]))
    session.on("Network.loadingFinished", lambda e: sizes.__setitem__(e["requestId"], e["encodedDataLength"]))
    page.goto(address)
    page.wait_for_selector(FIRST_VIEW, timeout=PATIENCE_S * 1000)
    seconds = time.perf_counter() - began
    torch = any("torch" in Path(part.path).name for part in process.memory_maps())
    page.wait_for_timeout(1500)
    return {"first_view_s": round(seconds, 2), "torch_imported_at_first_view": torch, **_page_size(urls, sizes)}


def _page_size(urls: dict[str, str], sizes: dict[str, float]) -> dict[str, Any]:
    requests = {number: url for number, url in urls.items() if url.startswith("http")}
    total = sum(sizes.get(number, 0) for number in requests)
    framework = sum(sizes.get(number, 0) for number, url in requests.items() if urlparse(url).path.startswith("/assets/"))
    return {"page_kb": round(total / 1000), "of_it_gradio_kb": round(framework / 1000), "requests": len(requests)}
