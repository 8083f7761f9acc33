"""What students write, measured: cases, references, sources, controls; and what is refused."""

import dataclasses
import json

import numpy as np
import pytest

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import InputError
from rdrec.core.storage import new_artefact, read_table, verify, write_table
from rdrec.data.splits import protocol_view
from rdrec.data.store import save_dataset
from rdrec.evaluation import generated_texts as writing
from rdrec.evaluation.generated_texts import CEILING, FLOOR, measure
from rdrec.student.checkpoint import save_student
from rdrec.student.tasks import Task


@pytest.fixture
def oracle(view, toy_dataset, toy_rationales, monkeypatch):
    """Instead of a student: says the true explanation, and the user's and the item's own training words."""
    last = toy_dataset.interactions.groupby("user").tail(1).set_index("user")
    train = view.text_rows("train")

    def texts(self, task, users, items):
        if task is Task.EXPLANATION:
            return [last.loc[user, "explanation"] for user in users]
        by, asked = ("user", users) if task is Task.USER_PREFERENCE else ("item", items)
        return [" ".join(train.loc[train[by] == one, "review"]) for one in asked]

    monkeypatch.setattr(writing.Recommender, "texts", texts)


def values(found, model, task):
    rows = found.table[(found.table["model"] == model) & (found.table["task"] == task)]
    return rows.set_index("metric")["value"]


def test_whoever_says_what_was_said_scores_all(view, loaded, toy_rationales, oracle, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "integer", lambda name: 1000)  # nothing is cut: the toy tokenizer needs a token a letter
    found = measure(view, [("oracle", loaded)], {"offline": toy_rationales}, 25, tmp_path / "t", "abc")
    told = values(found, "oracle", "explanation")
    for metric in ("BLEU-1", "BLEU-4", "ROUGE-L", "USR", "FMR", "grounded"):
        assert told[metric] == pytest.approx(1), metric
    assert told["grounding AUC"] > 0.95 > 0.6 > told["grounded in another's"]
    for task in ("user_preference", "item_attribution"):
        own = values(found, "oracle", task)
        assert own["grounded"] == 1 and own["copied"] == 1 and own["grounding AUC"] > 0.9, "its source is what training says"
    floor = values(found, FLOOR, "explanation")
    assert floor["ROUGE-L"] < 0.95 and floor["grounding AUC"] == pytest.approx(
        0.5, abs=4 * (51 / (12 * 25 * 25)) ** 0.5
    )  # Mann-Whitney's standard error, 25 texts against 25
    assert values(found, CEILING, "user_preference")["BLEU-4"] == pytest.approx(1)


def test_cases_are_held_out_and_told_by_the_own_teacher(view, loaded, toy_rationales, oracle, tmp_path):
    found = measure(view, [("oracle", loaded)], {"offline": toy_rationales}, 1000, tmp_path / "t", "abc")
    test = view.text_rows("test")
    assert len(test) == 30
    told = found.sentences[(found.sentences["model"] == CEILING) & (found.sentences["task"] == "item_attribution")]
    assert (told["text"] == told["reference"]).all() and set(told["reference_source"]) == {"offline"}
    merged = test.merge(toy_rationales, on=["user", "position"])
    said = merged.dropna(subset=["item_attribution"]).set_index("user")["item_attribution"]
    assert told["user"].tolist() == said.index.tolist(), "everyone whose teacher said something, nobody else"
    assert all(said[row.user].startswith(row.reference) for row in told.itertuples())
    told = found.sentences[(found.sentences["model"] == CEILING) & (found.sentences["task"] == "explanation")]
    whole = test.set_index("user")["explanation"]
    assert all(whole[row.user].startswith(row.reference) for row in told.itertuples())
    assert any(whole[row.user] != row.reference for row in told.itertuples()), "cut as targets are in training"
    known = set(view.text_rows("train")["explanation"])
    drawn = found.sentences[(found.sentences["model"] == FLOOR) & (found.sentences["task"] == "explanation")]
    assert all(any(text.startswith(row.text) for text in known) for row in drawn.itertuples()), "training sentences alone"


