"""The sentences of the Why tab, in plain words.

In: nothing.  Out: constants, some with {fields}.  It knows no layout.
"""

from __future__ import annotations

TAB = "Why and what if"
INTRO = (
    "Ask a student why it recommends something. Everything here runs now, on the students themselves, for the next purchase from the "
    "whole catalogue. The hidden purchase is not shown to them."
)
STUDENT_LABEL, ITEM_LABEL, SHOW = "Whose recommendation", "Which product", "Show why"
ITEM_CHOICE = "{rank} · {title}"
TRUE_CHOICE = "{rank} · {title} (the true purchase)"
AWAITED = "The two students are being asked. The first time they are loaded, which takes some seconds."
AGAIN = "Something was changed: close and open this part to ask again."
PRESS = "Another shopper: press “Show why”."
PRESS_SECRET = "What is known of the hidden purchase has changed: press “Show why”."
NOTHING = "No prediction was computed for this shopper."
UNKNOWN_ITEM = "There is no product {item} among this student's recommendations for this shopper; its first is shown instead."
UNKNOWN_STUDENT = "There is no student {student}: it can be {known}. The first is asked."
TOO_MANY_PINS = "The address pins more than {most} variants; the first {most} are shown."
FAILED = "This did not work: {what}. {todo}."
RAN = "Ran live on {device} ({precision}): {ms} ms."
LOADED = "Loading the students took {load} ms."
FELL_BACK = "Why not on the graphics card: {why}."

# Which purchases drive it
DRIVES = "Which purchases drive it?"
DRIVES_NOW = "The student {student} puts {title} in place {rank} of {among}, with a probability of {probability}."
DRIVES_MOST = "Most of all it is {title}: with that purchase the product is {factor} times as likely as without, and without it it would stand in place {rank}."
DRIVES_LITTLE = "No purchase speaks for it much: leaving any single one out lowers its probability by less than a tenth."
DRIVES_AGAINST = " {title} speaks against it most: with that purchase the product is {factor} times as likely as without."
DRIVES_COLUMNS = ("Purchase, newest first", "Speaks against | for it", "With it", "Place without it")
DRIVES_TIMES = "{factor} times"
DRIVES_SMALL = (
    "Each purchase is left out in turn and the student is asked again (leave-one-out influence). “2.0 times”: with this purchase the product "
    "is twice as likely as without it; below 1, the purchase speaks against it. Bars are logarithms of that number. Left out one by one, "
    "purchases do not add up: two alike can stand in for each other."
)
DRIVES_ONE = "This student is shown a single purchase here, and none can be left out."
CUT = "Only the last {shown} of {all} purchases are shown to the students."

# What if
WHAT_IF = "What if they had bought something else?"
WHAT_IF_INTRO = "Choose a purchase and move it, leave it out or put another product in its place; both students rank again."
HISTORY_LABEL = "Purchases, oldest first"
PLACE = "{place}. {title}"
EARLIER, LATER, DROP = "Earlier", "Later", "Leave out"
SEARCH_LABEL, SEARCH_PLACEHOLDER = "Find a product", "words of its name"
FOUND_LABEL = "Found"
FOUND_NONE = "No product has these words in its name."
SWAP, ADD = "Put in its place", "Add as newest"
RESET, PIN, UNPIN = "Start over", "Pin to compare", "Unpin all"
UNEDITED, EDITED, PINNED = "As bought", "Your edit", "Pinned {letter}"
NO_EDIT = "Nothing is changed yet: this is the ranking as bought."
CHANGED = "Changed: {changes}."
CHOSEN, TRUTH = "The chosen product", "The true purchase"
PLACES = "place {before} → {after}"
PLACE_STAYS = "place {after}, as before"
BOUGHT_NOW = "now among the purchases"
WAS, NEW_AT, STAYS = "was {rank}", "not ranked before: it was among the purchases", "as before"
FELL_OUT = "No longer in the first {top}"
COMPARE = "Compared"
COMPARE_COLUMNS = ("History", "What is changed")
COMPARE_CELL = "{what}, {student}"  # beside a number, where there is no room for columns
COMPARE_PLACE = {"chosen": "chosen product", "truth": "true purchase"}
WHAT_IF_SMALL = (
    "Places count products that are not among the purchases, real or edited. An arrow says how far a product moved from its place for the "
    "unedited purchases. A student never saw these histories in training, so a move shows what it computes, not what a shopper would do."
)
LETTERS = "ABC"

# How the number is spelled
SPELLED = "How the student spells the product's number"
SPELLED_INTRO = "To the students this product is number {number}. They write it piece by piece; at each branch their belief is shared among the pieces that can follow."
SPELLED_BRANCH = "Branch {number}: after “{before}”, {ways} can follow"
SPELLED_ROOT = "Branch {number}: {ways} can begin a number"
SPELLED_WAYS = ("piece", "pieces")
SPELLED_END = "(end)"
SPELLED_ITEMS = "{items} behind it"
SPELLED_REST = "{count} others together"
SPELLED_PRODUCT = "{product} = {probability}, its probability over the whole catalogue."
SPELLED_NONE = "The catalogue has a single product: there is nothing to choose."
BEAM_FOUND = "A beam search with {beams} beams, the usual way, would find it too."
BEAM_LOST = "A beam search with {beams} beams, the usual way, would lose it: {how} (piece {step})."
BEAM_HOW = {
    "crowded": "more likely beginnings of other numbers take all the beams",
    "late": "its number ends, but others that end there are likelier and take all the places",
    "outscored": "its number is finished, but {beams} finished numbers have a better score for their length",
    "stopped": "the search stops before its number is finished",
}
SPELLED_SMALL = "Constrained decoding over the tree of ids, each branch a softmax over the legal tokens. Products bought already are in the tree too; places and the percentages of the lists leave them out. The beam search is replayed on exact log-probabilities over the whole vocabulary."

# The exact prompt
PROMPT = "What exactly the student reads"
PROMPT_INTRO = "{tokens} pieces of text, and before them {slots} trained ones that stand for the task. Colours and the small number below tell which pieces belong to one name."
PROMPT_SLOT = "task {number}"
PROMPT_SLOT_KEY = "trained prompt slot"
PROMPT_USER_KEY = "the shopper"
PROMPT_ITEM_KEY = "a product"
PROMPT_PRODUCTS = "Which product is which number"
PROMPT_COLUMNS = ("Number", "Whole-word id", "Product")
PROMPT_SMALL = "Token, whole-word embedding index below it, prompt vectors in front (POD, section 4). The history is the edited one where you changed it."
