"""Where a student from scratch starts: not at random, but from who bought what, and from what the rationales say of users and items.

Only the training part is read, so nothing held out is told.  It stands where a pretrained T5 would bring knowledge of its own.  Before
any training the student ranks nearly as the rule "bought together" over the history, with rationales also by how well the item's
match the user's; training goes on from there.

    axes       of the width of the student.  Four are reserved: the decoder's start token alone (START); a mark of what one half
               of the attention heads reads (ITEM) and of what the other half reads (USER); ids against words (TASK).
    vectors    an item's number has the strongest axes of co-purchase (`rdrec.data.item_vectors`) and the rationale axes, half of the
               width each; a user has the mean of the own purchases, and the rationale axes.  Without rationales purchases have
               all axes.  The word that a rationale is made of lies where the users and items lie of which it is said.
    marks      a token's own root mean square, so that the norm before attention leaves it constant; words and id prompts have none
    attention  one channel of each cross-attention head reads START of the decoder and ITEM or USER of the encoder; values pass through
    decoder    self-attention takes a token's own vector out of what is said next: the output table is the input table, and a
               token of unit scale would otherwise predict itself
    all else   what feed-forward and the other layers add starts near nothing
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from transformers.models.t5.modeling_t5 import T5Attention, T5DenseActDense, T5LayerSelfAttention

from rdrec.core.records import InputError
from rdrec.data.item_vectors import communal_axes
from rdrec.data.splits import ProtocolView
from rdrec.data.together import purchase_matrix
from rdrec.student.model import Student
from rdrec.student.rationale_axes import rationale_axes
from rdrec.student.sampling import TextRows
from rdrec.student.tasks import ID_TASKS, Task, user_word
from rdrec.student.tokenizer import StudentTokenizer

Floats = npt.NDArray[np.float64]
START, ITEM, USER, TASK, FREE = range(5)  # FREE: the first axis that is not reserved

QUIET = 0.1  # of whole-word embeddings and prompt vectors, beside the ids
NEAR_NOTHING = 0.02  # of what a layer adds
MARK = 3.0  # of an id, in root mean squares of its vector
ATTENTION = (
    0.5  # of a marked token for the start token, in units of the root of the width: e^5.7 times an unmarked one at width 128
)
PURCHASES = 50.0  # a user counts as so many: more than a history, and half of 100 candidates
SIDE = 4.0  # of a token along TASK: words above, ids below
NEVER_SAID = 11.0  # of a user against START: users are read only
WORD_START = 0.5  # of a word along START: while it writes, the decoder goes on looking at the ids
TEXT_PROMPT = 0.8  # mark of the prompt vectors of text tasks for the heads that read users
END = (-32.0, 80.0, 0.0, -4.0)  # of the end token along the reserved axes: after an item, never first
STRENGTH = 1.5  # of what cross-attention adds
LOUD = 2.0  # of TASK in it
MATCH = 0.6  # spread of the match of rationales over items, in that of what purchases say
SHARP = 1.5  # length of an item's vector: it is what the first predictions are multiplied with, and the norm leaves inputs as they are
NOT_ITSELF = 0.9  # share of a token's own vector that is taken out


@dataclass(frozen=True)
class Vectors:
    """items (I + 1, D), users (U + 1, D): without marks, row 0 empty; signs (D,) of each axis in a product; words: (D,) by word.

    match  what the rationale axes are multiplied with in a prediction; `rationales` where they begin, D without any
    """

    items: Floats
    users: Floats
    signs: Floats
    words: dict[str, Floats]
    rationales: int
    match: float


def start_from_data(student: Student, tokenizer: StudentTokenizer, view: ProtocolView, texts: TextRows | None) -> None:
    """Change the weights of `student`.  texts: the rationales of the training part; None: purchases alone.

    Raises InputError when ids are more than one token, or for a shape whose attention cannot hand its input through.
    """
    items = [_one_token(tokenizer.encode_id(int(number))[:-1], view) for number in view.item_ids[1:]]
    users = [_one_token(tokenizer.encode(user_word(user)).tokens, view) for user in range(1, view.dataset.n_users + 1)]
    config = student.t5.config
    if config.num_heads * config.d_kv != config.d_model or config.num_heads % 2:
        raise InputError("cross-attention cannot hand its input through in this shape", todo="use --start random")
    vectors = id_vectors(view, texts, config.d_model, config.num_heads * config.d_kv // 2)
    with torch.no_grad():
        _embeddings(student, tokenizer, vectors)
        table = student.t5.shared.weight
        table[items] = torch.tensor(_marked(vectors.items, ITEM)[1:], dtype=torch.float32)
        table[users] = torch.tensor(_marked(vectors.users, USER)[1:], dtype=torch.float32)
        _prompts(student)
        _layers(student)
        first = student.t5.decoder.block[0]
        _not_itself(first.layer[0].SelfAttention)
        _hand_through(first.layer[1].EncDecAttention, vectors)


def id_vectors(view: ProtocolView, texts: TextRows | None, width: int, half: int) -> Vectors:
    """`half`: channels of half of the attention heads, the most axes that purchases may have beside rationales."""
    n_users, n_items = view.dataset.n_users, view.dataset.n_items
    split = width if texts is None else FREE + half - 1  # TASK goes through the heads of purchases
    scale = width**0.5 if texts is None else (width / 2) ** 0.5
    items, users = np.zeros((n_items + 1, width)), np.zeros((n_users + 1, width))
    signs, words, match = np.ones(width), {}, 0.0
    items[:, FREE:split], signs[FREE:split] = communal_axes(view.training_parts, n_items, split - FREE)
    items *= scale / (np.sqrt((items[1:] ** 2).sum(1).mean()) or 1.0)
    users[1:] = scale * _of_length_one(purchase_matrix(view.training_parts, n_items) @ _of_length_one(items))
    if texts is not None:
        preferences = [(user, text) for user, _, text in texts.user_preference]
        attributes = [(item, text) for _, item, text in texts.item_attribution]
        of_users, of_items, of_words = rationale_axes(preferences, attributes, n_users, n_items, width - split)
        spread = [
            _spread(a, b)
            for a, b in ((users[:, :split] * signs[:split], items[:, :split]), (scale * of_users, scale * of_items))
        ]
        match = MATCH * spread[0] / spread[1] if spread[1] else 0.0
        users[:, split:], items[:, split:] = scale * of_users, scale * of_items
        words = {word: scale * direction for word, direction in of_words.items()}
    return Vectors(items, users, signs, words, split, match)


def _spread(users: Floats, items: Floats) -> float:
    """Standard deviation over items of their product with a user, mean over at most 1,000 users."""
    chosen = users[1:][:: max(1, (len(users) - 1) // 1000)]
    return float((chosen @ items[1:].T).std(axis=1).mean())


def _marked(vectors: Floats, mark: int) -> Floats:
    """With the reserved axes.  A user is marked for both halves of the heads."""
    found = vectors * (SHARP if mark == ITEM else 1.0)
    found[:, TASK], found[:, START] = -SIDE, -NEVER_SAID if mark == USER else 0.0
    found[:, mark] = MARK * np.linalg.norm(found, axis=1) / found.shape[1] ** 0.5
    if mark == USER:
        found[:, ITEM] = found[:, USER] * _of_many(found.shape[1])
    return found


def _of_many(width: int) -> float:
    """Mark of what counts as `PURCHASES` items in attention, in marks of one."""
    return 1 + float(np.log(PURCHASES)) / (ATTENTION * width**0.5)


def _embeddings(student: Student, tokenizer: StudentTokenizer, vectors: Vectors) -> None:
    table, config = student.t5.shared.weight, student.t5.config
    table[:, :FREE] = torch.tensor([WORD_START, 0.0, 0.0, SIDE])
    for word, direction in vectors.words.items():
        first = tokenizer.encode_target(f"a {word}")[1]
        table[first, vectors.rationales :] = torch.tensor(direction, dtype=torch.float32)
    table[config.eos_token_id, :FREE] = torch.tensor(END)
    table[tokenizer.encode_target("a.")[-2], ITEM] = MARK  # a sentence ends after its full stop, as an answer after its item
    table[config.decoder_start_token_id] = 0
    table[config.decoder_start_token_id, START] = config.d_model**0.5
    student.whole_word.weight.mul_(QUIET)


def _prompts(student: Student) -> None:
    """Those of text tasks say so along TASK."""
    width = student.t5.config.d_model
    student.prompts.mul_(QUIET)
    student.prompts[:, :, :FREE] = 0
    text = [int(task) for task in Task if task not in ID_TASKS]
    student.prompts[text, :, :FREE] = torch.tensor([0.0, MARK * _of_many(width), MARK * TEXT_PROMPT, width**0.5])


def _layers(student: Student) -> None:
    for module in student.t5.modules():
        if isinstance(module, T5DenseActDense):
            module.wo.weight.mul_(NEAR_NOTHING)
        elif isinstance(module, T5LayerSelfAttention):
            module.SelfAttention.o.weight.mul_(NEAR_NOTHING)
    for block in student.t5.decoder.block[1:]:
        block.layer[1].EncDecAttention.o.weight.mul_(NEAR_NOTHING)


def _not_itself(attention: T5Attention) -> None:
    """Self-attention of a token to itself, which takes its own vector away; the reserved axes stay."""
    turn = torch.linalg.qr(torch.randn(attention.inner_dim, attention.inner_dim))[0]
    for part, factor in ((attention.q, ATTENTION), (attention.k, ATTENTION), (attention.v, 1.0)):
        part.weight.copy_(turn * factor)
        part.weight[:, :FREE] = 0
    attention.o.weight.copy_(turn.T * -NOT_ITSELF)
    attention.o.weight[:FREE] = 0


def _hand_through(attention: T5Attention, vectors: Vectors) -> None:
    """Cross-attention from the start token to what is marked; purchases by one half of the heads, rationales by the other."""
    channels, heads = attention.key_value_proj_dim, attention.n_heads
    half = heads // 2 if vectors.rationales < attention.d_model else heads
    attention.q.weight[:, START] = 0
    for head in range(heads):
        for part in (attention.q, attention.k):
            part.weight[head * channels] = 0
        attention.q.weight[head * channels, START] = 1
        attention.k.weight[head * channels, ITEM if head < half else USER] = ATTENTION / MARK
    attention.v.weight.zero_()
    attention.o.weight.zero_()
    signs = torch.tensor(vectors.signs, dtype=torch.float32) * STRENGTH
    signs[TASK] *= LOUD
    signs[vectors.rationales :] *= vectors.match
    for axes, rows in ((slice(TASK, vectors.rationales), slice(0, half * channels)),
                       (slice(vectors.rationales, None), slice(half * channels, None))):  # fmt: skip
        size, count = len(range(*rows.indices(attention.inner_dim))), len(signs[axes])
        if count:
            turn = torch.linalg.qr(torch.randn(size, size))[0][:, :count]
            attention.v.weight[rows, axes] = turn
            attention.o.weight[axes, rows] = (turn * signs[axes]).T


def _one_token(pieces: tuple[int, ...], view: ProtocolView) -> int:
    if len(pieces) > 1:
        raise InputError(
            f"some of the {view.dataset.n_users:,} users and {view.dataset.n_items:,} items have numbers of more than one token, so that "
            "they have no place of their own to start from",
            where=view.dataset.name,
            todo="leave out --ids and --id-digits, or use --start random",
        )
    return pieces[0]


def _of_length_one(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
