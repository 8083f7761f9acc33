"""The beam search that the page draws makes the decisions of the search over the competing items alone, and names what it loses."""

import itertools

import numpy as np
import pytest

from rdrec.core.records import InputError
from rdrec.ranking.beam_loss import simulate_beams
from rdrec.ranking.beam_tree import beam_tree
from rdrec.ranking.trie import build_trie

END = 1
PATHS = [(2, END), (2, 3, END), (2, 4, END), (3, END), (3, 3, 3, END), (3, 4, END), (4, 2, END), (4, 3, END)]


def drawn(trie, seed):
    """Log-probabilities of the path to each node, by a softmax at each."""
    rng, reached = np.random.default_rng(seed), np.zeros(trie.n_nodes, dtype=np.float32)
    for node in range(trie.n_nodes):
        first, count = trie.first_child[node], trie.children[node]
        if count:
            logits = rng.normal(scale=1.5, size=count + 1)  # one more: of tokens that no id has here
            reached[first : first + count] = reached[node] + (logits - np.logaddexp.reduce(logits))[:count]
    return reached


@pytest.mark.parametrize(("seed", "beams"), itertools.product(range(6), (1, 2, 3, 5)))
def test_what_does_not_compete_changes_nothing(seed, beams):
    """Against the plain replay over a tree of the competing items alone."""
    trie = build_trie(PATHS)
    reached = drawn(trie, seed)
    compete = np.sort(np.random.default_rng(seed + 100).choice(len(PATHS), 5, replace=False))
    shown = beam_tree(trie, reached, beams, compete)

    alone = build_trie([PATHS[item] for item in compete])
    by_tokens = {tuple(trie.token[node] for node in trie.path(i)[:d]): reached[trie.path(i)[d - 1]] for i in range(8) for d in range(1, len(trie.path(i)) + 1)}  # fmt: skip
    plain = np.zeros(alone.n_nodes, dtype=np.float32)
    for i in range(alone.n_items):
        path = alone.path(i)
        for d in range(1, len(path) + 1):
            plain[path[d - 1]] = by_tokens[tuple(alone.token[node] for node in path[:d])]
    found = {int(compete[item]) for item in simulate_beams(alone, plain, beams).items}
    best = sorted(compete, key=lambda item: (-reached[trie.leaf[item]], item))[:beams]
    assert [one.item for one in shown.exact] == best
    assert [one.fall is None for one in shown.exact] == [item in found for item in best]
    assert shown.lost == tuple(rank for rank, item in enumerate(best, start=1) if item not in found)


def test_a_search_that_loses_the_best_item_shows_where():
    """By hand: A = (2, end) has .30, B = (3, 3, end) .31; but 2 leads with .69 against .31, so one beam follows 2."""
    trie = build_trie([(2, END), (3, 3, END), (2, 3, END)])
    chance = {(2,): 0.69, (3,): 0.31, (2, END): 0.30, (2, 3): 0.25, (3, 3): 0.31, (3, 3, END): 0.31, (2, 3, END): 0.25}
    reached = np.zeros(trie.n_nodes, dtype=np.float32)
    for item in range(3):
        path = trie.path(item)
        for d in range(1, len(path) + 1):
            reached[path[d - 1]] = np.log(chance[tuple(int(trie.token[node]) for node in path[:d])])
    one = beam_tree(trie, reached, 1, [0, 1, 2])
    assert one.lost == (1,) and one.exact[0].item == 1 and one.exact[0].fall.how == "crowded" and one.exact[0].fall.step == 1
    kept, dropped = one.steps[0]
    assert (kept.tokens, kept.kept, kept.items, kept.best) == ((2,), True, 2, ())
    assert (dropped.tokens, dropped.kept, dropped.best, dropped.item) == ((3,), False, (1,), 1)
    two = beam_tree(trie, reached, 2, [0, 1, 2])
    # finished: log(.25) / 3 = -.46 and log(.31) / 3 = -.39 are better for their length than log(.30) / 2 = -.60
    assert two.lost == (2,) and two.exact[1].item == 0 and two.exact[1].fall.how == "outscored"
    assert beam_tree(trie, reached, 3, [0, 1, 2]).lost == ()


def test_steps_without_a_choice_are_left_out_and_nothing_to_rank_is_refused():
    trie = build_trie([(5, 2, END), (5, 3, END)])
    shown = beam_tree(trie, drawn(trie, 0), 2, [0, 1])
    assert len(shown.steps) == 1 and {one.tokens for one in shown.steps[0]} == {(5, 2), (5, 3)}
    with pytest.raises(InputError, match="no item competes"):
        beam_tree(trie, drawn(trie, 0), 2, [])
