"""Every prefix of the training lists is a sample, and batches of fixed shapes draw all of them equally often."""

import numpy as np
import pytest
import torch
from prefixes import SHORT, Prefixes

from rdrec.core.records import InputError

PARTS = [np.array([5, 3, 9]), np.array([7]), np.array([], dtype=np.int64), np.arange(1, 31), np.array([2, 4])]
MOST = 20


@pytest.fixture
def prefixes():
    return Prefixes.of(PARTS, MOST, "cpu")


def samples(prefixes, group, rows):
    """(history without padding, target) of rows, as tuples."""
    histories, targets = prefixes.histories(group, rows)
    assert histories.shape == (len(rows), group.width)
    found = []
    for history, target in zip(histories.tolist(), targets.tolist(), strict=True):
        length = sum(item > 0 for item in history)
        assert not any(history[length:]), "padding stands on the right"
        found.append((tuple(history[:length]), target))
    return found


def test_the_samples_are_all_prefixes_of_all_lists(prefixes):
    expected = [
        (tuple(part[max(0, end - MOST) : end].tolist()), int(part[end])) for part in PARTS for end in range(1, len(part))
    ]
    found = [one for group in prefixes.groups for one in samples(prefixes, group, torch.arange(len(group)))]
    assert sorted(found) == sorted(expected) and len(prefixes) == len(expected)
    assert {group.width for group in prefixes.groups} == {SHORT, MOST}


def test_a_batch_takes_from_each_group_by_its_size_and_each_prefix_once_a_pass(prefixes):
    rows = 16
    shares = prefixes.shares(rows)
    assert shares == tuple(round(rows * len(group) / len(prefixes)) for group in prefixes.groups)
    steps = 40
    for group, share, drawn in zip(
        prefixes.groups, shares, prefixes.draw(steps, rows, torch.Generator().manual_seed(1)), strict=True
    ):
        assert drawn.shape == (steps, share)
        counts = np.bincount(drawn.flatten().numpy(), minlength=len(group))
        assert counts.max() - counts.min() <= 1, "whole permutations, the last one cut"


def test_a_seed_draws_the_same_rows_and_another_seed_others(prefixes):
    one, again, other = (prefixes.draw(5, 16, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_short_lists_alone_make_one_group():
    assert [group.width for group in Prefixes.of(PARTS[:2], MOST, "cpu").groups] == [SHORT]
    assert [group.width for group in Prefixes.of(PARTS, 4, "cpu").groups] == [4]


def test_lists_of_one_item_are_refused():
    with pytest.raises(InputError, match="no user has two interactions"):
        Prefixes.of([np.array([3])], MOST, "cpu")


def test_a_shortened_history_keeps_its_newest_items(prefixes):
    torch.manual_seed(0)
    long = prefixes.groups[1]
    rows = torch.arange(len(long)).repeat(200)
    whole, targets = prefixes.histories(long, rows)
    cut, same = prefixes.histories(long, rows, shortened=0.5)
    assert torch.equal(targets, same)
    kept = (cut > 0).sum(1)
    for history, shorter, length in zip(whole.tolist(), cut.tolist(), kept.tolist(), strict=True):
        items = [item for item in history if item]
        assert shorter[:length] == items[-length:]
    complete = (kept == (whole > 0).sum(1)).float().mean()
    assert 0.5 < complete < 0.6, "half of them, and those whose random number is all"
    assert {*kept.tolist()} == {*range(1, MOST + 1)}
