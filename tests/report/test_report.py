"""The results as Markdown: every number from the stored tables, what is missing said in words, and no verdict without its check."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import made_set
import pandas as pd
import pytest
from made_evaluations import checks_of
from made_set import write_set
from payloads import HOSTILE

from rdrec.cli.main import main
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import new_artefact, read_table, verify, write_table
from rdrec.core.vocabulary import COLLECTION_KIND
from rdrec.evaluation import collect
from rdrec.evaluation.outcomes import holm
from rdrec.explorer import dials
from rdrec.explorer.store import Store
from rdrec.report.markdown import cell, difference, metric, metric_over_runs
from rdrec.report.write import report

PROJECT = Path(__file__).resolve().parents[2]
LEARNED, RIVALS, STUDENTS = "Did the students learn their rationales?", "Against rivals", "Students against each other"


@pytest.fixture(scope="module", autouse=True)
def made_once():
    """The tables of the small set, with their permutation tests, are made once; every test gets copies."""
    tables = made_set.make_tables()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_set, "make_tables", lambda: {name: table.copy() for name, table in tables.items()})
        yield


def part(text, title):
    """What stands under a heading, up to the next."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    assert found, title
    return found[1]


def rows_of(text):
    """Cells of every row of every table."""
    return [[one.strip() for one in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines() if line.startswith("|")]


def row_of(text, first):
    return next(row for row in rows_of(text) if row[0] == first)


def project(tmp_path, edit=None, **options):
    write_set(tmp_path / "precomputed", edit=edit, **options)
    return tmp_path


def set_outcome(outcome, method="rdrec:offline"):
    def edit(tables):
        checks = tables["checks"]
        gap = asdict(checks_of(outcome)[0])
        rows = checks["method"] == method
        checks.loc[rows, ["outcome", "gap", "low"]] = [outcome, gap["gap"], gap["low"]]

    return edit


def one_seed(tables):
    for name in ("runs", "differences", "slices", "checks", "beyond"):
        tables[name] = tables[name].iloc[:0]


def test_the_file_in_the_repository_is_what_the_command_writes(tmp_path, capsys):
    out = tmp_path / "new" / "results.md"
    assert main(["report", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["file"] == str(out)
    assert out.read_text("utf-8") == (PROJECT / "docs" / "results.md").read_text("utf-8"), "run: python -m rdrec report"


def test_the_numbers_are_those_of_the_tables(tmp_path):
    text = report(project(tmp_path))
    folder = tmp_path / "precomputed" / "gear"
    shown, runs = read_table(folder / "evaluation.parquet"), read_table(folder / "runs.parquet")
    accuracy = part(text, "Accuracy")
    hit = shown[(shown.model == "rdrec") & (shown.task == "sequential") & (shown.metric == "HR@10")].iloc[0]
    assert f"{hit.value:.4f} ({hit.low:.4f} to {hit.high:.4f})" in row_of(accuracy, "`rdrec`")
    of_method = runs[(runs.method == "rdrec:offline") & (runs.task == "sequential") & (runs.metric == "NDCG@10")].sort_values(
        "seed"
    )
    row = row_of(accuracy, "`rdrec:offline`")
    assert row[-2:] == [f"{value:.4f}" for value in of_method["value"]]
    assert row[-3] == f"{of_method['value'].mean():.4f} ± {of_method['value'].std():.4f}"
    audit = row_of(part(text, "Leak audit"), "rule NDCG@10")
    assert audit[1:] == ["0.0450", "0.0010", "0.0010"]


def test_p_is_corrected_for_the_tests_of_a_pair(tmp_path):
    text = part(report(project(tmp_path)), "Paired differences")
    found = read_table(tmp_path / "precomputed" / "gear" / "differences.parquet")
    pair = found[(found.one == "rdrec:offline") & (found.other == "baseline")].reset_index(drop=True)
    corrected = holm(pair["p"].tolist())
    place = pair.index[(pair.task == "sequential") & (pair.metric == "NDCG@10")][0]
    row = row_of(text, "`rdrec:offline` − `baseline`")
    assert row[1] == "next" and row[2].startswith(difference(pair["difference"][place]))
    assert row[5] == (f"{corrected[place]:.3f}" if corrected[place] >= 0.001 else "< 0.001")


@pytest.mark.parametrize("outcome", ["not learned", "not checked"])
def test_where_the_check_fails_there_is_no_verdict(tmp_path, outcome):
    text = report(project(tmp_path, set_outcome(outcome)))
    rows = [row for row in rows_of(part(text, "Paired differences")) if row[0].startswith("`rdrec:offline`")]
    assert len(rows) == 4 and {row[-1] for row in rows} == {"not tested"}
    assert row_of(part(text, LEARNED), "`rdrec:offline`")[1].startswith("Not tested")


def test_where_the_check_passes_there_is_one(tmp_path):
    text = report(project(tmp_path))
    rows = {(row[0], row[1]): row[-1] for row in rows_of(part(text, "Paired differences"))}
    assert rows["`rdrec:offline` − `baseline`", "next"] == "better"
    assert rows["`scrambled:offline` − `baseline`", "next"] == "–"
    learned = part(text, LEARNED)
    assert row_of(learned, "`scrambled:offline`")[1] == "The control fails the check, as it must."
    assert [row[4] for row in rows_of(learned) if row[0] == "`rdrec:offline`" and len(row) > 2] == ["learned", "learned"]


def test_a_control_that_passes_takes_its_comparisons_away(tmp_path):
    text = report(project(tmp_path, set_outcome("learned", "scrambled:offline")))
    rows = {(row[0], row[1]): row[-1] for row in rows_of(part(text, "Paired differences"))}
    assert rows["`rdrec:offline` − `scrambled:offline`", "next"] == "not tested"
    assert "control passes" in row_of(part(text, LEARNED), "`scrambled:offline`")[1]


def test_one_training_run_gives_no_verdict(tmp_path):
    folder = project(tmp_path, one_seed)
    text = report(folder)
    assert "Only one training run of each is stored" in part(text, "Accuracy")
    differences = part(text, "Paired differences")
    paired = Store.open(folder / "precomputed" / "gear").paired_hits("sequential", 10)
    row = row_of(differences, "next purchase, whole catalogue")
    assert "no verdict" in differences and row[1:3] == [str(paired.only_rdrec), str(paired.only_baseline)]
    assert "No check is stored for `rdrec:offline`, `scrambled:offline`" in part(text, LEARNED)
    assert "No slices" in part(text, "Groups of users") and "not stored" in part(text, "Beyond accuracy")


def test_the_best_possible_score_and_the_way_to_it(tmp_path):
    values = {
        "knows all tastes": 0.4,
        "knows what reviews mention": 0.3,
        "knows what reviews of others mention": 0.2,
        "ease": 0.2,
    }

    def edit(tables):
        more = [
            {"method": method, "task": "sequential", "metric": "NDCG@10", "seed": seed, "value": value}
            for method, value in values.items()
            for seed in (0, 1)
        ]
        tables["runs"] = pd.concat([tables["runs"], pd.DataFrame(more)], ignore_index=True)

    section = part(report(project(tmp_path, edit)), "Distance to the best possible score")
    assert row_of(section, "`knows all tastes`") == ["`knows all tastes`", "0.4000", "100 %", "100 %"]
    assert row_of(section, "`knows what reviews mention`")[1:] == ["0.3000", "75 %", "50 %"]
    assert row_of(section, "`knows what reviews of others mention`")[-1] == "0 %"
    assert "Not stored" in part(report(project(tmp_path / "without")), "Distance to the best possible score")


def test_real_data_has_no_known_best_score(tmp_path):
    text = report(project(tmp_path, synthetic=False))
    assert "only for invented shops" in part(text, "Distance to the best possible score") and "Invented data" not in text


def test_all_methods_and_teachers_have_a_row_and_a_meaning(tmp_path):
    ablated = "rdrec:answer-key without item_attribution"
    methods = ("start-only:answer-key", "tasks-only:answer-key", "rdrec:qwen-1-5b", "rationale neighbours:keywords", ablated)

    def edit(tables):
        for name in ("runs", "beyond", "differences"):
            column = "one" if name == "differences" else "method"
            like = tables[name][tables[name][column] == "rdrec:offline"]
            tables[name] = pd.concat(
                [tables[name], *(like.assign(**{column: method}) for method in methods)], ignore_index=True
            )

    text = report(project(tmp_path, edit))
    for title in ("Accuracy", "Beyond accuracy"):
        assert {f"`{method}`" for method in methods} <= {row[0] for row in rows_of(part(text, title))}
    named = {row[0] for row in rows_of(text.partition("Names in the tables")[2].partition("###")[0])}
    assert {"`start-only`", "`tasks-only`", "`rdrec`", "`rationale neighbours`"} <= named
    assert "`without user_preference`, `without item_attribution`" in named
    assert "without item_attribution" not in report(project(tmp_path / "complete"))
    verdicts = {row[0]: row[-1] for row in rows_of(part(text, "Paired differences")) if row[1:2] == ["next"]}
    assert verdicts["`rdrec:qwen-1-5b` − `baseline`"] == verdicts["`tasks-only:answer-key` − `baseline`"] == "not tested"
    assert verdicts["`start-only:answer-key` − `baseline`"] == "–"
    assert row_of(part(text, LEARNED), "`rdrec:qwen-1-5b`")[1].startswith("Not tested")


def test_what_is_missing_is_said(tmp_path):
    text = report(tmp_path)
    for title in (
        "The shipped set",
        "Real data",
        "When would rationales help?",
        "Comparison with published figures",
        "On a GPU",
    ):
        assert re.search("There is no|No measurement", part(text, title))
    assert not rows_of(text)


def test_an_altered_set_is_refused(tmp_path):
    folder = project(tmp_path) / "precomputed" / "gear"
    (folder / "evaluation.parquet").write_bytes((folder / "runs.parquet").read_bytes())
    with pytest.raises(ArtefactError):
        report(tmp_path)


def test_names_from_outside_cannot_leave_their_cell(tmp_path):
    text = report(project(tmp_path, title=f"{HOSTILE[0]} | <b>x</b>](https://elsewhere) \n# a heading"))
    assert "# a heading" not in text.splitlines() and not re.search(r"(?<!\\)<(script|img|b)\b", text)
    assert row_of(part(text, "In short"), "data set") and "](https://elsewhere" not in part(text, "In short").replace("\\]", "")
    assert cell("a|b\n<i>`*[") == "a\\|b \\<i>\\`\\*\\["


def collection(folder, checks=(), worlds=None, method="rdrec:offline"):
    rows = [
        {"data": "guitars", "evaluated_under": "clean", "protocol": "clean", "seed": seed, "ids": "protocol", "model": method, "method": method,
         "recipe": "nano", "task": task, "metric": metric, "value": value + seed / 100, "low": value, "high": value, "users": 488}
        for method, value in {method: 0.07, "baseline": 0.06}.items()
        for seed in (0, 1)
        for task in ("sequential", "topn")
        for metric in ("HR@10", "NDCG@10")
    ]  # fmt: skip
    pair = {
        "data": "guitars", "protocol": "clean", "one": "rdrec:offline", "other": "baseline", "task": "sequential", "metric": "NDCG@10",
        "difference": 0.01, "low": 0.002, "high": 0.022, "p": 0.01, "seeds": 2, "users": 488, "seed_low": 0.01, "seed_high": 0.014,
        "seed_sd": 0.002, "p_holm": 0.04,
    }  # fmt: skip
    words = [
        {"data": "guitars", "teacher": "offline", "task": task, "texts": 90, "gap": gap, "low": 0.009, "high": 0.1}
        for task, gap in (("user_preference", 0.012), ("item_attribution", 0.091))
    ]
    found = {"runs": rows, "differences": [pair], "curves": [], "checks": list(checks), "beyond": [], "words": words}
    with new_artefact(
        folder,
        COLLECTION_KIND,
        {"data": {"guitars": "ab" * 32}, "ties": {"guitars": "by a seeded hash"}, "worlds": worlds or {}},
    ) as temporary:
        for name, columns in collect.TABLES.items():
            write_table(pd.DataFrame(found[name], columns=list(columns)), temporary / f"{name}.parquet")


@pytest.mark.parametrize(("outcome", "verdict"), [("learned", "better"), ("not learned", "not tested")])
def test_every_comparison_stands_in_the_table_at_the_top(tmp_path, outcome, verdict):
    text = report(project(tmp_path, set_outcome(outcome)))
    store = Store.open(tmp_path / "precomputed" / "gear")
    runs = [run for run in store.seed_results().runs if (run.task, run.metric) == ("sequential", "NDCG@10")]
    mean = {method: sum(run.value for run in runs if run.method == method) / 2 for method in {run.method for run in runs}}
    row = next(row for row in rows_of(part(text, "In short")) if row[2] == "`offline`")
    best = max(("popularity", "bought together", "sasrec", "ease"), key=lambda rival: mean.get(rival, 0))
    assert row[3:5] == ["–", outcome], "what the words tell is stored with collections alone"
    assert row[5:9] == ["2", metric(mean["rdrec:offline"]), metric(mean["baseline"]), f"`{best}` {metric(mean[best])}"]
    pairs = {(one.one, one.other, one.task): one for one in store.seed_results().differences if one.metric == "NDCG@10"}
    for place, (other, task) in enumerate(
        [("baseline", "sequential"), ("scrambled:offline", "sequential"), ("baseline", "topn"), ("scrambled:offline", "topn")]
    ):
        one = pairs["rdrec:offline", other, task]
        assert row[9 + 2 * place] == f"{difference(one.difference)} ({difference(one.low)} to {difference(one.high)})"
    assert row[10] == verdict
    heading = re.search(r"\[([^]]+)\]\(#([^)]+)\)", row[0])
    assert f"## {heading[1]}\n" in text and heading.groups() == ("Music gear (invented)", "music-gear-invented")


def test_the_table_at_the_top_says_whether_the_words_tell_anything_and_were_learned(tmp_path):
    project(tmp_path)
    checks = [
        {"data": "guitars", "evaluated_under": "clean", "method": "rdrec:offline", "model": "r", "recipe": "nano", "seed": 0} | asdict(check)
        for check in (*checks_of("learned")[:1], *checks_of("not learned")[1:])
    ]  # fmt: skip
    collection(tmp_path / "precomputed" / "evidence", checks=checks)
    row = next(row for row in rows_of(part(report(tmp_path), "In short")) if row[0].startswith("[Amazon Musical"))
    assert row[3:5] == ["next to nothing", "not learned"], "the worse of both texts"


@pytest.mark.parametrize("recipe", ["nano, started from data", "nano, started from data, earlier recipe with cosines alone"])
def test_students_of_an_earlier_recipe_are_named_below_the_table_at_the_top(tmp_path, recipe):
    folder = project(tmp_path) / "precomputed" / "evidence"
    collection(folder)
    tables = {name: read_table(folder / f"{name}.parquet") for name in collect.TABLES}
    meta = verify(folder, COLLECTION_KIND).meta
    with new_artefact(folder, COLLECTION_KIND, meta) as temporary:
        for name, found in tables.items():
            write_table(found.assign(recipe=recipe) if name == "runs" else found, temporary / f"{name}.parquet")
    named = "Students of [Amazon Musical Instruments" in part(report(tmp_path), "In short")
    assert named == ("earlier" in recipe)


@pytest.mark.parametrize(
    "training", [{"start": "data", "purchase_axes": 63}, {"start": "data", "start_recipe": 3}, {"start": "random"}]
)
def test_a_shipped_student_of_an_earlier_recipe_is_named_too(tmp_path, training):
    project(tmp_path)
    with new_artefact(tmp_path / "precomputed" / "gear" / "students" / "one", "student", {"training": training}):
        pass
    named = "Students of [Music gear" in part(report(tmp_path), "In short")
    assert named == ("purchase_axes" in training)


def test_a_set_without_reviews_is_named_below_the_table_at_the_top(tmp_path):
    collection(project(tmp_path) / "precomputed" / "evidence", method="baseline")
    short = part(report(tmp_path), "In short")
    assert "[Amazon Musical Instruments" not in "".join(row[0] for row in rows_of(short))
    assert "No student with rationales was trained on [Amazon Musical Instruments" in short


@pytest.mark.parametrize(("outcome", "verdict"), [("learned", "better"), ("not learned", "not tested"), (None, "not tested")])
def test_real_data_beside_its_check(tmp_path, outcome, verdict):
    given = {"data": "guitars", "evaluated_under": "clean", "seed": 0, "method": "rdrec:offline", "recipe": "nano"}
    collection(tmp_path / "precomputed" / "evidence", [given | asdict(one) for one in checks_of(outcome)] if outcome else ())
    text = part(report(tmp_path), "Amazon Musical Instruments, protocol `clean`")
    assert row_of(text, "`rdrec:offline` (nano)")[2] == metric_over_runs([0.07, 0.08]) == "0.0750 ± 0.0071"
    row = row_of(text, "`rdrec:offline` − `baseline`")
    assert row[-1] == verdict and row[-2] == "0.040"
    assert "2 seeds: 0, 1" in text
    told = part(report(tmp_path), "Amazon Musical Instruments (with reviews)")
    assert row_of(told, "`offline`")[1:] == [".012 (.009 to .10)", "next to nothing", ".091 (.009 to .10)", "something"]


def test_an_invented_shop_has_a_section_of_its_own(tmp_path):
    collection(tmp_path / "precomputed" / "evidence", worlds={"guitars": "invented world toys"})
    text = report(tmp_path)
    real, invented = text.partition("## Real data")[2].split("## Other invented shops")
    assert "`guitars`" not in real and "`guitars`" in invented and "World: invented world toys" in invented


def test_cards_are_named_and_failures_told(tmp_path):
    folder = tmp_path / "gpu" / "results"
    folder.mkdir(parents=True)
    machine = {"machine": {"card": "Card X"}, "seconds": 1.0}
    ranked = {"precision": "fp32", "users": 2, "items": 300, "tree_ms": 12.05}
    results = {
        "rank-fp32-2": machine | {"result": ranked},
        "rank-nf4-2": machine | {"error": "Traceback\nRuntimeError: out of memory"},
        "something": machine | {"result": {"deep": {"a": 0.5}, "b": 3}},
    }
    (folder / "a.json").write_text(json.dumps(results))
    (folder / "b-rehearsal.json").write_text("{")
    (folder / "p.csv").write_text("model,value\ns,0.5\n")
    text = report(tmp_path)
    row = row_of(part(text, "Ranking the whole catalogue"), "`rank-fp32-2`")
    assert row == ["`rank-fp32-2`", "fp32", "2", "300", "12.05", "Card X"]
    others = part(text, "Other parts")
    assert "failed: RuntimeError: out of memory" in others and "deep a 0.5; b 3" in others
    assert row_of(part(text, "p"), "s") == ["s", "0.5"]
    (folder / "c.json").write_text("[]")
    with pytest.raises(InputError, match=r"c\.json"):
        report(tmp_path)


def test_forms_of_numbers():
    assert [difference(value) for value in (0.0123, -0.0123, -0.00001)] == ["+0.0123", "−0.0123", "0.0000"]
    assert [metric(None), metric(float("nan")), metric_over_runs([]), metric_over_runs([0.5])] == ["–", "–", "–", "0.5000"]


def test_wrong_places_are_refused(tmp_path, capsys):
    assert main(["report", "--from", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert main(["report", "--out", str(tmp_path)]) == 2
    assert "name a file" in capsys.readouterr().err


def test_shops_along_a_dial_stand_in_one_table():
    shops = {shop.data: shop for shop in dials.read(PROJECT / "precomputed" / "dials")}
    rows = rows_of(part(report(PROJECT), "When would rationales help?"))[2:]
    assert len(rows) == len(shops) >= 5
    for row in rows:
        shop = next(shop for shop in shops.values() if [f"{n:g}" for n in (shop.drive, shop.names, shop.purchases)] == row[:3])
        gain = shop.gains["rdrec"]
        assert row[3:5] == [metric(gain.value), metric(shop.gains["baseline"].value)]
        assert row[5].startswith(f"{difference(gain.difference)} (") and row[6].startswith(
            f"{difference(gain.over_control[0])} ("
        )
        assert row[8].startswith(gain.learned.outcome) and shop.gains["ease"].learned is None
