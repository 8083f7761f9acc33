"""The benchmark of teachers runs and reports its measurements."""

import json

import pytest

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.data.store import save_dataset


def test_bench_teachers(tmp_path, toy_dataset, capsys):
    save_dataset(Home(tmp_path), toy_dataset)
    command = ["bench", "teachers", "--data", "toy", "--home", str(tmp_path), "--reviews", "60", "--concurrency", "8", "--json"]
    assert main(command) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (answer["reviews"], answer["concurrency"]) == (60, 8)
    assert answer["keywords_reviews_per_processor_second"] > 20 and 0 < answer["http_own_ms"] < 100
    assert main([*command[:-5], "--reviews", "0"]) == 2


def test_bench_of_a_gguf_file(tmp_path, toy_dataset, capsys):
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed: pip install -r requirements-llama.txt")
    pytest.importorskip("gguf", reason="gguf is not installed: pip install -r requirements-test.txt")
    from tiny_gguf import write_tiny_gguf

    file = write_tiny_gguf(tmp_path / "tiny.gguf", context=16_384)
    save_dataset(Home(tmp_path), toy_dataset)
    command = ["bench", "teachers", "--data", "toy", "--home", str(tmp_path), "--model", str(file), "--reviews", "2", "--json"]
    assert main([*command, "--parallel", "2,1", "--rounds", "1"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["reviews"] == 2 and [one["parallel"] for one in answer["mean"]] == [2, 1]
    for one in answer["mean"]:
        assert one["seconds"] > 0 and one["processor_seconds"] > 0 and one["peak_megabytes"] > 10 and one["failed"] in (0, 1, 2)
    assert main([*command, "--parallel", "0"]) == main([*command, "--parallel", "x"]) == main([*command, "--rounds", "0"]) == 2
    assert main([*command, "--reviews", "1000"]) == 2 and "1008 are needed" in capsys.readouterr().err
    file.write_bytes(b"no GGUF")
    assert main(command) == 2
