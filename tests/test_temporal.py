"""The protocol `temporal` through all stages: nothing after the cut reaches training, and from training to page all agree on it."""

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest

from rdrec.baselines.ease import EASE
from rdrec.baselines.rules import purchases
from rdrec.baselines.train import training_rows, validation_cases
from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.storage import new_artefact, read_manifest, read_table, write_table
from rdrec.data.cases import cases
from rdrec.data.clustered_ids import learned_view
from rdrec.data.item_vectors import communal_axes
from rdrec.data.splits import protocol_view
from rdrec.data.store import dataset_sha256, save_dataset
from rdrec.data.together import bought_by_the_same, partial_correlations
from rdrec.evaluation.validation_ndcg import validation_cases as ndcg_cases
from rdrec.explorer.store import Store
from rdrec.student.sampling import Sampler
from rdrec.student.tasks import Task
from rdrec.ui import status
from rdrec.ui.evidence import leaks
from rdrec.ui.render import page

DAY = 86_400


@pytest.fixture(scope="module")
def dataset(toy_dataset):
    """The toy set, each user starting on another day: some before the cut alone, some after it alone, most on both sides."""
    rng = np.random.default_rng(4)
    rows = toy_dataset.interactions
    start = rng.integers(0, 20, 30)
    start[9] = 80  # somebody who comes late
    days = start[rows["user"] - 1] + 9 * rows["position"]
    return dataclasses.replace(toy_dataset, interactions=rows.assign(timestamp=(DAY * days).astype("Int64")))


def other_future(dataset, rationales):
    """The same past, but from the cut on everybody buys other things and says something else."""
    view = protocol_view(dataset, "temporal", 0)
    late = view.row_splits == "test"
    late |= view.row_splits == "after"
    rows = dataset.interactions.copy()
    had = [set(group) for _, group in rows.groupby("user")["item"]]
    fresh = np.random.default_rng(1)
    for place in np.flatnonzero(late):
        user = int(rows.at[place, "user"])
        item = int(fresh.choice([n for n in range(1, 131) if n not in had[user - 1]]))
        had[user - 1].add(item)
        rows.loc[place, ["item", "review", "explanation", "feature"]] = [item, f"LATER {place}", f"LATER {place}", "later"]
    told = rationales.merge(rows.loc[late, ["user", "position"]].assign(late=True), how="left", on=["user", "position"])
    told = told["late"].notna().to_numpy() & (rationales["status"] == "ok").to_numpy()
    changed = rationales.copy()
    for name in ("user_preference", "item_attribution"):
        changed.loc[told & changed[name].notna(), name] = "LATER"
    return dataclasses.replace(dataset, interactions=rows.astype(dataset.interactions.dtypes.to_dict())), changed


def what_training_sees(dataset, rationales, protocol):
    """name -> anything that a student, a rule or a rival learns from, and what stops training."""
    view = protocol_view(dataset, protocol, 0)
    seen = {}
    for variant in ("rdrec", "scrambled", "baseline"):
        sampler = Sampler(view, rationales, variant, 0)
        for task in sampler.tasks:
            seen[variant, task] = [sampler.epoch(task, epoch, 60) for epoch in range(2)]
            if task is not Task.TOPN:  # whose candidates leave out all that a user ever bought
                seen[variant, task, "validation"] = sampler.validation(task)
        seen[variant, "words"] = sorted(sampler.vocabulary_texts())
    seen["popularity"] = purchases(view).tolist()
    parts = view.training_parts
    seen["bought together"] = bought_by_the_same(parts, 130).toarray().tolist()
    seen["ease"] = EASE(parts, 130, 1.0).weights.tolist()
    seen["start"] = [found.tolist() for found in communal_axes(bought_by_the_same(parts, 130)[1:, 1:], 8)]
    seen["partial correlations"] = partial_correlations(parts, 130, 100.0).tolist()
    seen["numbers"] = learned_view(view, "clustered", 1).item_ids.tolist()
    seen["sasrec"] = [row.tolist() for row in training_rows(view.splits, 50)]
    seen["sasrec, validation"] = [(shown.tolist(), truth) for shown, truth in validation_cases(view.splits, 0)]
    seen["judged"] = [(case.user, case.history.tolist(), case.truth) for case in ndcg_cases(view)]
    return seen


