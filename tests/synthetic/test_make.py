"""Generating data sets: reproducible bytes for any number of processes, no duplicates, matching artefacts."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import read_manifest, read_table
from rdrec.data import schema
from rdrec.data.leakage import id_order_correlation
from rdrec.data.rationales import load_rationales
from rdrec.data.splits import protocol_view
from rdrec.data.store import load_dataset
from rdrec.synthetic import make as making
from rdrec.synthetic.make import MakePlan, SeenTexts, make
from rdrec.synthetic.truth import load_standing, load_truth


def test_the_data_set_is_complete(made_home):
    dataset = load_dataset(made_home, "toys")
    schema.check(dataset)
    assert dataset.n_users == 150 and dataset.n_items == 456 and dataset.meta["synthetic"] is True
    assert dataset.interactions["review"].is_unique
    assert dataset.meta["counts"] == schema.counts(dataset.interactions, dataset.items, 150)
    assert id_order_correlation(protocol_view(dataset, "published", 0)) > 0.99, (
        "numbers follow first purchase, as in the released sets"
    )


def test_truth_and_answer_key_go_with_it(made_home):
    world, truth = load_truth(made_home, "toys")
    rationales = load_rationales(made_home, "toys", "answer-key")
    dataset = load_dataset(made_home, "toys")
    for table in (truth, rationales):
        assert (table[["user", "position", "item"]] == dataset.interactions[["user", "position", "item"]]).all(axis=None)
    said = [json.loads(row) for row in truth["sentences"]]
    for text, sentences, status in zip(dataset.interactions["review"], said, rationales["status"], strict=True):
        assert sentences[-1][1] == len(text)
        assert (status == "ok") == any(aspect for _, _, aspect, _ in sentences)
    assert set(truth["cause"]) == {"taste", "gift", "follow", "popular", "whim"}
    assert world.name == "toys"


def test_the_same_bytes_with_one_process_or_two(toys, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "BLOCK", 20)
    hashes = []
    for workers in (1, 2):
        home = Home(tmp_path / str(workers))
        manifest = make(home, MakePlan(toys, "toys", 50, 3, workers), progress=False)
        truth = read_manifest(home.truth("toys"), "truth").sha256
        told = read_manifest(home.rationales("toys", "answer-key"), "rationales").sha256
        hashes.append((manifest.sha256, truth, told))
    assert hashes[0] == hashes[1]


def test_a_shopper_does_not_depend_on_how_many_there_are(toys, made_home, tmp_path):
    home = Home(tmp_path)
    make(home, MakePlan(toys, "few", 20, 0), progress=False)
    few, many = load_dataset(home, "few").interactions, load_dataset(made_home, "toys").interactions
    assert few["review"].tolist() == many["review"].tolist()[: len(few)]
    assert few["item"].tolist() == many["item"].tolist()[: len(few)]


TEXT_COLUMNS = ["review", "summary", "explanation", "feature"]


def test_at_every_setting_of_names_the_data_differ_in_the_texts_alone(tmp_path, capsys):
    """One command makes several sets; users, purchases, stars and splits are identical."""
    command = ["data", "make", "--users", "30", "--names", "0,.3,.7", "--home", str(tmp_path), "--json"]
    assert main(command) == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])["made"]
    assert [(one["name"], one["dials"]["names"]) for one in made] == [
        ("toys-names-0", 0),
        ("toys-names-30", 0.3),
        ("toys-names-70", 0.7),
    ]
    sets = [load_dataset(Home(tmp_path), one["name"]) for one in made]
    truths = [load_truth(Home(tmp_path), one["name"]) for one in made]
    standing = [load_standing(Home(tmp_path), one["name"]) for one in made]
    for dataset, (world, truth), known in zip(sets[1:], truths[1:], standing[1:], strict=True):
        assert dataset.users.equals(sets[0].users) and dataset.items.equals(sets[0].items)
        rest = [frame.interactions.drop(columns=TEXT_COLUMNS) for frame in (dataset, sets[0])]
        assert rest[0].equals(rest[1])
        assert (dataset.interactions["review"] != sets[0].interactions["review"]).any()
        kept = [one.drop(columns=["sentences", "motives", "review"]) for one in (truth, truths[0][1])]
        assert kept[0].equals(kept[1])
        assert (known.motives == standing[0].motives).all() and (known.chances == standing[0].chances).all()
        assert dataset.meta["options"]["names"] == world.numbers["names"] > 0
    assert not standing[0].named_before_last_two.any() and standing[2].named_before_last_two.any()


def test_dials_are_kept_and_the_truth_is_read_with_them(tmp_path):
    command = ["data", "make", "--users", "20", "--drive", "3.5", "--names", ".15", "--purchases", "6", "--name", "own"]
    assert main([*command, "--home", str(tmp_path)]) == 0
    options = load_dataset(Home(tmp_path), "own").meta["options"]
    assert options == {"users": 20, "seed": 0, "drive": 3.5, "names": 0.15, "purchases": 6}
    numbers = load_truth(Home(tmp_path), "own")[0].numbers
    assert (numbers["drive"], numbers["names"], numbers["purchases_mean"]) == (3.5, 0.15, 6)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--names", "2"],
        ["--names", "often"],
        ["--names", ".1,.1"],
        ["--drive", "-1"],
        ["--purchases", "3"],
        ["--names", "0,.3", "--check"],
    ],
)
def test_wrong_dials_make_nothing(tmp_path, capsys, wrong):
    assert main(["data", "make", "--users", "5", "--home", str(tmp_path), *wrong]) == 2
    assert "--" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.parquet"))


def test_the_standing_truth_is_that_of_the_shop(toys, shop, made_home):
    known = load_standing(made_home, "toys")
    dataset = load_dataset(made_home, "toys")
    place = {key: int(key.rpartition("-")[2]) - 1 for key in dataset.items["item_key"]}
    product = np.array([place[key] for key in dataset.items["item_key"]])
    for number in (0, 7, 149):
        shopper = shop.shopper(number)
        assert set(np.flatnonzero(known.motives[number])) == set(shopper.motives)
        expected = shop.chances(shopper, len(shopper.purchases) - 1)[product]
        assert known.chances[number, 1:] == pytest.approx(expected, rel=1e-5) and known.chances[number, 0] == 0
    assert (np.sort(toys.product_values[product], axis=1) == np.nonzero(known.values[1:])[1].reshape(len(product), -1)).all()
    assert [len(one) for one in known.named] == dataset.interactions.groupby("user").size().tolist()
    assert not (known.named_before_last_two & ~known.motives).any()


def test_a_known_text_is_rewritten(toys, tmp_path, monkeypatch):
    """With a bit table that takes the third text for known, that review changes and its neighbours do not."""
    make(Home(tmp_path / "plain"), MakePlan(toys, "toys", 3, 0), progress=False)
    asked = []

    class Forgetful(SeenTexts):
        def seen_before(self, text):
            asked.append(text)
            return len(asked) == 3 or super().seen_before(text)

    monkeypatch.setattr(making, "SeenTexts", Forgetful)
    make(Home(tmp_path / "other"), MakePlan(toys, "toys", 3, 0), progress=False)
    plain, other = (
        load_dataset(Home(tmp_path / which), "toys").interactions["review"].tolist() for which in ("plain", "other")
    )
    assert plain[:2] == other[:2] and plain[2] != other[2]
    assert len(set(other)) == len(other)


def test_the_bit_table_has_no_false_negatives():
    texts = SeenTexts(100)
    first = [f"review {n}" for n in range(500)]
    news = [not texts.seen_before(text) for text in first]
    assert all(texts.seen_before(text) for text in first) and sum(news) > 495


def test_a_failed_run_leaves_no_files(toys, tmp_path, monkeypatch):
    home = Home(tmp_path)

    def broken(*_):
        raise RuntimeError("no more")

    monkeypatch.setattr(making, "_item_frame", broken)
    with pytest.raises(RuntimeError):
        make(home, MakePlan(toys, "toys", 5, 0), progress=False)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_mismatched_truth_is_refused(toys, tmp_path):
    home = Home(tmp_path)
    make(home, MakePlan(toys, "toys", 5, 0), progress=False)
    truth = home.truth("toys")
    kept = truth.rename(tmp_path / "kept")
    make(home, MakePlan(toys, "toys", 6, 0), progress=False)
    truth.rename(tmp_path / "gone")
    kept.rename(truth)
    with pytest.raises(ArtefactError, match="do not match"):
        load_truth(home, "toys")


def test_real_data_has_no_truth(tmp_path, made_home):
    folder = tmp_path / "data" / "real"
    folder.parent.mkdir(parents=True)
    from rdrec.core.storage import new_artefact

    with new_artefact(folder, "dataset", {"source": {"kind": "Amazon 2014 reviews"}}):
        pass
    with pytest.raises(InputError, match="'real' is not invented"):
        load_truth(Home(tmp_path), "real")


def test_at_most_one_row_group_waits_in_memory(tmp_path, monkeypatch):
    """The table is written in pieces, and written rows are released."""
    monkeypatch.setattr(making, "ROW_GROUP_ROWS", 10)
    path = tmp_path / "users.parquet"
    with making._GrowingTable(path, schema.USERS) as table:
        for number in range(1, 26):
            table.add({"user": number, "user_key": f"u{number}"})
            assert len(table._buffer) < 10
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [10, 10, 5]
    assert read_table(path)["user"].tolist() == list(range(1, 26)) and table.rows == 25
