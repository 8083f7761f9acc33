"""Released checkpoints: equal tensors and equal scores without importing the class, and one clear error for all other files."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from released_file import VECTORS, naive_logits, released_module, save, sentencepiece
from tolerances import LOG_PROBABILITY, SUMS
from transformers import T5ForConditionalGeneration

from rdrec.cli.main import main
from rdrec.core.home import Home
from rdrec.core.records import InputError
from rdrec.data.cases import cases
from rdrec.data.splits import protocol_view
from rdrec.data.store import dataset_sha256, save_dataset
from rdrec.evaluation.beyond_accuracy import item_vectors
from rdrec.evaluation.manipulation_check import FoundReferences
from rdrec.evaluation.ranking import rank_cases
from rdrec.evaluation.run import evaluate
from rdrec.ranking.recommender import Recommender, score_of
from rdrec.ranking.trie import build_trie
from rdrec.student.batches import Row, make_batch
from rdrec.student.checkpoint import load_student
from rdrec.student.quantize import quantize
from rdrec.student.released import import_released, read_released
from rdrec.student.tasks import Task, input_text


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    return folder, sentencepiece(folder)


@pytest.fixture(scope="module")
def module(words):
    return released_module(words[1].vocab_size + 12)


@pytest.fixture(scope="module")
def home(toy_dataset, tmp_path_factory):
    made = Home(tmp_path_factory.mktemp("home"))
    save_dataset(made, toy_dataset)
    return made


@pytest.fixture(scope="module")
def loaded(module, words, home, tmp_path_factory):
    path = save(module, tmp_path_factory.mktemp("file") / "model.pt")
    made = import_released(home, path, "toy", run="given", tokenizer=str(words[0]))
    return load_student(made.folder, data_sha256=dataset_sha256(home, "toy"))


@pytest.mark.parametrize("old_form", [False, True])
def test_every_weight_arrives(module, tmp_path, old_form):
    read = read_released(save(module, tmp_path / "model.pt", old_form=old_form))
    ours, theirs = read.student.state_dict(), module.state_dict()
    assert {name for name in theirs if name not in ("prompt_embeddings.weight", "whole_word_embeddings.weight")} == {
        name.removeprefix("t5.") for name in ours if name.startswith("t5.")
    }
    for name, tensor in theirs.items():
        if name == "prompt_embeddings.weight":
            assert torch.equal(ours["prompts"].flatten(0, 1), tensor)
        else:
            own = "whole_word.weight" if name == "whole_word_embeddings.weight" else f"t5.{name}"
            assert torch.equal(ours[own], tensor), name
    assert read.tasks == tuple(Task) and read.student.compat


TEXTS = [
    (Task.EXPLANATION, input_text(Task.EXPLANATION, user=3, item_ids=[5])),
    (Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=1012, item_ids=[7, 119, 1003])),
    (Task.TOPN, input_text(Task.TOPN, user=2, item_ids=list(range(1, 30)))),
    (Task.USER_PREFERENCE, input_text(Task.USER_PREFERENCE, user=44)),
    (Task.ITEM_ATTRIBUTION, input_text(Task.ITEM_ATTRIBUTION, item_ids=[1101])),
]


@pytest.mark.parametrize("task", list(Task))
def test_logits_are_those_of_the_released_way(loaded, module, words, task):
    """Two rows of a task, one much longer: the end token, whole words, prompts and the decoder's look at padding all count."""
    text = dict(TEXTS)[task]
    texts = [text, " ".join(["a clear sound ,"] * 4 + [text])]
    decoder_tokens = torch.tensor([[0, 5, 9], [0, 7, 4]])
    with torch.no_grad():
        expected = naive_logits(module, words[1], [int(task)] * 2, texts, decoder_tokens)
        batch = make_batch([Row(task, one) for one in texts], loaded.tokenizer)
        found = loaded.model.logits(loaded.model.encode(batch), decoder_tokens)
        torch.testing.assert_close(found, expected, rtol=SUMS, atol=LOG_PROBABILITY)
        labels = torch.tensor([[5, 9, 1], [7, 4, 1]])
        loss = torch.nn.functional.cross_entropy(
            naive_logits(module, words[1], [int(task)] * 2, texts, torch.tensor([[0, 5, 9], [0, 7, 4]])).flatten(0, 1),
            labels.flatten(),
        )
        with_labels = type(batch)(batch.task, batch.tokens, batch.whole_words, batch.mask, labels)
        assert loaded.model(with_labels).item() == pytest.approx(loss.item(), rel=SUMS)
        alone = naive_logits(module, words[1], [int(task)], texts[:1], decoder_tokens[:1])
        assert (found[:1] - alone).abs().max() > 10 * LOG_PROBABILITY, (
            "a row depends on its neighbour, as in the released program"
        )