def test_nothing_that_happens_after_the_cut_changes_what_training_sees(dataset, toy_rationales):
    other, told = other_future(dataset, toy_rationales)
    assert (other.interactions["item"] != dataset.interactions["item"]).sum() > 10
    before, after = what_training_sees(dataset, toy_rationales, "temporal"), what_training_sees(other, told, "temporal")
    assert before.keys() == after.keys() and len(before) > 25
    assert [name for name in before if before[name] != after[name]] == []
    assert any(case.truth for case in cases(protocol_view(other, "temporal"), "sequential"))
    # the same change shows where the last two purchases of each user are hidden, whenever they were: else this could not fail
    before, after = what_training_sees(dataset, toy_rationales, "clean"), what_training_sees(other, told, "clean")
    changed = {name for name in before if before[name] != after.get(name)}
    assert {"popularity", "bought together", "ease", "sasrec", ("baseline", "words"), ("baseline", Task.SEQUENTIAL)} <= changed


def test_training_and_validation_lie_before_the_cut_and_tests_after_it(dataset, toy_rationales):
    view = protocol_view(dataset, "temporal", 0)
    assert view.cut is not None
    times = [group.to_numpy() for _, group in dataset.interactions.groupby("user")["timestamp"]]
    sampler = Sampler(view, toy_rationales, "rdrec", 0)
    when = {(user, int(item)): at for user, (row, moments) in enumerate(zip(view.histories, times, strict=True), 1)
            for item, at in zip(row, moments, strict=True)}  # fmt: skip
    items_of = np.argsort(view.item_ids)
    for epoch in range(3):
        for row in sampler.epoch(Task.SEQUENTIAL, epoch, 80):
            user = int(re.search(r"user_(\d+)", row.source).group(1))
            numbers = [int(number) for number in re.findall(r"item_(\d+)", row.source)]
            for number in (*numbers, int(row.target)):
                assert when[user, int(items_of[number])] < view.cut.validation_from
    for case in ndcg_cases(view):
        assert view.cut.validation_from <= when[case.user, case.truth] < view.cut.test_from
        assert all(when[case.user, item] < when[case.user, case.truth] for item in case.history.tolist())
    asked = cases(view, "sequential")
    assert 5 <= len(asked) < 30
    for case in asked:
        assert when[case.user, case.truth] >= view.cut.test_from
        assert all(when[case.user, item] < view.cut.test_from for item in case.history.tolist())
        later = [at for at in times[case.user - 1] if at >= view.cut.test_from]
        assert when[case.user, case.truth] == min(later)


@pytest.fixture(scope="module")
def home(dataset, toy_rationales, tmp_path_factory):
    """The toy set, its rationales, two students and a rival trained under `temporal`, a rival for leave-one-out."""
    home = Home(tmp_path_factory.mktemp("temporal"))
    save_dataset(home, dataset)
    meta = {
        "data": "toy",
        "data_sha256": dataset_sha256(home, "toy"),
        "teacher": "keywords",
        "teacher_config": {},
        "counts": {},
    }
    with new_artefact(home.rationales("toy", "keywords"), "rationales", meta) as folder:
        write_table(toy_rationales, folder / "rationales.parquet")
    small = ["--epochs", "1", "--home", str(home.root), "--data", "toy"]
    for variant in ("rdrec", "baseline"):
        train = [
            "train",
            "--variant",
            variant,
            "--shape",
            "nano",
            "--protocol",
            "temporal",
            "--batch-rows",
            "64",
            "--least-steps",
            "0",
            *small,
        ]
        assert main([*train, "--device", "cpu"]) == 0
    for protocol in ("temporal", "clean"):
        assert main(["rival", "--protocol", protocol, "--width", "8", "--negatives", "16", *small]) == 0
    return home


def command(capsys, home, *arguments):
    capsys.readouterr()
    code = main([*arguments, "--data", "toy", "--home", str(home.root), "--json"])
    said = capsys.readouterr()
    return (json.loads(said.out.splitlines()[-1]), said.out) if code == 0 else (None, said.err)


