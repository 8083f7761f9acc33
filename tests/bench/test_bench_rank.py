"""The ranking benchmark: correct results and complete output."""

import json

import pytest
from bench_sizes import small_measures
from tolerances import BF16_LOG_PROBABILITY, INT8_LOG_PROBABILITY, LOG_PROBABILITY, printed

from rdrec.bench import synthetic
from rdrec.bench.rank import Plan, bench_rank
from rdrec.bench.timing import medians
from rdrec.cli.main import main
from rdrec.ranking.trie import build_trie

__all__ = ["small_measures"]
PROMISED = {
    "shape", "precision", "device", "items", "users", "tree_ms", "topk_ms", "hf_constrained_beam_ms", "hf_beam_ms",
    "released_way_ms", "speedup_tree_vs_hf_constrained", "speedup_topk_vs_hf_constrained", "speedup_tree_vs_released",
    "max_abs_error_vs_brute_force", "peak_memory_mb", "ranking_memory_mb",
}  # fmt: skip

NEAR = {"bf16": BF16_LOG_PROBABILITY, "nf4": LOG_PROBABILITY, "int8": INT8_LOG_PROBABILITY}  # nf4 adds in fp32


@pytest.mark.usefixtures("small_measures")
@pytest.mark.parametrize("form", synthetic.FORMS)
def test_the_output_is_complete_and_the_ranking_exact(form):
    answer = bench_rank(Plan("tiny", form=form, items=1500, users=2, history=3, repeats=1, warm_up=0, train_steps=2))
    assert set(answer) >= PROMISED and all(answer[key] is not None for key in PROMISED)
    assert answer["max_abs_error_vs_brute_force"] < LOG_PROBABILITY
    ratio = answer["hf_constrained_beam_ms"] / answer["tree_ms"]
    rounding = printed(2) * (1 + (1 + ratio) / answer["tree_ms"])  # of the ratio, and of the two times
    assert answer["speedup_tree_vs_hf_constrained"] == pytest.approx(ratio, abs=rounding)
    assert 1 <= answer["topk_opened"] <= answer["branching_prefixes"]


@pytest.mark.usefixtures("small_measures")
@pytest.mark.parametrize("precision", ["bf16", "nf4", "int8"])
def test_other_precisions(precision):
    plan = Plan("tiny", precision, items=300, history=3, repeats=1, warm_up=0, train_steps=0, beams=False)
    answer = bench_rank(plan)
    assert answer["topk_ms"] is None and answer["hf_beam_ms"] is None and answer["tree_ms"] > 0
    assert answer["max_abs_error_vs_brute_force"] < NEAR[precision]


def test_ids_are_split_as_documented(toy_student):
    assert [synthetic.groups(n, "t5") for n in (7, 101, 1234, 12_101, 123_456, 1_234_567)] == [
        ("7",), ("101",), ("12", "34"), ("121", "01"), ("12", "34", "56"), ("123", "45", "67"),
    ]  # fmt: skip
    _, tokenizer = toy_student
    for number in (7, 101, 1234, 12_101, 123_456):
        pieces = tuple(tokenizer.decode([token]) for token in tokenizer.encode_id(number)[:-1])
        assert synthetic.groups(number, "own") == pieces
    for form in synthetic.FORMS:
        trie = build_trie(synthetic.paths(12_101, form))  # refuses repeated paths
        assert len(trie.branching()) == {"t5": 113, "own": 13}[form]


def test_functions_are_timed_alternately():
    calls = []
    found = medians({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, repeats=3, warm_up=1, device="cpu")
    assert calls == ["a", "a", "b", "b"] * 4 and set(found) == {"a", "b"}


@pytest.mark.usefixtures("small_measures")
def test_the_command_prints_json(capsys):
    arguments = ["bench", "rank", "--shape", "tiny", "--items", "50", "--repeats", "1", "--train-steps", "0", "--no-beams"]
    assert main([*arguments, "--json", "--device", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["items"] == 50
    assert main([*arguments, "--users", "0"]) == 2
    assert "--users 0" in capsys.readouterr().err
