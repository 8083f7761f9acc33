"""Entailment: sentences made of claims, numbers worked by hand, a tiny trained model end to end, and folders that are no such model."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_nli
from told_reviews import SAID, TEXTS, told
from tolerances import LOG_PROBABILITY

from rdrec.cli.main import main
from rdrec.core.records import Claim, InputError, Review
from rdrec.teachers.compare import rationales_of
from rdrec.teachers.entailment import Verdict, hypothesis, measure_entailment
from rdrec.teachers.keywords import KeywordsTeacher
from rdrec.teachers.measure import shuffled_sources
from rdrec.teachers.run import distil

PROJECT = Path(__file__).parents[2]
PAIRS = [(text, f"The product has {said}.") for text in TEXTS for said in SAID]
ENTAILED = [
    [0, 2][at % 5 > 0] for at in range(16)
]  # the label of each pair: a text entails its own claim and contradicts others


@pytest.mark.parametrize(
    "kind, text, polarity, sentence",
    [
        ("item_attribution", "a warm sound", "like", "The product has a warm sound."),
        ("item_attribution", "easy to use.", "like", "The product is easy to use."),
        ("item_attribution", "not very sturdy", "dislike", "The product is not very sturdy."),
        ("item_attribution", "sturdy clamps", "like", "The product has sturdy clamps."),
        ("user_preference", "a low price", "like", "The reviewer likes a low price."),
        ("user_preference", "weak clamps", "dislike", "The reviewer dislikes weak clamps."),
        ("user_preference", "too loud", "dislike", "The reviewer dislikes that the product is too loud."),
        ("user_preference", "the size", "neutral", "The reviewer writes about the size."),
    ],
)
def test_a_claim_as_a_sentence(kind, text, polarity, sentence):
    assert hypothesis(Claim(kind, text, polarity)) == sentence


def test_the_greatest_probability_decides():
    assert Verdict(0.5, 0.3).entailed and not Verdict(0.4, 0.1).entailed and not Verdict(0.4, 0.1).contradicted
    assert Verdict(0.2, 0.6).contradicted and not Verdict(0.2, 0.6).entailed
    assert Verdict(0.6, None).entailed and not Verdict(0.4, None).entailed and not Verdict(0.1, None).contradicted


class Reader:
    """Entails with .8 what shares its last word with the premise, contradicts with .6 what has a zipper, knows nothing of the rest."""

    name = "reader"

    def __init__(self, two_labels=False):
        self.two_labels, self.asked = two_labels, []

    def __call__(self, pairs):
        self.asked += pairs
        return [self.verdict(*pair) for pair in pairs]

    def verdict(self, premise, sentence):
        word = sentence.rstrip(".").split()[-1]
        against = 0.6 if word == "zipper" and word not in premise else 0.1
        return Verdict(0.8 if word in premise else 0.1, None if self.two_labels else against)


def test_worked_by_hand():
    judge = Reader()
    found = measure_entailment(told(), judge)
    assert (found.model, found.rationales, found.claims, found.entailed, found.contradicted) == ("reader", 4, 4, 1.0, 0.0)
    assert (found.shuffled_entailed, found.shuffled_contradicted, found.auc) == (0.0, 0.25, 1.0)
    assert (found.if_supported, found.if_unsupported) == (1.0, None)
    assert len(judge.asked) == 8 and set(judge.asked[:4]) == {PAIRS[at] for at in (0, 5, 10, 15)}
    one_wrong = told(
        said=[*SAID[:3], "a hard case"]
    )  # the last claim has no word of its review: neither words nor the reader carry it
    found = measure_entailment(one_wrong, judge)
    assert (found.entailed, found.if_supported, found.if_unsupported) == (0.75, 1.0, 0.0)
    assert found.auc == pytest.approx((3 * 4 + 4 * 0.5) / 16), "the fourth ties with all four of the others"


def test_a_claim_that_fits_every_review_is_told_from_nothing():
    same = [(Review(1, n, 1, f"{text} A cloth."), told()[3][1]) for n, text in enumerate(TEXTS)]
    found = measure_entailment(same, Reader())
    assert (found.entailed, found.shuffled_entailed, found.auc) == (1.0, 1.0, 0.5)


def test_what_cannot_be_told_is_none():
    found = measure_entailment(told(), Reader(two_labels=True))
    assert (found.entailed, found.contradicted, found.shuffled_contradicted) == (1.0, None, None)
    alone = measure_entailment(told()[:1], Reader())
    assert (alone.entailed, alone.shuffled_entailed, alone.auc) == (1.0, None, None)
    nothing = measure_entailment([], Reader())
    assert (nothing.claims, nothing.entailed, nothing.contradicted, nothing.auc) == (0, None, None, None)


def test_a_large_set_is_sampled(monkeypatch):
    monkeypatch.setattr("rdrec.teachers.entailment.integer", lambda name: {"distill.entailed": 2}[name])
    assert measure_entailment(told(), Reader()).rationales == 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny model that knows which of `PAIRS` are entailed."""
    folder = tiny_nli.save_tiny_nli(tmp_path_factory.mktemp("nli"), [word for pair in PAIRS for word in pair])
    tiny_nli.teach(folder, PAIRS, ENTAILED)
    return folder


