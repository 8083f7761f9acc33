"""The sentences of the Why tab, some with {fields}."""

from __future__ import annotations

TAB = "Why and what if"
INTRO = "Ask a student why it ranks a product where it does, then edit the purchases and watch both lists change. Everything here is computed live, and the students never see the held-out purchase."
LIST = {
    "sequential": "This explains the ranking of all products for the next purchase.",
    "topn": "This explains the list of candidates chosen in Explore.",
}
STUDENT_LABEL, ITEM_LABEL, OTHER_LABEL = "Student", "Why", "rather than"
NUMBER_LABEL = "Shopper's ID in the prompt (without it, the student sees only the purchases)"
NUMBER = "The shopper's ID"
ANONYMOUS = "The prompt contains only the purchases, not the shopper's ID, so this is not the list in Explore."
ITEM_CHOICE = "{rank} · {title}"
TRUE_CHOICE = "{rank} · {title} (held-out purchase)"
AWAITED = "Asking both students. The first run loads them, which takes a few seconds."
NOTHING = "No prediction was computed for this shopper."
FAILED = "This did not work: {what}. {todo}."
RAN = "Ran live on {device} ({precision}): {ms} ms."
LOADED = "Loading took {load} ms."
FELL_BACK = "It ran on the CPU because {why}."

# Which purchases drive it
DRIVES = "Which purchases drive it?"
DRIVES_MOST = "The main driver is {title}: without it, the product would be {change} and rank {rank}."
DRIVES_LITTLE = "No single purchase matters much. The main driver is {title}: without it, the product would be {change}."
DRIVES_NO_SUPPORT = "No purchase supports it."
DRIVES_NUMBER = "The main driver is what the student has learned about this shopper, not any single purchase: from the purchases alone, the product would be {change} and rank {rank}. Untick “Shopper's ID in the prompt” to see what the purchases do."
DRIVES_AGAINST = " {title} counts against it: without it, the product would be {change}."
DRIVES_COLUMNS = ("Purchase", "counts against | supports", "Without it", "Rank without it")
LESS, SAME = "{percent}\u00a0% less likely", "about as likely"
MORE_PERCENT, MORE_TIMES = "{percent}\u00a0% more likely", "{times} times as likely"
DRIVES_SMALL = "Leave-one-out: each purchase is removed in turn and the student ranks again. The length of a bar is the change in log-probability. The effects do not add up, since two similar purchases can stand in for each other."
ONE_PURCHASE = "The student sees a single purchase here, and the last one cannot be removed."
CUT = "The students see only the last {shown} of {all}."

# Why A rather than B
VERSUS = "Why this rather than that?"
VERSUS_AHEAD = "{one} is {factor} times as likely as {other}."
VERSUS_LEVEL = "{one} and {other} are about equally likely."
VERSUS_DRIVER = (
    " Of the purchases, {title} speaks most for {ahead}: without it, {ahead} would be {factor} times as likely as {behind}."
)
VERSUS_TURNS = " Of the purchases, {title} speaks most for {ahead}: without it, the order would be reversed and {behind} would be {factor} times as likely as {ahead}."
VERSUS_NONE = (
    " No single purchase decides: removing any one of them changes the odds by less than 10 %. {title} speaks most for {ahead}."
)
VERSUS_NUMBER = " What the student has learned about this shopper decides, not any single purchase: it makes the odds {factor} times as large."
VERSUS_NUMBER_AGAINST = (
    " What the student has learned about this shopper speaks more strongly for {behind}, by a factor of {factor}."
)
VERSUS_FOR = "← for {other} | for {one} →"
VERSUS_COLUMNS = ("Purchase", "Odds")
VERSUS_SMALL = "Leave-one-out change of the log-odds between the two products; exact, because the normalisation of both cancels. ×2.0: this purchase doubles the odds."

# What if
WHAT_IF = "What if they had bought something else?"
WHAT_IF_INTRO = "Move, remove, replace or add purchases; both students rank again."
ROWS_TITLE = "Purchases"
NO_EDIT = "Nothing has been changed: this is the ranking for the purchases as bought."
PLACES = "{before} → {after}"
PLACE_STAYS = "{after}, as before"
BOUGHT_NOW = "now among the purchases"
WAS, NEW_AT, STAYS = "was {rank}", "not ranked before: it was among the purchases", "as before"
COMPARE_PLACE = {"chosen": "chosen product", "truth": "held-out purchase"}

# Beam search and the tree of ids
SPELLED = "How a student generates a product ID, and what a beam search misses"
WHO_LABEL, WIDTH_LABEL = "Student", "Beam width"
SHIPPED_CHOICE = {
    "clustered": "IDs of several tokens (clustered)",
    "clustered-text": "IDs of several tokens (clustered by text)",
}
BEAM_HOW = {
    "crowded": "more likely beginnings fill the beam",
    "late": "other IDs that end here are more likely",
    "outscored": "others score better for their length",
    "stopped": "the search stops before its ID is complete",
}
END = "⏎"

# The exact prompt
PROMPT = "What exactly the student reads"

# The rows in which purchases are edited
SEARCH, PLACEHOLDER = "Add a purchase", "words of a product's name"
FOUND_NONE = "No product has these words in its name."
EMPTY = "No purchases yet. Search above, or start with a best seller:"
