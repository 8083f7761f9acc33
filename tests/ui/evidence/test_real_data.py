"""Measurements on other sets, beside the shown one: read from their folder, shown with protocol, runs and intervals."""

import dataclasses
from dataclasses import asdict

import pandas as pd
import pytest
from html_text import text_of
from made_evaluations import checks_of
from payloads import HOSTILE

from rdrec.core.records import ArtefactError
from rdrec.core.storage import new_artefact, write_table
from rdrec.core.vocabulary import CURVE_MEASURES
from rdrec.evaluation import collect
from rdrec.explorer import collected, published
from rdrec.ui.evidence import multi_seed, real_data
from rdrec.ui.evidence import panel as evidence
from rdrec.ui.evidence import strings as evidence_texts
from rdrec.ui.render import page

WITHOUT = "rdrec:offline without user_preference and item_attribution"


def runs(data, method, value, seed, recipe="nano"):
    return [
        {"data": data, "evaluated_under": "clean", "protocol": "clean", "seed": seed, "ids": "protocol", "model": f"{method}-{seed}", "method": method,
         "recipe": recipe, "task": task, "metric": "NDCG@10", "value": value, "low": value - 0.01, "high": value + 0.01, "users": 488}
        for task in ("sequential", "topn")
    ]  # fmt: skip


def tables_of(outcome):
    """Of a collection: two sets, of one of them two runs of two methods, and whether the one with rationales learned them."""
    rows = [row for seed, value in ((0, 0.070), (1, 0.074)) for row in runs("guitars", "rdrec:offline", value, seed)]
    rows += [row for seed in (0, 1) for row in runs("guitars", "baseline", 0.060, seed)]
    rows += runs("beauty", WITHOUT, 0.031, 0, HOSTILE[0])
    difference = {
        "data": "guitars", "protocol": "clean", "one": "rdrec:offline", "other": "baseline", "task": "sequential", "metric": "NDCG@10",
        "difference": 0.012, "low": 0.002, "high": 0.022, "p": 0.01, "seeds": 2, "users": 488, "seed_low": 0.01, "seed_high": 0.014,
        "seed_sd": 0.002, "p_holm": 0.04,
    }  # fmt: skip
    curve = {
        "data": "beauty",
        "run": "one",
        "method": WITHOUT,
        "seed": 0,
        "protocol": "clean",
        "ids": "protocol",
        "shape": "nano",
        "start": "random",
        "parameters": 2_000_000,
    }
    own = {"data": "guitars", "evaluated_under": "clean", "method": "rdrec:offline", "model": "r", "recipe": "nano"}
    measured = {"coverage": 0.25, "popularity": 30.0, "bought": 12.0, "novelty": 9.5, "similarity": None, "top_share": 0.125}
    return {
        "checks": [own | {"seed": seed} | asdict(check) for seed in (0, 1) for check in checks_of(outcome)],
        "beyond": [own | {"seed": seed, "ids": "protocol"} | measured for seed in (0, 1)],
        "runs": rows,
        "differences": [difference],
        "words": [
            {"data": "guitars", "teacher": "offline", "task": task, "texts": 90, "gap": gap, "low": 0.009, "high": 0.1}
            for task, gap in (("user_preference", 0.012), ("item_attribution", 0.091))
        ],
        "curves": [
            curve | dict.fromkeys(CURVE_MEASURES) | {"epoch": epoch, "ndcg": ndcg, "loss_topn": loss, "gap_explanation": gap}
            for epoch, ndcg, loss, gap in ((2, 0.02, 4.0, -0.004), (1, None, 4.5, 0.312))
        ],
    }


def write(folder, tables):
    with new_artefact(folder, "collection", {"worlds": {"guitars": "invented world toys, drive 2.5"}}) as made:
        for name, found in tables.items():
            write_table(pd.DataFrame(found)[list(collect.TABLES[name])].astype(collect.TABLES[name]), made / f"{name}.parquet")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "precomputed" / "evidence", tables_of("learned"))


def test_what_collect_writes_is_read(folder):
    found = collected.read(folder)
    assert found.data == ("guitars", "beauty")
    several = next(one for one in found.measurements if one.method == "rdrec:offline" and one.task == "sequential")
    assert several.values == {0: 0.070, 1: 0.074} and several.low is None and several.mean == pytest.approx(0.072)
    single = next(one for one in found.measurements if one.data == "beauty")
    assert (single.low, single.high) == pytest.approx((0.021, 0.041))
    assert found.curves[0].measures["ndcg"] == (None, 0.02), "in the order of epochs"
    assert found.curves[0].measures["loss_topn"] == (4.5, 4.0) and found.curves[0].method == WITHOUT


