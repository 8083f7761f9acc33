"""`evaluate` from command to files: the check of every student with rationale tasks, beyond accuracy, neighbours; what is missing is named."""

import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from told_shop import attributes, card, shop, taught

from rdrec.baselines.rules import popularity, purchases
from rdrec.cli import evaluate as evaluating
from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError
from rdrec.core.storage import exclusive, new_artefact, read_manifest, read_table, write_table
from rdrec.data.cases import cases
from rdrec.data.splits import protocol_view
from rdrec.data.store import dataset_sha256, load_dataset, save_dataset
from rdrec.evaluation.beyond_accuracy import beyond_accuracy
from rdrec.evaluation.collect import collect
from rdrec.evaluation.gather import gather
from rdrec.evaluation.ranking import rule_places
from rdrec.student import checkpoint
from rdrec.student.checkpoint import load_student, save_student

MODELS = "good-s0,shuffled-s0,plain-s0"


def distil(home, rationales, data_sha256):
    meta = {"data": "told", "data_sha256": data_sha256, "teacher": "offline"}
    with new_artefact(home.rationales("told", "offline"), "rationales", meta) as folder:
        write_table(rationales, folder / "rationales.parquet")
    return read_manifest(home.rationales("told", "offline"), "rationales").sha256


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The told shop widened to a catalogue that top-N can draw from, and three students of it: taught, scrambled, and one without rationales."""
    home = Home(tmp_path_factory.mktemp("checked"))
    dataset, rationales = shop(items=130)
    sha256 = save_dataset(home, dataset).sha256
    told = distil(home, rationales, sha256)
    view = protocol_view(dataset, "clean", 0)
    for name, variant in (("good-s0", "rdrec"), ("shuffled-s0", "scrambled"), ("plain-s0", "baseline")):
        loaded = taught(
            view, rationales, "scrambled" if variant == "scrambled" else "rdrec", steps=300 if variant == "rdrec" else 40
        )
        tasks = [] if variant == "baseline" else loaded.card.tasks
        own = dataclasses.replace(
            card(variant), data_sha256=sha256, items=130, tasks=["sequential", "topn", *tasks],
            teacher=None if variant == "baseline" else "offline", rationales_sha256=None if variant == "baseline" else told,
        )  # fmt: skip
        save_student(home.student("told", name), loaded.model, loaded.tokenizer, own)
    return home


def evaluate(home, capsys, *arguments):
    code = main(["evaluate", "--data", "told", "--home", str(home.root), "--device", "cpu", "--json", *arguments])
    out = capsys.readouterr()
    return (json.loads(out.out.strip().splitlines()[-1]) if code == 0 else None), out.out, out.err


@pytest.fixture
def copied(home, tmp_path):
    """A home that a test may break."""
    shutil.copytree(home.root, tmp_path / "home")
    return Home(tmp_path / "home")


def test_the_whole_of_an_evaluation(home, capsys):
    answer, said, error = evaluate(home, capsys, "--models", MODELS, "--name", "clean-s0")
    assert answer is not None, error
    outcomes = {(row["model"], row["task"]): row["outcome"] for row in answer["checks"]}
    assert outcomes == {
        (model, task): outcome
        for model, outcome in (("good-s0", "learned"), ("shuffled-s0", "not learned"))
        for task in ("user_preference", "item_attribution")
    }, "nobody asks the student without rationales"
    assert all(row["sentence"].startswith(("Preferences: ", "Attributes: ")) for row in answer["checks"])
    assert "**good-s0**: The student learned the preferences" in said and "**shuffled-s0**: Not tested: " in said
    folder = home.evaluation("told", "clean-s0")
    assert (folder / "evaluation.md").read_text().rstrip() in said
    assert "| good-s0 (teacher offline) | sequential |" in said and "| plain-s0 | sequential |" in said
    meta = read_manifest(folder, "evaluation").meta
    assert list(meta["rationales"]) == ["offline"] and "the teacher offline named in training reviews" in meta["attributes"]
    assert set(meta["rivals"]) == {
        "ease", "rationale neighbours:offline", "rationale neighbours, items shuffled:offline",
    }, "unasked, where the teacher's rationales are at hand"  # fmt: skip
    models = list(read_table(folder / "beyond.parquet")["model"])
    assert set(models) == {row["model"] for row in answer["rows"]} and len(models) == len(set(models))


def test_lists_of_a_rule_by_hand(home, capsys):
    answer, _, error = evaluate(home, capsys, "--models", "plain-s0", "--rivals", "ease", "--name", "again")
    assert answer is not None, error
    view = protocol_view(load_dataset(home, "told"), "clean", 0)
    asked, rule, lists = cases(view, "sequential"), popularity(view), []
    for case in asked:
        scores = dict(zip(case.compete.tolist(), rule(case).tolist(), strict=True))
        lists.append(sorted(scores, key=lambda item: (-scores[item], item))[:10])
    assert rule_places(rule, asked, top=10).top_items.tolist() == lists
    (row,) = [row for row in answer["beyond"] if row["model"] == "popularity"]
    counts = purchases(view)
    found = beyond_accuracy(np.array(lists), np.array([case.truth for case in asked]), counts, None)
    assert row["similarity"] is None, "no student, no teacher, no metadata"
    for name in ("coverage", "popularity", "bought", "novelty", "top_share"):
        assert row[name] == pytest.approx(getattr(found, name))


def test_neighbours_are_asked_for_by_teacher(home, capsys):
    answer, _, error = evaluate(home, capsys, "--models", "plain-s0", "--rivals", "neighbours", "--name", "n")
    assert answer is not None, error
    assert {row["model"] for row in answer["rows"]} >= {
        "rationale neighbours:offline",
        "rationale neighbours, items shuffled:offline",
    }
    _, _, error = evaluate(home, capsys, "--models", "plain-s0", "--rivals", "neighbours:nobody", "--name", "n")
    assert "no rationales of a teacher named 'nobody'" in error and "distill --data told --teacher nobody" in error
    _, _, error = evaluate(home, capsys, "--models", "plain-s0", "--rivals", "neighbours,neighbours:offline", "--name", "n")
    assert "named twice: neighbours:offline" in error


def test_missing_or_later_rationales_are_named_and_nothing_is_tested(copied, capsys):
    _, rationales = shop(items=130)
    sha256 = read_manifest(copied.data("told"), "dataset").sha256
    later = rationales.assign(item_attribution=[attributes(item + 1) for item in rationales["item"]])
    distil(copied, later, sha256)
    answer, said, error = evaluate(copied, capsys, "--models", "good-s0", "--rivals", "ease", "--name", "later")
    assert answer is not None, error
    assert {row["outcome"] for row in answer["checks"]} == {"not checked"}
    assert (
        "**good-s0**: Not tested:" in said
        and "'offline' were distilled again after this student was trained; train it again" in said
    )
    shutil.rmtree(copied.rationales("told", "offline"))
    answer, said, error = evaluate(copied, capsys, "--models", "good-s0,plain-s0", "--rivals", "ease", "--name", "none")
    assert answer is not None, error
    assert {row["model"] for row in answer["checks"]} == {"good-s0"}
    assert "distill --data told --teacher offline" in answer["checks"][0]["reason"] and "Not tested" in said
    assert answer["checks"][0]["gap"] is None, "JSON knows no NaN"


def test_students_of_two_distillations_do_not_share_a_table(copied, capsys):
    shutil.copytree(copied.student("told", "good-s0"), copied.root / "kept")
    loaded = taught(protocol_view(shop(items=130)[0], "clean", 0), shop(items=130)[1], "rdrec", steps=1)
    own = dataclasses.replace(
        card("rdrec"), data_sha256=read_manifest(copied.data("told"), "dataset").sha256, items=130, rationales_sha256="other",
        tasks=["sequential", "topn", "user_preference"],
    )  # fmt: skip
    save_student(copied.student("told", "other-s0"), loaded.model, loaded.tokenizer, own)
    answer, _, error = evaluate(copied, capsys, "--models", "good-s0,other-s0", "--rivals", "ease", "--name", "two")
    assert answer is None and "learned from different distillations of the teacher 'offline'" in error and "--models" in error


def tables_of(folder):
    return {name: read_table(folder / f"{name}.parquet") for name in ("evaluation", "ranks", "beyond", "checks")}


def test_added_results_equal_those_of_one_evaluation(home, capsys):
    """Students and a rival added one after the other, and one replaced: the same tables as when all are measured at once."""
    rivals = ("--rivals", "ease,neighbours:offline")
    answer, _, error = evaluate(home, capsys, "--models", MODELS, *rivals, "--name", "whole")
    assert answer, error
    for part in (
        ("--models", "good-s0", "--rivals", "ease"),
        ("--models", "shuffled-s0", "--add"),
        ("--rivals", "neighbours:offline", "--add"),
        ("--models", "good-s0,plain-s0", "--add"),
    ):
        answer, _, error = evaluate(home, capsys, *part, "--name", "parts")
        assert answer, error
    whole, parts = (tables_of(home.evaluation("told", name)) for name in ("whole", "parts"))
    for name, table in whole.items():
        key = [column for column in ("model", "task", "metric", "user") if column in table]
        one, other = (each.sort_values(key, ignore_index=True) for each in (table, parts[name]))
        assert one.equals(other), name
    metas = [read_manifest(home.evaluation("told", name), "evaluation").meta for name in ("whole", "parts")]
    assert metas[0] == metas[1] and len(metas[0]["measured"]) == 5 and len(metas[0]["rivals"]) == 3
    models = parts["evaluation"]["model"]
    assert (models != models.shift()).sum() == models.nunique(), "one model after the other"
    assert (home.evaluation("told", "parts") / "evaluation.md").read_text().count("| shuffled-s0 (teacher offline) |") == 2


def test_a_student_replaced_by_one_without_rationales_leaves_no_check(copied, capsys):
    """The check of what stood under this name before, and its teacher, are gone."""
    answer, _, error = evaluate(copied, capsys, "--models", "good-s0", "--name", "mine")
    assert answer, error
    plain = load_student(copied.student("told", "plain-s0"))
    save_student(copied.student("told", "good-s0"), plain.model, plain.tokenizer, plain.card)
    answer, _, error = evaluate(copied, capsys, "--models", "good-s0", "--name", "mine", "--add")
    assert answer, error
    folder = copied.evaluation("told", "mine")
    assert not len(tables_of(folder)["checks"]) and "learned" not in (folder / "evaluation.md").read_text()
    assert read_manifest(folder, "evaluation").meta["rationales"] == {}


def test_another_ridge_does_not_stand_beside_the_stored_one(home, capsys):
    """The ridge of the stored EASE is kept; another one is refused, unless everything that depends on it is measured again."""
    answer, _, error = evaluate(home, capsys, "--rivals", "ease", "--ridge", "20", "--name", "ridge")
    assert answer, error
    answer, _, error = evaluate(home, capsys, "--rivals", "neighbours:offline", "--ridge", "50", "--name", "ridge", "--add")
    assert answer is None and "with the ridge 20, not 50, for ease" in error
    answer, _, error = evaluate(home, capsys, "--rivals", "neighbours:offline", "--name", "ridge", "--add")
    assert answer, error
    assert read_manifest(home.evaluation("told", "ridge"), "evaluation").meta["ridge"] == 20
    answer, _, error = evaluate(
        home, capsys, "--rivals", "ease,neighbours:offline", "--ridge", "50", "--name", "ridge", "--add"
    )
    assert answer, error


def test_one_evaluation_is_written_at_a_time(home, capsys):
    folder = home.evaluation("told", "busy")
    with exclusive(folder.with_name(".busy.lock"), "writes"):
        answer, _, error = evaluate(home, capsys, "--models", "plain-s0", "--name", "busy")
    assert answer is None and "another process writes the evaluation 'busy'" in error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--add",), "--add needs the models that it adds"),
        (("--add", "--models", "good-s0", "--name", "none"), "no evaluation"),
        (("--add", "--text", "--models", "good-s0"), "--add cannot be combined with --text"),
        (("--add", "--models", "good-s0", "--gather", "0,1"), "cannot be combined with --gather"),
    ],
)
def test_add_needs_to_know_what(home, capsys, arguments, words):
    answer, _, error = evaluate(home, capsys, *arguments)
    assert answer is None and words in error


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 1}, "of another seed"),
        ({"ties": "by name"}, "of another order of purchases"),
        ({"data_sha256": "x"}, "of another version of the data set"),
        ({"attributes": "nothing"}, "with other item attributes"),
        ({"rationales": {"offline": "x"}}, "of another distillation of the teacher 'offline'"),
        ({"changed_settings": {"evaluate.check_rows": 7}}, "with other settings"),
    ],
)
def test_results_that_do_not_belong_together_are_not_added(copied, capsys, change, words):
    folder = copied.evaluation("told", "mine")
    answer, _, error = evaluate(copied, capsys, "--models", "good-s0", "--name", "mine")
    assert answer, error
    tables, meta = tables_of(folder), read_manifest(folder, "evaluation").meta
    with new_artefact(folder, "evaluation", meta | change) as temporary:
        for name, table in tables.items():
            write_table(table, temporary / f"{name}.parquet")
    before = read_manifest(folder, "evaluation").sha256
    added = "shuffled-s0" if "rationales" in change else "plain-s0"
    answer, _, error = evaluate(copied, capsys, "--models", added, "--name", "mine", "--add")
    assert answer is None and words in error and "without --add" in error
    assert read_manifest(folder, "evaluation").sha256 == before


def test_a_student_that_was_trained_again_must_be_evaluated_again(copied, capsys):
    """Adding to an evaluation, gathering seeds and collecting refuse to mix old scores with a new student's card."""
    answer, _, error = evaluate(copied, capsys, "--models", "good-s0,plain-s0", "--name", "clean-s0")
    assert answer, error
    folder = copied.student("told", "good-s0")
    loaded = load_student(folder)
    save_student(folder, loaded.model, loaded.tokenizer, dataclasses.replace(loaded.card, epochs=9))
    words = "'good-s0' was trained again after this evaluation"
    answer, _, error = evaluate(copied, capsys, "--models", "plain-s0", "--name", "clean-s0", "--add")
    assert answer is None and words in error
    with pytest.raises(ArtefactError, match=words):
        gather(copied, "told", "clean", [0, 1], copied.evaluation("told", "clean-evidence"))
    with pytest.raises(ArtefactError, match=words):
        collect(copied, ["told"], copied.root / "collected")
    answer, _, error = evaluate(copied, capsys, "--models", "good-s0", "--name", "clean-s0", "--add")
    assert answer, error


