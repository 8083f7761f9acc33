"""`rdrec data` on the command line: output, JSON, exit codes, no partial results."""

import argparse
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rdrec.cli import data as cli
from rdrec.cli import main as main_module
from rdrec.core.home import Home
from rdrec.data import splits

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RDREC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(main_module, "STAGES", ("data",))

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main_module.main(["data", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def reviews(review_rows: list[dict[str, Any]], write_reviews: Callable[..., Path]) -> Path:
    return write_reviews(review_rows)


def last_json(out: str) -> Any:
    return json.loads(out.splitlines()[-1])


def test_import_list_audit_export_import(run: Run, reviews: Path, tmp_path: Path) -> None:
    code, out, _ = run("import", reviews, "--name", "toy", "--core", "3", "--title", "Toys!", "--json")
    assert code == 0 and "12 interactions" in out
    answer = last_json(out)
    assert answer["counts"] == {"users": 3, "items": 4, "interactions": 12, "reviews": 12, "explanations": 12, "titles": 0}
    code, out, _ = run("list", "--json")
    assert code == 0 and [entry["title"] for entry in last_json(out)["data"]] == ["Toys!"]
    code, out, _ = run("audit", "toy", "--json")
    assert code == 0 and {
        "users",
        "items",
        "interactions",
        "max_id_rule",
        "id_order_correlation",
        "test_pairs_in_text_training",
    } <= set(last_json(out))
    code, _, err = run("export", "toy", tmp_path / "out")
    assert code == 0 and "negative.txt is left out" in err
    assert run("import", tmp_path / "out", "--name", "again")[0] == 0
    assert last_json(run("audit", "again", "--json")[1]) == last_json(run("audit", tmp_path / "out", "--json")[1])


def test_an_existing_name_needs_replace(run: Run, reviews: Path, tmp_path: Path) -> None:
    assert run("import", reviews, "--name", "toy", "--core", "0")[0] == 0
    code, _, err = run("import", reviews, "--name", "toy", "--core", "0")
    assert code == 2 and "already exists - choose another --name or add --replace" in err
    assert run("import", reviews, "--name", "toy", "--core", "0", "--replace")[0] == 0


def test_a_failed_import_leaves_nothing_and_a_failed_replace_keeps_the_old(run: Run, reviews: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(reviews.read_text() + "half a li")
    home = Home(tmp_path / "home")
    code, _, err = run("import", bad, "--name", "toy", "--strict")
    assert code == 2 and "bad.csv:14: 1 field where the header has 6" in err and not home.data("toy").exists()
    assert run("import", reviews, "--name", "toy", "--core", "0")[0] == 0
    before = (home.data("toy") / "manifest.json").read_bytes()
    assert run("import", bad, "--name", "toy", "--replace", "--strict")[0] == 2
    assert (home.data("toy") / "manifest.json").read_bytes() == before


def test_the_report_is_printed_and_in_json_and_manifest(run: Run, reviews: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(reviews.read_text() + "half a li\nU,I,text,9,s,1393545600\n")
    code, out, _ = run("import", bad, "--name", "toy", "--core", "0", "--json")
    report = last_json(out)["left_out"]["reviews"]
    assert code == 0 and (report["lines"], report["left_out"], len(report["reasons"])) == (14, 2, 2)
    assert "2 of 14 lines left out as faulty" in out and "line 14: 1 field where the header has 6" in out
    manifest = json.loads((tmp_path / "home" / "data" / "toy" / "manifest.json").read_text())
    assert manifest["meta"]["left_out"]["reviews"] == report
    again = last_json(run("import", bad, "--name", "toy", "--core", "0", "--replace", "--json")[1])
    assert again["sha256"] == last_json(out)["sha256"]
    assert not list((tmp_path / "home").glob(".rdrec-import-*"))


def test_the_share_of_faulty_lines_can_be_set(run: Run, reviews: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(reviews.read_text() + "half a li\n" * 5)
    code, _, err = run("import", bad, "--name", "toy", "--core", "0")
    assert code == 2 and "5 of 17 lines are faulty" in err and "--faulty-share" in err
    assert run("import", bad, "--name", "toy", "--core", "0", "--faulty-share", "0.3")[0] == 0
    with pytest.raises(SystemExit):
        run("import", bad, "--name", "other", "--faulty-share", "1.5")


def test_a_truncated_file_needs_an_option(run: Run, reviews: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(reviews.read_bytes())[:-20])
    code, _, err = run("import", cut, "--name", "toy", "--core", "0")
    assert code == 2 and "cut off" in err and "--keep-before-cut" in err
    code, out, err = run("import", cut, "--name", "toy", "--core", "0", "--keep-before-cut", "--json")
    assert code == 0 and "complete records before the cut were imported" in err
    assert 0 < last_json(out)["counts"]["interactions"] < 12


def test_released_rationales_are_saved(run: Run, write_release: Callable[..., Path], tmp_path: Path) -> None:
    entry = {"user": 1, "item": 1, "explanation": "good", "feature": "x", "user_preference": "p", "item_attribution": "a"}
    folder = write_release(sequential_txt="1 1 2 3\n", explanation2_json={"train": [entry], "val": [], "test": []})
    code, out, err = run("import", folder, "--name", "rel")
    assert code == 0 and "released rationales for 1 review;" in out and "explanation2.json was read as" in err
    assert Home(tmp_path / "home").names("rationales", "rel") == ["released"]
    assert run("export", "rel", tmp_path / "out", "--teacher", "released")[0] == 0
    assert json.loads((tmp_path / "out" / "explanation_rationale.json").read_text())["train"][0]["user_preference"] == "p"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "nowhere.csv", "--name", "toy"), "nowhere.csv: there is no such file"),
        (("import", "FILE", "--name", "../toy"), "cannot be a data set name"),
        (("import", "FOLDER", "--name", "toy", "--core", "3"), "a released folder is imported unchanged"),
        (("import", "FOLDER", "--name", "toy", "--seed", "3"), "a released folder is imported unchanged"),
        (("import", "FOLDER", "--name", "toy"), "neither sequential.txt nor user_sequence.txt"),
        (("import", "FILE", "--name", "toy", "--core-items", "-1"), "--core is -1"),
        (("audit", "toy"), "no data set named 'toy'"),
        (("audit", "no/where"), "neither a data set in the home nor a folder"),
        (("audit", ""), "neither a data set in the home nor a folder"),
        (("audit", "FILE"), "this is a file, not a data set - import it first"),
        (("export", "toy", "out"), "no data set named 'toy'"),
    ],
)
def test_errors_are_one_sentence(run: Run, reviews: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    (tmp_path / "empty").mkdir()
    places = {"FILE": str(reviews), "FOLDER": str(tmp_path / "empty")}
    code, out, err = run(*(places.get(word, word) for word in arguments))
    assert code == 2 and not out and message in err and len(err.splitlines()) == 1
    assert not Home(tmp_path / "home").names("data")


def test_every_help_ends_with_an_example_that_parses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_module, "STAGES", ("data",))
    parser = main_module.build_parser()
    data = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices["data"]
    actions = next(a for a in data._actions if isinstance(a, argparse._SubParsersAction)).choices
    assert list(actions) == ["get", "import", "make", "list", "audit", "export", "score"]
    for one in [data, *actions.values()]:
        for line in one.epilog.splitlines():
            prefix, _, example = line.partition("example: python -m rdrec ")
            assert prefix == "" and parser.parse_args(example.split()).run_command
    assert cli.PROTOCOLS == splits.PROTOCOLS