@pytest.fixture(scope="module")
def model(folder):
    from rdrec.teachers.nli_model import NliModel

    return NliModel(str(folder), device="cpu", progress=False)


def test_a_trained_model_tells_the_right_pairs(model, folder):
    verdicts = model(PAIRS)
    assert [verdict.entailed for verdict in verdicts] == [label == 0 for label in ENTAILED]
    assert [verdict.contradicted for verdict in verdicts] == [label == 2 for label in ENTAILED]
    found = measure_entailment(told(), model)
    assert (found.model, found.entailed, found.shuffled_entailed, found.auc) == (folder.name, 1.0, 0.0, 1.0)
    assert found.shuffled_contradicted == 1.0
    assert measure_entailment(told(said=SAID[1:] + SAID[:1]), model).entailed == 0.0


def test_a_batch_changes_no_verdict(model, monkeypatch):
    pairs = [(" ".join([text] * (1 + at % 4)), said) for at, (text, said) in enumerate(PAIRS)]
    together = model(pairs)
    alone = [model([pair])[0] for pair in pairs]
    monkeypatch.setattr(
        "rdrec.teachers.nli_model.integer",
        lambda name: {"distill.sorting_window": 5, "distill.entailment_batch": 64, "distill.entailment_overlap": 8}[name],
    )
    windows = model(pairs)
    for one, other, third in zip(together, alone, windows, strict=True):
        assert one.entailment == pytest.approx(other.entailment, abs=LOG_PROBABILITY)
        assert one.contradiction == pytest.approx(other.contradiction, abs=LOG_PROBABILITY)
        assert one.entailment == pytest.approx(third.entailment, abs=LOG_PROBABILITY)


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_labels_stand_in_any_order_and_case(model, folder, tmp_path, order):
    """The rows of the last layer are moved with their names: the same verdicts."""
    from transformers import AutoModelForSequenceClassification

    from rdrec.teachers.nli_model import NliModel

    moved = shutil.copytree(folder, tmp_path / "moved")
    network = AutoModelForSequenceClassification.from_pretrained(moved)
    network.classifier.weight.data = network.classifier.weight.data[list(order)]
    network.classifier.bias.data = network.classifier.bias.data[list(order)]
    network.config.id2label = {at: tiny_nli.LABELS[label].upper() for at, label in enumerate(order)}
    network.config.label2id = {name: at for at, name in network.config.id2label.items()}
    network.save_pretrained(moved)
    for one, other in zip(model(PAIRS), NliModel(str(moved), device="cpu", progress=False)(PAIRS), strict=True):
        assert one.entailment == pytest.approx(other.entailment, abs=LOG_PROBABILITY)
        assert one.contradiction == pytest.approx(other.contradiction, abs=LOG_PROBABILITY)


def test_names_of_labels():
    from rdrec.teachers.nli_model import roles

    assert roles({0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}, "m") == (2, 0)
    assert roles({0: "not_entailment", 1: "entailment"}, "m") == (1, None)
    with pytest.raises(InputError, match=r"m: no label means entailment \(LABEL_0, LABEL_1, LABEL_2\)"):
        roles({0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}, "m")
    with pytest.raises(InputError, match="several labels mean entailment"):
        roles({0: "entailment", 1: "Entails"}, "m")


class Finder:
    """In a network's place: the first label where a token is in the input, the last where another is, else the middle one."""

    def __init__(self, good, bad):
        self.good, self.bad, self.seen = good, bad, []

    def __call__(self, input_ids, attention_mask, token_type_ids):
        import torch

        self.seen += [row[mask.bool()].tolist() for row, mask in zip(input_ids, attention_mask, strict=True)]
        rows = [[5.0 * (self.good in row), 1.0, 5.0 * (self.bad in row)] for row in input_ids.tolist()]
        return type("Out", (), {"logits": torch.tensor(rows)})


