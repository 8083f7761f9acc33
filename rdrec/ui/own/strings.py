"""The sentences of the tab in which a visitor is the shopper.

In: nothing.  Out: constants, some with {fields}.  It knows no layout.
"""

from __future__ import annotations

TITLE = "Be the shopper"
INTRO = "Put together what you have bought, from this catalogue, and see what both students would offer you next. Oldest first: the students read purchases in their order."
NOBODY = "The students do not know you. Where a prompt has the shopper's number, yours says “somebody”, so that all they have is this list."
TRAINED = "In training they saw “somebody” instead of the number in {share} of 100 rows of the next-purchase task, so this is a question that they have practised."
UNTRAINED = "In training they saw a shopper's number every time, so this is a question that they were never asked: take the answer with care."
ONE_TRAINED = "The student {student} saw “somebody” in {share} of 100 rows of training."
SEARCH, PLACEHOLDER = "Find a product to add", "words of its name"
FOUND = "Press one to add it"
FOUND_NONE = "No product has these words in its name."
FOUND_FIRST = "Some to begin with: what sold most"
ADD = "Add {title}"
MINE = "Your purchases, oldest first"
MINE_COUNT = "{count} of at most {most}"
EMPTY = "Nothing yet. Add a product: with the first one the students answer."
EARLIER, LATER, DROP, CLEAR = "Move {title} earlier", "Move {title} later", "Remove {title}", "Remove all"
ANSWER = "What they would offer you next"
ANSWER_SMALL = "Ranked now by both students over all products that are not in your list: {items}. Nothing of this is kept on the server; the list is in this page's address."
ASKED = "The students are asked …"
FULL = "A student reads at most {most} purchases: remove one first."
ALREADY = "It is in your list already."
NOT_THERE = "There is no such product in this set."
EDGE = "It cannot move further."
UNKNOWN_ITEMS = (
    "Some of the products in the address are not in {data}: {items}. Numbers go from 1 to {last}. The others are shown."
)
TOO_MANY = "The address names more than {most} products; the first {most} are shown, since a student reads no more."
OTHER_SET = "Your list was of products of another data set, so it starts anew."
