"""The page behind a proxy that shows it at a sub-path: every address in it carries the path, and answers come through it."""

import json
import re

import httpx
import pytest

from rdrec.ui.page import build_page, launch_options


@pytest.fixture
def below(catalogue):
    demo = build_page(catalogue)
    options = launch_options(host="127.0.0.1", allow=["lab.example.org"]) | {"root_path": "/rdrec"}
    yield demo.launch(prevent_thread_lock=True, quiet=True, **options)[1].rstrip("/").removesuffix("/rdrec")
    demo.close()


def test_addresses_of_the_page_carry_the_path(below):
    asked = {"host": "lab.example.org", "x-forwarded-proto": "https"}
    page = httpx.get(f"{below}/", headers=asked)
    assert page.status_code == 200
    config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", page.text)[1])
    assert config["root"].endswith("/rdrec")
    assert httpx.get(f"{below}/", headers={"host": "evil.example.org"}).status_code == 403


def test_an_answer_comes_below_the_path_too(below):
    from gradio_client import Client

    answer = Client(below, verbose=False).predict(user=1, task="sequential", top=3, api_name="/recommend")
    assert set(answer["students"]) == {"rdrec", "baseline"}
