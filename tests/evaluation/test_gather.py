"""Gathering evaluations: only of one data set, protocol and seed each; methods by card; slices of the made set."""

import pandas as pd
import pytest
from made_evaluations import CARD, checks_of, write_beside, write_card

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError, UnknownNameError
from rdrec.core.storage import new_artefact, read_table, verify, write_table
from rdrec.data.store import dataset_sha256
from rdrec.evaluation.collect import collect
from rdrec.evaluation.gather import _pairs, gather
from rdrec.explorer.measured import gathered_evidence
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world

SHOPPERS = 8


@pytest.fixture
def home(tmp_path):
    """A small made set; cards of three students and seeds as if they were trained."""
    home = Home(tmp_path)
    make(home, MakePlan(read_world("toys"), "toys", SHOPPERS, 0), progress=False)
    for seed in (0, 1):
        for name, variant in (("with", "rdrec"), ("without", "baseline"), ("shuffled", "scrambled")):
            write_card(home, "toys", f"{name}-s{seed}", variant, seed)
    return home


def evaluation(
    home,
    seed,
    *,
    protocol="clean",
    sha256=None,
    said_seed=None,
    models=("with", "without"),
    cut=None,
    outcome="learned",
    told="x",
    more=None,
):
    names = [*(f"{model}-s{seed}" for model in models), "popularity"]
    frames = [
        pd.DataFrame({"model": name, "task": "sequential", "user": range(1, SHOPPERS + 1), "rank": 1.0, "above": 0, "tied": 1})
        for name in names
    ]
    meta = {"data": "toys", "data_sha256": sha256 or dataset_sha256(home, "toys"), "protocol": protocol}
    meta |= {"seed": seed if said_seed is None else said_seed, "rationales": {"answer-key": told}, "attributes": "brands"}
    meta |= {} if cut is None else {"cut": cut}
    meta |= more or {}
    with new_artefact(home.evaluation("toys", f"{'temporal' if cut else 'clean'}-s{seed}"), "evaluation", meta) as folder:
        write_table(pd.concat(frames, ignore_index=True), folder / "ranks.parquet")
        checked = [(f"with-s{seed}", check) for check in checks_of(outcome)]
        checked += [(f"shuffled-s{seed}", check) for check in checks_of("not learned")] if "shuffled" in models else []
        write_beside(folder, names, checked)


def test_two_seeds_give_all_tables(home):
    evaluation(home, 0)
    evaluation(home, 1)
    folder = home.evaluation("toys", "clean-evidence")
    found = gather(home, "toys", "clean", [0, 1], folder)
    assert set(found.runs["method"]) == {"rdrec:answer-key", "baseline", "popularity"}
    pairs = set(zip(found.differences["one"], found.differences["other"], strict=True))
    assert pairs == {("rdrec:answer-key", "baseline"), ("rdrec:answer-key", "popularity"), ("baseline", "popularity")}
    assert set(found.slices["slice"]) == {
        "purchases of the true item in training",
        "purchases shown",
        "true cause of the purchase",
    }
    for name in ("runs", "differences", "slices", "beyond", "checks"):
        assert len(read_table(folder / f"{name}.parquet")) == len(getattr(found, name)) > 0
    assert set(zip(found.beyond["method"], found.beyond["seed"], strict=True)) == {
        (method, seed) for method in ("rdrec:answer-key", "baseline", "popularity") for seed in (0, 1)
    }
    assert set(found.checks["method"]) == {"rdrec:answer-key"} and len(found.checks) == 4


def test_students_whose_weights_are_elsewhere_are_gathered_by_their_cards(home):
    evaluation(home, 0)
    evaluation(home, 1)
    whole = gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "whole"))
    for seed in (0, 1):
        for name in ("with", "without"):
            (home.student("toys", f"{name}-s{seed}") / "student.safetensors").unlink()
    cards = gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "cards"))
    pd.testing.assert_frame_equal(cards.runs, whole.runs)


def test_another_ridge_in_another_seed_is_refused(home):
    evaluation(home, 0, more={"ridge": 20.0})
    evaluation(home, 1, more={"ridge": 50.0})
    with pytest.raises(ArtefactError, match=r"EASE has the ridge 50 here and the ridge 20 with another seed"):
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))


