"""One whole way through by the command line: a file of reviews in, an open store out; and what bad input says."""

import csv
import json
import random

import pytest

from rdrec.cli.main import main
from rdrec.explorer.store import Store
from rdrec.student.checkpoint import read_card_alone
from rdrec.student.start_vectors import MATCHES

OPENINGS = ("I love the", "It has a really", "What a", "The best thing is the", "Sadly it has a")
OPINIONS = ("clear", "sturdy", "bright", "cheap", "warm", "noisy", "light", "solid")
ASPECTS = ("sound", "clamp", "strings", "cable", "price", "finish", "case", "tone")


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """A 2014 csv: 60 users, 120 items, 5 purchases each."""
    rng = random.Random(3)
    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["reviewerID", "asin", "reviewText", "overall", "summary", "unixReviewTime"])
        for user in range(60):
            for step, item in enumerate(rng.sample(range(120), 5)):
                text = f"{rng.choice(OPENINGS)} {rng.choice(OPINIONS)} {rng.choice(ASPECTS)}. It works well for number {user}-{step}."
                writer.writerow(
                    [f"A{user:03d}", f"B{item:03d}", text, rng.randint(1, 5), "fine", 1_400_000_000 + step * 86_400]
                )
    return path


@pytest.fixture
def run(tmp_path_factory, capsys, monkeypatch):
    """Run a command in a home; returns (exit code, last line of stdout as JSON or None, stderr)."""

    def command(*arguments, home):
        monkeypatch.setenv("RDREC_HOME", str(home))
        code = main([*map(str, arguments), "--json"])
        out = capsys.readouterr()
        lines = out.out.strip().splitlines()
        return code, json.loads(lines[-1]) if code == 0 else None, out.err

    return command


@pytest.mark.slow
def test_reviews_to_page(reviews, run, tmp_path):
    home = tmp_path / "home"
    code, made, error = run("data", "import", reviews, "--name", "demo", "--core", 1, home=home)
    assert code == 0, error
    assert made["counts"]["users"] == 60
    _, rationales, _ = run("distill", "--data", "demo", home=home)
    assert rationales["reviews"] == 300 and rationales["rationales"] > 187
    for variant in ("rdrec", "baseline"):
        code, trained, error = run(
            "train", "--data", "demo", "--variant", variant, "--epochs", 1, "--batch-rows", 64, "--least-steps", 0, home=home
        )
        assert code == 0, error
        facts = read_card_alone(home / "students" / "demo" / trained["run"]).training
        assert (facts.get("match_used") in MATCHES) == (variant == "rdrec"), "how much rationales count at the start"
        code, small, error = run("quantize", "--data", "demo", "--run", trained["run"], home=home)
        assert code == 0 and small["share"] < 0.4, error
    code, table, error = run("evaluate", "--data", "demo", "--models", "rdrec-nano-clean-s0-nf4", home=home)
    assert code == 0, error
    assert {row["model"] for row in table["rows"]} >= {
        "rdrec-nano-clean-s0-nf4",
        "popularity",
        "bought together",
        "max-id rule",
        "order rule",
        "ease",
        "rationale neighbours:keywords",
    }
    code, _, error = run("precompute", "--data", "demo", "--title", "A demo", home=home)
    assert code == 0, error
    store = Store.open(home / "precomputed" / "demo")
    assert store.facts.title == "A demo" and store.facts.protocol == "clean"
    assert len(store.predictions(store.first_user(), "sequential")["rdrec"]) == 20
    code, _, error = run("train", "--data", "demo", "--variant", "baseline", home=home)
    assert code == 2 and "already exists" in error and "--replace" in error


