"""Every example of docs/api.md is run against a page on the set that ships, and the table is that of the code."""

import inspect
import re
import subprocess
import sys

import pytest
from served import launched

from rdrec.core.home import PROJECT, Home
from rdrec.explorer.api.endpoints import LIVE, LOOKUPS, Api
from rdrec.explorer.catalogue import find_stores
from rdrec.ui.page import build_page

DOCS = (PROJECT / "docs" / "api.md").read_text("utf-8")
EXAMPLES = re.findall(r"```(python|bash)\n(.*?)```", DOCS, re.S)
EXPECTED = [
    "Rockpool",
    "true purchase: rank",
    "because of",
    "times",
    "event: complete",
    '"students"',
    "there is no shopper “0”",
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    demo = build_page(find_stores(Home(tmp_path_factory.mktemp("fresh")), PROJECT))
    yield launched(demo).rstrip("/")
    demo.close()


def test_there_is_something_to_expect_of_each_example():
    assert len(EXAMPLES) == len(EXPECTED)


@pytest.mark.slow
@pytest.mark.parametrize(("example", "expected"), zip(EXAMPLES, EXPECTED, strict=False), ids=range(len(EXAMPLES)))
def test_the_examples_run(address, example, expected):
    kind, code = example
    code = code.replace("http://127.0.0.1:7860", address)
    command = [sys.executable, "-c", code] if kind == "python" else ["bash", "-euo", "pipefail", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_the_table_names_every_endpoint_and_parameter():
    rows = dict(re.findall(r"^\| `/(\w+)` \| (.*?) \|", DOCS, re.M))
    assert set(rows) == {*LOOKUPS, *LIVE, "distil"}
    for name in (*LOOKUPS, *LIVE):
        declared = [p for p in inspect.signature(getattr(Api, name)).parameters if p != "self"]
        assert all(parameter in rows[name] for parameter in declared), name
