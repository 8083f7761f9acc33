"""The sentences of the Why tab, some with {fields}."""

from __future__ import annotations

TAB = "Why and what if"
INTRO = "Ask a student why it ranks a product where it does, then edit the purchases and watch both lists change. Everything here is computed live, and the students never see the held-out purchase."
LIST = {
    "sequential": "This explains the next purchase, ranked among all products.",
    "topn": "This explains the list of candidates chosen on Explore.",
}
STUDENT_LABEL, ITEM_LABEL, OTHER_LABEL = "Student", "Why", "rather than"
NUMBER_LABEL = "Shopper's number in the prompt (without it, the student sees the purchases alone)"
NUMBER = "The shopper's number"
ANONYMOUS = "The prompt contains only the purchases, without the shopper's number, so this is not the list on Explore."
ITEM_CHOICE = "{rank} · {title}"
TRUE_CHOICE = "{rank} · {title} (held-out purchase)"
AWAITED = "Asking both students. The first run loads them, which takes a few seconds."
NOTHING = "No prediction was computed for this shopper."
FAILED = "This did not work: {what}. {todo}."
RAN = "Ran live on {device} ({precision}): {ms} ms."
LOADED = "Loading took {load} ms."
FELL_BACK = "Why not on the graphics card: {why}."

# Which purchases drive it
DRIVES = "Which purchases drive it?"
DRIVES_NOW = "The student {student} ranks {title} {rank} of {among}, with a probability of {probability}."
DRIVES_MOST = "The main driver is {title}: without it, the product would be {change} and rank {rank}."
DRIVES_LITTLE = "No single purchase matters much. The main driver is {title}: without it, the product would be {change}."
DRIVES_NO_SUPPORT = "No purchase supports it."
DRIVES_NUMBER = "What training stored under the shopper's number drives it: from the purchases alone, the product would be {change} and rank {rank}. Untick “Shopper's number in the prompt” to see what the purchases do."
DRIVES_AGAINST = " {title} counts against it: without it, the product would be {change}."
DRIVES_COLUMNS = ("Purchase", "counts against | supports", "Without it", "Rank without it")
LESS, MORE, SAME = "{percent} % less likely", "{factor}", "about as likely"
MORE_PERCENT, MORE_TIMES = "{percent} % more likely", "{times} times as likely"
DRIVES_CANDIDATES = "The prompt for this list contains the shopper's ID and the {among} candidates, but no purchases. The bars therefore show the next-purchase prompt restricted to the same candidates, where the product ranks {rank} ({probability})."
DRIVES_SMALL = "Leave-one-out: each purchase is removed in turn and the student ranks again. The length of a bar is the change in log-probability. The effects do not add up, since two similar purchases can stand in for each other."
REST = "{count} more with smaller effects"
ONE_PURCHASE = "The student sees a single purchase here, and the last one cannot be removed."
CUT = "The students see only the last {shown} of {all}."

# Why A rather than B
VERSUS = "Why this rather than that?"
VERSUS_AHEAD = "{one} is {factor} times as likely as {other}."
VERSUS_LEVEL = "{one} and {other} are about equally likely."
VERSUS_DRIVER = " The main driver is {title}: without it, {ahead} would be {factor} times as likely as {behind}."
VERSUS_TURNS = " The main driver is {title}: without it, the order would be reversed and {behind} would be {factor} times as likely as {ahead}."
VERSUS_NONE = (
    " No single purchase decides: removing any one of them changes the odds by less than 10 %. The main driver is {title}."
)
VERSUS_NUMBER = " What training stored under the shopper's number decides: it makes the odds {factor} times as large."
VERSUS_FOR = "← for {other} | for {one} →"
VERSUS_COLUMNS = ("Purchase", "Odds")
VERSUS_ODDS = "×{factor}"
VERSUS_NOTHING = "There is no other product to compare with."
VERSUS_SMALL = "Leave-one-out change of the log-odds between the two products; exact, because the normalisation of both cancels. ×2.0: this purchase doubles the odds."
STEP_ONE = "Each product ID is a single token for this student, so the whole choice is made in one step."
STEPS = "The IDs differ from step {first} on. Step {most} has the largest effect: “{one}” ({one_share}) against “{other}” ({other_share})."
STEP_END, STEP_FIXED = "end", "no choice"
STEPS_MORE = "All steps"
STEPS_COLUMNS = ("Step", "First product", "Second product", "Odds")

