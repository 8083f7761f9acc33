"""How Gradio is imported: the same components as without us, no type stubs rendered, no word at the end of the program."""

import os
import subprocess
import sys

import pytest
from fresh_python import python

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError
from rdrec.ui import framework

COMPONENTS = """
import json
import gradio, gradio.component_meta as meta
def seen():
    kinds = sorted(name for name, kind in vars(gradio.components).items() if isinstance(kind, meta.ComponentMeta))
    events = {name: sorted(map(str, getattr(gradio.components, name).EVENTS)) for name in kinds}
    with gradio.Blocks() as demo:
        gradio.Button("x").click(lambda: "y", None, gradio.Textbox())
    return {"events": events, "maker": meta.create_or_modify_pyi.__module__, "dependencies": len(demo.config["dependencies"])}
"""
OURS = """
import gc, json, sys, threading
from rdrec.ui.framework import starting, while_importing
found = {"imported": ["gradio" in sys.modules]}
with starting():
    found["thread"] = while_importing(lambda: threading.current_thread().name)
    found["main"] = threading.main_thread().name
    found["imported"].append("gradio" in sys.modules)
    collecting, kept = [gc.isenabled()], [[] for _ in range(1000)]
found["collecting"], found["frozen"] = [*collecting, gc.isenabled()], gc.get_freeze_count()
"""
LAUNCHED = """
from gradio.routes import App
from rdrec.explorer.catalogue import Catalogue
from rdrec.ui.page import build_page, launch_options
made, real = [], App.create_app
App.create_app = staticmethod(lambda *args, **kwargs: (made.append(1), real(*args, **kwargs))[1])
demo = build_page(Catalogue({}))
before = len(made)
demo.launch(prevent_thread_lock=True, quiet=True, **launch_options())
import httpx
found["apps"] = [before, len(made), httpx.get(demo.local_url).status_code]
print(json.dumps(found))
demo.close(verbose=False)
"""


@pytest.fixture(scope="module")
def ours():
    """What a program finds that imports gradio as the page does, then launches a page."""
    return python(f"{OURS}{COMPONENTS}found['components'] = seen()\n{LAUNCHED}")


def test_components_and_their_events_are_those_of_a_plain_import(ours):
    plain, found = python(f"{COMPONENTS}print(json.dumps(seen()))"), ours["components"]
    assert plain["maker"] == framework.STUB_MODULE and found["maker"] == framework.__name__, (
        "else there is nothing to leave out"
    )
    assert found["events"] == plain["events"] and len(plain["events"]) > 30
    assert found["dependencies"] == plain["dependencies"] == 1


def test_tables_are_read_while_gradio_is_imported(ours):
    assert ours["imported"] == [False, True] and ours["thread"] != ours["main"]


def test_after_the_start_the_collector_works_again_and_leaves_what_was_made(ours):
    assert ours["collecting"] == [False, True] and ours["frozen"] > 1000


def test_a_page_is_built_without_a_web_app_and_launched_with_one(ours):
    assert ours["apps"] == [0, 1, 200]


def test_a_module_without_the_maker_of_stubs_is_imported_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "stubless.py").write_text("value = 1\n")
    (tmp_path / "maker.py").write_text("def create_or_modify_pyi():\n    return 'stub'\n")
    monkeypatch.setattr(framework, "STUB_MODULE", "stubless")
    finder = framework._Finder()
    spec = finder.find_spec("stubless", [str(tmp_path)])
    assert type(spec.loader) is framework._Loader and finder.find_spec("maker", [str(tmp_path)]) is None
    module = type(sys)("stubless")
    spec.loader.exec_module(module)
    assert module.value == 1 and not hasattr(module, framework.STUB_FUNCTION)


def test_preparing_twice_hooks_in_once():
    framework.prepare()
    assert sum(isinstance(finder, framework._Finder) for finder in sys.meta_path) == 1
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


def test_a_page_that_is_stopped_while_it_starts_ends_without_complaint(gear_home):
    """Once it is served, `server/test_log_limit.py` stops it."""
    code = """
import runpy, gradio
def interrupted(*given, **named):
    raise KeyboardInterrupt
gradio.Blocks.launch = interrupted
runpy.run_path("app.py", run_name="__main__")
"""
    environment = {**os.environ, "RDREC_HOME": str(gear_home.root)}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 130, ended.stderr
    assert "leaked" not in ended.stderr and "Traceback" not in ended.stderr, ended.stderr


def test_options_of_app_py_are_refused():
    ended = subprocess.run(
        [sys.executable, "app.py", "--help"], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1 and "app.py takes no options - use python -m rdrec serve" in ended.stderr


def test_what_fails_beside_the_import_is_raised():
    def fail():
        raise InputError("no such set")

    with pytest.raises(InputError, match="no such set"):
        framework.while_importing(fail)
