"""The sentences of "Be the shopper", some with {fields}."""

from __future__ import annotations

TITLE = "Be the shopper"
INTRO = "Put together what you have bought from this catalogue and see what both students would recommend to you next. The students read purchases in order."
NOBODY = (
    "The students do not know you: where other prompts have a shopper's ID, yours says “somebody”. This list is all they see, so "
    "nothing that rationales say about a shopper comes in here. In training every prompt had an ID; treat the answer with care."
)
MINE = "Your purchases"
ANSWER = "What they would recommend to you"
ANSWER_SMALL = "Ranked live by both students over all products that are not in your list ({items}). Nothing is kept on the server; the list is in this page's address."
ASKED = "Asking both students …"
OTHER_SET = "Your list contained products of another data set, so it starts empty."
