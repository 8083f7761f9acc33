"""How the page's framework is imported: nothing is sent anywhere, and none of the work that only its own developers need.

In: nothing.  Out: settings of Gradio that it reads while it is imported, so `rdrec.ui` imports this first.  Importing it imports no Gradio.
Gradio renders a type stub (.pyi) for each of its component classes each time it is imported, to compare it with the file beside the
class: half of the import, of use in an editor alone.
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

MAKER = "gradio.component_meta"  # the module that makes the stubs, and its function
MAKES = "create_or_modify_pyi"
T = TypeVar("T")


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, MAKES):  # a Gradio that no longer has it is imported as it is
            setattr(module, MAKES, _no_stub)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == MAKER else None
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        spec.loader = _Loader(name, spec.loader.path)
        return spec


def _no_stub(*_: Any) -> None:
    """Instead of the stub for a component class."""


def while_importing(make: Callable[[], T]) -> T:
    """What `make` answers, in a thread of its own while Gradio is imported: reading tables leaves the interpreter to the import."""
    with ThreadPoolExecutor(1, "rdrec-start") as beside:
        made = beside.submit(make)
        importlib.import_module("gradio")
        return made.result()


@contextmanager
def without_apps() -> Iterator[None]:
    """While a page is built: Gradio makes a web app of 80 routes for it when it is begun, when it ends and for its queue.  Only the one
    that the launch makes serves anybody; the others take a tenth of the start."""
    from gradio.routes import App

    made = App.create_app
    App.create_app = staticmethod(_no_app)
    try:
        yield
    finally:
        App.create_app = staticmethod(made)


def _no_app(*_: Any, **__: Any) -> None:
    """Instead of an app that nobody is served by."""


def launch(demo: Any, port: int | None, options: dict[str, Any], then: Callable[[], object] | None = None) -> None:
    """Serve the page until it is stopped.  Raises InputError where the address is not free.

    then: done in a thread once the page answers, while the first browser still loads its scripts
    """
    limit_log()
    try:
        demo.launch(server_port=port, prevent_thread_lock=True, **options)
    except OSError as error:
        if "empty port" not in str(error):
            raise
        place = f"{options['server_name']}:{port or os.environ.get('GRADIO_SERVER_PORT', 'the usual ports')}"
        raise InputError(
            "another program listens there", where=place, todo="stop it, or choose another port with rdrec serve --port"
        ) from None
    if then is not None:
        threading.Thread(target=then, name="rdrec-after-launch", daemon=True).start()  # Ctrl-C is heard meanwhile
    demo.block_thread()


def prepare() -> None:
    """Before Gradio is imported; a second call changes nothing."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # it asks at import
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "200")  # its event log is the one thing that grows with use
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


@contextmanager
def starting() -> Iterator[None]:
    """While the page is imported and built the garbage collector rests; what was made then stays as long as the program, and is no
    longer gone through: an eighth of the start, and shorter pauses after it."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # else modules in C complain that they were left behind
        if collecting:
            gc.enable()


prepare()
