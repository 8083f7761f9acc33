"""The page as a whole: built without torch, all sentences for missing things, options that keep it on the machine."""

import os
import re
from collections import Counter
from types import SimpleNamespace

import pytest
from fresh_python import python
from html_text import text_of

from rdrec.core.home import PROJECT
from rdrec.core.records import ArtefactError
from rdrec.explorer.api.endpoints import LIVE, LOOKUPS
from rdrec.explorer.catalogue import BrokenSet, Catalogue
from rdrec.ui import empty, page, texts
from rdrec.ui.evidence.wiring import EvidenceTab
from rdrec.ui.explore.lazy_tabs import LazyTabs
from rdrec.ui.page import build_page, launch_options

HEAVY = ["torch", "transformers", "bitsandbytes", "plotly.graph_objects", "scipy"]


@pytest.fixture(scope="module")
def demo(catalogue):
    """The page, built once for every test that only looks at it."""
    return build_page(catalogue)


def test_importing_app_is_cheap(tmp_path):
    loaded = python("import app, sys, json; print(json.dumps(sorted(sys.modules)))", tmp_path)
    assert not {*HEAVY, "gradio", "duckdb"} & set(loaded)


def test_building_the_page_and_its_first_view_load_no_model_library(gear_home):
    code = f"""
import json, sys
from pathlib import Path
from rdrec.core.home import Home
from rdrec.explorer.catalogue import find_stores
from rdrec.ui import page
from rdrec.explorer.url import view
catalogue = find_stores(Home(Path({str(gear_home.root)!r})), Path("/nowhere"))
demo = page.build_page(catalogue)
explorer = page._Explorer(catalogue, page.LiveRunner())
explorer._panels(view(catalogue, dict()))
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    assert python(code, gear_home.root) == []


def test_nothing_leaves_the_machine_by_default(demo):
    assert demo.analytics_enabled is False and os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    options = launch_options()
    assert options["ssr_mode"] is False and options["share"] is False and options["state_session_capacity"] == 500
    css = (PROJECT / "assets" / "explorer.css").read_text()
    css = re.sub(r'url\("data:image/svg\+xml,[^"]*"\)', "", css)  # pictures within the file itself
    assert "http" not in css and "@import" not in css and "url(" not in css
    assert "google" not in options["theme"]._get_theme_css().lower()


def test_live_runs_wait_in_one_line_and_lookups_do_not(demo):
    functions = demo.fns.values()
    live = [f for f in functions if f.concurrency_id == "live"]
    assert {f.fn.__name__ for f in live} == {"_run_live", "_answer", "_ranked", "_beams", "_prompt", *LIVE}
    assert all(f.concurrency_limit == 1 and f.queue is not False for f in live)
    reading = [f for f in functions if f.concurrency_id == "reading"]
    assert len(reading) == 2 and all(f.concurrency_limit == 1 and f.queue is not False for f in reading)
    assert all(f.queue is False for f in functions if f not in (*live, *reading) and f.fn is not None)
    assert {f.api_name for f in functions if f.api_visibility != "private"} == {*LOOKUPS, *LIVE, "distil"}


def test_with_no_data_set_the_page_says_which_commands_make_one():
    html = empty.page(Catalogue({}))
    assert texts.EMPTY_TITLE in html and all(command in html for command in texts.COMMANDS)
    build_page(Catalogue({}))


def test_the_commands_that_it_names_are_real():
    from rdrec.cli.main import build_parser

    parser = build_parser()
    for command in texts.COMMANDS:
        parser.parse_args(command.removeprefix("python -m rdrec ").split())


def test_serve_refuses_an_unknown_data_set_in_one_sentence(gear_home):
    from rdrec.cli import serve
    from rdrec.cli.main import build_parser
    from rdrec.core.records import UnknownNameError

    args = build_parser().parse_args(["serve", "--home", str(gear_home.root), "--data", "nothing"])
    with pytest.raises(UnknownNameError, match=r"no precomputed data set 'nothing' .available: .*gear"):
        serve.run(args)


def test_a_broken_set_is_named_with_the_remedy_and_no_path():
    broken = BrokenSet("bad", ArtefactError("missing or altered: users.parquet", where="/home/x", todo="make it again"))
    html = empty.page(Catalogue({}, (broken,)))
    assert "missing or altered: users.parquet" in html and "make it again" in html and "/home/x" not in html


class Unreadable:
    """A store of which one question fails, as when its table was damaged after the start."""

    def __init__(self, store, question):
        self._store, self._question = store, question

    def __getattr__(self, name):
        if name != self._question:
            return getattr(self._store, name)

        def fail(*_):
            raise ArtefactError("the tables cannot be read (bad block)", where="/secret/place", todo="make it again")

        return fail


CALLS = {
    "load": lambda explorer: explorer._load(SimpleNamespace(query_params={})),
    "data": lambda explorer: explorer._change_data("gear", "topn"),
    "user": lambda explorer: explorer._change_user("gear", 3, "topn"),
    "random": lambda explorer: explorer._random_user("gear", 1, "topn"),
    "match": lambda explorer: explorer._first_match("gear", "ferrow", 1, "topn"),
    "search": lambda explorer: explorer._search("gear", "ferrow", 1),
    "task": lambda explorer: explorer._change_task("gear", 1, "topn"),
    "guess": lambda explorer: explorer._guess("gear", {"guess": "x"}, 1, "sequential", True, None),
    "evidence": lambda explorer: EvidenceTab(explorer.catalogue).show("gear"),
    "hide": lambda explorer: explorer._hide("gear", 1, "sequential", True, None),
    "write": lambda explorer: LazyTabs(explorer.catalogue).write("gear", 1, False),
    "tabulate": lambda explorer: LazyTabs(explorer.catalogue).tabulate("gear", 1, False),
}
SHOPPER = {"load", "data", "user", "random", "match", "hide"}
TOUCHED = {
    "history": {*SHOPPER, "guess", "write", "tabulate"}, "candidates": {"guess"}, "all_rationales": SHOPPER, "texts": {"write"}, "rationales": {"tabulate"}, "user": SHOPPER,
    "predictions": {*SHOPPER, "task", "guess"}, "truth": {*SHOPPER, "task", "guess"}, "paired_hits": {*SHOPPER, "task"} - {"hide"},
    "evaluation": {*SHOPPER, "task", "evidence"} - {"hide"}, "seed_results": {*SHOPPER, "task", "evidence"} - {"hide"}, "leak_audit": {"evidence"}, "featured_users": SHOPPER, "search_users": {*SHOPPER, "search"},
    "first_user": {"load", "data"},
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_a_table_that_cannot_be_read_is_a_sentence_and_never_an_exception(catalogue, store, call):
    whole = CALLS[call](page._Explorer(catalogue, page.LiveRunner()))
    for question, touched in TOUCHED.items():
        broken = page._Explorer(Catalogue({"gear": Unreadable(store, question)}), page.LiveRunner())
        answer = CALLS[call](broken)
        assert len(answer) == len(whole), question
        if call in touched:
            words = answer[-1]
            assert words.count("the tables cannot be read (bad block)") == 1, question
            assert "make it again" in words and "/secret" not in words, question


def test_the_answers_of_the_callbacks_are_as_many_as_their_outputs(catalogue, demo):
    wired = {f.fn.__name__: len(f.outputs) for f in demo.fns.values() if f.fn is not None}
    names = {"load": "_load", "data": "_change_data", "user": "_change_user", "random": "_random_user"}
    names |= {
        "match": "_first_match",
        "search": "_search",
        "task": "_change_task",
        "guess": "_guess",
        "evidence": "show",
        "hide": "_hide",
        "write": "write",
        "tabulate": "tabulate",
    }
    explorer = page._Explorer(catalogue, page.LiveRunner())
    assert {name: len(CALLS[call](explorer)) for call, name in names.items()} == {name: wired[name] for name in names.values()}


def test_every_sentence_is_used():
    """A constant of a file of sentences stands somewhere else in the package, or in a template."""
    files = sorted(path for room in ("explorer", "ui") for path in (PROJECT / "rdrec" / room).rglob("*.py"))
    sources = {path: path.read_text("utf-8") for path in files}
    words = {path: Counter(re.findall(r"\w+", source)) for path, source in sources.items()}
    templates = [path.read_text("utf-8") for path in (PROJECT / "assets" / "templates").glob("*.html")]
    everywhere = sum(words.values(), Counter(re.findall(r"\w+", "\n".join(templates))))
    constants = [
        (path, name)
        for path, own in sources.items()
        if path.name.endswith(("texts.py", "strings.py", "sentences.py"))
        for names in re.findall(r"^([A-Z][A-Z0-9_, ]+)(?:: [^=]+)? = ", own, re.MULTILINE)
        for name in names.split(", ")
    ]
    assert len(constants) > 100
    unused = [
        (path.relative_to(PROJECT).as_posix(), name)
        for path, name in constants
        if everywhere[name] == words[path][name] == 1  # it stands nowhere but where it is made
    ]
    assert unused == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_of_every_text_colour_is_at_least_4_5(theme):
    css = (PROJECT / "assets" / "explorer.css").read_text()
    block = css.split("}")[0 if theme == "light" else 1]
    colour = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))

    def light(value):
        parts = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    pairs = [(ink, ground) for ink in ("ink", "soft") for ground in ("paper", "card", "faint", "warn-wash")]
    pairs += [
        ("with", "card"),
        ("without", "card"),
        ("ink", "with-wash"),
        ("ink", "without-wash"),
        ("soft", "with-wash"),
        ("soft", "without-wash"),
    ]
    pairs += [
        ("like", "like-wash"),
        ("dislike", "dislike-wash"),
        ("note", "note-wash"),
        ("dislike", "card"),
        ("like", "card"),
        ("badge-ink", "badge"),
    ]
    pairs += [("ink", "like-wash"), ("ink", "dislike-wash"), ("paper", "ink"), ("with", "paper")]
    for ink, ground in pairs:
        a, b = sorted((light(colour[ink]), light(colour[ground])), reverse=True)
        assert (a + 0.05) / (b + 0.05) >= 4.5, (theme, ink, ground)


def test_the_button_for_another_shopper_never_gives_the_same_one(catalogue):
    explorer = page._Explorer(catalogue, page.LiveRunner())
    chosen = {explorer._random_user("gear", 7, "topn")[0]["value"] for _ in range(100)}
    assert len(chosen) > 5 and 7 not in chosen


def test_which_featured_shopper_is_chosen_follows_without_making_them_anew(catalogue, store):
    explorer = page._Explorer(catalogue, page.LiveRunner())
    featured = [shopper.user for shopper in store.featured_users()]
    other = next(user for user in range(1, 13) if user not in featured)
    assert explorer._change_user("gear", featured[0], "topn")[1] == featured[0]
    assert explorer._change_user("gear", other, "topn")[1] is None
    for told, hidden in zip(
        explorer._change_data("gear", "topn")[1].choices, explorer._hide("gear", 1, "topn", True, None)[1].choices, strict=True
    ):
        assert told[1] == hidden[1] and told[0] != hidden[0], "the reasons tell how the students did"


def test_a_search_for_nothing_keeps_the_shopper_and_one_without_result_says_so(catalogue, store):
    explorer = page._Explorer(catalogue, page.LiveRunner())
    for blank in ("", "   ", "\t\n"):
        *_, said = explorer._first_match("gear", blank, 7, "topn")
        assert explorer._first_match("gear", blank, 7, "topn")[0]["value"] == 7 and not said
    users, *_, said = explorer._first_match("gear", "<b>zzz</b>" * 20, 7, "topn")
    words = text_of(said)
    assert users["value"] == 7 and "No shopper found for “<b>zzz</b>" in words and "from 1 to 12" in words and len(words) < 200
    *_, said = explorer._first_match("gear", "ferrow", 7, "topn")
    assert not said
