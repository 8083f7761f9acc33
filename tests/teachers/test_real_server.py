"""The HTTP teacher against a server that is not ours: `transformers serve` with a tiny chat model, on loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import tiny_chat

from rdrec.core.records import Failed, Rationale, Review
from rdrec.teachers.asking import Asker
from rdrec.teachers.over_http import HttpTeacher, TeacherUnreachableError
from rdrec.teachers.prompts import load_prompt

pytest.importorskip("openai", reason="`transformers serve` needs the openai package (requirements-test.txt)")
ANSWER = tiny_chat.TEXT[0]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(model's name, address) of a running server; ends with the tests of this file."""
    folder = tiny_chat.save_tiny_chat(tmp_path_factory.mktemp("served"))
    tiny_chat.teach(folder, ANSWER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).parent / "transformers"),
        "serve",
        str(folder),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    log = (folder / "server.log").open("w")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            assert server.poll() is None, (folder / "server.log").read_text()[-3000:]
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.3)
        yield str(folder), f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def test_end_to_end(served):
    model, endpoint = served
    teacher = HttpTeacher("served", model, endpoint, Asker(load_prompt("paper"), 0), concurrency=4, timeout=120.0)
    reviews = [Review(n, 0, 1, "x", sentence="The price of it is great" + ", very" * (n % 5)) for n in range(1, 13)]
    told = [one for batch in teacher.stream(reviews) for one in batch]
    assert sorted(one.review.user for one in told) == list(range(1, 13))
    good = [one for one in told if isinstance(one.answer, Rationale)]
    assert len(good) >= 3, [one.raw for one in told]
    assert any(one.raw == ANSWER for one in good)
    assert all(isinstance(one.answer, Failed) and one.attempts == 3 for one in told if one not in good)
    assert teacher.spent()["requests"] >= 12 and teacher.spent()["tokens_out"] > 0


def test_a_model_that_it_does_not_serve(served):
    teacher = HttpTeacher("served", "no-such-model", served[1], Asker(load_prompt("paper"), 0), concurrency=2, timeout=60.0)
    with pytest.raises(TeacherUnreachableError):
        list(teacher.stream([Review(1, 0, 1, "x", sentence="The price is great.")] * 10))
