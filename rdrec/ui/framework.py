"""Import and launch Gradio so that it sends nothing anywhere and starts quickly.

Gradio reads its settings at import, so `rdrec.ui` imports this module first; it does not import Gradio itself.  At each import Gradio
also generates a type stub (.pyi) for every component class and compares it with the file beside the class: half of the import time,
and useful only in an editor.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, TypeVar

from rdrec.core.records import InputError
from rdrec.ui.server.log_limit import limit_log

STUB_MODULE = "gradio.component_meta"
STUB_FUNCTION = "create_or_modify_pyi"
T = TypeVar("T")


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, STUB_FUNCTION):  # later versions of Gradio may lack it
            setattr(module, STUB_FUNCTION, _no_stub)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == STUB_MODULE else None
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        spec.loader = _Loader(name, spec.loader.path)
        return spec


def _no_stub(*_: Any) -> None:
    """Replaces the function that generates a stub."""


def while_importing(make: Callable[[], T]) -> T:
    """`make()`, run in a thread while Gradio is imported; reading tables releases the interpreter lock."""
    with ThreadPoolExecutor(1, "rdrec-start") as beside:
        made = beside.submit(make)
        importlib.import_module("gradio")
        return made.result()


@contextmanager
def without_apps() -> Iterator[None]:
    """Make Gradio build no web apps while a page is built: it would make three, of 80 routes each, though only the one made at launch is
    used; that is a tenth of the start-up time."""
    from gradio.routes import App

    made = App.create_app
    App.create_app = staticmethod(_no_app)
    try:
        yield
    finally:
        App.create_app = staticmethod(made)


def _no_app(*_: Any, **__: Any) -> None:
    """Replaces `App.create_app` for apps that are never used."""


def launch(demo: Any, port: int | None, options: dict[str, Any], then: Callable[[], object] | None = None) -> None:
    """Serve the page until it is stopped.  Raises InputError if the address is in use.

    then: runs in a thread once the page answers, while the first browser still loads its scripts
    """
    limit_log()
    try:
        demo.launch(server_port=port, prevent_thread_lock=True, **options)
    except OSError as error:
        if "empty port" not in str(error):
            raise
        place = f"{options['server_name']}:{port or os.environ.get('GRADIO_SERVER_PORT', 'the usual ports')}"
        raise InputError(
            "another program uses this address", where=place, todo="stop it, or choose another port with rdrec serve --port"
        ) from None
    if then is not None:
        threading.Thread(target=then, name="rdrec-after-launch", daemon=True).start()  # a thread, so that Ctrl-C still works
    demo.block_thread()


def prepare() -> None:
    """Set Gradio up before it is imported; idempotent."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read at import
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "200")  # bounds its event log, which would grow with use
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


@contextmanager
def starting() -> Iterator[None]:
    """Pause the garbage collector while the page is imported and built, then exempt what was made, which lives as long as the process.
    Saves an eighth of the start-up time and shortens later pauses."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # else C extensions warn at exit about leaked objects
        if collecting:
            gc.enable()


prepare()
