"""Students with learned item numbers: trained, resumed, quantised, evaluated beside others, and refused where they would mix."""

import json

import numpy as np
import pandas as pd
import pytest
from small_training import Killed, kill

from rdrec.cli.main import main
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import read_table, write_table
from rdrec.data.clustered_ids import learned_view
from rdrec.data.splits import protocol_view
from rdrec.evaluation import gather
from rdrec.evaluation.run import view_for
from rdrec.explorer.build_students import _check_numbers
from rdrec.student import run as running
from rdrec.student.checkpoint import load_student, read_card
from rdrec.student.item_ids_file import FILE, read_item_ids
from rdrec.student.quantize import quantize
from rdrec.student.run import RunPlan, run_training
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.student.train import TrainSettings

SETTINGS = TrainSettings(seed=0, epochs=2, patience=5, batch_rows=64, topn_rows=4, text_rows=16, learning_rate=1e-3)


def plan(ids="clustered", variant="baseline", digits=2, run=None, protocol="clean", ablate=()):
    return RunPlan("toy", variant, "nano", protocol, "released", None, run, SETTINGS, ablate, ids=ids, id_digits=digits)


@pytest.fixture(scope="module")
def clustered(home):
    """A baseline with clustered numbers, trained once for every test that only reads it."""
    return run_training(home, plan(run="mine"), device="cpu")


def test_digits_are_cut_as_stated():
    for digits, pieces in ((1, 5), (2, 3), (3, 2)):
        tokenizer = StudentTokenizer.train(["a clear sound"] * 5, users=120, items=12_101, digits=digits)
        assert len(tokenizer.encode_id(12_101)) == pieces + 1
        one, other = tokenizer.encode_id(12_101), tokenizer.encode_id(12_001)
        assert one[0] == other[0] and tokenizer.encode("item_12101").tokens[1:] == one[:-1]


