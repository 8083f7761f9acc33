"""The benchmark of teachers runs and reports its measurements."""

import json

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
