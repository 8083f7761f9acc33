"""The sentences of "Be the shopper", some with {fields}."""

from __future__ import annotations

TITLE = "Be the shopper"
INTRO = "Put together what you have bought from this catalogue and see what both students would recommend to you next. The students read purchases in order."
NOBODY = (
    "The students do not know you: where other prompts have a shopper's ID, yours says “somebody”. This list is all they see."
)
TRAINED = "In training they saw “somebody” instead of the ID in {share} of 100 rows of the next-purchase task, so they have practised this."
UNTRAINED = "In training they always saw a shopper's ID and never this kind of prompt, so treat the answer with care."
ONE_TRAINED = "The student {student} saw “somebody” in {share} of 100 rows of training."
MINE = "Your purchases"
ANSWER = "What they would recommend to you"
ANSWER_SMALL = "Ranked live by both students over all products that are not in your list ({items}). Nothing is kept on the server; the list is in this page's address."
ASKED = "Asking both students …"
OTHER_SET = "Your list contained products of another data set, so it starts empty."