def test_trained_and_evaluated_beside_another(home, toy_dataset, capsys):
    common = ["--home", str(home.root), "--data", "toy"]
    small = ["--shape", "nano", "--variant", "baseline", "--epochs", "1", "--least-steps", "0", "--device", "cpu"]
    for more in ([], ["--ids", "clustered", "--id-digits", "2"]):
        assert main(["train", *common, *small, *more, "--json"]) == 0
        answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    run = "baseline-nano-clean-clustered-s0"
    assert (answer["run"], answer["ids"]) == (run, "clustered")
    card = read_card(home.student("toy", run))[0]
    assert card.ids == "clustered" and card.training["id_digits"] == 2 and card.protocol == "clean"
    learned = learned_view(protocol_view(toy_dataset, "clean", 0), "clustered", 2)
    assert (load_student(home.student("toy", run)).item_ids == learned.item_ids).all()
    assert load_student(home.student("toy", "baseline-nano-clean-s0")).item_ids is None

    assert main(["evaluate", *common, "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert f"{run} (clustered numbers) | sequential | clean" in said and f"max-id rule on {run} | topn" in said
    table = pd.read_parquet(home.evaluation("toy", "clean-s0") / "evaluation.parquet")
    assert dict(zip(table["model"], table["ids"], strict=True))[run] == "clustered"
    assert set(table.loc[table["model"] != run, "ids"]) == {"protocol"}
    ranks = pd.read_parquet(home.evaluation("toy", "clean-s0") / "ranks.parquet")
    assert set(ranks["model"]) == {run, "baseline-nano-clean-s0", "popularity", "bought together", "max-id rule", "order rule"}
    assert gather.method_of(home, "toy", run, {}) == "baseline with clustered numbers"


def test_quantised_it_reads_the_same_numbers(clustered, tmp_path):
    quantize(clustered.folder, tmp_path / "nf4", "nf4", "cpu")
    assert (load_student(tmp_path / "nf4").item_ids == load_student(clustered.folder).item_ids).all()


def test_a_killed_run_goes_on_with_the_numbers_it_began_with(home, clustered, monkeypatch):
    """Even where another machine would cluster otherwise."""

    monkeypatch.setattr(running, "_report", kill)
    with pytest.raises(Killed):
        run_training(home, plan(run="part"), device="cpu")
    for other in (plan(run="part", digits=1), plan("protocol", run="part"), plan("protocol", run="part", digits=2)):
        with pytest.raises(ArtefactError, match="other settings or data"):
            run_training(home, other, device="cpu")

    def elsewhere(*given):
        raise AssertionError("the numbers are known")

    monkeypatch.setattr(running, "_report", lambda record: None)
    monkeypatch.setattr(running, "learned_view", elsewhere)
    assert run_training(home, plan(run="part"), device="cpu").curve == clustered.curve
    one, other = (load_student(home.student("toy", run)) for run in ("mine", "part"))
    assert (one.item_ids == other.item_ids).all()


def test_text_numbers_come_from_what_the_variant_may_see(home, toy_dataset, toy_rationales, monkeypatch):
    seen = {}

    def learned(view, scheme, digits, texts):
        seen[scheme] = texts
        return learned_view(view, scheme, digits, texts)

    monkeypatch.setattr(running, "learned_view", learned)
    monkeypatch.setattr(running, "train", lambda *_, **__: (_ for _ in ()).throw(InterruptedError))
    held = {(row.user, row.position) for row in toy_dataset.interactions.groupby("user").tail(2).itertuples()}
    secret = {
        text
        for row in toy_rationales.itertuples()
        if (row.user, row.position) in held
        for text in (row.user_preference, row.item_attribution)
    }
    texts = {}
    for variant, ablate in (("rdrec", ()), ("scrambled", ()), ("rdrec", (running.RATIONALE_TASKS[0],))):
        with pytest.raises(InterruptedError):
            run_training(home, plan("clustered-text", variant, run="text", ablate=ablate), device="cpu")
        texts[variant, len(ablate)] = seen["clustered-text"]
        assert texts[variant, len(ablate)] and not {text for _, text in texts[variant, len(ablate)]} & secret
    assert sorted(text for _, text in texts["rdrec", 0]) == sorted(text for _, text in texts["scrambled", 0])
    assert texts["rdrec", 0] != texts["scrambled", 0], "the control keeps the words and breaks the meaning, in numbers too"
    assert all("item's attributes" in text for _, text in texts["rdrec", 1])


def test_what_would_be_mixed_is_refused(home, clustered, toy_dataset, tmp_path):
    for wrong, message in (
        (plan(protocol="published"), "published keeps the released numbers"),
        (plan(digits=3, run="one-token"), "the IDs of 130 items are single tokens"),
        (plan("clustered-text"), "these IDs are learned from rationales"),
    ):
        with pytest.raises(InputError, match=message):
            run_training(home, wrong, device="cpu")
    loaded = load_student(clustered.folder)
    for protocol, seed in (("published", 0), ("shuffled", 0), ("clean", 1)):
        with pytest.raises(InputError, match="results of different ones must not be mixed"):
            view_for(loaded, protocol_view(toy_dataset, protocol, seed), tmp_path)
    assert view_for(loaded, protocol_view(toy_dataset, "clean", 0), tmp_path).scheme == "clustered"
    with pytest.raises(InputError, match="other item numbers than the rdrec student"):
        _check_numbers(loaded.item_ids, None, tmp_path)
    with pytest.raises(InputError, match="other item numbers than the rdrec student"):
        _check_numbers(loaded.item_ids, np.roll(loaded.item_ids, 1), tmp_path)
    _check_numbers(loaded.item_ids, loaded.item_ids.copy(), tmp_path)
    _check_numbers(None, None, tmp_path)


def test_damaged_numbers_are_refused(tmp_path):
    good = pd.DataFrame({"item": [1, 2, 3], "item_id": [2, 3, 1]})
    for frame in (
        good.assign(item_id=[2, 2, 1]),
        good[:2],
        good.rename(columns={"item_id": "x"}),
        good.assign(item_id=["a", "b", "c"]),
    ):
        write_table(frame, tmp_path / FILE)
        with pytest.raises(ArtefactError, match="not the IDs of 3 items"):
            read_item_ids(tmp_path, 3)
    write_table(good, tmp_path / FILE)
    assert read_item_ids(tmp_path, 3).tolist() == [0, 2, 3, 1] and len(read_table(tmp_path / FILE)) == 3


def test_the_audit_of_learned_numbers(home, capsys):
    assert (
        main(
            ["data", "audit", "toy", "--home", str(home.root), "--protocol", "clean", "--ids", "clustered", "--id-digits", "2"]
        )
        == 0
    )
    assert "protocol clean, clustered numbers" in capsys.readouterr().out
    assert main(["data", "audit", "toy", "--home", str(home.root), "--ids", "clustered"]) == 2
    assert "published keeps the released numbers" in capsys.readouterr().err


def test_a_page_is_made_of_students_with_learned_numbers(home, toy_dataset, toy_rationales, tmp_path):
    """The numbers on the page are those that its students read, and the audit measures them."""
    from rdrec.explorer.build import build
    from rdrec.explorer.build_students import BuildPlan

    for variant in ("rdrec", "baseline"):
        folder = run_training(home, plan(variant=variant), device="cpu", replace=True).folder
        quantize(folder, folder.with_name(f"{folder.name}-nf4"), "nf4", "cpu")
    names = [f"{variant}-nano-clean-clustered-s0-nf4" for variant in ("rdrec", "baseline")]
    build(home, BuildPlan("toy", "clean", 0, "released", None, *names, None, 32, "command"), progress=False)
    learned = learned_view(protocol_view(toy_dataset, "clean", 0), "clustered", 2)
    items = pd.read_parquet(home.precomputed("toy") / "items.parquet")
    assert (items["item_id"].to_numpy() == learned.item_ids[1:]).all()
    assert (home.precomputed("toy") / "students" / "rdrec" / FILE).is_file()
    other = run_training(home, plan("protocol"), device="cpu", replace=True).folder
    quantize(other, other.with_name(f"{other.name}-nf4"), "nf4", "cpu")
    mixed = BuildPlan("toy", "clean", 0, "released", None, names[0], f"{other.name}-nf4", None, 32, "command")
    with pytest.raises(InputError, match=r"settings: .* but the rdrec student has"):
        build(home, mixed, progress=False)
