"""Beam search against exact scores, and its replay against the real search."""

import copy
import itertools

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tolerances import LOG_PROBABILITY
from transformers import T5Config, T5ForConditionalGeneration

from rdrec.core.records import InputError
from rdrec.ranking.beam import LegalTokens, constrained_beams, free_beams, masked_beams, released_beams
from rdrec.ranking.beam_loss import HOWS, Fall, falls, lost, simulate_beams
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.trie import build_trie
from rdrec.student.batches import Batch, Row, make_batch
from rdrec.student.model import Encoding, Student
from rdrec.student.tasks import Task, input_text

END, WORDS = 1, 14  # of the random students
LADDER = [(*body, END) for length in range(1, 5) for body in itertools.product(range(2, 5), repeat=length)]  # 120 items
GRID = [(a, b, END) for a in range(2, WORDS) for b in range(2, WORDS)]  # equal lengths: dividing by steps keeps the order


def random_student(seed, sharpness=1.0):
    """An untrained student with WORDS tokens and perturbed weights, so that its output depends on its input.

    sharpness scales the shared embedding (also the output layer): the larger, the more confident.
    """
    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=WORDS, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, eos_token_id=END, decoder_start_token_id=0
    )
    student = Student(T5ForConditionalGeneration(config)).eval()
    with torch.no_grad():
        for name, parameter in student.named_parameters():
            if "layer_norm" not in name:
                parameter += 0.3 * torch.randn(parameter.shape)
        student.t5.shared.weight *= sharpness
    return student