def test_ranking_is_by_the_released_score(loaded, module, words):
    """Log-probability of the digits and the end token, divided by their number, naive."""
    assert loaded.card.compat and score_of(loaded) == "compat"
    ids = np.arange(121)
    scores = Recommender(loaded, ids, score_of(loaded)).sequential([4, 9], [[3, 5, 7, 11, 100], [2]])
    texts = [input_text(Task.SEQUENTIAL, user=u, item_ids=items) for u, items in ((4, [3, 5, 7, 11, 100]), (9, [2]))]
    for item in (1, 17, 120):
        path = loaded.tokenizer.encode_id(item)
        assert list(path) == words[1](str(item))["input_ids"]
        with torch.no_grad():
            tokens = torch.tensor([[0, *path[:-1]]] * 2)
            steps = naive_logits(module, words[1], [1, 1], texts, tokens).log_softmax(-1)
        expected = [float(row[range(len(path)), path].sum()) / len(path) for row in steps]
        assert scores[:, item].tolist() == pytest.approx(expected, abs=LOG_PROBABILITY)


def test_it_is_evaluated_and_quantised_as_it_is(loaded, home, toy_dataset, tmp_path):
    view = protocol_view(toy_dataset, "published", 0)
    beside = FoundReferences(home, toy_dataset), item_vectors(view, {})
    table = evaluate(view, [("given", loaded)], tmp_path / "e", "sha", 8, *beside).rows
    assert {"sequential", "topn"} <= set(table.loc[table["model"] == "given", "task"])
    ranks = (
        pd.read_parquet(tmp_path / "e" / "ranks.parquet").query("model == 'given' and task == 'sequential'")["rank"].tolist()
    )
    asked = cases(view, "sequential")
    by = {
        score: rank_cases(Recommender(loaded, view.item_ids, score), asked, "sequential", top=1, batch_users=8).rank.tolist()
        for score in ("compat", "constrained")
    }
    assert ranks == by["compat"] != by["constrained"]
    with pytest.raises(InputError, match="trained under published"):
        evaluate(protocol_view(toy_dataset, "clean", 0), [("given", loaded)], tmp_path / "f", "sha", 8, *beside)
    quantize(home.student("toy", "given"), tmp_path / "int8", "int8")
    small = load_student(tmp_path / "int8")
    assert small.model.compat and small.card.compat and small.tokenizer.ends_input
    build_trie([small.tokenizer.encode_id(n) for n in range(1, 121)])


def test_pod_has_three_tasks_and_other_vectors(words, home, tmp_path):
    pod = released_module(words[1].vocab_size, tasks=3, vectors=10)
    made = import_released(home, save(pod, tmp_path / "model.pt"), "toy", run="pod", tokenizer=str(words[0]))
    assert made.card.variant == "baseline" and made.card.tasks == ["explanation", "sequential", "topn"]
    student = load_student(made.folder).model
    assert student.prompts.shape == (5, 10, 16) and not student.prompts[3:].any()
    assert torch.equal(student.prompts[:3].flatten(0, 1), pod.prompt_embeddings.weight)


def broken(module, change):
    change(module)
    return module


def _delete(path):
    def change(module):
        owner = module
        *way, last = path.split(".")
        for part in way:
            owner = getattr(owner, part)
        delattr(owner, last)

    return change


def _set(name, value):
    return lambda module: setattr(module, name, value)


def _untied(module):
    module.lm_head.weight = torch.nn.Parameter(module.lm_head.weight.detach() + 1)


