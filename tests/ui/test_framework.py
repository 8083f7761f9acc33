"""How Gradio is imported: the same components as without us, no type stubs rendered, no word at the end of the program."""

import os
import socket
import subprocess
import sys

import pytest
from fresh_python import python

from rdrec.core.home import PROJECT
from rdrec.ui import framework

COMPONENTS = """
import json
import gradio, gradio.component_meta as meta
kinds = sorted(name for name, kind in vars(gradio.components).items() if isinstance(kind, meta.ComponentMeta))
events = {name: sorted(map(str, getattr(gradio.components, name).EVENTS)) for name in kinds}
with gradio.Blocks() as demo:
    gradio.Button("x").click(lambda: "y", None, gradio.Textbox())
print(json.dumps({"events": events, "maker": meta.create_or_modify_pyi.__module__, "dependencies": len(demo.config["dependencies"])}))
"""


def test_components_and_their_events_are_those_of_a_plain_import():
    plain, ours = python(COMPONENTS), python("import rdrec.ui\n" + COMPONENTS)
    assert (
        plain["maker"] == framework.STUB_MODULE and ours["maker"] == framework.__name__
    )  # else there is nothing left to leave out
    assert ours["events"] == plain["events"] and len(plain["events"]) > 30
    assert ours["dependencies"] == plain["dependencies"] == 1


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


def test_after_the_start_the_collector_works_again_and_leaves_what_was_made():
    code = """
import gc, json
from rdrec.ui.framework import starting
with starting():
    during, kept = gc.isenabled(), [[] for _ in range(1000)]
print(json.dumps([during, gc.isenabled(), gc.get_freeze_count() > 1000]))
"""
    assert python(code) == [False, True, True]


@pytest.mark.parametrize("when", ["it is served", "it starts"])
def test_the_page_ends_without_complaint(gear_home, when):
    """What `gc.freeze` holds back is let go at the end; else DuckDB's module lists what it calls leaks."""
    place, instead = {
        "it is served": ("gradio.Blocks.block_thread", "gradio.Blocks.close"),
        "it starts": ("gradio.Blocks.launch", "interrupted"),
    }[when]
    code = f"""
import runpy, gradio
def interrupted(*given, **named):
    raise KeyboardInterrupt
{place} = {instead}
runpy.run_path("app.py", run_name="__main__")
"""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "RDREC_HOME": str(gear_home.root), "GRADIO_SERVER_PORT": str(port)}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == (0 if when == "it is served" else 130), ended.stderr
    assert ("Running on" in ended.stdout) == (when == "it is served")
    assert "leaked" not in ended.stderr and "Traceback" not in ended.stderr, ended.stderr


def test_a_page_is_built_without_a_web_app_and_launched_with_one():
    code = """
import json
from gradio.routes import App
from rdrec.explorer.catalogue import Catalogue
from rdrec.ui.page import build_page, launch_options
made, real = [], App.create_app
App.create_app = staticmethod(lambda *args, **kwargs: (made.append(1), real(*args, **kwargs))[1])
demo = build_page(Catalogue({}))
before = len(made)
demo.launch(prevent_thread_lock=True, quiet=True, **launch_options())
import httpx
print(json.dumps([before, len(made), httpx.get(demo.local_url).status_code]))
demo.close(verbose=False)
"""
    assert python(code) == [0, 1, 200]


def test_tables_are_read_while_gradio_is_imported():
    code = """
import json, sys, threading
from rdrec.ui.framework import while_importing
before = "gradio" in sys.modules
thread = while_importing(lambda: threading.current_thread().name)
print(json.dumps([before, "gradio" in sys.modules, thread != threading.main_thread().name]))
"""
    assert python(code) == [False, True, True]


def test_what_fails_beside_the_import_is_raised():
    code = """
import json
from rdrec.core.records import InputError
from rdrec.ui.framework import while_importing
def fail():
    raise InputError("no such set")
try:
    while_importing(fail)
except InputError as error:
    print(json.dumps(error.what))
"""
    assert python(code) == "no such set"
