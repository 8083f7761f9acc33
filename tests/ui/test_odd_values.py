"""Whatever a request holds in place of a name, a number or a text: an answer or an error in words, never a traceback."""

import inspect
from types import SimpleNamespace

import gradio as gr
import pytest

from rdrec.core.records import ArtefactError
from rdrec.explorer.live_runner import Ran
from rdrec.ui.page import build_page

ODD = [
    None, {}, {"a": 1}, {"guess": {}}, [], [1], [[1]], True, -1, 7.5, 10**17, float("nan"), "", "nobody", "9" * 400, "x" * 5_000, "\x00",
]  # fmt: skip
USUAL = {"rd-data": "gear", "rd-user": 1, "rd-featured": 1, "rd-task": "sequential"}


class Students:
    def predict(self, user, task):
        return Ran("cpu", "fp32", None, 0.0, None, ())

    def run(self, work):
        raise ArtefactError("no students here", todo="make them")


@pytest.fixture(scope="module")
def functions(catalogue):
    demo = build_page(catalogue, lambda store: Students())
    found = [fn for fn in demo.fns.values() if fn.fn is not None and fn.inputs is not None]
    return list({(fn.fn, *(block._id for block in fn.inputs)): fn for fn in found}.values())  # one may answer several events


def wrong(fn, values):
    """The fault of a call, None where it answers or refuses in words."""
    named = list(inspect.signature(fn.fn).parameters)
    given = list(values)
    if "request" in named:  # the framework puts it in its place
        given.insert(named.index("request"), SimpleNamespace(query_params={}))
    try:
        answer = fn.fn(*given)
    except gr.Error:
        return None
    except Exception as error:
        name = f"{getattr(fn.fn, '__qualname__', fn.fn)} {fn.api_name}"
        return f"{name}({', '.join(repr(value)[:20] for value in values)}): {type(error).__name__}: {str(error)[:80]}"
    if isinstance(answer, tuple) and len(answer) != len(fn.outputs):
        return f"{fn.fn.__qualname__}: {len(answer)} values for {len(fn.outputs)} components"
    return None


def test_odd_values_at_every_place_of_every_callback(functions):
    faults = {}
    for number, fn in enumerate(functions):
        initial = [USUAL.get(block.elem_id, getattr(block, "value", None)) for block in fn.inputs]
        for place in range(len(fn.inputs)):
            for value in ODD:
                if fault := wrong(fn, [*initial[:place], value, *initial[place + 1 :]]):
                    faults[number, place] = fault
    assert not faults, "\n".join(faults.values())
    assert sum(len(fn.inputs) for fn in functions) > 60
