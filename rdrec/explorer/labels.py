"""What the ways of training, the rules and the rivals are called on the page."""

from __future__ import annotations

from rdrec.evaluation.methods import family

MODEL = {
    "rdrec": "With rationales",
    "baseline": "Without rationales",
    "scrambled": "With shuffled rationales",
    "start-only": "Rationales at the start alone",
    "tasks-only": "Rationales as tasks alone",
    "popularity": "Best sellers first",
    "bought together": "Often bought together",
    "max-id rule": "Highest item number plus one",
    "order rule": "Greater original numbers first",
    "sasrec": "SASRec",
    "ease": "EASE",
    "rationale neighbours": "Rationale neighbours",
    "rationale neighbours, items shuffled": "Rationale neighbours, products shuffled",
    "knows all tastes": "Knows all tastes",
    "knows what reviews mention": "Knows what reviews mention",
    "knows what reviews of others mention": "Knows what reviews of others mention",
}


def model_name(way: str) -> str:
    """What the page calls a rule or rival, whatever teacher its rationales are of."""
    return MODEL.get(family(way), family(way))
