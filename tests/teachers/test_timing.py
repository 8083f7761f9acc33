"""Time is counted for what was read, not for what was known; damage stops nothing."""

import subprocess
import sys

import pytest
from fault_server import FaultServer

from rdrec.core.records import NothingFound
from rdrec.teachers.asking import Asker
from rdrec.teachers.base import TeacherResult
from rdrec.teachers.caching import with_cache
from rdrec.teachers.keywords import KeywordsTeacher
from rdrec.teachers.over_http import HttpTeacher
from rdrec.teachers.prompts import load_prompt
from rdrec.teachers.run import distil
from rdrec.teachers.timing import add_time, processor_seconds

SAID = '{"likes": ["a clear sound"], "dislikes": [], "item": []}'


def test_known_answers_count_as_no_reading(home):
    path = home.root / "timings" / "made" / "toy.json"
    with FaultServer(lambda n, body: SAID) as server:
        made = HttpTeacher("toy", "toy-model", server.endpoint, Asker(load_prompt("lists"), 0), concurrency=1)
        distil(home, "made", with_cache(made, home), progress=False)
        first = path.read_text()
        assert len(server.asked) < 140, "the same texts come again"
        distil(home, "made", with_cache(made, home), progress=False)
    assert path.read_text() == first and f'"reviews": {len(server.asked)},' in first
    assert processor_seconds(home, "made", "toy") > 0


@pytest.mark.parametrize("content", ["", "[]", '{"reviews": "x"}', "{"])
def test_a_damaged_file_is_begun_anew(home, content):
    path = home.root / "timings" / "made" / "toy.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert processor_seconds(home, "made", "toy") is None
    add_time(home, "made", "toy", 4, 2.0, 8.0)
    assert processor_seconds(home, "made", "toy") == 0.5


def test_the_time_of_other_processes_counts(home):
    def burn(seconds):
        code = f"import time\nwhile time.process_time() < {seconds}: pass"
        subprocess.run([sys.executable, "-c", code], check=True)

    class Elsewhere(KeywordsTeacher):
        name = "toy"

        def stream(self, reviews):
            burn(1.0)
            yield [TeacherResult(review, NothingFound("nothing")) for review in reviews]

    distil(home, "made", Elsewhere(), progress=False)
    assert processor_seconds(home, "made", "toy") > 0.5 / 140  # of one second; clocks of processes count in steps
