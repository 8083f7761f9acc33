"""What the tests of training share: settings, a small student, and a way to stop a run."""

import torch

from rdrec.student.model import Student
from rdrec.student.shapes import t5_config
from rdrec.student.train import TrainSettings

SETTINGS = TrainSettings(seed=5, epochs=3, patience=5, batch_rows=32, topn_rows=4, learning_rate=1e-3)


def fresh(tokenizer):
    torch.manual_seed(5)
    config = t5_config("tiny", tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos)
    config.d_model, config.d_kv, config.d_ff, config.num_heads, config.num_layers, config.num_decoder_layers = (
        32,
        8,
        64,
        2,
        1,
        1,
    )
    return Student.from_scratch(config)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


class Killed(Exception):
    pass


def kill(record):
    """Ends a run after an epoch, as `after_epoch`."""
    raise Killed
