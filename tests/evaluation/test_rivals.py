"""Rivals in an evaluation: from command to table, the same under every protocol, and what is refused."""

import json

import pytest

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError, UnknownNameError
from rdrec.core.storage import read_table
from rdrec.data.cases import cases
from rdrec.data.splits import protocol_view
from rdrec.data.store import dataset_sha256, save_dataset
from rdrec.evaluation.ranking import rule_places, scorer_places
from rdrec.evaluation.rivals import open_rivals

SMALL = ["--epochs", "2", "--width", "8", "--negatives", "16", "--batch-users", "16"]


@pytest.fixture(scope="module")
def home(tmp_path_factory, toy_dataset):
    """The toy set with two trained rivals."""
    home = Home(tmp_path_factory.mktemp("rivals"))
    save_dataset(home, toy_dataset)
    for seed in ("0", "1"):
        assert main(["rival", "--data", "toy", "--seed", seed, *SMALL, "--home", str(home.root)]) == 0
    return home


def command(capsys, home, *arguments):
    code = main([*arguments, "--home", str(home.root), "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out.strip().splitlines()[-1]) if code == 0 else out.err


def opened(home, view, names, **more):
    settings = {
        "data_sha256": dataset_sha256(home, "toy"),
        "device": "cpu",
        "ridge": 1.0,
        "weight": 0.3,
        "batch_users": 64,
    } | more
    return open_rivals(home, view, names, **settings)


def test_a_rival_says_what_it_is(home, capsys):
    code, answer = command(capsys, home, "rival", "--data", "toy", "--seed", "5", *SMALL)
    assert code == 0 and answer["run"] == "sasrec-s5" and answer["epochs"] == 2 and answer["parameters"] > 130 * 8
    card = json.loads((home.rival("toy", "sasrec-s5") / "manifest.json").read_text())["meta"]
    assert (card["seed"], card["training"]["width"], card["kind"]) == (5, 8, "sasrec") and "protocol" not in card
    assert len(json.loads((home.rival("toy", "sasrec-s5") / "curve.json").read_text())) == 2
    assert not list(home.rival("toy", "x").parent.glob(".*")), "the training state is gone"
    code, error = command(capsys, home, "rival", "--data", "toy", "--seed", "5", *SMALL)
    assert code == 2 and "already exists" in error and "--replace" in error


def test_one_table_for_all(home, capsys):
    """No student is needed; the trained rival of the seed is found, EASE is named."""
    code, answer = command(capsys, home, "evaluate", "--data", "toy", "--rivals", "sasrec-s0,ease")
    assert code == 0
    keys = [(row["model"], row["task"], row["metric"], row["seed"]) for row in answer["rows"]]
    assert len(keys) == len(set(keys)) == 6 * 2 * 6, "one row a model, task, metric and seed"
    protocols = {row["model"]: row["protocol"] for row in answer["rows"]}
    assert protocols == {
        "sasrec-s0": "any", "ease": "any", "popularity": "any", "bought together": "any", "max-id rule": "clean", "order rule": "any",
    }  # fmt: skip
    folder = home.evaluation("toy", "clean-s0")
    assert len(read_table(folder / "evaluation.parquet")) == len(keys)
    assert "| sasrec-s0 | sequential | any |" in (folder / "evaluation.md").read_text()
    code, answer = command(capsys, home, "evaluate", "--data", "toy", "--seed", "1", "--name", "found")
    assert code == 0 and {row["model"] for row in answer["rows"]} >= {"sasrec-s1"}, "found without being named"


def test_rivals_are_the_same_under_every_protocol(home, toy_dataset):
    """Ids do not matter to them: not one rank moves, in either task."""
    places = {}
    for protocol in ("published", "shuffled", "clean"):
        view = protocol_view(toy_dataset, protocol, 0)
        for rival in opened(home, view, ["sasrec-s0", "ease"]):
            for task in ("sequential", "topn"):
                found = scorer_places(rival.scorer, cases(view, task), task, batch_users=7)
                places.setdefault((rival.name, task), []).append((found.above.tolist(), found.tied.tolist()))
    assert len(places) == 4
    for name, (published, shuffled, clean) in places.items():
        assert published == shuffled == clean, name


def test_batches_rank_as_single_users_do(home, toy_dataset):
    view = protocol_view(toy_dataset, "clean", 0)
    for rival in opened(home, view, ["sasrec-s0", "ease"]):
        for task in ("sequential", "topn"):
            asked = cases(view, task)
            alone = rule_places(lambda case, rival=rival: rival.scorer([case])[0][case.compete], asked)
            together = scorer_places(rival.scorer, asked, task, batch_users=8)
            assert together.above.tolist() == alone.above.tolist() and together.tied.tolist() == alone.tied.tolist()


def test_what_does_not_belong_is_refused(home, toy_dataset, capsys):
    view = protocol_view(toy_dataset, "clean", 0)
    with pytest.raises(InputError, match="trained with seed 1, not 0"):
        opened(home, view, ["sasrec-s1"])
    with pytest.raises(ArtefactError, match="another data set or version"):
        opened(home, view, ["sasrec-s0"], data_sha256="0" * 64)
    with pytest.raises(UnknownNameError, match=r"no rival named 'bert'.*rdrec rival --data toy --seed 0"):
        opened(home, view, ["bert"])
    with pytest.raises(InputError, match="named twice: ease"):
        opened(home, view, ["ease", "ease"])
    code, error = command(capsys, home, "evaluate", "--data", "toy", "--seed", "3")
    assert code == 2 and "no student of 'toy' was trained" in error, "neither students nor rivals"
    code, error = command(capsys, home, "evaluate", "--data", "toy", "--precision", "fp32,nf4", "--rivals", "ease")
    assert code == 2 and "cannot be combined" in error


def test_seeds_are_gathered(home, capsys):
    for seed in ("0", "1"):
        code, _ = command(capsys, home, "evaluate", "--data", "toy", "--seed", seed, "--rivals", f"sasrec-s{seed},ease")
        assert code == 0
    code, answer = command(capsys, home, "evaluate", "--data", "toy", "--gather", "0,1")
    assert code == 0, answer
    pairs = {(row["one"], row["other"]) for row in answer["differences"]}
    assert pairs == {
        ("ease", "sasrec"), ("ease", "popularity"), ("ease", "bought together"), ("sasrec", "popularity"), ("sasrec", "bought together"),
    }  # fmt: skip
    assert {row["seed"] for row in answer["runs"] if row["method"] == "sasrec"} == {0, 1}
    text = (home.evaluation("toy", "clean-evidence") / "evidence.md").read_text()
    assert "p (Holm)" in text and "| sasrec | sequential |" in text
