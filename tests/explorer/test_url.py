"""The address of a view: anything that does not exist is refused in words, and no file is opened for it."""

import builtins
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payloads import HOSTILE

from rdrec.core.records import ArtefactError
from rdrec.explorer.catalogue import BrokenSet, Catalogue
from rdrec.explorer.url import parse_user, view

NASTY = [
    "..",
    "../gear",
    "gear/../gear",
    "%2e%2e",
    "gear\x00",
    "~",
    "C:\\gear",
    "/etc/passwd",
    "x" * 10_000,
    "GEAR",
    "gear ",
    " gear",
    "ｇear",
]
USERS = ["0", "-1", "13", "01", "1.0", "1e1", " 1", "1 ", "+1", "١", "1" * 50, "NaN", "None", "true", "1\n", "1;2", "0x1"]


def test_a_good_address_is_taken_as_it_is(catalogue):
    seen = view(catalogue, {"data": "gear", "user": "7", "task": "topn"})
    assert (seen.data, seen.user, seen.task, seen.notices) == ("gear", 7, "topn", ())


def test_nothing_asked_gives_the_first_featured_user_without_a_word(catalogue):
    assert view(catalogue, {}) == view(catalogue, {"data": "", "user": None, "task": None})
    assert view(catalogue, {}).user == 1 and view(catalogue, {}).notices == ()


@pytest.mark.parametrize("name", NASTY)
def test_an_unknown_data_set_is_named_with_what_there_is(catalogue, name):
    seen = view(catalogue, {"data": name})
    assert seen.data == "gear" and len(seen.notices) == 1
    assert "There is no data set" in seen.notices[0] and "gear" in seen.notices[0] and len(seen.notices[0]) < 200


@pytest.mark.parametrize("user", USERS)
def test_an_unknown_user_is_named_with_the_range(catalogue, user):
    seen = view(catalogue, {"user": user})
    assert seen.user == 1 and "numbers go from 1 to 12" in seen.notices[0]


def test_an_unknown_task_is_named(catalogue):
    assert "sequential or topn" in view(catalogue, {"task": "explanation"}).notices[0]


def test_a_set_that_cannot_be_opened_says_why(catalogue):
    broken = Catalogue(
        catalogue.stores, (BrokenSet("bad", ArtefactError("missing or altered: users.parquet", todo="make it again")),)
    )
    notice = view(broken, {"data": "bad"}).notices[0]
    assert "“bad” cannot be shown: missing or altered: users.parquet" in notice and "make it again" in notice


def test_only_whole_numbers_of_the_store_are_users(store):
    assert parse_user(store, 5) == 5 and parse_user(store, "12") == 12
    assert all(parse_user(store, value) is None for value in (True, 5.0, None, [5], {"a": 1}, 0, -3, 10**30, *USERS))


def test_a_teachers_switches_are_on_with_1_and_off_with_0(catalogue):
    assert view(catalogue, {"hide": "1", "lock": "1", "large": "1"}).on == ("hide", "lock", "large")
    off = view(catalogue, {"hide": "0", "lock": "", "large": None})
    assert off.on == () and off.notices == ()


@pytest.mark.parametrize("value", ["2", "true", "yes", "on", "01", " 1", "1 ", "<b>", "１", 1, True, ["1"]])
def test_any_other_value_of_a_switch_is_off_and_explained(catalogue, value):
    seen = view(catalogue, {"hide": value, "large": "1"})
    assert seen.on == ("large",) and len(seen.notices) == 1
    assert seen.notices[0].startswith("hide in the address can be 1 (guess first) or 0") and "it is off" in seen.notices[0]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(), st.sampled_from(HOSTILE + NASTY)), st.one_of(st.text(), st.integers().map(str)), st.text())
def test_any_address_gives_a_view_that_exists_and_opens_no_file(catalogue, data, user, task):
    def refuse(*args, **kwargs):
        raise AssertionError(f"opened {args}")

    with mock.patch.object(builtins, "open", refuse), mock.patch("pathlib.Path.open", refuse), mock.patch("os.open", refuse):
        seen = view(catalogue, {"data": data, "user": user, "task": task})
    assert seen.data == "gear" and 1 <= seen.user <= 12 and seen.task in ("sequential", "topn")
