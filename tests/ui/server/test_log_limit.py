"""What one visitor can make the server write: a bounded number of lines a minute, and how many were left out."""

import contextlib
import http.client
import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from ctrl_c import hears_ctrl_c

from rdrec.core.home import PROJECT
from rdrec.core.settings import integer
from rdrec.ui.server.log_limit import LogLimit

BAD = {"data": [], "fn_index": 99_999}  # 71 lines of traceback
REQUESTS = 240


@pytest.fixture
def log():
    """A logger behind a limit whose minute passes by hand."""
    clock, waiting, written = [0.0], [], io.StringIO()
    limit = LogLimit(lambda: clock[0], lambda seconds, call: waiting.append((seconds, call)))
    handler = logging.StreamHandler(written)
    handler.addFilter(limit)
    ours = [logging.getLogger("test.log_limit"), logging.getLogger("rdrec.ui.server.log_limit")]
    for logger in ours:
        logger.addHandler(handler)
        logger.propagate = False

    class Log:
        logger = ours[0]

        def lines(self):
            return written.getvalue().splitlines()

        def pass_minute(self):
            clock[0] += 60
            for _, call in waiting:
                call()
            waiting.clear()

        def advance(self, seconds):
            clock[0] += seconds

    yield Log()
    for logger in ours:
        logger.removeHandler(handler)
        logger.propagate = True


def test_the_first_of_a_kind_are_written_and_the_others_counted(log):
    for number in range(40):
        log.logger.warning("refused %d", number)
    log.logger.warning("something else")
    assert log.lines() == ["refused 0", "refused 1", "refused 2", "something else"]
    log.pass_minute()
    assert log.lines()[4:] == ["37 more like this: refused 3"]
    log.logger.warning("refused %d", 0)
    log.pass_minute()
    assert len(log.lines()) == 6  # written again, and nothing left to count


def test_the_next_record_reports_what_the_last_minute_left_out(log):
    for _ in range(5):
        log.logger.warning("refused")
    log.advance(61)
    log.logger.warning("later")
    assert log.lines()[3:] == ["2 more like this: refused", "later"]


def test_a_kind_is_a_place_in_the_code_and_no_text_of_a_visitor(log):
    for number in range(1_000):
        try:
            raise ValueError(f"no choice: {number}")
        except ValueError:
            log.logger.error("request %d failed", number, exc_info=True)
    log.pass_minute()
    assert sum("failed" in line for line in log.lines()) == 4
    assert log.lines()[-1] == "997 more like this: request 3 failed (ValueError: no choice: 3)"


def test_all_kinds_together_are_bounded(log):
    for number in range(10_000):
        code = compile("\n" * (number % 500) + "log.warning('of many places')", "places", "exec")  # a line number of its own
        exec(code, {"log": log.logger})
    assert len(log.lines()) <= integer("page.log_lines")
    log.pass_minute()
    counts = [int(line.split()[0]) for line in log.lines() if "more like this" in line]
    written = len(log.lines()) - len(counts)
    assert len(counts) <= 51 and written + sum(counts) == 10_000


def test_a_record_is_one_line_and_the_end_of_its_traceback_without_control_characters(log):
    def deep(depth):
        return deep(depth - 1) if depth else int("\x1b[2Jx\n2026-11-27 forged: all is well" + "y" * 10_000)

    try:
        deep(200)
    except ValueError:
        log.logger.error("no\x1b[1m\nnumber: %s", "z" * 10_000, exc_info=True)
    lines = log.lines()
    assert len(lines) <= 25 and max(map(len, lines)) < 400 and "\x1b" not in "".join(lines)
    assert lines[0].startswith("no[1m number: zzz") and all(line.startswith("  ") for line in lines[1:])


@pytest.mark.slow
def test_240_bad_requests_write_less_than_the_lines_of_a_minute_and_the_page_ends_without_complaint(gear_home, tmp_path):
    """What `gc.freeze` holds back is let go at the end; else DuckDB's module lists what it calls leaks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "RDREC_HOME": str(gear_home.root), "GRADIO_SERVER_PORT": str(port)}
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "app.py"], cwd=PROJECT, env=environment, stdout=log, stderr=log, preexec_fn=hears_ctrl_c
        ) as page,
    ):
        try:
            _ask_badly(port, _unqueued(port, page))
            page.send_signal(signal.SIGINT)
            assert page.wait(60) == 0
        finally:
            page.kill()
    lines = (tmp_path / "log").read_text().splitlines()
    assert not any("leaked" in line for line in lines)
    minutes = 1 + len({line[:16] for line in lines if re.match(r"\d{4}-\d\d-\d\d ", line)})  # that the requests fall into
    assert len(lines) <= minutes * (integer("page.log_lines") + 51) + 5
    left_out = [int(found[1]) for line in lines if (found := re.search(r"(\d+) more like this", line))]
    assert sum(left_out) >= REQUESTS - minutes * 4 * integer("page.log_repeats")


def _ask_badly(port, unqueued):
    """REQUESTS of four kinds."""
    for number in range(REQUESTS // 4):
        assert _post(port, "/gradio_api/run/predict", BAD | {"session_hash": f"s{number}"}) == 500
        assert _post(port, "/gradio_api/run/predict", {"fn_index": unqueued, "data": []}) == 500
        assert _post(port, "/gradio_api/call/nothing", {"data": [number]}) == 500
        _garbage(port)


def _unqueued(port, page):
    """Wait for the page; the number of an endpoint that answers without the queue and wants values."""
    while True:
        assert page.poll() is None
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/config")
            config = json.load(connection.getresponse())
            break
        except ConnectionRefusedError:
            time.sleep(0.2)
        finally:
            connection.close()
    return next(one["id"] for one in config["dependencies"] if one["queue"] is False and one["backend_fn"] and one["inputs"])


def _post(port, path, said):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, json.dumps(said), {"content-type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def _garbage(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"\x00\x01 no request\r\n\r\n")
        connection.recv(100)