def test_evaluation_states_the_cut_and_mixes_nothing(home, dataset, capsys):
    answer, out = command(capsys, home, "evaluate", "--protocol", "temporal")
    asked = len(cases(protocol_view(dataset, "temporal"), "sequential"))
    assert {row["protocol"] for row in answer["rows"]} == {"temporal"} and {row["users"] for row in answer["rows"]} == {asked}
    models = {row["model"] for row in answer["rows"]}
    assert models >= {"rdrec-nano-temporal-s0", "baseline-nano-temporal-s0", "sasrec-temporal-s0", "order rule", "popularity"}
    assert "sasrec-s0" not in models, "trained on other purchases"
    assert answer["cut"]["test_users"] == asked and answer["cut"]["users_without_history"] == 1
    assert answer["cut"]["after_cut"] == 0.1 and f"Cut at {answer['cut']['test_from']}" in out
    assert read_manifest(home.evaluation("toy", "temporal-s0"), "evaluation").meta["cut"] == answer["cut"]
    answer, _ = command(capsys, home, "evaluate", "--protocol", "clean", "--rivals", "sasrec-s0", "--name", "loo")
    assert {row["protocol"] for row in answer["rows"] if row["model"] == "sasrec-s0"} == {"any"} and answer["cut"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--protocol", "temporal", "--after-cut", "0.3"], "trained with --after-cut 0.1 --validation-stretch 0.1, not with --after-cut 0.3"),
        (["--protocol", "clean"], "no student of 'toy' was trained under clean|this student was trained under temporal"),
        (["--protocol", "temporal", "--rivals", "sasrec-s0"], "trained for leave-one-out, not for a cut in time \\(--after-cut 0.1 --validation-stretch 0.1\\)"),
        (["--protocol", "clean", "--rivals", "sasrec-temporal-s0"], "trained for a cut in time \\(--after-cut 0.1 .*\\), not for leave-one-out"),
        (["--protocol", "clean", "--after-cut", "0.3"], "--after-cut has no effect with --protocol clean"),
    ],
)  # fmt: skip
def test_another_cut_is_refused(home, capsys, arguments, message):
    if "--rivals" not in arguments:
        arguments = [*arguments, "--models", "rdrec-nano-temporal-s0"]
    answer, said = command(capsys, home, "evaluate", *arguments, "--name", "refused")
    assert answer is None
    assert pd.Series([said]).str.contains(message, regex=True).all(), said
    assert not home.evaluation("toy", "refused").exists()


def test_text_evaluation_is_of_the_hidden_purchases(home, dataset, capsys):
    answer, said = command(capsys, home, "evaluate", "--protocol", "temporal", "--text", "--models", "rdrec-nano-temporal-s0")
    assert answer is not None, said
    sentences = read_table(home.evaluation("toy", "temporal-s0-text-chosen") / "sentences.parquet")
    hidden = {(case.user, case.truth) for case in cases(protocol_view(dataset, "temporal"), "sequential")}
    assert set(zip(sentences["user"], sentences["item"], strict=True)) <= hidden and len(sentences)


def test_the_page_shows_nothing_after_the_hidden_purchase(home, dataset, capsys):
    students = ["--rdrec", "rdrec-nano-temporal-s0", "--baseline", "baseline-nano-temporal-s0"]
    answer, said = command(capsys, home, "precompute", "--protocol", "temporal", *students)
    assert answer is not None, said
    store, view = Store.open(home.precomputed("toy")), protocol_view(dataset, "temporal")
    assert store.facts.protocol == "temporal" and store.facts.cut == view.cut_facts()
    assert not store.has_user(10) and store.has_user(9), "user 10 comes only after the cut"
    for user, split in enumerate(view.splits, 1):
        if not store.has_user(user):
            continue
        history = store.history(user)
        shown = [purchase.item.item for purchase in history if purchase.split != "test"]
        assert shown == split.shown.tolist()
        assert [purchase.item.item for purchase in history if purchase.split == "test"] == (
            [] if split.test is None else [split.test]
        )
        assert store.user(user).interactions == len(history)
        assert set(store.rationales(user)) <= {purchase.position for purchase in history}
        truth = store.truth(user, "sequential")
        assert (truth["rdrec"].item.item if truth else None) == split.test
    head = page(status.header(store.facts))
    assert "temporal protocol" in head and f"cut at {store.facts.cut['test_from']}" in head
    audit = page(leaks.audit(store.leak_audit(), store.facts))
    assert "temporal: as clean, one cut in time (this page)" in audit
    assert "No training purchase was made later than a held-out purchase of the same product." in audit
