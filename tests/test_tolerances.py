"""The bounds that other tests rest on, held to the arithmetic they are derived from."""

import numpy as np
import pytest
import torch
from tolerances import SUMS, adamw_distance, chance, order_of_sums, printed, swapped_neighbours

RATE = 1e-3


@pytest.mark.parametrize("terms", [10, 660, 4096])
def test_sums_in_another_order(terms):
    """The root mean square over many sums; relative to the root of the sum of squares, as cancelling sums are small."""
    numbers = np.random.default_rng(0).normal(size=(500, terms)).astype(np.float32)
    one, other = (np.add.accumulate(part, axis=1)[:, -1] for part in (numbers, numbers[:, ::-1]))
    off = np.sqrt(np.mean((one - other) ** 2)) / np.sqrt(terms)
    assert 0 < off <= order_of_sums(terms) <= SUMS


@pytest.mark.parametrize("relative", [1e-3, 1e-4])
@pytest.mark.parametrize("steps", [1, 8])
def test_adamw_parts_as_far_as_derived(relative, steps):
    draw = torch.Generator().manual_seed(0)
    pair = [torch.zeros(300_000, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    optimisers = [torch.optim.AdamW([one], lr=RATE) for one in pair]
    for _ in range(steps):
        gradient, error = (torch.randn(300_000, generator=draw, dtype=torch.float64) for _ in range(2))
        pair[0].grad, pair[1].grad = gradient, gradient + relative * error
        for optimiser in optimisers:
            optimiser.step()
    apart = float((pair[0] - pair[1]).detach().square().mean().sqrt())
    assert apart <= adamw_distance(relative) * steps * RATE
    assert steps > 1 or apart >= adamw_distance(relative) * RATE / 4, "no bound that anything would pass"
    assert float((pair[0] - pair[1]).detach().abs().max()) > 100 * relative * RATE, "one number alone may be anywhere"


def test_the_small_ones_by_hand():
    assert round(2 / 3, 4) == pytest.approx(2 / 3, abs=printed(4)) and printed(4) < 1e-4
    draws = np.random.default_rng(0).binomial(1000, 0.3, 2000) / 1000
    assert (np.abs(draws - 0.3) <= chance(0.3, 1000)).all() and (np.abs(draws - 0.3) > chance(0.3, 1000) / 2).any()
    assert swapped_neighbours(3) == pytest.approx(
        3 * (6 * 2 / (3 * (9 - 1)))
    )  # 1 - 6 * sum of squares / (n^3 - n), three times
