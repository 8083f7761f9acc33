"""The meaning of the names in the tables."""

from __future__ import annotations

from collections.abc import Iterable

from rdrec.evaluation.methods import family, lacks_rationales
from rdrec.report.markdown import code, titled

TASK = {"sequential": "next purchase, whole catalogue", "topn": "one of 100 candidates"}
DATA = {
    "toys-1850": "Invented shop of 1,850 users, with every review read by a language model",
    "beauty": "Amazon Beauty (no review texts)",
    "toys-real": "Amazon Toys and Games (no review texts)",
    "guitars": "Amazon Musical Instruments (with reviews)",
}
TASK_COLUMN = {"sequential": "next", "topn": "one of 100"}
MEANING = {
    "rdrec": "the student with rationales",
    "baseline": "the same student without rationales",
    "scrambled": "control: rationales assigned to the wrong purchases",
    "start-only": "rationales shape only the student's initial weights; it does not learn to write them",
    "tasks-only": "the student learns to write rationales, but starts from purchases alone",
    "popularity": "rule: best sellers first",
    "bought together": "rule: what others bought together with the user's purchases (co-occurrence)",
    "max-id rule": "rule that exposes a leak: highest item number so far, plus one",
    "order rule": "rule that exposes a leak: co-occurrence, items with a higher original number first",
    "sasrec": "SASRec, a transformer over item sequences, without language",
    "ease": "EASE, a linear item-item model, without language; by default, its ridge is chosen on the validation items",
    "rationale neighbours": "EASE plus the similarity of an item's and a user's rationales, by default with the weight that ranks the validation items best; no student",
    "rationale neighbours, items shuffled": "control for `rationale neighbours`: each item has the words of another item",
    "knows all tastes": "upper bound: ranks by the true purchase probabilities of the invented shop",
    "knows what reviews mention": "EASE plus what the user's reviews really mention, as if the reviews were read perfectly",
    "knows what reviews of others mention": "control for `knows what reviews mention`: the reviews of another user",
}
ABLATED = "the paper's ablation: without one kind of rationale nothing can match, so what the student knows at the start comes from purchases alone; compare it with `tasks-only`"


def legend(methods: Iterable[str]) -> list[str]:
    """A table of the names that occur, without the teachers after a colon; ablated tasks, after "without", are explained together."""
    named = [method.partition(" on ")[0] for method in methods]
    found = {family(name) for name in named}
    rows = [[code(name), meaning] for name, meaning in MEANING.items() if name in found]
    if any(lacks_rationales(name) for name in named):
        rows.append([f"{code('without user_preference')}, {code('without item_attribution')}", ABLATED])
    return titled("Names in the tables:", ["name", "meaning"], rows)
