"""The table of the strong recommenders: means over seeds, rules and published figures in one order."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def part(ndcg, recall, card="NVIDIA H200", **more):
    machine = {"card": card} if card else {}
    return {"machine": machine, "seconds": 1.0, "result": {"test_ndcg10": ndcg, "test_recall10": recall, **more}}


def test_rows_are_means_over_seeds_beside_rules_and_published_figures(tmp_path):
    results = {
        "sasrec-toys-s0": part(0.05, 0.08),
        "sasrec-toys-s1": part(0.054, 0.09),
        "t5-nano-toys-s0": part(0.061, 0.1, nf4_ndcg10=0.06, nf4_recall10=0.099),
        "t5-tiny-toys-s0": part(0.01, 0.02, finished=False),
        "t5-tiny-beauty-s0": {"error": "out of memory"},
    }
    (tmp_path / "b.json").write_text(json.dumps(results))
    (tmp_path / "c.json").write_text(json.dumps({"t5-small-beauty-s0": part(0.05, 0.07), "teacher-shop": {"result": {}}}))
    cpu = {"t5-nano-toys-s0": part(0.056, 0.09, card="", test_whole_ndcg10=0.051, test_whole_recall10=0.085)}
    (tmp_path / "b-cpu.json").write_text(json.dumps(cpu))
    (tmp_path / "rules.json").write_text(json.dumps({"toys": {"order rule": {"ndcg10": 0.062, "recall10": 0.1}}}))
    shutil.copy(PROJECT / "gpu" / "results" / "published.csv", tmp_path)
    subprocess.run([sys.executable, "gpu/tables.py", "--results", str(tmp_path)], cwd=PROJECT, check=True, capture_output=True)
    rows = list(csv.DictReader((tmp_path / "b.csv").open()))
    toys = {row["model"]: row for row in rows if row["data"] == "toys"}
    assert (toys["sasrec"]["ndcg10"], toys["sasrec"]["spread"], toys["sasrec"]["seeds"]) == ("0.052", "0.004", "0 1")
    assert toys["t5-nano"]["ndcg10"] == "0.061" and toys["t5-nano NF4"]["ndcg10"] == "0.06"
    assert toys["t5-nano, processor"]["ndcg10"] == "0.056"
    assert toys["t5-nano, whole history, processor"]["ndcg10"] == "0.051"
    assert "t5-tiny (unfinished)" in toys and "t5-tiny" not in toys
    assert next(row["model"] for row in rows if row["data"] == "toys") == "order rule"
    beauty = [row["model"] for row in rows if row["data"] == "beauty"]
    assert "t5-small" in beauty and "t5-tiny" not in beauty and "SASRec + sampled softmax (eSASRec authors)" in beauty
