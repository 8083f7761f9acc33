"""Kept answers: a text is asked about once, in whatever data set, order or run; what is kept holds no text."""

import json

import pandas as pd
import pytest
from fault_server import FaultServer

from rdrec.cli.main import main
from rdrec.core.records import ArtefactError, Dataset, Review
from rdrec.data.rationales import load_rationales
from rdrec.data.store import load_dataset, save_dataset
from rdrec.teachers import answers
from rdrec.teachers.answers import Answer, AnswerStore, Identity, read_answers
from rdrec.teachers.asking import Asker, text_sha256
from rdrec.teachers.caching import CachingTeacher, with_cache
from rdrec.teachers.over_http import HttpTeacher
from rdrec.teachers.prompts import load_prompt
from rdrec.teachers.run import distil

LISTS = load_prompt("lists")
SAID = '{"likes": ["a clear sound"], "dislikes": [], "item": ["loud"]}'


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "SHIPPED", tmp_path / "shipped")


def about(asker=None, model="toy-model"):
    return Identity(asker or Asker(LISTS, 0), model, "toy", "a test")


def teacher(server, home, prompt=LISTS, model="toy-model", seed=0):
    return with_cache(HttpTeacher("toy", model, server.endpoint, Asker(prompt, seed), concurrency=2), home)


def rows(home, data="made"):
    return load_rationales(home, data, "toy").to_dict("records")


def test_a_text_is_asked_about_once(home):
    """Seven different texts, 140 purchases: seven requests, and the same bytes as without a store."""
    with FaultServer(lambda n, body: SAID) as server:
        plain = HttpTeacher("toy", "toy-model", server.endpoint, Asker(LISTS, 0), concurrency=2)
        distil(home, "made", plain, progress=False)
        folder = home.rationales("made", "toy")
        without = {path.name: path.read_bytes() for path in folder.iterdir()}
        for path in folder.iterdir():
            path.unlink()
        server.asked.clear()
        distil(home, "made", teacher(server, home), progress=False)
        assert len(server.asked) == 7
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == without


def test_another_data_set_in_another_order_asks_nothing(home):
    made = load_dataset(home, "made")
    table = made.interactions.sort_values(["user", "position"], ascending=[True, False], ignore_index=True)
    table["position"] = table.groupby("user").cumcount()
    save_dataset(home, Dataset("other", made.users, made.items, table, None, {"title": "Other"}))
    with FaultServer(lambda n, body: SAID) as server:
        distil(home, "made", teacher(server, home), progress=False)
        asked = len(server.asked)
        again = teacher(server, home)
        distil(home, "other", again, progress=False)
        assert len(server.asked) == asked and again.spent()["known"] == 140
    for one in rows(home, "other"):
        text = table.set_index(["user", "position"])["review"][one["user"], one["position"]]
        spans = [span for claim in json.loads(one["claims"]) for span in claim["spans"]]
        assert all(0 <= start < end <= len(text) for start, end in spans)


@pytest.mark.parametrize("change", [{"model": "other-model"}, {"prompt": load_prompt("grounded")}])
def test_another_model_or_prompt_is_asked(home, change):
    with FaultServer(lambda n, body: SAID) as server:
        distil(home, "made", teacher(server, home), progress=False)
        first = len(server.asked)
    with FaultServer(lambda n, body: SAID, model=change.get("model", "toy-model")) as server:
        distil(home, "made", teacher(server, home, **change), progress=False)
        assert first == 7 and len(server.asked) >= 7


def test_the_seed_counts_only_where_there_is_chance():
    paper = load_prompt("paper")
    assert about(Asker(LISTS, 0)).source == about(Asker(LISTS, 1)).source
    assert about(Asker(paper, 0)).source != about(Asker(paper, 1)).source


def test_a_run_that_breaks_off_keeps_what_it_read(home):
    with FaultServer(lambda n, body: SAID if n < 3 else "nonsense") as server:
        distil(home, "made", teacher(server, home), limit=5, progress=False)
    kept = AnswerStore.of(home).find(about().source)
    assert len(kept) == 3, "an answer that failed is no answer"
    with FaultServer(lambda n, body: SAID) as server:
        distil(home, "made", teacher(server, home), progress=False)
        texts = [asked.body["messages"][-1]["content"] for asked in server.asked]
        assert not {text_sha256(text) for text in texts} & set(kept)


def test_a_part_holds_no_text_and_is_the_same_file_again(tmp_path):
    store = AnswerStore([tmp_path / "a"])
    path = store.add(about(), [Answer("b" * 64, SAID), Answer("a" * 64, SAID)])
    assert list(pd.read_parquet(path)["text_sha256"]) == ["a" * 64, "b" * 64]
    assert not {"review", "text", "user", "item"} & set(pd.read_parquet(path).columns)
    assert store.add(about(), [Answer("a" * 64, "other")]) is None, "what is known stays"
    other = AnswerStore([tmp_path / "b"]).add(about(), [Answer("a" * 64, SAID), Answer("b" * 64, SAID)])
    assert (other.name, other.read_bytes()) == (path.name, path.read_bytes())


