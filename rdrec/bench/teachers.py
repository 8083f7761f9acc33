"""Measure the speed of the teacher `keywords`, and the client overhead of the teacher `http`.

The overhead is measured without a model or network: the server is a local process that answers immediately.
The teacher `keywords` is timed in this process, and with as many processes as `distill` would use.
Processor seconds are reliable even on a busy machine; wall-clock times are reported as well.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rdrec.bench.timing import PeakMemory
from rdrec.core.home import Home
from rdrec.core.records import InputError
from rdrec.data.store import load_dataset
from rdrec.teachers.asking import Asker
from rdrec.teachers.keywords import KeywordsTeacher
from rdrec.teachers.over_http import HttpTeacher
from rdrec.teachers.pool import PooledTeacher, processes_here
from rdrec.teachers.prompts import load_prompt
from rdrec.teachers.run import reviews_with_text

_ANSWER: dict[str, Any] = {"opinions": [], "user_preference": "The user prefers a good price.", "item_attribution": None}
_SERVER = """
import asyncio, sys
body = sys.argv[1].encode()
whole = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body) + body
async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\\r\\n\\r\\n")).lower()
            await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\\r\\n")[0]))
            writer.write(whole)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def bench_teachers(home: Home, data: str, concurrency: int, reviews: int) -> dict[str, Any]:
    """Measure over the first `reviews` reviews of a data set.  Raises InputError if it has no review text."""
    read = list(reviews_with_text(load_dataset(home, data).interactions))[:reviews]
    if not read:
        raise InputError(f"the data set {data!r} has no review text", todo="use one with reviews")
    rules = KeywordsTeacher()
    list(rules.answers(read[:50]))  # loads the parser
    with PeakMemory("cpu") as peak:
        seconds, processor, _ = _timed(lambda: sum(1 for _ in rules.answers(read)))
    pooled = PooledTeacher(KeywordsTeacher, processes_here())
    together, _, _ = _timed(lambda: sum(1 for _ in pooled.answers(read)))  # including the start of the processes
    with _instant_server() as endpoint:
        teacher = HttpTeacher("bench", "bench", endpoint, Asker(load_prompt("grounded"), 0), concurrency=concurrency)
        list(teacher.stream(read[:200]))
        wall, own, answered = _timed(lambda: sum(len(batch) for batch in teacher.stream(read)))
    assert answered == len(read)
    return {
        "reviews": len(read),
        "keywords_reviews_per_processor_second": round(len(read) / processor, 1),
        "keywords_reviews_per_second": round(len(read) / seconds, 1),
        "processes": pooled.processes,
        "keywords_reviews_per_second_together": round(len(read) / together, 1),
        "keywords_peak_megabytes": None if peak.megabytes is None else round(peak.megabytes, 1),
        "concurrency": concurrency,
        "http_own_ms": round(1000 * own / len(read), 3),
        "http_wall_ms": round(1000 * wall / len(read), 3),
    }


def _timed(work: Any) -> tuple[float, float, int]:
    """(wall seconds, processor seconds of this process, result of `work`)."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - processor, result


@contextmanager
def _instant_server() -> Iterator[str]:
    message = {"role": "assistant", "content": json.dumps(_ANSWER)}
    usage = {"prompt_tokens": 600, "completion_tokens": 60, "total_tokens": 660}
    choices = [{"index": 0, "finish_reason": "stop", "message": message}]
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "bench", "choices": choices, "usage": usage}
    server = subprocess.Popen([sys.executable, "-c", _SERVER, json.dumps(answer)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
    finally:
        server.kill()
        server.wait(10)
        if server.stdout is not None:
            server.stdout.close()
