"""Compute the records of the Why tab with loaded students.  Imports torch, so the page imports it only inside callbacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rdrec.data.cases import competing_items
from rdrec.evaluation.metrics import place_among, shown_rank
from rdrec.evaluation.ranking import best
from rdrec.explorer.why_records import Beam, Case, Drivers, Firsts, Prompt, Ranked, Step, Variants, Versus
from rdrec.ranking.explain import Branch
from rdrec.ranking.influence import leave_one_out
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.shares import log_shares
from rdrec.student.tasks import Task as TaskNumber


def drivers(student: Recommender, case: Case) -> Drivers:
    """What drives the chosen item: its rank with all shown purchases and, if there are several, without each of them."""
    return explained(student, case, None)[0]


def explained(student: Recommender, case: Case, other: int | None) -> tuple[Drivers, Versus | None]:
    """What drives the chosen item, and why it ranks above or below `other`; both from one batch of histories."""
    compete = case.competing(student.n_items)
    several = len(case.shown) > 1
    if several:
        left_out = leave_one_out(student, case.prompted, case.shown)
        full = left_out.scores[0]
    else:
        full = student.sequential([case.prompted], [case.shown])[0]
    by_purchases = _placed(full, compete, case.item)
    listed = by_purchases
    if case.candidates:
        listed = _placed(student.topn([case.prompted], [case.candidates])[0], compete, case.item)
    rows = left_out.influence(case.item, compete.tolist()) if several else ()
    number = left_out.number_influence(case.item, compete.tolist()) if several else None
    found = Drivers(*listed, len(compete), rows, by_purchases if case.candidates else None, number)
    if other is None:
        return found, None
    contrast = left_out.contrast(case.item, other) if several else None
    odds = contrast.log_odds if contrast else float(full[case.item]) - float(full[other])
    return found, Versus(other, odds, contrast, id_steps(student, case, other))


def answers(
    students: Mapping[str, Recommender], case: Case, other: int | None, histories: Sequence[Sequence[int]]
) -> tuple[tuple[Drivers, Versus | None], Variants]:
    """`explained` for the case's student, and both students' rankings for each of `histories`."""
    return explained(students[case.role], case, other), variants(students, case, histories)


def id_steps(student: Recommender, case: Case, other: int) -> tuple[Step, ...]:
    """The steps at which the ids of the case's item and `other` differ; their log ratios add up to the log-odds."""
    if student.one_token_ids:
        return ()
    sides = [
        {len(branch.before): branch for branch in student.branches(case.prompted, case.shown, item)}
        for item in (case.item, other)
    ]
    steps = []
    for at in sorted({*sides[0], *sides[1]}):
        one, two = (side.get(at) for side in sides)
        if one and two and (one.before, one.taken.token) == (two.before, two.taken.token):
            continue  # common prefix
        texts = [_piece(student, branch) for branch in (one, two)]
        shares = [branch.taken.share if branch else 1.0 for branch in (one, two)]
        steps.append(Step(at + 1, texts[0], shares[0], texts[1], shares[1], float(np.log(shares[0]) - np.log(shares[1]))))
    return tuple(steps)


def beam(student: Recommender, case: Case, beams: int) -> Beam:
    """The beam search for the unedited history, over the products that were not bought."""
    compete = competing_items(student.n_items, case.bought, case.truth)
    tree = student.beam_trees([case.prompted], [case.shown], [compete], [beams])[0][0]
    tokens = sorted({token for step in tree.steps for prefix in step for token in prefix.tokens})
    tokenizer = student.loaded.tokenizer
    pieces = dict(zip(tokens, tokenizer.pieces(tokens), strict=True))
    numbers = {item: int(student.item_ids[item]) for item in range(1, student.n_items + 1)}
    return Beam(tree, pieces, numbers, tokenizer.eos, student.one_token_ids)


def _piece(student: Recommender, branch: Branch | None) -> str | None:
    if branch is None:
        return None
    token, tokenizer = branch.taken.token, student.loaded.tokenizer
    return "" if token == tokenizer.eos else tokenizer.pieces([token])[0].strip()


def _placed(scores: np.ndarray, compete: np.ndarray, item: int) -> tuple[float, int]:
    """Probability and rank of an item among the competing ones."""
    rank = shown_rank(*place_among(scores[compete], compete, item))
    return float(np.exp(log_shares(scores, compete)[item])), rank


def variants(students: Mapping[str, Recommender], case: Case, histories: Sequence[Sequence[int]]) -> Variants:
    """Both students' rankings for each history, in one batch per student.  The items of a history do not compete in it."""
    return {role: _variants(student, case, histories) for role, student in students.items()}


def prompt(student: Recommender, case: Case, history: Sequence[int]) -> Prompt:
    """The prompt behind the explained list; for a short list it contains the candidates instead of purchases."""
    task = TaskNumber.TOPN if case.candidates else TaskNumber.SEQUENTIAL
    encoded = student.prompt(case.prompted, case.candidates or history, task)
    texts = student.loaded.tokenizer.pieces(encoded.tokens)
    return Prompt(tuple(zip(texts, encoded.whole_words, strict=True)), int(student.loaded.model.prompts.shape[1]))


def _variants(student: Recommender, case: Case, histories: Sequence[Sequence[int]]) -> tuple[Ranked, ...]:
    scores = student.sequential([case.prompted] * len(histories), histories)
    compete = case.competing(student.n_items)
    return tuple(_ranked(row, compete[~np.isin(compete, history)]) for row, history in zip(scores, histories, strict=True))


def recommend(students: Mapping[str, Recommender], history: Sequence[int], top: int) -> Firsts:
    """For an unknown shopper: each student's `top` products that are not in the history, with "somebody" for the shopper's number."""
    return {role: _firsts(student, history, top) for role, student in students.items()}


def _firsts(student: Recommender, history: Sequence[int], top: int) -> list[tuple[int, float]]:
    scores = student.sequential([None], [history])[0]
    items, probabilities = best(scores, competing_items(student.n_items, history), top)
    return list(zip(items.tolist(), probabilities.tolist(), strict=True))


def _ranked(scores: np.ndarray, compete: np.ndarray) -> Ranked:
    order = compete[np.argsort(-scores[compete], kind="stable")]
    ranks = np.zeros(len(scores), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return Ranked(ranks, order, np.exp(log_shares(scores, compete)))