# What if
WHAT_IF = "What if they had bought something else?"
WHAT_IF_INTRO = "Move, remove, replace or add purchases; both students rank again."
ROWS_TITLE = "Purchases"
PIN, PIN_HINT, UNPIN, UNPIN_HINT = "Pin", "Keep this version to compare it", "Unpin all", "Remove all pinned versions"
UNEDITED, EDITED, PINNED = "As bought", "Your edit", "Pinned {letter}"
NO_EDIT = "Nothing has been changed: this is the ranking for the purchases as bought."
CHANGED = "Changed: {changes}."
CAUTION = "No student was trained on this edited history: a move shows what the student computes, not what a shopper would do."
WHAT_IF_CANDIDATES = "The candidates are ranked here by the next-purchase prompt, because the prompt of the list on Explore contains no purchases."
CHOSEN, TRUTH = "The chosen product", "The held-out purchase"
PLACES = "{before} → {after}"
PLACE_STAYS = "{after}, as before"
BOUGHT_NOW = "now among the purchases"
WAS, NEW_AT, STAYS = "was {rank}", "not ranked before: it was among the purchases", "as before"
FELL_OUT = "No longer in top {top}"
COMPARE = "Versions compared"
COMPARE_COLUMNS = ("Version", "What is changed")
COMPARE_CELL = "{what}, {student}"  # beside a number, where there is no room for columns
COMPARE_PLACE = {"chosen": "chosen product", "truth": "held-out purchase"}
WHAT_IF_SMALL = "Ranks count products that are not among the purchases. Arrows: how far a product moved from its rank for the purchases as bought."
LETTERS = "ABC"

# Beam search and the tree of ids
SPELLED = "How a student generates a product ID, and what a beam search misses"
WHO_LABEL, WIDTH_LABEL = "Student", "Beam width"
SHIPPED_CHOICE = {
    "clustered": "IDs of several tokens (clustered)",
    "clustered-text": "IDs of several tokens (clustered by text)",
}
BEAM_INTRO = (
    "A beam search of width {beams} keeps the {beams} most likely beginnings at each step; exact ranking scores every product."
)
BEAM_ALL = "Here it finds all of the exact top {top}."
BEAM_MISSES = "Here it misses {count} of the exact top {top}, the best of them {rank}."
BEAM_ONE_TOKEN = "This student's IDs are single tokens, so there is a single step and a beam search cannot lose a product on the way. Choose a student with IDs of several tokens to see a tree."
BEAM_NO_OTHER = (
    "This student's IDs are single tokens, so there is a single step and a beam search cannot lose a product on the way."
)
BEAM_STEP = "Step {step}"
BEAM_KEPT, BEAM_DROPPED = "kept", "dropped"
BEAM_HOLDS = "contains {ranks}"
BEAM_ITEMS = "{items} below it"
BEAM_REST = "{count} more dropped"
BEAM_EXACT = "Exact top {top}"
BEAM_YES, BEAM_NO = "found", "lost at step {step}: {how}"
BEAM_EXAMPLES = "Shoppers for whom a beam of width {beams} misses a top product:"
BEAM_EXAMPLE = "{user} (loses {rank})"
BEAM_HOW = {
    "crowded": "more likely beginnings fill the beam",
    "late": "other IDs that end here are more likely",
    "outscored": "others score better for their length",
    "stopped": "the search stops before its ID is complete",
}
BEAM_SMALL = "Percentages: probability of a beginning over the whole vocabulary. Only products that were not bought before are in the tree. The search is replayed on exact log-probabilities and makes the decisions of transformers' beam search."
END = "⏎"

# The exact prompt
PROMPT = "What exactly the student reads"
PROMPT_INTRO = "{tokens} tokens of text, preceded by {slots} trained prompt vectors that stand for the task. Colours and the small number below show which tokens form one ID."
PROMPT_SLOT = "task {number}"
PROMPT_SLOT_KEY = "trained prompt vector"
PROMPT_USER_KEY = "the shopper"
PROMPT_ITEM_KEY = "a product"
PROMPT_PRODUCTS = "Which ID is which product"
PROMPT_COLUMNS = ("ID", "Whole-word index", "Product")
PROMPT_SMALL = "Each token with its whole-word embedding index, prompt vectors in front (POD, section 4). If you edited the purchases, this is the edited history."
