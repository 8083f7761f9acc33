"""Initialise a student from data instead of at random: from who bought what, and from what the rationales say about users and items.

This takes the place of the knowledge that a pretrained T5 would bring.  All vectors come from the training part alone.  The validation
items choose how much rationales count beside purchases; test items are never read.
Before any training the student ranks almost like the rule "bought together" applied to the history; with rationales it also ranks by
how well an item's rationales match the user's.  Training continues from there.

    axes       dimensions of the embedding space.  Five are reserved: START is large for the decoder's start token and keeps users from
               being predicted, ITEM and USER mark what the two halves of the attention heads read, NEXT is set only for prompts of the
               next-item task, and TASK separates IDs from words.
    vectors    an item ID gets the strongest axes of co-purchase (`rdrec.data.item_vectors`) and the rationale axes, each half of the
               width; a user gets the mean of the items bought, and the rationale axes.  Without rationales, co-purchase has all axes.
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
from dataclasses import dataclass

import numpy as np
import torch
from transformers.models.t5.modeling_t5 import T5Attention, T5DenseActDense, T5LayerSelfAttention

from rdrec.core.arrays import Floats
from rdrec.core.records import InputError
from rdrec.data.cases import every_validation_case, leave_only_competing
from rdrec.data.item_vectors import communal_axes
from rdrec.data.splits import ProtocolView
from rdrec.data.together import purchase_matrix
from rdrec.student.model import Student
from rdrec.student.rationale_axes import rationale_axes, unit_rows
from rdrec.student.sampling import TextRows
from rdrec.student.tasks import ID_TASKS, Task, user_word
from rdrec.student.tokenizer import StudentTokenizer

START, ITEM, USER, NEXT, TASK, FREE = range(6)  # FREE: the first axis that is not reserved

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
# Spread of the rationale match over items, relative to that of the co-purchase score.  Where rationales say nothing, 0.6 costs up to a
# seventh of NDCG@10; where they say much, it adds a fifth (LOG.md, 2026-11-28).  Weights are set for
# the largest; prompts reduce it (`Vectors.share`).
MATCHES = (0.6, 0.3, 0.15, 0.03)
ITEM_SCALE = 1.5  # length of item vectors: the first predictions are products with them; as inputs they are normalised anyway
OWN_TOKEN = 0.9  # share of a token's own vector that self-attention subtracts
SWITCH_OFF = 3.0  # negative weight from START to every feed-forward unit of the decoder: all are off at the start token
_LIST, _AT_ONCE = 10, 256  # places of a list that count; users ranked together

Pair = tuple[Floats, Floats]  # of users and of items


@dataclass(frozen=True)
class Vectors:
    """items (I + 1, D), users (U + 1, D): without marks, row 0 is zero; signs (D,): of each axis in a product; words: (D,) by word.

    rationales  index of the first rationale axis; D without rationales
    match       spread of the rationale match over items, relative to that of the co-purchase score; None without rationales
    factor      of the rationale axes in a prediction, which gives them this spread; weights have `factor / share`
    """

    items: Floats
    users: Floats
    signs: Floats
    words: dict[str, Floats]
    rationales: int
    match: float | None
    factor: float

    @property
    def share(self) -> float:
        """`match` as a share of the largest of `MATCHES`; 1 without rationales."""
        return 1.0 if self.match is None else self.match / max(MATCHES)


def start_from_data(
    student: Student, tokenizer: StudentTokenizer, view: ProtocolView, texts: TextRows | None, match: float | None = None
) -> float | None:
    """Initialise the weights of `student` in place, and return the `match` that was used (`Vectors`).

    texts  the rationales of the training part; None: purchases alone
    match  None: the one of `MATCHES` with which the validation items rank best
    Raises InputError if IDs have several tokens, and for a shape whose attention cannot copy its input (heads * d_kv must be d_model,
    and the number of heads even).
    """
    items = [_single_token(tokenizer.encode_id(int(number))[:-1], view) for number in view.item_ids[1:]]
    users = [_single_token(tokenizer.encode(user_word(user)).tokens, view) for user in range(1, view.dataset.n_users + 1)]
    config = student.t5.config
    if config.num_heads * config.d_kv != config.d_model or config.num_heads % 2:
        raise InputError("cross-attention of this shape cannot copy its input", todo="use --start random")
    vectors = id_vectors(view, texts, config.d_model, config.num_heads * config.d_kv // 2, match)
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
    return vectors.match


def id_vectors(view: ProtocolView, texts: TextRows | None, width: int, half: int, match: float | None = None) -> Vectors:
    """Vectors of users, items and words.

    width  D of the student
    half   channels of half of the attention heads; with rationales, purchases have at most this many axes
    match  as for `start_from_data`; InputError if it is not above 0 and at most the largest of `MATCHES`
    """
    if match is not None and not 0 < match <= max(MATCHES):
        raise InputError(f"rationales cannot count {match:g} times as much as purchases", todo=f"choose one of {MATCHES}")
    n_users, n_items = view.dataset.n_users, view.dataset.n_items
    split = width if texts is None else FREE + half - 1  # - 1 because TASK passes through the same heads as purchases
    scale = width**0.5 if texts is None else (width / 2) ** 0.5
    items, users = np.zeros((n_items + 1, width)), np.zeros((n_users + 1, width))
    signs, words, factor = np.ones(width), {}, 0.0
    items[:, FREE:split], signs[FREE:split] = communal_axes(view.training_parts, n_items, split - FREE)
    items *= scale / (np.sqrt((items[1:] ** 2).sum(1).mean()) or 1.0)
    users[1:] = scale * unit_rows(purchase_matrix(view.training_parts, n_items) @ unit_rows(items))
    if texts is not None:
        preferences = [(user, text) for user, _, text in texts.user_preference]
        attributes = [(item, text) for _, item, text in texts.item_attribution]
        of_users, of_items, of_words = rationale_axes(preferences, attributes, n_users, n_items, width - split)
        users[:, split:], items[:, split:] = scale * of_users, scale * of_items
        purchases, rationales = (users[:, :split] * signs[:split], items[:, :split]), (users[:, split:], items[:, split:])
        spreads = _spread(*purchases), _spread(*rationales)
        match = _best_match(view, purchases, rationales, spreads) if match is None else match
        factor = _factor(match, spreads)
        words = {word: scale * direction for word, direction in of_words.items()}
    return Vectors(items, users, signs, words, split, None if texts is None else match, factor)


def _best_match(view: ProtocolView, purchases: Pair, rationales: Pair, spreads: tuple[float, float]) -> float:
    """The one of `MATCHES` with the highest NDCG@10 of the validation items; the greatest of equals.

    purchases, rationales  vectors of users and of items, whose products are the two scores that are added
    spreads                of the two scores
    """
    gained = np.zeros(len(MATCHES))
    cases = every_validation_case(view)
    for first in range(0, len(cases), _AT_ONCE):
        some = cases[first : first + _AT_ONCE]
        users, truths = [case.user for case in some], np.array([case.truth for case in some])
        together, said = (of_users[users] @ of_items.T for of_users, of_items in (purchases, rationales))
        leave_only_competing(together, [case.history[case.history != case.truth] for case in some])
        rows = np.arange(len(some))
        for place, match in enumerate(MATCHES):
            scores = together + _factor(match, spreads) * said
            own = scores[rows, truths][:, None]
            ranks = 1 + (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2
            gained[place] += (1 / np.log2(1 + ranks))[ranks <= _LIST].sum()
    return MATCHES[int(gained.argmax())]


def _factor(match: float, spreads: tuple[float, float]) -> float:
    """The factor of the rationale axes in a prediction that gives them `match` times the spread of the co-purchase score."""
    by_purchases, by_rationales = spreads
    return match * by_purchases / by_rationales if by_rationales else 0.0


def _spread(users: Floats, items: Floats) -> float:
    """Standard deviation over items of their product with a user; mean over at most 1,000 users."""
    chosen = users[1:][:: max(1, (len(users) - 1) // 1000)]
    return float((chosen @ items[1:].T).std(axis=1).mean())


def _marked(vectors: Floats, mark: int) -> Floats:
    """The vectors with the reserved axes filled in; mark: ITEM or USER.  A user is marked for both halves of the heads."""
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
    table[:, :FREE] = torch.tensor([WORD_START, 0.0, 0.0, 0.0, TASK_SIDE])
    for word, direction in vectors.words.items():
        first = tokenizer.encode_target(f"a {word}")[1]
        table[first, vectors.rationales :] = torch.tensor(direction, dtype=torch.float32)
    table[config.eos_token_id, :FREE] = torch.tensor(END)
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
    prompts[:, :, :FREE] = 0
    text = [int(task) for task in Task if task not in ID_TASKS]
    prompts[text, :, :FREE] = torch.tensor([0.0, MARK * _mark_of_user(width), MARK * TEXT_PROMPT, 0.0, width**0.5])
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
        part.weight[:, :FREE] = 0
    attention.o.weight.copy_(rotation.T * -OWN_TOKEN)
    attention.o.weight[:FREE] = 0


def _copy_through(attention: T5Attention, vectors: Vectors) -> None:
    """Make cross-attention copy the vectors of marked tokens: purchases through one half of the heads, rationales through the other."""
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
    signs = torch.tensor(vectors.signs, dtype=torch.float32) * CROSS_SCALE
    signs[TASK] *= TASK_SCALE
    signs[vectors.rationales :] *= vectors.factor / vectors.share
    for axes, rows in ((slice(TASK, vectors.rationales), slice(0, half * channels)),
                       (slice(vectors.rationales, None), slice(half * channels, None))):  # fmt: skip
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
