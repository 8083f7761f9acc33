"""The table of published figures: its contents, and errors in single lines."""

import pytest

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError
from rdrec.core.storage import read_table
from rdrec.explorer.published import FILE, figures


def test_every_figure_has_a_leak_and_a_source():
    found = figures()
    by_key = {(one.data, one.task, one.method): one for one in found}
    rdrec = by_key["beauty", "sequential", "RDRec, mean of 10 runs"]
    assert (rdrec.hr10, rdrec.ndcg10, rdrec.leak, rdrec.kind) == (0.0743, 0.0504, "numbers and reviews", "published")
    rule = by_key["beauty", "sequential", "highest number plus one (max-id rule), numbers as released"]
    assert (rule.ndcg10, rule.leak, rule.kind) == (0.045, "numbers", "measured")
    assert {one.data for one in found} == {"beauty", "sports", "toys"}
    assert all(one.source.startswith(("python -m rdrec ", "sh precomputed/")) for one in found if one.kind == "measured")


def test_the_commands_of_our_figures_are_real():
    from rdrec.cli.main import build_parser

    parser = build_parser()
    for one in figures():
        for command in one.source.split("; ") if one.kind == "measured" else ():
            if command.startswith("sh "):
                assert (PROJECT / command.removeprefix("sh ")).is_file()
            else:
                parser.parse_args(command.removeprefix("python -m rdrec ").split())


STORED = {  # how a measured row is called in precomputed/evidence: protocol of the evaluation, model
    "SASRec, ours, numbers permuted": ("shuffled", "sasrec-s0"),
    "EASE, ours": ("shuffled", "ease"),
    "often bought together": ("shuffled", "bought together"),
    "best sellers first": ("shuffled", "popularity"),
    "highest number plus one (max-id rule), numbers as released": ("published", "max-id rule"),
    "highest number plus one (max-id rule), numbers permuted": ("shuffled", "max-id rule"),
    "a student trained from scratch, one token per product (nano, started from purchases, 12 epochs, 1 seed)": ("shuffled", "own-token-s0"),
    "a student trained from scratch, clustered numbers (nano, 16 epochs, 1 seed)": ("shuffled", "digits-clustered-s0"),
    "a student trained from scratch, numbers as released (nano, 16 epochs, 1 seed)": ("published", "digits-published-s0"),
    "the same student, numbers permuted (nano, 16 epochs, 1 seed)": ("shuffled", "digits-shuffled-s0"),
}  # fmt: skip
AUDITED = (
    "often bought together, higher original numbers first (order rule)"  # by `data audit`; evaluations of that time lack it
)


def test_our_own_figures_are_those_of_the_stored_evidence():
    runs = read_table(PROJECT / "precomputed" / "evidence" / "runs.parquet")
    values = runs.set_index(["data", "evaluated_under", "model", "task", "metric"])["value"]
    for one in figures():
        if one.kind == "published" or one.method == AUDITED:
            continue
        protocol, model = STORED[one.method]
        for metric, figure in (("HR@10", one.hr10), ("NDCG@10", one.ndcg10)):
            stored = values["toys-real" if one.data == "toys" else one.data, protocol, model, one.task, metric]
            assert figure == pytest.approx(stored, abs=0.00005), (one, metric)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "beauty,sequential,eSASRec,",
            "books,sequential,eSASRec,",
            "data .'books'.: Input should be 'beauty', 'sports' or 'toys'",
        ),
        ("0.0928", "9.28", "hr10 .'9.28'.: Input should be less than or equal to 1"),
        ("0.0928", "nan", "hr10 .'nan'.: Input should be"),
        (
            "none known,published,README of Cornac",
            "unknown,published,README of Cornac",
            "leak .'unknown'.: Input should be 'numbers and reviews'",
        ),
        ("README of Cornac", "", "source .''.: String should have at least 1 character"),
        ("beauty,sequential,eSASRec,", "beauty,sequential,RPG,", "the same data, task and method as line"),
        ("data,task,", "task,data,", "the first line is not"),
        (",0.0423,none known", ",none known", "7 fields instead of 8"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, old, new, message):
    path = tmp_path / "published.csv"
    text = FILE.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=message):
        figures(path)
