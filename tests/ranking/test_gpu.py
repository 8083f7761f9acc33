"""Students on a GPU agree with the CPU within the precision of the arithmetic."""

import dataclasses

import numpy as np
import pytest
import torch
from tolerances import BF16_LOG_PROBABILITY, LOG_PROBABILITY

from rdrec.bench.rank import Plan, bench_rank
from rdrec.ranking.beam import constrained_beams
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.topk import top_k
from rdrec.ranking.trie import build_trie
from rdrec.student.batches import Row, make_batch
from rdrec.student.checkpoint import LoadedStudent, StudentCard, load_student, save_student
from rdrec.student.known_sequences import KnownSequences
from rdrec.student.quantize import quantize, quantized_copy
from rdrec.student.sampling import TextRows
from rdrec.student.tasks import Task, input_text

CARD = StudentCard("toy", "abc", 30, 200, "tiny", "rdrec", "clean", 0, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)
IDS = np.arange(201)
USERS, HISTORIES = [1, 2], [[3, 4], [5]]
DEVICE = "cuda"
DEVICES = 10 * LOG_PROBABILITY  # two devices sum in other orders, and a GPU has its own exp and log

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(DEVICE == "cuda" and not torch.cuda.is_available(), reason="no CUDA device here"),
]


@pytest.fixture(scope="module")
def folder(toy_student, tmp_path_factory):
    """The toy student on the disk, in fp32."""
    student, tokenizer = toy_student
    place = tmp_path_factory.mktemp("student") / "fp32"
    texts = tuple(
        (1, 2, f"{who} {verb} it for the {what}.")
        for who in ("I", "We")
        for verb in ("took", "got")
        for what in ("wood", "sea")
    )
    known = KnownSequences.of(TextRows(texts, (), ()), tokenizer)
    save_student(place, student, tokenizer, CARD, known=known)
    return place


def recommender(folder, device, score="constrained"):
    return Recommender(load_student(folder, device), IDS, score)


def sequential(folder, device):
    return recommender(folder, device).sequential(USERS, HISTORIES)[:, 1:]


@pytest.mark.parametrize("precision", ["fp32", "nf4", "int8"])
def test_cpu_and_gpu_agree(folder, tmp_path, precision):
    if precision != "fp32":
        quantize(folder, tmp_path / precision, precision)
        folder = tmp_path / precision
    expected = sequential(folder, "cpu")
    assert sequential(folder, DEVICE) == pytest.approx(expected, abs=DEVICES if precision == "fp32" else BF16_LOG_PROBABILITY)


@pytest.mark.parametrize("precision", ["nf4", "int8"])
def test_quantising_on_the_gpu_equals_quantising_on_the_cpu(folder, tmp_path, precision):
    for device in ("cpu", DEVICE):
        quantize(folder, tmp_path / f"{precision}-{device}", precision, device)
    made_there = sequential(tmp_path / f"{precision}-{DEVICE}", "cpu")
    assert made_there == pytest.approx(sequential(tmp_path / f"{precision}-cpu", "cpu"), abs=BF16_LOG_PROBABILITY)
    assert sequential(tmp_path / f"{precision}-{DEVICE}", DEVICE) == pytest.approx(made_there, abs=BF16_LOG_PROBABILITY)


@pytest.mark.parametrize("precision", ["nf4", "int8"])
def test_a_copy_in_memory_equals_the_saved_one(folder, tmp_path, precision):
    loaded = load_student(folder, DEVICE)
    copied = LoadedStudent(quantized_copy(loaded.model, precision), loaded.tokenizer, CARD, DEVICE, 0.0)
    quantize(folder, tmp_path / precision, precision, DEVICE)
    scores = Recommender(copied, IDS).sequential(USERS, HISTORIES)[:, 1:]
    # the copy keeps the whole-word and prompt tables in fp32, a file holds them in bf16
    assert scores == pytest.approx(sequential(tmp_path / precision, DEVICE), abs=BF16_LOG_PROBABILITY)


@pytest.mark.parametrize("score", ["constrained", "compat"])
def test_candidates_agree_with_the_cpu(folder, score):
    there, here = recommender(folder, DEVICE, score), recommender(folder, "cpu", score)
    candidates = [[3, 40, 9, 77], [5, 10, 160, 161]]
    expected = here.topn(USERS, candidates)
    assert there.topn(USERS, candidates) == pytest.approx(expected, abs=DEVICES)
    assert np.isfinite(expected).sum() == 8


