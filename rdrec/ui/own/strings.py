"""The sentences of "Be the shopper", some with {fields}."""

from __future__ import annotations

TITLE = "Be the shopper"
INTRO = "Put together a list of products that you might have bought here, and see what both students would recommend next. The order hardly matters to the students that come with this page."
NOBODY = (
    "The students do not know you: where a prompt normally contains a shopper's ID, yours says “somebody”. All they see is this list; no "
    "rationale tells them about you. They were trained only on prompts with an ID, so treat the answer with caution."
)
MINE = "Your purchases"
ANSWER = "What they would recommend to you"
ANSWER_SMALL = "Ranked live by both students over all products that are not in your list ({items}). Nothing is kept on the server; the list is in this page's address."
ASKED = "Asking both students …"
OTHER_SET = "Your list contained products from another data set, so it starts empty."
BARS_CALIBRATED = "probability, calibrated for known shoppers"