@pytest.mark.slow
@pytest.mark.parametrize("form", ["t5", "t5-v1.1"])
def test_a_pretrained_t5_is_trained_saved_and_loaded(reviews, run, tmp_path, monkeypatch, form):
    """Logits of the student that was trained, before it was saved, against those of what every later command loads."""
    import torch
    from t5_folders import HEAD, logits, tensors_of, tiny_t5, told, write_folder

    from rdrec.student import run as training
    from rdrec.student.checkpoint import load_student
    from rdrec.student.tokenizer import StudentTokenizer

    home, said = tmp_path / "home", []
    run("data", "import", reviews, "--name", "demo", "--core", 1, home=home)
    tokenizer = StudentTokenizer.train(
        [f"{opening} {one} {other}" for opening in OPENINGS for one in OPINIONS for other in ASPECTS]
    )
    config = told(tokenizer, form)
    t5 = tiny_t5(config)
    write_folder(tmp_path / "init", tokenizer, config, tensors_of(t5))
    save = training.save_student

    def listen(folder, student, *rest, **more):
        said.append(logits(student.t5))
        save(folder, student, *rest, **more)

    monkeypatch.setattr(training, "save_student", listen)
    arguments = (
        "--variant",
        "baseline",
        "--init",
        tmp_path / "init",
        "--epochs",
        2,
        "--batch-rows",
        32,
        "--least-steps",
        0,
        "--device",
        "cpu",
    )
    code, trained, error = run("train", "--data", "demo", *arguments, home=home)
    assert code == 0, error
    loaded = load_student(home / "students" / "demo" / trained["run"])
    assert loaded.card.init == str(tmp_path / "init") and loaded.card.shape == "init"
    torch.testing.assert_close(logits(loaded.model.t5), said[0], rtol=1e-5, atol=1e-5)
    weights = loaded.model.t5.state_dict()
    assert not torch.equal(weights[HEAD], t5.state_dict()[HEAD]), "training moved the head"
    assert torch.equal(weights[HEAD], weights["shared.weight"]) == (form == "t5")
    code, _, error = run("quantize", "--data", "demo", "--run", trained["run"], home=home)
    assert code == 0, error
    code, table, error = run("evaluate", "--data", "demo", "--models", f"{trained['run']}-nf4", home=home)
    assert code == 0 and table["rows"], error


def test_a_pretrained_t5_that_is_not_whole_is_one_sentence(reviews, run, tmp_path):
    from t5_folders import tensors_of, tiny_t5, told, write_folder

    from rdrec.student.tokenizer import StudentTokenizer

    home, tokenizer = tmp_path / "home", StudentTokenizer.train(["a clear sound"])
    run("data", "import", reviews, "--name", "demo", "--core", 1, home=home)
    encoder = {name: tensor for name, tensor in tensors_of(tiny_t5(told(tokenizer))).items() if not name.startswith("decoder.")}
    folder = write_folder(tmp_path / "encoder", tokenizer, told(tokenizer), encoder)
    code, _, error = run("train", "--data", "demo", "--variant", "baseline", "--init", folder, home=home)
    assert code == 2 and len(error.strip().splitlines()) == 1
    assert "missing: decoder.block.0." in error and str(folder) in error and " - " in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["distill", "--data", "nothing"], "no data set named 'nothing'"),
        (["train", "--data", "nothing"], "no data set named 'nothing'"),
        (["rival", "--data", "nothing"], "no data set named 'nothing'"),
        (["evaluate", "--data", "nothing"], "no data set named 'nothing'"),
        (["quantize", "--data", "nothing", "--run", "x"], "no student named 'x'"),
        (["precompute", "--data", "nothing"], "no student named"),
        (["train", "--data", "../etc"], "cannot be a data set name"),
        (["data", "import", "/nowhere.csv", "--name", "x"], "/nowhere.csv"),
    ],
)
def test_unknown_names_are_one_sentence(run, tmp_path, arguments, message):
    code, _, error = run(*arguments, home=tmp_path / "home")
    assert code == 2
    assert error.startswith("error: ") and len(error.strip().splitlines()) == 1
    assert message in error and " - " in error, "what, where, and what to do"


@pytest.mark.parametrize(
    "arguments", [["train", "--data", "x", "--epochs", "0"], ["train", "--data", "x", "--shape", "huge"], ["fly"]]
)
def test_bad_options_leave_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "use" in capsys.readouterr().err or arguments == ["fly"]


def test_rationale_students_need_a_distilled_set(reviews, run, tmp_path):
    run("data", "import", reviews, "--name", "demo", "--core", 1, home=tmp_path)
    code, _, error = run("train", "--data", "demo", home=tmp_path)
    assert code == 2 and "python -m rdrec distill --data demo" in error


@pytest.mark.parametrize(
    "stage",
    [
        "data import",
        "data audit",
        "data export",
        "data list",
        "distill",
        "train",
        "import-release",
        "rival",
        "quantize",
        "evaluate",
        "precompute",
        "serve",
    ],
)
def test_every_help_ends_with_an_example(stage, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*stage.split(), "--help"])
    assert stopped.value.code == 0
    last = " ".join(capsys.readouterr().out.split("example: ")[-1].split())
    assert last.startswith(f"python -m rdrec {stage}") and len(last) < 200
