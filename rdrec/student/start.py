"""Initialise a student from data instead of at random: from who bought what, and from what the rationales say about users and items.

This takes the place of the knowledge that a pretrained T5 would bring.  All vectors come from the training part alone.  The validation
items choose what measures how often items are bought together, how many axes purchases have and how much rationales count beside them;
test items are never read.
Before any training the student ranks at least nearly as well as "bought together" applied to the history; with rationales it also ranks by how
well an item's rationales match the user's.  Training continues from there.

    axes       dimensions of the embedding space.  Five are reserved: START is large for the decoder's start token and keeps users from
               being predicted, ITEM and USER mark what the heads for purchases and for rationales read, NEXT is set only for prompts of the
               next-item task, and TASK separates IDs from words.
    vectors    an item ID gets the strongest axes of co-purchase (`rdrec.data.item_vectors`) and the rationale axes; a user gets the
               mean of the items bought, and the rationale axes.  The validation items choose whether co-purchase is measured by cosines
               or by EASE's partial correlations, and how many axes it has: those of one, two or three quarters of the heads or,
               without rationales, all.
               A word used in rationales gets a vector near the users and items about which it is said.
    marks      an ID's mark is proportional to the root mean square of its vector, so that it is constant after the norm before
               attention; words have none, prompts of ID tasks only to draw attention away from rationales (`Vectors.share`)
    next item  one head of the encoder finds NEXT and takes a user's ITEM mark away: the history stands for the user's purchases
    attention  one channel of each cross-attention head compares START in the decoder with ITEM or USER in the encoder; values are
               copied through
    decoder    self-attention subtracts a token's own vector before the next token is predicted: input and output tables are the same,
               so a token would otherwise predict itself
    the rest   what feed-forward and all other layers add starts near zero
"""

from __future__ import annotations

import math

import numpy as np
import torch
from transformers.models.t5.modeling_t5 import T5Attention, T5DenseActDense, T5LayerSelfAttention

from rdrec.core.arrays import Floats
from rdrec.core.records import InputError
from rdrec.data.splits import ProtocolView
from rdrec.student.model import Student
from rdrec.student.sampling import TextRows
from rdrec.student.shapes import RESERVED
from rdrec.student.start_vectors import Choice, Vectors, best_choice, id_vectors
from rdrec.student.tasks import ID_TASKS, Task, user_word
from rdrec.student.tokenizer import StudentTokenizer

START, ITEM, USER, NEXT, TASK = range(RESERVED)

SMALL_TABLES = 0.1  # scale of whole-word embeddings and prompt vectors, so that IDs outweigh them
NEAR_ZERO = 0.02  # scale of what a layer adds
MARK = 3.0  # mark of an ID, in units of the root mean square of its vector
# Score of a marked token for the start token, in units of the root of the width: at width 128 it gets e^5.7 times the attention
# of an unmarked one.
ATTENTION = 0.5
USER_AS_ITEMS = 200.0  # a user counts as this many items in attention: twice as much as 100 candidates
USER_TAKEN = 1.0  # mark for purchases that a user loses in the next-item task, in units of the root of the width
TASK_SIDE = 4.0  # coordinate of a token along TASK: positive for words, negative for IDs
USER_START = 11.0  # negative coordinate of a user along START: user IDs are never output
WORD_START = 0.5  # coordinate of a word along START: while writing, the decoder keeps attending to the IDs
TEXT_PROMPT = 0.8  # mark of the prompt vectors of text tasks for the heads that read users
# coordinates of the end token along the reserved axes: it follows an item and is never first
END = (-32.0, 80.0, 0.0, 0.0, -4.0)
CROSS_SCALE = 1.5  # scale of what cross-attention adds
TASK_SCALE = 2.0  # additional scale of TASK in it
ITEM_SCALE = 1.5  # length of item vectors: the first predictions are products with them; as inputs they are normalised anyway
OWN_TOKEN = 0.9  # share of a token's own vector that self-attention subtracts
SWITCH_OFF = 3.0  # negative weight from START to every feed-forward unit of the decoder: all are off at the start token


