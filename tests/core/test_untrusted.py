"""Numbers and texts from outside are usable or refused, never a traceback."""

import os
import tracemalloc

import pytest

from rdrec.core.records import InputError
from rdrec.core.settings import FILE_VARIABLE, chosen
from rdrec.core.untrusted import read_toml, shown, whole_number
from rdrec.teachers.prompts import read_prompt


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("9" * 5_000, None), ("", None), ("²", None), ("٣", None), ("-1", None),
        ("1 ", None), ("1\n", None), ("1e3", None), ("1_0", None), ("0x1", None),
    ],
)  # fmt: skip
def test_a_whole_number_is_one_to_eighteen_digits(text, value):
    assert whole_number(text) == value


def test_what_python_refuses_to_print_is_shown_in_words():
    assert shown({"a": 10**5_000}) == "a dict that contains a number with thousands of digits"
    assert shown("x" * 100) == "'" + "x" * 56 + "..." and shown("\ud800") == "'\\ud800'"


@pytest.mark.parametrize(
    "content",
    [
        "a." * 20_000 + "a = 1",
        "a." * 1_500 + "a = 1",
        "[" + "a." * 20_000 + "a]",
        "x = '" + "y" * 1_000_000 + "'",
        "".join("a." * 900 + f"k{n} = 1\n" for n in range(500)),
        "x = {" + "a." * 20_000 + "a = 1}",
        '"=".' + "a." * 20_000 + "a = 1",
    ],
)
def test_a_toml_file_costs_no_more_than_a_small_one(tmp_path, content):
    path = tmp_path / "costly.toml"
    path.write_text(content)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"more than 1,000 dots|hundreds of dots|at most 1,000,000 bytes"):
            read_toml(path)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
        with pytest.raises(InputError, match="this is not TOML"):
            read_prompt(path)
        with pytest.raises(InputError, match="the settings file cannot be read"):
            chosen({FILE_VARIABLE: str(path)})
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_pipe_is_no_toml_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="this is not TOML"):
        read_prompt(tmp_path / "pipe.toml")
