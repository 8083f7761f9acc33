"""The sentences of "Be the shopper", some with {fields}."""

from __future__ import annotations

TITLE = "Be the shopper"
INTRO = "Put together a list of things you might have bought here and see what both students would recommend next. The shipped students hardly use its order."
NOBODY = (
    "The students do not know you: where other prompts have a shopper's ID, yours says “somebody”. They see only this list and nothing "
    "about you from rationales. They were trained only on prompts with an ID, so treat the answer with care."
)
MINE = "Your purchases"
ANSWER = "What they would recommend to you"
ANSWER_SMALL = "Ranked live by both students over all products that are not in your list ({items}). Nothing is kept on the server; the list is in this page's address."
ASKED = "Asking both students …"
OTHER_SET = "Your list contained products from another data set, so it starts empty."