def test_a_rival_with_other_training_settings_is_refused(home):
    """Rivals of one kind become one method, so they may differ only in their seed."""
    facts = {"kind": "sasrec", "data": "toys", "data_sha256": "x", "users": SHOPPERS, "items": 456, "parameters": 1}
    facts |= {"epochs": 1, "validation_ndcg10": 0.1, "cut": None}
    for seed, width in ((0, 8.0), (1, 16.0)):
        with new_artefact(
            home.rival("toys", f"sas-s{seed}"), "rival", facts | {"seed": seed, "training": {"width": width}}
        ) as made:
            (made / "rival.safetensors").write_bytes(b"")
        evaluation(home, seed, more={"rivals": {f"sas-s{seed}": "sasrec"}})
    with pytest.raises(ArtefactError, match="the rivals sas-s0 and sas-s1 were trained with different settings"):
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))


def test_evidence_older_than_its_evaluations_is_not_used(home):
    """Its differences would stand beside other runs."""
    evaluation(home, 0)
    evaluation(home, 1)
    folder = home.evaluation("toys", "clean-evidence")
    gather(home, "toys", "clean", [0, 1], folder)
    sha256 = dataset_sha256(home, "toys")
    gathered_evidence(home, "toys", "clean", sha256)
    evaluation(home, 1, told="y")
    for read in (lambda: collect(home, ["toys"], home.root / "c"), lambda: gathered_evidence(home, "toys", "clean", sha256)):
        with pytest.raises(ArtefactError, match="seed 1 was evaluated again after this evidence was gathered"):
            read()


def test_one_seed_is_no_evidence(home):
    evaluation(home, 0)
    with pytest.raises(InputError, match="says nothing about other training runs"):
        gather(home, "toys", "clean", [0, 0], home.evaluation("toys", "e"))


@pytest.mark.parametrize("wrong", [{"protocol": "published"}, {"sha256": "0" * 64}, {"said_seed": 7}])
def test_evaluations_of_something_else_are_refused(home, wrong):
    evaluation(home, 0)
    evaluation(home, 1, **wrong)
    with pytest.raises(ArtefactError, match="another data set, protocol or seed"):
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))
    assert not home.evaluation("toys", "e").exists()


def test_a_missing_evaluation_names_its_command(home):
    evaluation(home, 0)
    with pytest.raises(UnknownNameError, match=r"evaluate --data toys --protocol clean --seed 1"):
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))


def test_the_command_wants_seeds(home, capsys):
    for seeds in ("one", "²,³", "0,", "9" * 5_000):
        assert main(["evaluate", "--data", "toys", "--gather", seeds, "--home", str(home.root)]) == 2
        assert f"--gather is '{seeds[:50]}" in capsys.readouterr().err


def test_the_command_prints_both_tables(home, capsys):
    evaluation(home, 0)
    evaluation(home, 1)
    assert main(["evaluate", "--data", "toys", "--gather", "0,1", "--home", str(home.root)]) == 0
    out = capsys.readouterr().out
    assert "| rdrec:answer-key | sequential | 1.0000 1.0000 (1.0000 ± 0.0000) |" in out and "range over seeds" in out


def test_evidence_states_how_ties_were_broken_and_mixes_no_cuts(home):
    evaluation(home, 0)
    evaluation(home, 1)
    folder = home.evaluation("toys", "clean-evidence")
    gather(home, "toys", "clean", [0, 1], folder)
    evidence = (folder / "evidence.md").read_text()
    assert "protocol clean; order of purchases: no shopper bought two things in one second" in evidence
    cut = {"after_cut": 0.1, "validation_stretch": 0.1}
    evaluation(home, 0, protocol="temporal", cut=cut)
    evaluation(home, 1, protocol="temporal", cut=cut | {"after_cut": 0.2})
    with pytest.raises(ArtefactError, match="cut in time at different places"):
        gather(home, "toys", "temporal", [0, 1], folder)