def test_a_damaged_part_is_named(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(ArtefactError, match=r"bad.parquet: stored answers cannot be read"):
        AnswerStore([tmp_path]).find(about().source)
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(ArtefactError, match="cannot be read"):
        AnswerStore([tmp_path]).find(about().source)


def test_keywords_needs_no_store(home, counting_teacher):
    made = counting_teacher()
    assert with_cache(made, home) is made and not isinstance(made, CachingTeacher)


def test_answers_from_elsewhere(home, tmp_path, capsys):
    """Lines of hashes and lists, checked, become a part that `distill` knows."""
    texts = sorted(set(load_dataset(home, "made").interactions["review"].dropna()))
    lines = [{"text_sha256": text_sha256(LISTS.source(Review(1, 0, 1, text))), **json.loads(SAID)} for text in texts]
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    add = ["distill", "answers", str(file), "--home", str(home.root), "--model", "toy-model", "--prompt", "lists"]
    assert main([*add, "--engine", "elsewhere", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["added"] == 7
    with FaultServer(lambda n, body: SAID) as server:
        distil(home, "made", teacher(server, home), progress=False)
        assert server.asked == []
    assert {one["user_preference"] for one in rows(home) if one["status"] == "ok"} == {"The user prefers a clear sound."}
    shipped = ["--into", str(tmp_path / "part")]
    assert main([*add, *shipped]) == 0 and len(list((tmp_path / "part").glob("*.parquet"))) == 1


def test_without_the_weights_the_kept_answers_are_taken_and_the_rest_is_left(home, tmp_path, capsys):
    texts = sorted(set(load_dataset(home, "made").interactions["review"].dropna()))
    keys = [text_sha256(LISTS.source(Review(1, 0, 1, text))) for text in texts]
    model = f"sha256:{'0' * 64}"
    lines = "".join(json.dumps({"text_sha256": key, "answer": SAID}) + "\n" for key in keys[:4])
    (tmp_path / "lines.jsonl").write_text(lines)
    root = ["--home", str(home.root), "--model", model]
    assert main(["distill", "answers", str(tmp_path / "lines.jsonl"), *root]) == 0
    asked = ["distill", "--data", "made", "--teacher", "llama", *root]
    assert main([*asked, "--name", "gone", "--json"]) == 0
    out = capsys.readouterr().out
    answer = json.loads(out.splitlines()[-1])
    assert answer["unread"] == sum(
        text_sha256(LISTS.source(Review(1, 0, 1, t))) not in keys[:4]
        for t in load_dataset(home, "made").interactions["review"].dropna()
    )
    assert answer["rationales"] == 140 - answer["unread"] > 0 and "3 different texts have no stored answer" in out
    assert main(asked) == 2 and "--name" in capsys.readouterr().err
    assert (
        main([*asked[:-1], "sha256:0", "--name", "gone"]) == 2 and "is not the hash of a GGUF file" in capsys.readouterr().err
    )


def test_a_lone_surrogate_in_a_line_is_replaced(tmp_path):
    said = '{"likes": ["a loud \\ud800 sound"], "dislikes": [], "item": []}'
    line = '{"text_sha256": "%s", "likes": ["a loud \\ud800 sound"], "dislikes": [], "item": []}' % ("a" * 64)
    for number, text in enumerate(
        (line, json.dumps({"text_sha256": "a" * 64, "answer": json.dumps(json.loads(said), ensure_ascii=False)}))
    ):
        (tmp_path / "lines.jsonl").write_text(text)
        (answer,) = read_answers(tmp_path / "lines.jsonl", "lists")
        assert json.loads(answer.raw)["likes"] == ["a loud \ufffd sound"]
        assert AnswerStore([tmp_path / str(number)]).add(about(), [answer])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "line 2 is not a JSON object"),
        ('{"text_sha256": "xyz", "likes": [], "dislikes": [], "item": []}', "line 2 has no text_sha256"),
        ('{"text_sha256": "%s", "likes": "a"}' % ("c" * 64), "line 2 is not an answer in the form"),
        ('{"text_sha256": "%s", "answer": "The user likes it"}' % ("c" * 64), "line 2 is not an answer in the form"),
    ],
)  # fmt: skip
def test_bad_lines_from_elsewhere(home, tmp_path, capsys, line, words):
    good = json.dumps({"text_sha256": "a" * 64, "answer": SAID})
    (tmp_path / "lines.jsonl").write_text(f"{good}\n{line}\n")
    add = ["distill", "answers", str(tmp_path / "lines.jsonl"), "--home", str(home.root), "--model", "m"]
    assert main(add) == 2 and words in capsys.readouterr().err
    assert not list(home.answers.glob("*")), "all or nothing"