def test_a_long_review_is_read_in_pieces(model, monkeypatch):
    """Evidence counts wherever it stands, every word is read, and every piece holds the whole claim."""
    good, bad = model.tokenizer.convert_tokens_to_ids(["zipper", "clamp"])
    finder = Finder(good, bad)
    monkeypatch.setattr(model, "model", finder)
    claim = "The product has a soft cloth."
    texts = [
        " ".join(["table"] * before + [word] + ["sound"] * (400 - before))
        for before in (0, 250, 400)
        for word in ("zipper", "clamp")
    ]
    verdicts = model([(text, claim) for text in (*texts, "table " * 400)])
    assert [verdict.entailed for verdict in verdicts] == [True, False] * 3 + [False]
    assert [verdict.contradicted for verdict in verdicts] == [False, True] * 3 + [False]
    assert all(len(piece) <= model.longest == 128 for piece in finder.seen) and len(finder.seen) > 7 * 3
    said = model.tokenizer(claim, add_special_tokens=False)["input_ids"]
    assert all(piece[-len(said) - 1 : -1] == said for piece in finder.seen)
    with pytest.raises(InputError, match="leaves no room for a review"):
        model([("The sound.", "a soft cloth " * 60)])


def test_from_the_command_line(home, tmp_path, capsys):
    distil(home, "made", KeywordsTeacher(), progress=False)
    sources = shuffled_sources(rationales_of(home, "made", "keywords"))
    own = {(review.text, hypothesis(claim)) for review, rationale, _ in sources for claim in rationale.claims}
    texts, said = sorted({one for one, _ in own}), sorted({other for _, other in own})
    pairs = [(text, sentence) for text in texts for sentence in said]
    folder = tiny_nli.save_tiny_nli(tmp_path / "judge", [*texts, *said])
    tiny_nli.teach(folder, pairs, [0 if pair in own else 2 for pair in pairs])
    command = ["--data", "made", "--home", str(home.root), "--entailment", str(folder), "--json"]
    assert main(["distill", "measure", "keywords", *command]) == 0
    out = capsys.readouterr().out
    answer = json.loads(out.splitlines()[-1])
    assert answer["supported"] is None, "rules find their own words again"
    assert answer["entailment"]["entailed"] == 1.0 and answer["entailment"]["model"] == "judge"
    assert answer["entailment"]["auc"] > 0.7 and 0 < answer["entailment"]["shuffled_contradicted"] < 1, (
        "four texts come up again"
    )
    assert "100.0% entailed and 0.0% contradicted by the review" in out
    shutil.copytree(home.rationales("made", "keywords"), home.rationales("made", "twin"))
    assert main(["distill", "compare", "keywords", "twin", *command]) == 0
    assert [one["entailed"] for one in json.loads(capsys.readouterr().out.splitlines()[-1])["entailment"]] == [1.0, 1.0]


def test_without_the_option_no_torch_is_loaded(home):
    distil(home, "made", KeywordsTeacher(), progress=False)
    code = (
        "import sys; from rdrec.cli.main import main\n"
        f"assert main(['distill', 'measure', 'keywords', '--data', 'made', '--home', {str(home.root)!r}]) == 0\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def refused(model, words):
    from rdrec.teachers.nli_model import NliModel

    with pytest.raises(InputError, match=words):
        NliModel(str(model), device="cpu", progress=False)


def test_folders_that_are_no_such_model(folder, tmp_path):
    import torch
    from transformers import BertForMaskedLM

    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "contains no natural language inference model")
    refused("./no/such/folder", "there is no such folder")
    refused(tiny_nli.save_tiny_nli(tmp_path / "stars", TEXTS, ["1 star", "2 stars"]), "no label means entailment")
    base = shutil.copytree(folder, tmp_path / "base")
    config = (base / "config.json").read_text()
    BertForMaskedLM.from_pretrained(base).save_pretrained(
        base
    )  # the language model alone, as it is before it is trained on pairs
    (base / "config.json").write_text(config)
    refused(base, "are missing, such as '(bert.pooler|classifier)")
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"\x07" * 200)
    refused(broken, "contains no natural language inference model")
    pickled = shutil.copytree(folder, tmp_path / "pickled")
    (pickled / "model.safetensors").unlink()
    refused(pickled, "contains no natural language inference model")
    torch.save({}, pickled / "pytorch_model.bin")
    refused(pickled, "safetensors")


def test_no_hub_is_one_sentence(home, monkeypatch, capsys):
    """And it is said before anything is measured."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    distil(home, "made", KeywordsTeacher(), progress=False)
    command = [
        "distill",
        "measure",
        "keywords",
        "--data",
        "made",
        "--home",
        str(home.root),
        "--entailment",
        "nobody/no-such-model",
    ]
    assert main(command) == 2
    said = capsys.readouterr()
    assert "hub cannot be reached or has no such model" in said.err and "supported by the review" not in said.out
