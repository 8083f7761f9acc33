"""SASRec against a naive numpy version; padding and later items have no influence."""

import math

import numpy as np
import pytest
import torch
from tolerances import LOG_PROBABILITY, SUMS

from rdrec.baselines.sasrec import SASRec, Shape, pad, sampled_softmax
from rdrec.core.records import InputError

SHAPE = Shape(items=15, width=8, blocks=2, heads=2, length=6, dropout=0.0)


@pytest.fixture
def model():
    torch.manual_seed(3)
    made = SASRec(SHAPE)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(std=0.5)
        made.items.weight[0] = 0
    return made.eval()


def normal(x, layer):
    spread = np.sqrt(x.var() + layer.eps)
    return (x - x.mean()) / spread * layer.weight.detach().numpy() + layer.bias.detach().numpy()


def linear(x, layer):
    return layer.weight.detach().numpy() @ x + layer.bias.detach().numpy()


def naive(model, history):
    """(D,) state of the last position, computed per position and head; history: at most `length` items, no padding."""
    shape, length = model.shape, len(history)
    places = model.places.weight.detach().numpy()[shape.length - length :]
    states = [model.items.weight.detach().numpy()[item] + places[at] for at, item in enumerate(history)]
    size = shape.width // shape.heads
    for block in model.blocks:
        normalised = [normal(x, block.before_attention) for x in states]
        query = [linear(x, block.query) for x in normalised]
        parts = [linear(x, block.key_value) for x in states]
        key, value = ([part[n * shape.width : (n + 1) * shape.width] for part in parts] for n in range(2))
        after = []
        for at in range(length):
            seen = np.zeros(shape.width)
            for head in range(shape.heads):
                cut = slice(head * size, (head + 1) * size)
                weights = np.array([math.exp(query[at][cut] @ key[past][cut] / math.sqrt(size)) for past in range(at + 1)])
                seen[cut] = sum(w * value[past][cut] for past, w in enumerate(weights / weights.sum()))
            after.append(normal(normalised[at] + linear(seen, block.out), block.before_layer))
        states = [x + linear(np.maximum(linear(x, block.layer[0]), 0), block.layer[3]) for x in after]
    return normal(states[-1], model.norm)


@pytest.mark.parametrize("history", [[4], [1, 2, 3], [7, 7, 2, 15, 1, 9]])
def test_attention_equals_the_naive_version(model, history):
    """In a batch with a longer history, so that padding must have no influence."""
    state = naive(model, history)
    scores = model.scores([np.array(history), np.array([3, 5, 8, 2, 2, 6])])[0]
    assert scores[1:] == pytest.approx(model.items.weight.detach().numpy()[1:] @ state, abs=LOG_PROBABILITY)
    assert scores[0] == -np.inf
    assert model.scores([np.array(history)])[0, 1:] == pytest.approx(scores[1:], abs=LOG_PROBABILITY), (
        "and alone: places count from the end"
    )


def test_a_position_never_sees_later_items(model):
    one, other = pad([np.array([1, 2, 3, 4])]), pad([np.array([1, 2, 9, 8])])
    with torch.inference_mode():
        assert torch.allclose(model(one)[:, :2], model(other)[:, :2], atol=SUMS)
        assert not torch.allclose(model(one)[:, 2:], model(other)[:, 2:], atol=1000 * SUMS)


def test_only_the_last_items_are_read(model):
    long = np.array([9, 9, 1, 2, 3, 4, 5, 6])
    assert np.array_equal(model.scores([long]), model.scores([long[-6:]]))


def test_order_matters(model):
    forward, backward = model.scores([np.array([1, 2, 3])]), model.scores([np.array([3, 2, 1])])
    assert not np.allclose(forward[:, 1:], backward[:, 1:], atol=1000 * SUMS)


def test_the_loss_equals_the_naive_version():
    """Includes a negative equal to the truth of one position, where it must not count."""
    rng = np.random.default_rng(1)
    states, vectors = rng.normal(size=(3, 4)), rng.normal(size=(8, 4))
    truth, negatives = [2, 5, 7], [[1, 5, 3, 5], [5, 1, 2, 2], [6, 6, 7, 5]]
    losses = []
    for state, right, drawn in zip(states, truth, negatives, strict=True):
        wrong = [math.exp(state @ vectors[item]) for item in drawn if item != right]
        own = math.exp(state @ vectors[right])
        losses.append(-math.log(own / (own + sum(wrong))))
    found = sampled_softmax(torch.tensor(states), torch.tensor(vectors), torch.tensor(truth), torch.tensor(negatives))
    assert float(found) == pytest.approx(np.mean(losses))


def test_attention_dropout_is_only_active_in_training():
    torch.manual_seed(0)
    model = SASRec(Shape(items=15, width=8, blocks=1, heads=1, length=6, dropout=0.5))
    model.dropout.p = model.blocks[0].dropout.p = model.blocks[0].layer[2].p = 0.0  # leaves dropout on attention weights
    history = pad([np.array([1, 2, 3, 4])])
    assert not torch.equal(model(history), model(history))
    model.eval()
    assert torch.equal(model(history), model(history))


def test_heads_must_divide_the_width():
    with pytest.raises(InputError, match="--width or --heads"):
        Shape(items=5, width=10, blocks=1, heads=4, length=5, dropout=0.0)
