"""Numbers and texts from outside are usable or refused, never a traceback."""

import pytest

from rdrec.untrusted import shown, whole_number


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
    assert shown({"a": 10**5_000}) == "a dict with a number of thousands of digits"
    assert shown("x" * 100) == "'" + "x" * 56 + "..." and shown("\ud800") == "'\\ud800'"
