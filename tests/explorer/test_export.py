"""Files of a view: what a spreadsheet reads back, what a program reads back, and code that runs as it is shown."""

import csv
import dataclasses
import io
import json
import os
import subprocess
import sys
from datetime import date

import pytest
from made_set import write_set
from served import launched

from rdrec.core.home import PROJECT, Home
from rdrec.core.records import InputError
from rdrec.explorer import export
from rdrec.explorer.catalogue import find_stores
from rdrec.explorer.store import Store
from rdrec.explorer.url import View
from rdrec.ui.page import build_page

HERE = "http://127.0.0.1:7860/"
TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def view(store):
    return View(store.facts.data, 1, "sequential")


def read_back(text):
    assert text.startswith("\ufeff"), "or Excel takes it for Latin-1"
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize(("title", "said"), [("Toys (invented)", "Toys (invented): "), ("Toys", "Toys, invented data: ")])
def test_a_citation_says_once_that_the_data_are_invented(tmp_path, view, title, said):
    words = export.cite(Store.open(write_set(tmp_path, title=title)), view, HERE, TODAY)
    assert f"Data set: {said}" in words and words.count("invented") == 1


@pytest.mark.parametrize("part", export.PARTS)
def test_csv_has_as_many_cells_in_every_line(store, view, part):
    rows = list(csv.reader(io.StringIO(export.csv_text(store, view, part).removeprefix("\ufeff"), newline="")))
    assert len(rows) > 3 and len({len(row) for row in rows}) == 1


def test_the_shoppers_file_holds_what_the_page_shows(store, view):
    rows = sorted(read_back(export.csv_text(store, view, "shopper")), key=lambda row: int(row["position"]))
    history, said = sorted(store.history(1), key=lambda purchase: purchase.position), store.rationales(1)
    assert [row["title"] for row in rows] == [purchase.item.title for purchase in history]
    for row, purchase in zip(rows, history, strict=True):
        shown = said.get(purchase.position)
        assert row["split"] == purchase.split
        assert row["user_preference"] == ((shown.user_preference or "") if shown else "")


def test_the_rankings_file_has_the_true_purchase_of_each_list_once(store, view):
    rows = read_back(export.csv_text(store, view, "rankings"))
    for task in ("sequential", "topn"):
        for student, truth in store.truth(1, task).items():
            if student not in ("rdrec", "baseline"):
                continue
            mine = [row for row in rows if (row["task"], row["student"]) == (task, student)]
            assert [row["rank"] for row in mine if row["true_purchase"] == "True"] == [str(truth.rank)]
            shown = [one.item.item for one in store.predictions(1, task)[student]]
            assert [int(row["item"]) for row in mine][: len(shown)] == shown


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", '=HYPERLINK("http://x")'])
def test_no_cell_of_text_is_a_formula(start):
    cell = export._cell(start)
    assert cell.startswith("'") or cell.lstrip()[0] not in "=+-@＝＋－＠"


def test_numbers_stay_numbers():
    assert [export._cell(value) for value in (-1.5, 3, True, None)] == [-1.5, 3, True, None]


def test_a_hostile_review_stays_one_cell(store, view, monkeypatch):
    hostile = '=cmd|"/c calc"!A0\r\n@x,";<script>alert(1)</script>'
    history = [dataclasses.replace(purchase, review=hostile) for purchase in store.history(1)]
    monkeypatch.setattr(store, "history", lambda user: history)
    rows = read_back(export.csv_text(store, view, "shopper"))
    assert len(rows) == len(history)
    assert all(row["review"].startswith("'=cmd") and "<script>alert(1)</script>" in row["review"] for row in rows)


@pytest.mark.parametrize("part", export.PARTS)
def test_json_reads_back_and_says_where_it_is_from(store, view, part):
    found = json.loads(export.json_text(store, view, part, HERE, TODAY))
    assert found["view"]["link"] == f"{HERE}?data={view.data}&user=1&task=sequential"
    assert found["data_set"]["protocol"] == store.facts.protocol
    assert {"shopper": "rationales", "rankings": "recommend", "evidence": "audit"}[part] in found


def test_a_citation_names_what_a_reader_needs(store, view):
    said = export.cite(store, view, HERE, TODAY)
    facts = store.facts
    for needed in (
        facts.title,
        f"Protocol: {facts.protocol}",
        facts.teacher,
        f"Seed shown: {facts.seed}",
        "shopper 1",
        HERE,
        "2026-11-25",
    ):
        assert needed in said
    assert all(student.run in said for student in facts.students)


def test_an_unknown_part_is_refused():
    with pytest.raises(InputError, match="no part 'all' of the view"):
        export.check_part("all")


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("http://127.0.0.1:7860/", True),
        ("https://somebody-rdrec.hf.space", True),
        ("https://host.example/spaces/rdrec/", True),
        ("http://[::1]:7860/", True),
        ("javascript:alert(1)", False),
        ("http://x/';rm -rf ~;'", False),
        ('http://x/")\nimport os', False),
        ("http://x/$(id)", False),
        (None, False),
        (7, False),
    ],
)
def test_only_an_address_goes_into_code(address, kept):
    found = export.checked_address(address)
    assert found == (str(address).rstrip("/") + "/" if kept else export.DEFAULT_ADDRESS)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    demo = build_page(find_stores(Home(tmp_path_factory.mktemp("fresh")), PROJECT))
    yield launched(demo)
    demo.close()


@pytest.mark.slow
@pytest.mark.parametrize("part", export.PARTS)
def test_the_code_runs_and_both_ways_give_the_same(served, part):
    shown = View("toys", 25, "topn")
    done = [
        subprocess.run(command, capture_output=True, text=True, timeout=180, env=os.environ | {"PYTHONIOENCODING": "utf-8"})
        for command in (
            [sys.executable, "-c", export.python(shown, part, 5, served)],
            ["bash", "-euo", "pipefail", "-c", export.curl(shown, part, 5, served)],
        )
    ]
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert len(done[0].stdout) > 500
    for line in done[1].stdout.splitlines():
        assert json.loads(line)["data"], "an answer, not an error"
    asked = export.calls(shown, part, 5)
    assert done[0].stdout.count("\n") == len(asked)