def test_a_sample_is_seeded_and_everybody_has_anothers_source(view, loaded, toy_rationales, oracle, tmp_path):
    one, other = (measure(view, [("oracle", loaded)], {"offline": toy_rationales}, 12, tmp_path / name, "abc") for name in "ab")
    assert one.table.equals(other.table) and one.sentences["user"].nunique() == 12
    assert verify(tmp_path / "a", "text-evaluation").sha256 == verify(tmp_path / "b", "text-evaluation").sha256
    assert len(read_table(tmp_path / "a" / "text.parquet")) == len(one.table)
    keys = one.table[["model", "task", "metric", "seed"]]
    assert not keys.duplicated().any(), "one row a model, task, metric and seed"


def test_measures_of_the_whole_have_no_interval(view, loaded, toy_rationales, oracle, tmp_path):
    table = measure(view, [("oracle", loaded)], {"offline": toy_rationales}, 25, tmp_path / "t", "abc").table
    none = set(table.loc[table["low"].isna(), "metric"])
    assert none == {"BLEU-1", "BLEU-4", "USR", "FCR", "DIV", "grounding AUC"}


def test_a_student_without_a_task_is_not_asked(view, loaded, oracle, tmp_path):
    baseline = dataclasses.replace(
        loaded, card=dataclasses.replace(loaded.card, teacher=None, tasks=loaded.card.tasks[:3], variant="baseline")
    )
    found = measure(view, [("baseline", baseline)], {}, 25, tmp_path / "t", "abc")
    assert set(found.table["task"]) == {"explanation"}
    mute = dataclasses.replace(loaded, card=dataclasses.replace(loaded.card, teacher=None, tasks=["sequential"]))
    with pytest.raises(InputError, match="none of these students has a text task"):
        measure(view, [("mute", mute)], {}, 25, tmp_path / "u", "abc")


def test_what_cannot_be_compared_is_refused(view, loaded, toy_dataset, toy_rationales, oracle, tmp_path):
    other = protocol_view(toy_dataset, "published", 0)
    with pytest.raises(InputError, match="not published"):
        measure(other, [("oracle", loaded)], {"offline": toy_rationales}, 25, tmp_path / "t", "abc")
    silent = dataclasses.replace(toy_dataset, interactions=toy_dataset.interactions.assign(review=None))
    with pytest.raises(InputError, match="0 held-out purchases with a review"):
        measure(protocol_view(silent, "clean", 0), [("oracle", loaded)], {}, 25, tmp_path / "t", "abc")
    nothing = toy_rationales.assign(status="nothing")
    with pytest.raises(InputError, match="0 sampled purchases with a user_preference by offline"):
        measure(view, [("oracle", loaded)], {"offline": nothing}, 25, tmp_path / "t", "abc")


def test_features_are_optional(view, loaded, toy_dataset, toy_rationales, oracle, tmp_path):
    bare = dataclasses.replace(toy_dataset, interactions=toy_dataset.interactions.assign(feature=None))
    found = measure(protocol_view(bare, "clean", 0), [("o", loaded)], {"offline": toy_rationales}, 25, tmp_path / "t", "abc")
    assert not {"FMR", "FCR", "DIV"} & set(found.table["metric"]) and "ROUGE-L" in set(found.table["metric"])


def test_the_command(toy_dataset, toy_student, loaded, toy_rationales, tmp_path, capsys):
    home = Home(tmp_path)
    sha256 = save_dataset(home, toy_dataset).sha256
    meta = {"data": "toy", "data_sha256": sha256, "teacher": "offline"}
    with new_artefact(home.rationales("toy", "offline"), "rationales", meta) as folder:
        write_table(toy_rationales, folder / "rationales.parquet")
    save_student(home.student("toy", "writer"), *toy_student, dataclasses.replace(loaded.card, data_sha256=sha256))
    arguments = ["evaluate", "--data", "toy", "--home", str(tmp_path), "--text"]
    assert main([*arguments, "--sample", "6", "--json"]) == 0
    out = capsys.readouterr().out
    answer = json.loads(out.strip().splitlines()[-1])
    assert {row["model"] for row in answer["rows"]} == {"writer", FLOOR, CEILING}
    assert {row["low"] for row in answer["rows"] if row["metric"] == "USR"} == {None}
    assert "| writer | offline |" in out and (home.evaluation("toy", "clean-s0-text") / "text.md").read_text() in out
    assert np.isfinite([row["value"] for row in answer["rows"]]).all()
    assert main([*arguments, "--rivals", "ease"]) == 2
    assert "--text, --rivals cannot be combined" in capsys.readouterr().err
