"""All teachers in one table: numbers from what is stored, against the truth, written between marks."""

import json

import pytest

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import Claim, Failed, InputError, NothingFound, Rationale, Span, UnknownNameError
from rdrec.core.storage import new_artefact, write_table
from rdrec.data.rationales import ANSWER_KEY, answer_fields, as_table, load_rationales
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.evaluation.teacher_table import BEGIN, END, markdown, teacher_rows, write_between
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world
from rdrec.teachers.choosing import parse_choice
from rdrec.teachers.keywords import KeywordsTeacher
from rdrec.teachers.run import distil, reviews_with_text
from rdrec.teachers.timing import add_time

READ = 30  # reviews that the second teacher has read


def keep(home, teacher, answers):
    """Write answers as the rationales of a teacher."""
    rows = [{"user": one.user, "position": one.position, "item": one.item, **answer_fields(told)} for one, told in answers]
    meta = {"data": "toys", "data_sha256": dataset_sha256(home, "toys"), "teacher": teacher, "counts": {}}
    with new_artefact(home.rationales("toys", teacher), "rationales", meta) as folder:
        write_table(as_table(rows), folder / "rationales.parquet")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An invented shop with its answer key, and a teacher that says of its first reviews that they leak."""
    made = Home(tmp_path_factory.mktemp("table"))
    make(made, MakePlan(read_world("toys"), "toys", 60, 0), progress=False)
    reviews = list(reviews_with_text(load_dataset(made, "toys").interactions))[:READ]
    claim = Claim("user_preference", "leaking boots", "dislike", (Span(0, 3),), leaked=True)
    told = Rationale("The user dislikes leaking boots.", None, (claim,))
    keep(made, "leaky", [(review, told) for review in reviews])
    add_time(made, "toys", "leaky", 10, 5.0, 50.0)
    add_time(made, "toys", "leaky", 20, 10.0, 10.0)
    return made


def test_every_teacher_that_has_read_the_set_has_a_row(home):
    key, leaky = teacher_rows(home, ["toys"])
    assert (key.teacher, leaky.teacher) == (ANSWER_KEY, "leaky")
    assert key.read == key.reviews == key.rationales and (leaky.read, leaky.rationales) == (READ, READ)
    assert all(row["precision"] == 1 and row["negation_errors"] == 0 for row in key.truth.values())
    assert leaky.truth["user_preference"]["precision"] == 0 and leaky.truth["user_preference"]["recall"] == 0
    assert key.measured.supported > 0.5 and leaky.measured.supported == 0
    assert leaky.measured.why_not == {"from the examples": READ}
    assert key.by_user is not None and leaky.by_user is None and leaky.by_item is None, "thirty texts say nothing"
    assert key.seconds is None and leaky.seconds == pytest.approx(0.5)
    table = markdown([key, leaky]).splitlines()
    assert len(table) == 4 and len({line.count("|") for line in table}) == 1
    assert "| `leaky` | 30 of" in table[3] and "100.0%" in table[3] and "0.500" in table[3]


def test_failed_answers_are_counted_apart_from_empty_ones(tmp_path):
    made = Home(tmp_path)
    make(made, MakePlan(read_world("toys"), "toys", 20, 0), progress=False)
    reviews = list(reviews_with_text(load_dataset(made, "toys").interactions))
    said = [Failed("not JSON"), Failed("server: down"), NothingFound("nothing"), Rationale("The user prefers games.", None, ())]
    keep(made, "clumsy", list(zip(reviews, said, strict=False)))
    (row,) = teacher_rows(made, ["toys"], ["clumsy"])
    assert (row.read, row.failed, row.rationales) == (4, 2, 1)
    names, cells = [[cell.strip() for cell in line.split("|")] for line in markdown([row]).splitlines()[::2]]
    assert cells[names.index("failed")] == "2" and row.as_json()["failed"] == 2


def test_no_share_of_supported_claims_for_a_teacher_that_repeats_the_review(tmp_path):
    made = Home(tmp_path)
    make(made, MakePlan(read_world("toys"), "toys", 20, 0), progress=False)
    distil(made, "toys", KeywordsTeacher(), limit=60, progress=False)
    (rules,) = teacher_rows(made, ["toys"], ["keywords"])
    cells = dict(
        zip(*[[cell.strip() for cell in line.split("|")] for line in markdown([rules]).splitlines()[::2]], strict=True)
    )
    assert rules.rationales > 10 and cells["AUC"] != "–"
    assert cells["claims supported"] == cells["from the examples"] == cells["the opposite"] == "–"


def test_some_users_alone_count_for_all_teachers(home):
    rows = teacher_rows(home, ["toys"], choice=parse_choice("1-2", None))
    told = load_rationales(home, "toys", ANSWER_KEY)
    assert {row.reviews for row in rows} == {int(told["user"].isin([1, 2]).sum())}


def test_unknown_names_are_said(home):
    with pytest.raises(UnknownNameError, match="no rationales of 'nobody'"):
        teacher_rows(home, ["toys"], ["leaky", "nobody"])
    with pytest.raises(UnknownNameError, match="no teacher has read"):
        teacher_rows(home, ["other"])


def test_the_table_stands_between_its_marks_and_nothing_else_changes(home, tmp_path, capsys):
    file = tmp_path / "docs.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    command = ["distill", "compare", "--data", "toys", "--home", str(home.root), "--write", str(file), "--json"]
    assert main(command) == 0
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
    text = file.read_text()
    assert text.startswith(f"before\n{BEGIN}\n| data |") and text.endswith(f"|\n{END}\nafter\n") and "old" not in text
    assert [row["teacher"] for row in rows] == [ANSWER_KEY, "leaky"]
    assert main(command) == 0 and file.read_text() == text, "the same numbers again"
    for content in ("no marks", f"{BEGIN} {BEGIN} {END}", f"{END} {BEGIN}"):
        file.write_text(content)
        with pytest.raises(InputError, match="marks of the table"):
            write_between(file, "x")
        assert file.read_text() == content


def test_every_teacher_is_scored_where_none_is_named(home, capsys):
    assert main(["data", "score", "toys", "--home", str(home.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["scores"].keys() == {ANSWER_KEY, "leaky"}


def test_the_old_name_of_the_answer_key_is_one_sentence(home, capsys):
    assert main(["data", "score", "toys", "--teacher", "reference", "--home", str(home.root)]) == 2
    said = capsys.readouterr().err
    assert "'reference' is now called 'answer-key'" in said and len(said.strip().splitlines()) == 1