def start_from_data(
    student: Student,
    tokenizer: StudentTokenizer,
    view: ProtocolView,
    texts: TextRows | None,
    match: float | None = None,
    choice: Choice | None = None,
    progress: bool = False,
) -> Choice:
    """Initialise the weights of `student` in place, and return the choice that was made.

    texts   the rationales of the training part; None: purchases alone
    match   how much rationales count; None: the validation items choose
    choice  what an earlier call returned, which saves choosing again; None: the validation items choose
    Raises InputError if there is too little memory, if IDs have several tokens, and for a shape whose attention cannot copy its input (heads * d_kv must be d_model,
    and the number of heads even).
    """
    items = [_single_token(tokenizer.encode_id(int(number))[:-1], view) for number in view.item_ids[1:]]
    users = [_single_token(tokenizer.encode(user_word(user)).tokens, view) for user in range(1, view.dataset.n_users + 1)]
    config = student.t5.config
    if config.num_heads * config.d_kv != config.d_model or config.num_heads % 2:
        raise InputError("cross-attention of this shape cannot copy its input", todo="use --start random")
    choice = choice or best_choice(view, texts, config.d_model, config.num_heads, match, progress)
    vectors = id_vectors(view, texts, config.d_model, choice)
    with torch.no_grad():
        _set_embeddings(student, tokenizer, vectors)
        table = student.t5.shared.weight
        table[items] = torch.tensor(_marked(vectors.items, ITEM)[1:], dtype=torch.float32)
        table[users] = torch.tensor(_marked(vectors.users, USER)[1:], dtype=torch.float32)
        _set_prompts(student, table[users], vectors.share)
        _set_layers(student)
        _let_history_stand_for_user(student.t5.encoder.block[0].layer[0].SelfAttention)
        first = student.t5.decoder.block[0]
        _subtract_own_token(first.layer[0].SelfAttention)
        _copy_through(first.layer[1].EncDecAttention, vectors)
    return choice


def _marked(vectors: Floats, mark: int) -> Floats:
    """The vectors with the reserved axes filled in; mark: ITEM or USER.  A user is marked for all heads."""
    marked = vectors * (ITEM_SCALE if mark == ITEM else 1.0)
    marked[:, TASK], marked[:, START] = -TASK_SIDE, -USER_START if mark == USER else 0.0
    marked[:, mark] = MARK * np.linalg.norm(marked, axis=1) / marked.shape[1] ** 0.5
    if mark == USER:
        marked[:, ITEM] = marked[:, USER] * _mark_of_user(marked.shape[1])
    return marked


def _mark_of_user(width: int) -> float:
    """Mark of a token that counts as `USER_AS_ITEMS` items in attention, relative to the mark of one item."""
    return 1 + float(np.log(USER_AS_ITEMS)) / (ATTENTION * width**0.5)


def _set_embeddings(student: Student, tokenizer: StudentTokenizer, vectors: Vectors) -> None:
    """Token embeddings of words and special tokens; whole-word embeddings become small."""
    table, config = student.t5.shared.weight, student.t5.config
    table[:, :RESERVED] = torch.tensor([WORD_START, 0.0, 0.0, 0.0, TASK_SIDE])
    for word, direction in vectors.words.items():
        first = tokenizer.encode_target(f"a {word}")[1]
        table[first, vectors.rationales :] = torch.tensor(direction, dtype=torch.float32)
    table[config.eos_token_id, :RESERVED] = torch.tensor(END)
    table[tokenizer.encode_target("a.")[-2], ITEM] = MARK  # the end token follows a full stop as it follows an item
    table[config.decoder_start_token_id] = 0
    table[config.decoder_start_token_id, START] = config.d_model**0.5
    student.whole_word.weight.mul_(SMALL_TABLES)


def _set_prompts(student: Student, users: torch.Tensor, share: float) -> None:
    """Small prompt vectors with the reserved axes filled in.

    Those of text tasks are marked and point along TASK, those of ID tasks along NEXT or START.  The latter draw attention away from users
    (U, D), so that the heads that read rationales give users only `share` of the attention that both get: the ranking then depends less
    on rationales, but sentences use them fully.
    """
    width, prompts = student.t5.config.d_model, student.prompts
    prompts.mul_(SMALL_TABLES)
    prompts[:, :, :RESERVED] = 0
    text = [int(task) for task in Task if task not in ID_TASKS]
    prompts[text, :, :RESERVED] = torch.tensor([0.0, MARK * _mark_of_user(width), MARK * TEXT_PROMPT, 0.0, width**0.5])
    prompts[int(Task.SEQUENTIAL), :, NEXT] = width**0.5
    prompts[int(Task.TOPN), :, START] = width**0.5
    if share < 1:
        for task in ID_TASKS:
            prompts[int(task), :, USER] = _mark_of_prompts(users, task, prompts.shape[1], share)


