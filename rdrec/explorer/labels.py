"""Names of students, rules and rivals on the page."""

from __future__ import annotations

from rdrec.evaluation.methods import family

MODEL = {
    "rdrec": "With rationales",
    "baseline": "Without rationales",
    "scrambled": "With shuffled rationales",
    "start-only": "Rationales only at the start",
    "tasks-only": "Rationales only as tasks",
    "popularity": "Best sellers first",
    "bought together": "Often bought together",
    "max-id rule": "Highest item number plus one",
    "order rule": "Higher original numbers first",
    "sasrec": "SASRec",
    "ease": "EASE",
    "rationale neighbours": "Rationale neighbours",
    "rationale neighbours, items shuffled": "Rationale neighbours, products shuffled",
    "knows all tastes": "Knows all tastes",
    "knows what reviews mention": "Knows what reviews mention",
    "knows what reviews of others mention": "Knows what reviews of others mention",
}


def model_name(method: str) -> str:
    """The name of a method on the page, without its teacher."""
    return MODEL.get(family(method), family(method))