def encoded(student, users=2, seed=0):
    """Encoder states of random inputs, each one shorter than the one before."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(2, WORDS, (users, 6), generator=generator)
    mask = (torch.arange(6) < 6 - torch.arange(users)[:, None]).long()
    with torch.inference_mode():
        return student.encode(Batch(Task.SEQUENTIAL, tokens * mask, mask, mask, None))


def reached(student, encoding, trie, user):
    """(N,) log-probability of the path to every node, with one decoder run per item."""
    one = Encoding(encoding.states[user : user + 1], encoding.mask[user : user + 1])
    found = np.zeros(trie.n_nodes)
    for item in range(trie.n_items):
        nodes = trie.path(item)
        tokens = trie.token[nodes].tolist()
        with torch.inference_mode():
            steps = student.logits(one, torch.tensor([[0, *tokens[:-1]]]))[0].log_softmax(-1)
        found[nodes] = np.cumsum([float(steps[step, token]) for step, token in enumerate(tokens)])
    return found


bodies = st.sets(st.lists(st.integers(2, 7), min_size=1, max_size=4).map(tuple), min_size=1, max_size=40)
sharpness = st.sampled_from([0.3, 1.0, 3.0])


@given(bodies=bodies, seed=st.integers(0, 9), sharp=sharpness, beams=st.integers(2, 12))
@settings(max_examples=30, deadline=None)
def test_the_mask_on_the_device_finds_what_the_callback_finds(bodies, seed, sharp, beams):
    trie = build_trie([(*body, END) for body in sorted(bodies)])
    student = random_student(seed, sharp)
    encoding = encoded(student)
    called, masked = (search(student, encoding, trie, beams, beams) for search in (constrained_beams, masked_beams))
    assert masked.items.tolist() == called.items.tolist()
    assert masked.scores.tolist() == called.scores.tolist()  # bitwise equal: only the mask is computed elsewhere


@given(bodies=bodies, seed=st.integers(0, 9), sharp=sharpness)
@settings(max_examples=20, deadline=None)
def test_as_many_beams_as_items_give_the_exact_compat_order(bodies, seed, sharp):
    trie = build_trie([(*body, END) for body in sorted(bodies)])
    assume(trie.n_items > 1)
    student = random_student(seed, sharp)
    encoding = encoded(student)
    found = constrained_beams(student, encoding, trie, trie.n_items, trie.n_items)
    exact = ExactRanker(student, trie, "compat").rank(encoding).numpy()
    for row in range(2):
        assert sorted(found.items[row].tolist()) == list(range(trie.n_items))
        np.testing.assert_allclose(found.scores[row], np.sort(exact[row])[::-1], atol=LOG_PROBABILITY)
        np.testing.assert_allclose(exact[row][found.items[row]], found.scores[row], atol=LOG_PROBABILITY)


def test_a_catalogue_of_real_ids(toy_student):
    student, tokenizer = toy_student
    trie = build_trie([tokenizer.encode_id(number) for number in (1, 2, 12, 19, 120, 123, 1234, 1250, 77, 7700, 40_001)])
    rows = [Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=5, item_ids=history)) for history in ([3, 17], [120])]
    with torch.inference_mode():
        encoding = student.encode(make_batch(rows, tokenizer))
    found = constrained_beams(student, encoding, trie, 30, 30)  # more beams than items: the rest gives nothing
    exact = ExactRanker(student, trie, "compat").rank(encoding).numpy()
    assert (found.items[:, 11:] == -1).all() and np.isneginf(found.scores[:, 11:]).all()
    np.testing.assert_allclose(np.take_along_axis(exact, found.items[:, :11], 1), found.scores[:, :11], atol=LOG_PROBABILITY)
    assert (np.sort(found.items[:, :11]) == np.arange(11)).all()


def test_a_row_does_not_depend_on_its_batch():
    student, trie = random_student(3), build_trie(LADDER)
    encoding = encoded(student, users=4)
    together = constrained_beams(student, encoding, trie, 5, 3)
    assert together.items.shape == (4, 3)
    for row in range(4):
        alone = constrained_beams(student, Encoding(encoding.states[row : row + 1], encoding.mask[row : row + 1]), trie, 5, 5)
        assert (alone.items[0, :3] == together.items[row]).all()
        np.testing.assert_allclose(alone.scores[0, :3], together.scores[row], atol=LOG_PROBABILITY)


@given(bodies=bodies, seed=st.integers(0, 9), sharp=sharpness, beams=st.integers(1, 8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_the_replay_finds_what_the_search_finds(bodies, seed, sharp, beams):
    trie = build_trie([(*body, END) for body in sorted(bodies)])
    student = random_student(seed, sharp)
    encoding = encoded(student)
    found = constrained_beams(student, encoding, trie, beams, beams)
    for row in range(2):
        paths = reached(student, encoding, trie, row)
        replay = simulate_beams(trie, paths, beams)
        nudges = np.random.default_rng(0).uniform(-1e-5, 1e-5, (3, trie.n_nodes))
        assume(all(set(simulate_beams(trie, paths + nudge, beams).items) == set(replay.items) for nudge in nudges))  # no ties
        kept = found.items[row] >= 0
        assert set(found.items[row][kept].tolist()) == set(replay.items.tolist())
        assert kept.sum() == len(replay.items)
        np.testing.assert_allclose(found.scores[row][kept], replay.scores, atol=LOG_PROBABILITY)


def eager_to_end(student):
    """The same student with a likely end token, so that short items finish early and the search may stop."""
    states = []
    hook = student.t5.lm_head.register_forward_pre_hook(lambda module, arguments: states.append(arguments[0]))
    with torch.inference_mode():
        student.logits(encoded(student), torch.tensor([[0, 2, 3, 4], [0, 4, 2, 3]]))
    hook.remove()
    towards = states[0].flatten(0, 1).mean(0).clone()  # (D,)
    with torch.no_grad():
        student.t5.shared.weight[END] += 6.0 * towards / towards.square().sum()
    return student


@pytest.mark.parametrize("beams", [1, 2, 4, 8])
def test_the_replay_covers_every_reason_for_losing_an_item(beams):
    trie, ways = build_trie(LADDER), set()
    for seed in range(12):
        student = eager_to_end(random_student(seed))
        encoding = encoded(student, seed=seed)
        found = constrained_beams(student, encoding, trie, beams, beams)
        for row in range(2):
            replay = simulate_beams(trie, reached(student, encoding, trie, row), beams)
            assert set(found.items[row].tolist()) - {-1} == set(replay.items.tolist())
            ways |= {fall.how for fall in falls(trie, replay, range(trie.n_items))}
    assert ways == (set(HOWS) if beams > 1 else {"crowded", "late"}), "greedy search finishes one item and stops there"


def test_four_beams_miss_the_best_of_all():
    """Its first token is unlikely and the rest nearly certain, so the search drops the prefix too early."""
    student, trie = random_student(7, 3.0), build_trie(GRID)
    encoding = encoded(student, users=1)
    exact = ExactRanker(student, trie, "raw").rank(encoding)[0].numpy()
    best = int(exact.argmax())
    loss = lost(exact, constrained_beams(student, encoding, trie, 4, 4).items[0], 3)
    paths = reached(student, encoding, trie, 0)
    assert loss == [best] and falls(trie, simulate_beams(trie, paths, 4), loss) == [Fall(best, 1, "crowded")]
    assert constrained_beams(student, encoding, trie, 12, 1).items[0, 0] != best, (
        "all first tokens alive, it falls at the second"
    )
    assert constrained_beams(student, encoding, trie, 144, 1).items[0, 0] == best


def tree(*paths_with_steps):
    """A trie and its `reached` from {path: probability of each step}."""
    steps = dict(paths_with_steps)
    trie = build_trie(list(steps))
    log_probability = np.zeros(trie.n_nodes)
    for item, shares in enumerate(steps.values()):
        log_probability[trie.path(item)] = np.cumsum(np.log(shares))
    return trie, log_probability


def test_greedy_search_follows_the_likelier_first_token():
    trie, paths = tree(((2, 4, 1), (0.5, 0.4, 1)), ((2, 5, 1), (0.5, 0.6, 1)), ((3, 4, 1), (0.4, 1, 1)))
    replay = simulate_beams(trie, paths, 1)
    assert replay.items.tolist() == [1] and replay.scores[0] == pytest.approx(np.log(0.3) / 3)
    assert falls(trie, replay, [2, 1, 0]) == [Fall(2, 1, "crowded"), Fall(0, 2, "crowded")]
    assert lost(paths[trie.leaf], replay.items, 2) == [2]
    assert simulate_beams(trie, paths, 2).items.tolist() == [2, 1]
    assert lost(paths[trie.leaf], [2, 1, -1], 2) == []


def test_greedy_search_stops_at_its_first_end():
    trie, paths = tree(((2, 1), (1, 0.6)), ((2, 4, 1), (1, 0.3, 1)), ((2, 5, 1), (1, 0.1, 1)))
    replay = simulate_beams(trie, paths, 1)
    assert replay.items.tolist() == [0]
    assert falls(trie, replay, [1, 2]) == [Fall(1, 2, "crowded"), Fall(2, 2, "crowded")]


def test_an_end_outside_the_first_beams_is_lost():
    """Both prefixes stay alive beside the first end; the fourth-ranked end is dropped although nothing took its place."""
    trie, paths = tree(((2, 1), (0.4, 0.9)), ((2, 4, 1), (0.4, 0.08, 1)), ((3, 4, 1), (0.3, 0.9, 1)), ((3, 1), (0.3, 0.05)))
    replay = simulate_beams(trie, paths, 2)
    assert falls(trie, replay, [3]) == [Fall(3, 2, "late")]
    assert replay.items.tolist() == [2, 0]  # .27 in three steps is better by steps than .36 in two


def test_a_finished_item_is_outscored_by_longer_ones():
    trie, paths = tree(((2, 1), (0.3, 0.7)), ((3, 4, 5, 1), (0.4, 0.5, 1, 1)), ((3, 6, 5, 1), (0.4, 0.5, 1, 1)))
    replay = simulate_beams(trie, paths, 2)
    assert sorted(replay.items.tolist()) == [1, 2]
    assert falls(trie, replay, [0]) == [Fall(0, 2, "outscored")]


def test_the_search_stops_before_a_longer_item_would_win():
    """After two steps two items are finished; the alive prefix scores worse by steps, although its item would score better."""
    trie, paths = tree(((2, 1), (0.5, 0.5)), ((3, 1), (0.4, 0.5)), ((3, 4, 5, 6, 1), (0.4, 0.4, 1, 1, 1)))
    replay = simulate_beams(trie, paths, 2)
    assert sorted(replay.items.tolist()) == [0, 1]
    assert falls(trie, replay, [2]) == [Fall(2, 2, "stopped")]
    assert np.log(0.16) / 5 > np.log(0.25) / 2


@given(bodies=bodies, seed=st.integers(0, 1000), beams=st.integers(1, 8))
def test_every_item_is_found_or_lost_once(bodies, seed, beams):
    trie = build_trie([(*body, END) for body in sorted(bodies)])
    steps, paths = np.random.default_rng(seed).uniform(-4, 0, trie.n_nodes), np.zeros(trie.n_nodes)
    for node in range(1, trie.n_nodes):
        paths[node] = paths[trie.parent[node]] + steps[node]
    replay = simulate_beams(trie, paths, beams)
    fallen = falls(trie, replay, range(trie.n_items))
    assert sorted([*replay.items.tolist(), *(fall.item for fall in fallen)]) == list(range(trie.n_items))
    assert 1 <= len(replay.items) <= beams


@pytest.fixture(scope="module")
def taught(toy_student):
    """The toy student after a few steps on three histories: it generates ids without constraints."""
    student, tokenizer = toy_student
    student = copy.deepcopy(student).train()
    ids = [12, 340, 7, 9_051]
    rows = [
        Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=user, item_ids=[user, 3]), str(number))
        for user, number in enumerate(ids, start=1)
    ]
    torch.manual_seed(0)
    optimiser = torch.optim.AdamW(student.parameters(), 1e-2)
    for _ in range(60):
        optimiser.zero_grad()
        student(make_batch(rows, tokenizer)).backward()
        optimiser.step()
    batch = make_batch([Row(row.task, row.source) for row in rows], tokenizer)
    return student.eval(), batch, build_trie([tokenizer.encode_id(number) for number in ids])


def test_released_beams(taught, monkeypatch):
    student, batch, trie = taught
    seen = []
    encode = student.encode
    monkeypatch.setattr(student, "encode", lambda rows: seen.append(len(rows)) or encode(rows))
    found = released_beams(student, batch, trie, beams=6, keep=5)
    assert seen == [4 * 6], "once a beam"
    assert found.items.shape == (4, 5) and (found.items[:, 0] == np.arange(4)).all()
    assert (found.items == -1).any(), "some of the free beams must miss"
    assert (np.diff(found.scores) <= 0).all()
    with torch.inference_mode():
        encoding = encode(batch)
    exact = ExactRanker(student, trie, "compat").rank(encoding).numpy()
    for row in range(4):
        kept = found.items[row] >= 0
        np.testing.assert_allclose(found.scores[row][kept], exact[row][found.items[row][kept]], atol=LOG_PROBABILITY)
    held = constrained_beams(student, encoding, trie, 4, 4)
    assert (held.items[:, 0] == np.arange(4)).all() and (np.sort(held.items) == np.arange(4)).all()
    assert (free_beams(student, encoding, trie, 6, 5).items[:, 0] == np.arange(4)).all()
    single = released_beams(student, batch, trie, beams=1, keep=1)
    np.testing.assert_allclose(single.scores, found.scores[:, :1], atol=LOG_PROBABILITY)


@pytest.mark.parametrize(("way", "length", "early"), [("free", 4, False), ("released", 50, True)])
def test_free_beams_pass_their_length_and_stopping_rule(taught, monkeypatch, way, length, early):
    student, batch, trie = taught
    asked = []
    generate = student.t5.generate
    monkeypatch.setattr(student.t5, "generate", lambda **how: asked.append(how) or generate(**how))
    if way == "free":
        with torch.inference_mode():
            free_beams(student, student.encode(batch), trie, 4, 2)
    else:
        released_beams(student, batch, trie, 4, 2)
    assert asked[0]["max_length"] == length and asked[0]["early_stopping"] is early
    assert asked[0]["prefix_allowed_tokens_fn"] is None and asked[0]["use_cache"]


def test_enough_free_beams_find_every_item():
    student, trie = random_student(1), build_trie([(a, END) for a in (3, 7, 2, 11)])
    encoding = encoded(student)
    found = free_beams(student, encoding, trie, WORDS**2, WORDS**2)
    exact = ExactRanker(student, trie, "compat").rank(encoding).numpy()
    for row in range(2):
        kept = found.items[row] >= 0
        assert sorted(found.items[row][kept].tolist()) == [0, 1, 2, 3] and np.isfinite(found.scores[row]).sum() > 100
        np.testing.assert_allclose(found.scores[row][kept], exact[row][found.items[row][kept]], atol=LOG_PROBABILITY)


@given(bodies=bodies, strange=st.lists(st.integers(0, WORDS - 1), max_size=6))
def test_legal_tokens_are_those_of_the_paths(bodies, strange):
    paths = [(*body, END) for body in sorted(bodies)]
    legal = LegalTokens(random_student(0), build_trie(paths))
    prefixes = {path[:end] for path in paths for end in range(len(path))} | {tuple(strange)}
    for prefix in sorted(prefixes):
        after = sorted({path[len(prefix)] for path in paths if path[: len(prefix)] == prefix and len(path) > len(prefix)})
        assert legal(0, torch.tensor([0, *prefix])).tolist() == (after or [END])
    assert legal.items([*paths, (*strange, 0)]).tolist() == [*range(len(paths)), -1]


def test_bad_input():
    student, trie = random_student(0), build_trie(LADDER)
    encoding = encoded(student)
    for beams, keep in ((5, 6), (5, 0), (0, 0)):
        for way, of in ((constrained_beams, encoding), (free_beams, encoding), (released_beams, None)):
            with pytest.raises(InputError, match=f"{keep} of {beams} beams"):
                way(student, of, trie, beams, keep)
    for paths in ([(4, 5), (6, 5)], [(4, END, 5, END)]):
        with pytest.raises(InputError, match="end token 1"):
            constrained_beams(student, encoding, build_trie(paths), 2, 2)
    for shape, beams in (((3,), 2), ((trie.n_nodes,), 0)):
        with pytest.raises(InputError, match="log-probabilities of shape"):
            simulate_beams(trie, np.zeros(shape), beams)
