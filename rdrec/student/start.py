"""Where a student from scratch starts: not at random, but from which items are bought by the same shoppers.

In: a student with random weights, its tokenizer, a `ProtocolView`.  Out: the same student, changed in place.  Only the training part
of every history is read, so nothing held out is told.  It stands where a pretrained T5 would bring knowledge of its own.

    item numbers   the strongest axes of the matrix behind the rule "bought together" (`rdrec.data.item_vectors`): the product of two
                   items is then how often they are bought together; the first axis is popularity
    other tokens   small, so that they do not drown the items; the piece before every item number and the decoder's start token
                   lie along the first axis
    layers         what feed-forward and self-attention add starts near nothing, and cross-attention hands the encoder's mean through: the
                   first prediction is "bought together with the history", and training goes on from there
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers.models.t5.modeling_t5 import T5DenseActDense, T5LayerCrossAttention, T5LayerSelfAttention

from rdrec.data.item_vectors import axes_of_purchases
from rdrec.data.splits import ProtocolView
from rdrec.records import InputError
from rdrec.student.model import EMBEDDING_STD, Student
from rdrec.student.tasks import item_word
from rdrec.student.tokenizer import StudentTokenizer

QUIET = 0.1  # of the other tokens beside the items
NEAR_NOTHING = 0.02  # of what a layer adds
ALONG = 0.3  # of the prompt vectors, along the first axis


def item_vectors(view: ProtocolView, width: int) -> npt.NDArray[np.float64]:
    """(I + 1, width) with row 0 empty; columns beyond the number of items are 0.  Standard deviation EMBEDDING_STD over all items."""
    found = axes_of_purchases(view.training_parts, view.dataset.n_items, width)
    return found * (EMBEDDING_STD / found[1:].std())


def start_from_purchases(student: Student, tokenizer: StudentTokenizer, view: ProtocolView) -> None:
    """Change the weights of `student`.  Raises InputError when an id of the catalogue is more than one token."""
    tokens = [tokenizer.encode_id(int(number))[:-1] for number in view.item_ids[1:]]
    if any(len(pieces) > 1 for pieces in tokens):
        raise InputError(
            f"the {view.dataset.n_items:,} items have numbers of more than one token, so a number has no place of its own to start from",
            where=view.dataset.name,
            todo=f"use --id-digits {len(str(view.dataset.n_items))}, which gives every item a token of its own, or --start random",
        )
    config = student.t5.config
    if config.num_heads * config.d_kv != config.d_model:
        raise InputError("cross-attention cannot hand its input through in this shape", todo="use --start random")
    numbers = torch.tensor([pieces[0] for pieces in tokens])
    vectors = torch.tensor(item_vectors(view, config.d_model)[1:], dtype=torch.float32)
    before = tokenizer.encode(item_word(int(view.item_ids[1]))).tokens[0]
    with torch.no_grad():
        weights = student.t5.shared.weight
        for quiet in (weights, student.prompts, student.whole_word.weight):
            quiet.mul_(QUIET)
        weights[numbers] = vectors
        for token in (before, config.decoder_start_token_id):
            weights[token, 0] = EMBEDDING_STD * config.d_model**0.5
        student.prompts[:, :, 0] = ALONG
        for module in student.t5.modules():
            if isinstance(module, T5DenseActDense):
                module.wo.weight.mul_(NEAR_NOTHING)
            elif isinstance(module, T5LayerSelfAttention):
                module.SelfAttention.o.weight.mul_(NEAR_NOTHING)
            elif isinstance(module, T5LayerCrossAttention):
                nn.init.orthogonal_(module.EncDecAttention.v.weight)
                module.EncDecAttention.o.weight.copy_(module.EncDecAttention.v.weight.T)