def test_an_invented_shop_does_not_stand_among_real_data(folder):
    found = collected.read(folder)
    assert found.real == ("beauty",) and found.invented == ("guitars",), "here the guitars have a world"
    words = text_of(page(real_data.panel(found)))
    places = [
        words.index(part)
        for part in (evidence_texts.REAL, "Amazon Beauty", evidence_texts.INVENTED, "Amazon Musical Instruments")
    ]
    assert places == sorted(places)
    real_alone = dataclasses.replace(found, worlds={})
    assert evidence_texts.INVENTED not in text_of(page(real_data.panel(real_alone)))


def test_the_panel_says_protocol_runs_and_whether_it_differs(folder):
    html = page(real_data.panel(collected.read(folder)))
    words = text_of(html)
    assert "Amazon Musical Instruments (with reviews): protocol clean, 2 training runs of each" in words
    told = "offline: next to nothing about the shopper (.012, .009 to .10), something about the product (.091)"
    titles = [
        "Amazon Musical Instruments (with reviews): how much each teacher's words reveal",
        "Amazon Musical Instruments (with reviews): protocol clean",
    ]
    assert words.index(titles[0]) < words.index(told) < words.index(titles[1]), "said first"
    assert "7.2 (7.0–7.4)" in words, "the mean of the runs and their range"
    assert "+1.2 (+0.2 to +2.2, p = 0.040)" in words, "corrected"
    assert "3.1 (2.1–4.1)" in words and "one training run" in words, "a single run has an interval over shoppers"
    assert "With rationales (offline teacher, without preferences, without attributes)" in words
    assert words.count("comes from purchases alone; compare it with the one that has rationales only as tasks") == 1, (
        "the ablated one"
    )
    assert "After epoch" in words and "NDCG@10, next purchase" in words and "2.0" in words
    assert HOSTILE[0] not in html


def test_what_was_learned_and_what_lies_beyond_accuracy_stand_in_the_same_row(folder):
    words = text_of(page(real_data.panel(collected.read(folder))))
    assert "Learned its rationales?" in words and "invented world toys, drive 2.5" in words
    row = next(
        line
        for line in page(real_data.panel(collected.read(folder))).split("<tr")
        if "With rationales (offline teacher)" in line
    )
    cells = text_of(f"<tr{row}")
    for part in ("yes", "25.0", "30.0", "9.5", "12.5"):
        assert part in cells, part


def test_where_nothing_was_learned_the_difference_is_not_tested(folder, tmp_path):
    for outcome in ("not learned", "nothing to learn"):
        html = page(real_data.panel(collected.read(write(tmp_path / outcome, tables_of(outcome)))))
        words = text_of(html)
        assert "not tested (+1.2; +0.2 to +2.2, p = 0.040)" in words and outcome in words
    before = {name: found for name, found in tables_of("learned").items() if name not in ("checks", "beyond", "words")}
    words = text_of(page(real_data.panel(collected.read(write(tmp_path / "before", before)))))
    assert "not tested (+1.2" in words and "Coverage" not in words and "Learned its rationales?" not in words


def test_an_earlier_recipe_is_said_to_be_one(folder, tmp_path):
    tables = tables_of("learned")
    for row in tables["runs"]:
        if row["method"] == "baseline":
            row["recipe"] = "nano, started from data, earlier recipe with cosines alone"
    told = [text_of(page(real_data.panel(collected.read(one)))) for one in (folder, write(tmp_path / "earlier", tables))]
    assert [words.count("rationales may gain less") for words in told] == [0, 1], "below the table of that set alone"


def test_nothing_collected_is_nothing_said(store):
    assert real_data.panel(collected.Collected()) is None
    assert "rd-part-real" not in evidence.panel(store, published.shipped(), collected.Collected())


def test_the_tab_has_its_part_where_something_was_collected(store, folder):
    assert evidence_texts.REAL in text_of(evidence.panel(store, published.shipped(), collected.read(folder)))


def test_an_altered_collection_is_refused(folder):
    (folder / "runs.parquet").write_bytes(b"")
    with pytest.raises(ArtefactError, match="missing or altered"):
        collected.read(folder)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("baseline", "Without rationales"),
        ("rdrec:offline", "With rationales (offline teacher)"),
        ("rdrec:offline without item_attribution with clustered numbers", "With rationales (offline teacher, without attributes, clustered numbers)"),
        ("baseline with clustered numbers", "Without rationales (clustered numbers)"),
        ("start-only:answer-key", "Rationales only at the start (answer key)"),
        ("tasks-only:qwen", "Rationales only as tasks (qwen)"),
        ("rationale neighbours, items shuffled:offline", "Rationale neighbours, products shuffled (offline teacher)"),
        ("bought together", "Often bought together"),
        ("max-id rule on digits-s0", "Highest item number plus one, on the numbers of digits-s0"),
        ("something on top", "something on top"),
    ],
)  # fmt: skip
def test_methods_are_named_in_words(name, words):
    assert multi_seed.method_label(name) == words
