"""Lent cards: a stand-in for the package `spaces` that sends work to a process of its own, and one run with the real package."""

import pickle
import subprocess
import sys
from types import ModuleType

import pytest

from rdrec.core import zero_gpu
from rdrec.core.home import PROJECT
from rdrec.core.records import ArtefactError, InputError
from rdrec.student import device


class QuotaError(Exception):
    """As the package raises it: an error of gradio with a title and a message."""

    message = "You have exceeded your GPU quota\nsecond line"


@pytest.fixture
def spaces(monkeypatch):
    """Records calls; arguments and results are pickled, as between processes."""
    module = ModuleType("spaces")
    module.calls, module.refuse = [], False

    def GPU(task, duration):
        def lent(*args):
            module.calls.append((task.__name__, duration(*args)))
            if module.refuse:
                raise QuotaError()
            return pickle.loads(pickle.dumps(task(*pickle.loads(pickle.dumps(args)))))

        return lent

    module.GPU = GPU
    monkeypatch.setitem(sys.modules, "spaces", module)
    monkeypatch.setenv(zero_gpu.VARIABLE, "true")
    return module


def double(number):
    return 2 * number, zero_gpu.held()


def broken(number):
    raise ArtefactError("the weights are cut off", where="model.safetensors", todo="train again")


def seconds(number):
    return 5 + number


def test_elsewhere_the_function_is_left_as_it_is(monkeypatch):
    monkeypatch.delenv(zero_gpu.VARIABLE, raising=False)
    assert zero_gpu.on_card(double, seconds) is double and not zero_gpu.lends() and not zero_gpu.held()
    assert zero_gpu.usable(True) and not zero_gpu.usable(False)


def test_a_lent_card_is_asked_for_as_long_as_the_work_needs_and_held_only_then(spaces):
    assert zero_gpu.on_card(double, seconds)(4) == (8, True)
    assert spaces.calls == [("double", 9)] and not zero_gpu.held()


def test_errors_of_ours_come_back_as_they_were_and_others_mean_that_there_was_no_card(spaces):
    with pytest.raises(ArtefactError, match="cut off") as found:
        zero_gpu.on_card(broken, seconds)(1)
    assert (found.value.where, found.value.todo) == ("model.safetensors", "train again")
    spaces.refuse = True
    with pytest.raises(zero_gpu.NoCardError, match="exceeded your GPU quota") as refused:
        zero_gpu.on_card(double, seconds)(1)
    assert "second line" not in str(refused.value) and not zero_gpu.held()


def test_torch_is_not_believed_where_cards_are_lent(spaces, monkeypatch):
    monkeypatch.setattr(device.torch.cuda, "is_available", lambda: True)
    assert device.choose_device() == "cpu"
    with pytest.raises(InputError, match="no GPU"):
        device.choose_device("cuda")
    assert zero_gpu.on_card(chosen, seconds)(1) == "cuda"


def chosen(number):
    return device.choose_device()


def test_a_space_without_the_package_says_what_to_add(monkeypatch):
    monkeypatch.setenv(zero_gpu.VARIABLE, "1")
    monkeypatch.setitem(sys.modules, "spaces", None)
    with pytest.raises(InputError, match=r"requirements\.txt"):
        zero_gpu.prepare()


def test_the_real_package_changes_nothing_on_a_machine_of_ones_own():
    """It is imported first, as on a Space; the page is built and its functions are plain."""
    pytest.importorskip("spaces", reason="the package spaces is not installed")
    code = (
        "import spaces, app\n"
        "from rdrec.explorer import live_students as live\n"
        "assert spaces.GPU(live._work, duration=5) is live._work is live._work_on_card\n"
        "from rdrec.core.home import PROJECT, Home\n"
        "from rdrec.explorer.catalogue import find_stores\n"
        "from rdrec.ui.page import build_page\n"
        "from pathlib import Path\n"
        "assert build_page(find_stores(Home(Path('/nonexistent')), PROJECT)).blocks\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