def test_explanations_agree_with_the_cpu(folder):
    there, here = recommender(folder, DEVICE), recommender(folder, "cpu")
    shares = [[branch.taken.share for branch in one.branches(1, [3, 4], 123)] for one in (there, here)]
    assert shares[0] == pytest.approx(shares[1], abs=LOG_PROBABILITY) and shares[1]
    assert there.lost_by_beams(USERS, HISTORIES, 5, 5) == here.lost_by_beams(USERS, HISTORIES, 5, 5)
    for task in (Task.USER_PREFERENCE, Task.EXPLANATION):  # searched for with beams, and sampled among known sequences
        texts = [one.texts(task, USERS, [1, 1]) for one in (there, here)]
        assert texts[0] == texts[1] and all(texts[0])


def test_beams_and_top_k_score_items_as_the_tree_pass_does(folder):
    loaded = load_student(folder, DEVICE)
    trie = build_trie([loaded.tokenizer.encode_id(number) for number in range(1, 201)])
    rows = [Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=1, item_ids=[3, 4]))]
    with torch.inference_mode():
        encoding = loaded.model.encode(make_batch(rows, loaded.tokenizer).to(DEVICE))
    ranker = ExactRanker(loaded.model, trie, "compat")
    exact = ranker.rank(encoding)[0].cpu().numpy()
    assert top_k(ranker, encoding, 10).scores[0] == pytest.approx(np.sort(exact)[::-1][:10], abs=DEVICES)
    beams = constrained_beams(loaded.model, encoding, trie, beams=20, keep=20)
    held = beams.items[0] >= 0
    assert held.all() and exact[beams.items[0]] == pytest.approx(beams.scores[0], abs=DEVICES)


@pytest.mark.parametrize(("precision", "error"), [("fp32", DEVICES), ("bf16", 0.1), ("nf4", DEVICES), ("int8", 0.1)])
@pytest.mark.parametrize("users", [1, 40])
def test_the_benchmark_checks_its_results(precision, error, users):
    plan = Plan("tiny", precision, DEVICE, items=1500, users=users, history=3, repeats=1, warm_up=0, train_steps=2)
    answer = bench_rank(plan)
    assert answer["max_abs_error_vs_brute_force"] < error
    assert all(answer[name] > 0 for name in ("tree_ms", "topk_ms", "hf_constrained_beam_ms", "released_way_ms"))


def test_a_narrower_type_is_the_only_difference_of_bf16(folder):
    whole, half = load_student(folder, DEVICE), load_student(folder, DEVICE, dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in half.model.parameters()} == {torch.bfloat16}
    assert half.card == dataclasses.replace(whole.card, precision="bf16")
    scores = [Recommender(one, IDS).sequential(USERS, HISTORIES)[:, 1:] for one in (half, whole)]
    assert scores[0] == pytest.approx(scores[1], abs=0.3)


@pytest.mark.parametrize("legal", [None, torch.arange(200).expand(2, -1) % 7 == 0])
def test_ranking_waits_for_the_device_only_when_the_result_is_copied(folder, legal):
    loaded = load_student(folder, DEVICE)
    trie = build_trie([loaded.tokenizer.encode_id(number) for number in range(1, 201)])
    rows = [Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=user, item_ids=[3, 4])) for user in (1, 2)]
    with torch.inference_mode():
        encoding = loaded.model.encode(make_batch(rows, loaded.tokenizer).to(DEVICE))
    ranker = ExactRanker(loaded.model, trie)
    first = ranker.rank(encoding, legal).cpu()  # the packs of nodes are made once
    torch.cuda.set_sync_debug_mode("error")
    try:
        scores = ranker.rank(encoding, legal)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.equal(scores.cpu(), first)
    exact = ExactRanker(load_student(folder, "cpu").model, trie)
    on_cpu = exact.rank(dataclasses.replace(encoding, states=encoding.states.cpu(), mask=encoding.mask.cpu()), legal)
    assert torch.allclose(first, on_cpu, atol=DEVICES)
