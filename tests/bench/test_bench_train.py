"""The training benchmark: complete output, and padding shares counted by hand."""

import json

import pytest
from tolerances import printed

from rdrec.bench.train import Plan, bench_train, mixed_batch, synthetic_rows
from rdrec.cli.main import main
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.student.tasks import Task

PROMISED = {
    "shape", "device", "ours_samples_per_s", "mixed_padded_samples_per_s", "speedup", "encoder_token_share_padding", "precision",
    "samples", "input_tokens", "threads", "peak_memory_mb",
}  # fmt: skip


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_output_is_complete(precision):
    answer = bench_train(Plan("nano", precision, rows=3, items=500, users=50, repeats=1, warm_up=0))
    assert set(answer) >= PROMISED and answer["samples"] == 15
    ratio = answer["ours_samples_per_s"] / answer["mixed_padded_samples_per_s"]
    assert answer["speedup"] == pytest.approx(ratio, abs=2 * printed(2))  # samples a second are rounded as well


def test_padding_is_counted_by_hand():
    plan = Plan("nano", rows=4, items=500, users=50, repeats=1, warm_up=0)
    tokenizer, rows = synthetic_rows(plan)
    lengths = {task: [len(tokenizer.encode(row.source).tokens) for row in of_task] for task, of_task in rows.items()}
    real = sum(map(sum, lengths.values()))
    longest = max(map(max, lengths.values()))
    answer = bench_train(plan)
    assert answer["input_tokens"] == real and longest == max(lengths[Task.TOPN]) > 200
    assert answer["encoder_tokens"] == {
        "ours": sum(len(of_task) * max(of_task) for of_task in lengths.values()),
        "mixed_padded": 20 * longest,
    }
    assert answer["encoder_token_share_padding"]["mixed_padded"] == pytest.approx(1 - real / (20 * longest), abs=printed(3))
    batch = mixed_batch(rows, tokenizer, "cpu")
    assert batch.tokens.shape == (20, longest) and batch.labels.shape == (20, integer("train.max_target_tokens") + 1)


def test_the_command_prints_json(capsys):
    assert main(["bench", "train", "--shape", "nano", "--rows", "2", "--repeats", "1", "--device", "cpu", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["rows"] == 2
    assert main(["bench", "train", "--rows", "0"]) == 2
    assert "--rows 0 is too small" in capsys.readouterr().err
    with pytest.raises(InputError, match="unknown precision"):
        bench_train(Plan("nano", "fp16"))


@pytest.mark.parametrize(
    ("asked", "repeats", "rows"), [([], 2, 8), (["--thorough"], 5, 16), (["--thorough", "--repeats", "7"], 7, 16)]
)
def test_thorough_measures_longer_where_no_number_is_given(monkeypatch, asked, repeats, rows):
    plans = []
    monkeypatch.setattr("rdrec.bench.train.bench_train", lambda plan: plans.append(plan) or {})
    assert main(["bench", "train", "--device", "cpu", *asked]) == 0
    assert [(plan.repeats, plan.rows) for plan in plans] == [(repeats, rows)]