def _mark_of_prompts(users: torch.Tensor, task: Task, count: int, share: float) -> float:
    """The USER mark of `count` prompt vectors of an ID task that leaves users `share` of the attention.

    A prompt vector has one large coordinate besides, the root of the width.
    """
    width, seen = users.shape[1], users.clone()
    if task is Task.SEQUENTIAL:
        seen[:, ITEM] -= USER_TAKEN * width**0.5
    mark = float((seen[:, USER] / seen.square().mean(dim=1).sqrt()).mean())
    mark += MARK / (ATTENTION * width**0.5) * math.log((1 / share - 1) / count)
    return mark / (1 - mark**2 / width) ** 0.5


def _set_layers(student: Student) -> None:
    """Make every layer add almost nothing, and the decoder's feed-forward layers nothing at the start token."""
    for module in student.t5.modules():
        if isinstance(module, T5DenseActDense):
            module.wo.weight.mul_(NEAR_ZERO)
        elif isinstance(module, T5LayerSelfAttention):
            module.SelfAttention.o.weight.mul_(NEAR_ZERO)
    for block in student.t5.decoder.block:
        block.layer[-1].DenseReluDense.wi.weight[:, START] = -SWITCH_OFF
    for block in student.t5.decoder.block[1:]:
        block.layer[1].EncDecAttention.o.weight.mul_(NEAR_ZERO)


def _let_history_stand_for_user(attention: T5Attention) -> None:
    """Make the last head of the encoder's first block remove, in the next-item task, the mark by which purchase heads find a user.

    The user's vector is the mean of the items of the training part; a history may hold later ones.
    """
    row = (attention.n_heads - 1) * attention.key_value_proj_dim
    rows = slice(row, row + attention.key_value_proj_dim)
    for part in (attention.q, attention.k, attention.v):
        part.weight[rows] = 0
    attention.o.weight[:, rows] = 0
    attention.relative_attention_bias.weight[:, -1] = 0
    attention.q.weight[row, USER], attention.q.weight[row, ITEM] = 2.0, -0.5  # users look at the prompt, items do not
    attention.q.weight[row, NEXT] = -1.0  # nor do prompts, which would lose marks of their own
    attention.k.weight[row, NEXT] = attention.v.weight[row, NEXT] = 1.0
    attention.o.weight[ITEM, row] = -USER_TAKEN


def _subtract_own_token(attention: T5Attention) -> None:
    """Make a token attend to itself and subtract its own vector; the reserved axes are not touched."""
    rotation = torch.linalg.qr(torch.randn(attention.inner_dim, attention.inner_dim))[0]
    for part, factor in ((attention.q, ATTENTION), (attention.k, ATTENTION), (attention.v, 1.0)):
        part.weight.copy_(rotation * factor)
        part.weight[:, :RESERVED] = 0
    attention.o.weight.copy_(rotation.T * -OWN_TOKEN)
    attention.o.weight[:RESERVED] = 0


def _copy_through(attention: T5Attention, vectors: Vectors) -> None:
    """Make cross-attention copy the vectors of marked tokens: purchases through some of the heads, rationales through the others."""
    channels, heads = attention.key_value_proj_dim, attention.n_heads
    purchase_heads = (vectors.rationales - TASK) // channels if vectors.rationales < attention.d_model else heads
    attention.q.weight[:, START] = 0
    for head in range(heads):
        for part in (attention.q, attention.k):
            part.weight[head * channels] = 0
        attention.q.weight[head * channels, START] = 1
        attention.k.weight[head * channels, ITEM if head < purchase_heads else USER] = ATTENTION / MARK
    attention.v.weight.zero_()
    attention.o.weight.zero_()
    signs = torch.tensor(vectors.signs, dtype=torch.float32) * CROSS_SCALE
    signs[TASK] *= TASK_SCALE
    signs[vectors.rationales :] *= vectors.factor / vectors.share
    for axes, rows in ((slice(TASK, vectors.rationales), slice(0, purchase_heads * channels)),
                       (slice(vectors.rationales, None), slice(purchase_heads * channels, None))):  # fmt: skip
        size, count = len(range(*rows.indices(attention.inner_dim))), len(signs[axes])
        if count:
            rotation = torch.linalg.qr(torch.randn(size, size))[0][:, :count]
            attention.v.weight[rows, axes] = rotation
            attention.o.weight[axes, rows] = (rotation * signs[axes]).T


def _single_token(pieces: tuple[int, ...], view: ProtocolView) -> int:
    if len(pieces) > 1:
        raise InputError(
            f"IDs of the {view.dataset.n_users:,} users and {view.dataset.n_items:,} items have more than one token, so these users and "
            "items have no vectors of their own to initialise",
            where=view.dataset.name,
            todo="leave out --ids and --id-digits, or use --start random",
        )
    return pieces[0]