def _sharing(module):
    attention = module.encoder.block[0].layer[0].SelfAttention
    attention.k.weight = attention.q.weight


def _not_finite(module):
    with torch.no_grad():
        module.encoder.block[0].layer[0].SelfAttention.q.weight[0, 0] = float("nan")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_delete("whole_word_embeddings"), "missing whole_word_embeddings.weight"),
        (_delete("prompt_embeddings"), "missing prompt_embeddings.weight"),
        (_delete("decoder.block.1.layer.1.EncDecAttention"), "missing decoder.block.1.layer.1.EncDecAttention"),
        (_set("another", torch.nn.Linear(2, 2)), "unknown another.weight, another.bias"),
        (_set("whole_word_embeddings", torch.nn.Embedding(100, 16)), r"whole_word_embeddings.weight \[100, 16\] instead of \[512, 16\]"),
        (_set("prompt_embeddings", torch.nn.Embedding(7, 16)), "not 3 vectors for each of 5 tasks"),
        (_set("prompts_per_task", None), "prompts_per_task"),
        (_set("config", None), "no T5Config"),
        (lambda module: setattr(module.config, "num_layers", 10**9), "T5Config"),
        (lambda module: setattr(module.config, "d_kv", 3), "wrongly shaped"),
        (lambda module: setattr(module.config, "feed_forward_proj", "gated-gelu"), "no usable feed_forward_proj"),
        (lambda module: setattr(module.config, "tie_word_embeddings", False), "no usable tie_word_embeddings"),
        (lambda module: setattr(module.config, "scale_decoder_outputs", False), "no usable scale_decoder_outputs"),
        (lambda module: setattr(module.config, "num_decoder_layers", 101), "no usable num_decoder_layers"),
        (_sharing, "SelfAttention.q.weight share one storage"),
        (_untied, "lm_head.weight is not the same tensor"),
        (_not_finite, "not finite"),
        (lambda module: module.half(), None),
        (lambda module: module.bfloat16(), None),
    ],
)  # fmt: skip
def test_a_module_that_is_another_is_named(words, home, tmp_path, change, message):
    module = released_module(words[1].vocab_size)
    change(module)
    path = save(module, tmp_path / "model.pt")
    if message is None:
        assert torch.equal(read_released(path).student.t5.shared.weight, module.shared.weight.float())
        return
    with pytest.raises(InputError, match=message) as error:
        import_released(home, path, "toy", run="bad", tokenizer=str(words[0]))
    assert str(path) in str(error.value) and " - " in str(error.value)
    assert not list(home.root.glob("students/toy/*bad*"))


def test_tied_weights_are_tied_in_the_file(module):
    """What the check of `lm_head` rests on: torch writes one storage for all four names."""
    assert isinstance(module, T5ForConditionalGeneration) and module.lm_head.weight is module.shared.weight


def test_the_tokenizer_must_fit(module, words, home, tmp_path):
    path = save(released_module(50), tmp_path / "model.pt")
    with pytest.raises(InputError, match="does not belong to the checkpoint"):
        import_released(home, path, "toy", run="x", tokenizer=str(words[0]))
    with pytest.raises(InputError, match="no standard T5 has the width 16"):
        import_released(home, path, "toy", run="x", tokenizer=None)
    with pytest.raises(InputError, match="no tokenizer can be loaded"):
        import_released(home, path, "toy", run="x", tokenizer=str(tmp_path / "nowhere"))


def test_the_command(module, words, home, tmp_path, capsys):
    path = save(module, tmp_path / "model.pt")
    arguments = ["import-release", str(path), "--data", "toy", "--tokenizer", str(words[0]), "--home", str(home.root), "--json"]
    assert main(arguments) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["run"] == "released" and answer["compat"] and len(answer["tasks"]) == 5
    assert main(arguments) == 2 and "already exists" in capsys.readouterr().err
    assert main([*arguments, "--replace"]) == 0
    capsys.readouterr()
    assert main(["import-release", str(tmp_path / "no.pt"), *arguments[2:], "--replace"]) == 2
    assert "no.pt" in capsys.readouterr().err


def test_vectors_of_the_stand_in(module):
    assert module.prompt_embeddings.weight.shape == (5 * VECTORS, 16)