def test_neighbours_of_rationales_that_were_distilled_again(copied, capsys):
    """Their scores describe other words than those that stand there now."""
    answer, _, error = evaluate(copied, capsys, "--rivals", "ease,neighbours:offline", "--name", "words")
    assert answer, error
    told = read_table(copied.rationales("told", "offline") / "rationales.parquet")
    distil(copied, told.iloc[::-1].reset_index(drop=True), dataset_sha256(copied, "told"))
    answer, _, error = evaluate(copied, capsys, "--rivals", "ease", "--name", "words", "--add")
    assert answer is None and "the rationales of the teacher 'offline' were distilled again" in error
    answer, _, error = evaluate(copied, capsys, "--rivals", "neighbours:offline", "--name", "words", "--add")
    assert answer, error


def test_two_evaluations_that_disagree_are_not_collected(copied, capsys):
    """Equal results of two evaluations are kept once; different ones are refused."""
    for name in copied.names("evaluations", "told"):
        shutil.rmtree(copied.evaluation("told", name))
    for name, ridge in (("one", "20"), ("same", "20")):
        assert evaluate(copied, capsys, "--rivals", "ease", "--ridge", ridge, "--name", name)[0]
    runs = collect(copied, ["told"], copied.root / "collected")["runs"]
    assert not runs.duplicated(["model", "task", "metric"]).any()
    assert evaluate(copied, capsys, "--rivals", "ease", "--ridge", "0.01", "--name", "another")[0]
    with pytest.raises(ArtefactError, match="measured 'ease' differently"):
        collect(copied, ["told"], copied.root / "collected")


@pytest.mark.parametrize(
    ("recipes", "told"), [((3, 3, None), ""), ((2, 2), ""), ((3, 2, 1, None), "purchases less well on some data: s1, s2\n")]
)
def test_students_of_an_earlier_recipe_beside_others_are_named(monkeypatch, capsys, recipes, told):
    names = [f"s{number}" for number in range(len(recipes))]
    cards = {
        name: SimpleNamespace(settings={} if recipe is None else {"start_recipe": recipe})
        for name, recipe in zip(names, recipes, strict=True)
    }
    home = SimpleNamespace(student=lambda data, name: name, require=lambda place, kind, command: place)
    monkeypatch.setattr(checkpoint, "load_student", lambda place, device, data_sha256: SimpleNamespace(card=cards[place]))
    loaded = evaluating._load(home, SimpleNamespace(data="toys"), names, "cpu", "0" * 64)
    assert [name for name, _ in loaded] == names
    said = capsys.readouterr().out
    assert said.endswith(told) and bool(said) == bool(told)
