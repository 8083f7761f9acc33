"""The set that ships: whole, small enough, made by the shipped commands, labelled as invented."""

from pathlib import Path

import pytest

from rdrec.core.home import Home
from rdrec.core.records import CLAIM_KINDS
from rdrec.core.storage import MANIFEST, read_table, verify
from rdrec.core.vocabulary import ROLES
from rdrec.data.rationales import answer_fields, load_rationales
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.explorer.catalogue import find_stores
from rdrec.explorer.store import Store
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world
from rdrec.teachers.keywords import KeywordsTeacher
from rdrec.teachers.run import reviews_with_text

PROJECT = Path(__file__).resolve().parent.parent
BUNDLED = PROJECT / "precomputed" / "toys"
SHOPPERS = 3600
CHECKED_REVIEWS = 400  # read again by `keywords`


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    """The data set, made again by the command in the set's card."""
    home = Home(tmp_path_factory.mktemp("remade"))
    make(home, MakePlan(read_world("toys"), "toys", SHOPPERS, 0), progress=False)
    return home


def test_every_file_is_what_the_manifest_says():
    manifest = verify(BUNDLED, "precomputed")
    there = {path.relative_to(BUNDLED).as_posix() for path in BUNDLED.rglob("*") if path.is_file()} - {MANIFEST}
    assert there == set(manifest.files)
    assert manifest.meta["synthetic"] is True and manifest.meta["protocol"] == "clean"


def test_it_is_small_enough_to_ship():
    sizes = [path.stat().st_size for path in (PROJECT / "precomputed").rglob("*") if path.is_file()]
    assert sum(sizes) < 60e6 and max(sizes) < 8e6


def test_it_was_made_by_the_shipped_commands(remade):
    """The data set made again has the hash that the students were trained on, and holds the very reviews that the page shows."""
    meta = verify(BUNDLED, "precomputed").meta
    assert dataset_sha256(remade, "toys") == meta["data_sha256"]
    shown = read_table(BUNDLED / "history.parquet")
    made = load_dataset(remade, "toys").interactions
    assert shown["review"].tolist() == made["review"].tolist()
    script = (PROJECT / "precomputed" / "make-toys.sh").read_text("utf-8")
    for student in (*meta["students"], *meta["shipped"]):
        assert student["run"] in script


def test_rationales_are_those_that_the_teachers_give(remade):
    shown = read_table(BUNDLED / "rationales.parquet").astype(object)
    key = load_rationales(remade, "toys", "answer-key")
    assert shown.loc[shown["teacher"] == "answer-key", "claims"].tolist() == key["claims"].tolist()
    found = shown[shown["teacher"] == "keywords"].head(CHECKED_REVIEWS)
    reviews = list(reviews_with_text(load_dataset(remade, "toys").interactions.head(CHECKED_REVIEWS)))
    again = [answer_fields(result.answer) for batch in KeywordsTeacher().stream(reviews) for result in batch]
    assert [row["claims"] for row in again] == found["claims"].tolist()
    assert [row["status"] for row in again] == found["status"].tolist()


def test_a_fresh_machine_opens_on_it(tmp_path):
    catalogue = find_stores(Home(tmp_path), PROJECT)
    assert catalogue.default == "toys" and not catalogue.broken


def test_featured_users_have_reasons_of_their_own():
    store = Store.open(BUNDLED)
    reasons = [shopper.featured for shopper in store.featured_users()]
    assert len(reasons) >= 5 and len({reason.split(":")[0] for reason in reasons}) == len(reasons)


def test_the_evidence_has_several_seeds_and_every_method():
    found = Store.open(BUNDLED).seed_results()
    assert len(found.seeds) >= 2
    assert {run.method for run in found.runs} >= {
        "rdrec:answer-key",
        "scrambled:answer-key",
        "baseline",
        "popularity",
        "bought together",
    }


def test_only_students_that_the_page_opens_are_shipped():
    """The pair that it compares, and one with IDs of several tokens for the beam search, which was checked like the others."""
    store = Store.open(BUNDLED)
    assert {path.name for path in (BUNDLED / "students").iterdir()} == {*ROLES, *(one.run for one in store.facts.shipped)}
    assert [one.ids for one in store.facts.shipped] == ["clustered"]
    checks = store.seed_results().checks_of_methods["rdrec:answer-key with clustered numbers"]
    assert {check.outcome for check in checks} == {"not learned"}, "a short training from random weights"


def test_students_with_rationales_pass_the_check_and_the_control_fails_it():
    checks = Store.open(BUNDLED).seed_results().checks_of_methods
    outcomes = {method: {check.outcome for check in of if check.task in CLAIM_KINDS} for method, of in checks.items()}
    assert outcomes["rdrec:answer-key"] == outcomes["tasks-only:answer-key"] == {"learned"}
    assert "learned" not in outcomes["scrambled:answer-key"]
    for method in outcomes.keys() - {"rdrec:answer-key with clustered numbers"}:
        assert len([check for check in checks[method] if check.task in CLAIM_KINDS]) == 6, "two texts, three seeds"


def test_the_card_says_what_it_is_not():
    card = (BUNDLED / "README.md").read_text("utf-8")
    assert "Invented data" in card and "CC BY 4.0" in card and "What it is not" in card
    assert f"data make --world toys --name toys --users {SHOPPERS} --seed 0" in card
