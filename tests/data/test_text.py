"""Text cleaning: keep what a reader sees, remove what hides or breaks."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.data.text import as_key, key_fault, one_line, replace_surrogates, same_text, strip_markup, tidy


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Tom &amp; Jerry&#34;s &lt;3", 'Tom & Jerry"s <3'),
        ("first<br />second<br><br/>third", "first\nsecond\nthird"),
        ('a <a href="x">link</a> and <b>bold</b>', "a link and bold"),
        ("5 < 6 and 7 > 6, I <3 it", "5 < 6 and 7 > 6, I <3 it"),
        ("  much\t \u00a0 space \r\n\r\n  here ", "much space\nhere"),
        ("be\x00ll\x07 \u202egnp.exe\u200b", "bell gnp.exe"),
        ("family 👨\u200d👩\u200d👧 stays", "family 👨\u200d👩\u200d👧 stays"),
        (" \x01\n\u200b ", None),
    ],
)
def test_raw_text_becomes_readable(raw: str, clean: str | None) -> None:
    assert tidy(strip_markup(raw)) == clean


@settings(deadline=None)
@given(st.text(), st.integers(1, 30))
def test_tidy_is_idempotent(text: str, limit: int) -> None:
    for cut in (None, limit):
        once = tidy(text, cut)
        assert tidy(once, cut) == once
        assert once is None or (once == once.strip() and once and (cut is None or len(once) <= cut))


@settings(deadline=None)
@given(st.text(st.sampled_from("ab \n\r\t\u00a0\u200b.")), st.none() | st.integers(1, 20))
def test_tidy_is_the_same_on_its_fast_paths(text: str, limit: int | None) -> None:
    assert tidy(text, limit) == tidy(f"\x00{text}", limit)  # a hidden character forces the general path and is removed


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("[[VIDEOID:5e2f00]]Great", "Great"),
        ("like [[ASIN:B00TEST001 the big one]] here", "like the big one here"),
        ("[[ASIN:B00TEST001]]x [[other]]", "x [[other]]"),
        ("&amp;lt;3 it", "<3 it"),
        ("&amp;amp;amp; &lt;br /&gt;next", "&\nnext"),
        ("no entity: AT&T; R&D", "no entity: AT&T; R&D"),
    ],
)
def test_markers_and_nested_entities(raw: str, clean: str) -> None:
    assert tidy(strip_markup(raw)) == clean


def test_lone_surrogates_and_keys() -> None:
    assert replace_surrogates("a\ud83d b\udc00 \U0001f600") == ("a\ufffd b\ufffd \U0001f600", 2)
    assert replace_surrogates("plain ü") == ("plain ü", 0)
    assert [as_key(value) for value in ("A", 7, -1, 0, 1.0, -0.0)] == ["A", "7", "-1", "0", "1", "0"]
    assert not any(map(as_key, (True, 1.5, 1e300, float("nan"), float("inf"), None, [1])))


def test_a_number_of_thousands_of_digits_stops_nothing() -> None:
    digits = "9" * 5_000
    assert strip_markup(f"fine &#{digits}; still here, and &#0{digits} too") == "fine \ufffd still here, and \ufffd too"
    assert strip_markup("&#00065; &#x41;") == "A A"
    assert as_key(10**5_000) is None and as_key(2**64 - 1) == str(2**64 - 1)
    assert "thousands of digits" in str(key_fault([10**5_000]))


@pytest.mark.parametrize(
    "text",
    [
        "[[ASIN:" * 100_000,
        "&amp;" * 200_000,
        "&" + "amp;" * 250_000,
        "<" + " " * 1_000_000,
        " " * 1_000_000 + "x",
        "<a" * 500_000,
        "\n \t" * 300_000 + "x",
        "&" * 1_000_000,
    ],
)
def test_hostile_text_takes_no_longer_than_other_text(text: str) -> None:
    started = time.process_time()
    tidy(strip_markup(text))
    assert time.process_time() - started < 2


def test_one_line_and_same_text() -> None:
    assert one_line(" a\nb ") == "a b"
    assert one_line("x" * 600) == "x" * 500
    assert same_text("Great  \n STRINGS") == same_text("great strings")


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("A1B2", None),
        ("", "is empty"),
        (" a", "begins or ends"),
        ("a\nb", "unprintable"),
        (5, "expected a text"),
        ("x" * 101, "longer"),
    ],
)
def test_keys(key: object, fault: str | None) -> None:
    found = key_fault(key)
    assert found is None if fault is None else fault in str(found)