def test_a_difference_says_whether_rationales_were_learned(home):
    folder = home.evaluation("toys", "e")
    for outcome, said in (("learned", "tested"), ("not learned", "not tested")):
        for seed in (0, 1):
            evaluation(home, seed, models=("with", "without", "shuffled"), outcome=outcome if seed else "learned")
        gather(home, "toys", "clean", [0, 1], folder)
        lines = [line for line in (folder / "evidence.md").read_text().splitlines() if "| HR@10 |" in line]
        last = {tuple(cell.strip() for cell in line.split("|")[1:3]): line.split("|")[-2].strip() for line in lines}
        assert last["rdrec:answer-key", "baseline"] == last["rdrec:answer-key", "scrambled:answer-key"] == said
        assert last["scrambled:answer-key", "baseline"] == last["baseline", "popularity"] == "", (
            "no rationales, or the control's"
        )
    assert "Seed 1. Preferences: not learned." in (folder / "evidence.md").read_text()


def test_evaluations_before_the_check_are_refused(home):
    evaluation(home, 0)
    evaluation(home, 1)
    folder = home.evaluation("toys", "clean-s1")
    meta = verify(folder, "evaluation").meta
    ranks = read_table(folder / "ranks.parquet")
    with new_artefact(folder, "evaluation", meta) as temporary:
        write_table(ranks, temporary / "ranks.parquet")
    with pytest.raises(
        ArtefactError, match=r"has no beyond and no checks table.*evaluate --data toys --protocol clean --seed 1"
    ):
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))


def test_students_of_one_method_must_be_trained_alike(home):
    evaluation(home, 0)
    evaluation(home, 1)
    write_card(home, "toys", "with-s1", "rdrec", 1, training={"epochs": 9, "start": "purchases"})
    with pytest.raises(ArtefactError, match=r"with-s0 and with-s1 are both rdrec:answer-key, but differ in epochs, start"):
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))
    write_card(home, "toys", "with-s1", "rdrec", 1, precision="nf4")
    with pytest.raises(ArtefactError, match="but differ in precision"):
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))
    write_card(home, "toys", "with-s1", "rdrec", 1, training=CARD.training | {"match_used": 0.3})
    gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))  # chosen by the data of each seed


@pytest.mark.parametrize(
    ("earlier", "words"),
    [({}, "a fixed number of axes"), ({"purchase_axes": 63}, "cosines alone")],
)
def test_students_whose_start_was_chosen_by_an_earlier_recipe_are_not_mixed_with_others(home, earlier, words):
    """Neither between seeds nor between methods, as then only one side of a comparison has the start that suits its data."""
    evaluation(home, 0)
    evaluation(home, 1)

    def gathered(**axes):
        for name, number in axes.items():
            recorded = earlier if number is None else {"purchase_axes": number, "start_recipe": 3}
            variant, seed = ("baseline" if name.startswith("without") else "rdrec"), int(name[-1])
            write_card(home, "toys", name.replace("_", "-"), variant, seed, training={"start": "data"} | recorded)
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))

    gathered(with_s0=None, with_s1=None, without_s0=None, without_s1=None)
    gathered(with_s0=95, with_s1=63, without_s0=123, without_s1=123)
    for wrong in ("with_s0", "without_s1"):
        chosen = dict.fromkeys(("with_s0", "with_s1", "without_s0", "without_s1"), 63)
        with pytest.raises(ArtefactError, match=f"with an earlier recipe than .*, with {words}"):
            gathered(**(chosen | {wrong: None}))


def test_different_distillations_are_not_mixed(home):
    evaluation(home, 0)
    evaluation(home, 1, told="y")
    with pytest.raises(ArtefactError, match="different distillations of the teacher answer-key"):
        gather(home, "toys", "clean", [0, 1], home.evaluation("toys", "e"))


def test_a_control_is_compared_only_with_students_of_its_own_teacher():
    methods = ["baseline", "rdrec:answer-key", "rdrec:keywords", "scrambled:answer-key"]
    pairs = _pairs(methods, ["ease"])
    assert ("rdrec:answer-key", "scrambled:answer-key") in pairs and ("scrambled:answer-key", "baseline") in pairs
    assert ("scrambled:answer-key", "ease") in pairs and ("rdrec:answer-key", "rdrec:keywords") in pairs
    assert not [pair for pair in pairs if set(pair) == {"rdrec:keywords", "scrambled:answer-key"}]
