"""Sentences for visitors: invalid addresses, edits, verdicts, citations, votes."""

from __future__ import annotations

from rdrec.core.plain_text import plain
from rdrec.core.records import RDRecError

# Addresses with unknown names.
BROKEN_DATA = "The data set {data} cannot be shown: {what}. To fix it: {todo}. Another one is shown instead."
UNKNOWN_USER = "There is no shopper {user} in {data}: numbers go from {low} to {high}. Another shopper is shown instead; search to find one."
FAILED = "This view could not be read: {what}. {todo}."
SWITCH = {"hide": "guess first", "lock": "lock the shopper", "large": "large type"}
UNKNOWN_ITEMS = (
    "Some of the products in the address are not in {data}: {items}. Numbers go from 1 to {last}. The others are shown."
)
TOO_MANY = "The address names more than {most} products; the first {most} are shown, since a student reads no more."
UNKNOWN_ITEM = "There is no product {item} among this student's recommendations for this shopper; another one is shown instead."

# A purchase without a time.
NO_DATE = "no date"

# Editing the purchases.
CHOOSE_PLACE = "There is no such purchase in the list."
CHOOSE_FOUND = "There is no such product in this set."
ALREADY = "This product is already in the list."
FULL = "The students read at most {most} purchases: remove one first."
EDGE = "It cannot be moved any further."
DROPPED, ADDED = "without {title}", "with {title}"

# Comparing a live ranking with the precomputed one.
LIVE_SAME = "same ranking as precomputed"
LIVE_NEAR = "same ranking as precomputed, up to near ties"
LIVE_NOT_SAME = "differs from place {place} on: {live} instead of {stored} ({common} of {top} items in common)"
LIVE_TRUTH_MOVED = "the first {top} places are the same, but the true purchase is at rank {live} instead of {stored}"
LIVE_NEAR_TRUTH_MOVED = (
    "the first {top} places are the same up to near ties, but the true purchase is at rank {live} instead of {stored}"
)

# Verdicts over training runs.
TASK_SHORT = {"sequential": "Next purchase", "topn": "Short list"}
USER, ITEM = "shopper", "product"
LEAD_CLEAR = "{task}: the student with rationales ranks {direction} than the one without, by {difference} points ({low} to {high}, p\u00a0{p})"
LEAD_UNCLEAR = "{task}: no effect of rationales is shown, {difference} points compared with the student without ({low} to {high}, p\u00a0{p})"
LEAD_CONTROL_LEVEL = "; the control with shuffled rationales is level with the student without ({difference}, p\u00a0{p})"
LEAD_CONTROL_MOVES = (
    "; but the control with shuffled rationales also ranks {direction} than the student without ({difference}, p\u00a0{p})"
)
LEAD_CONTROL_PARTS = (
    "; the control with shuffled rationales ranks {direction} than the student without ({difference}, p\u00a0{p})"
)
LEAD_OVER_CONTROL = "; against the control with shuffled rationales it ranks {direction}, by {difference} points (p\u00a0{p})"
LEAD_LIKE_CONTROL = "; but real rationales do no better than shuffled ones ({difference}, p\u00a0{p})"
LEAD_BEST = "The best baseline, {name}, reaches {value}, this student {student}"
LEAD_BEST_USES = "The best baseline, {name}, also uses rationales; it reaches {value}, this student {student}"
LEAD_BEST_WITHOUT = "; the best one without rationales, {name}, reaches {value}"
LEAD_BEST_CLEAR = " ({difference}, p\u00a0{p})"
LEAD_BEST_LEVEL = " (no difference shown, p\u00a0{p})"
LEAD_NOTHING = "Students with and without rationales were not both trained with several seeds here, so nothing can be said about rationales."
LEAD_ONE_RUN = "There is only one training run of each student. Another run could reverse the order, so nothing can be said about rationales yet."

# The leak audit.
LEAKS_VERDICT_RULE = (
    "With the original item numbers, the guess “highest item number so far, plus one” is right the first time for {rule} of 100 shoppers, without "
    "any learning. Under this page's protocol ({protocol}) it is right for {shown}."
)
LEAKS_VERDICT_NO_RULE = (
    "Item numbers do not give answers away: the guess “highest item number so far, plus one” is right the first time for {shown} of 100 shoppers "
    "under this page's protocol ({protocol}), and for {rule} with the original numbers."
)
LEAKS_VERDICT_TEXT_UNKNOWN = "This set has no review texts, so none can leak here."
LEAKS_VERDICT_ORDER = (
    "The order of purchases gives answers away: “often bought together” rises from {plain} to {rule} (NDCG@10, of 100) if products with a higher "
    "original number than the last purchase are ranked first."
)
LEAKS_VERDICT_NO_ORDER = (
    "The order of purchases gives nothing away: “often bought together” goes from {plain} to {rule} (NDCG@10, of 100) if products with a higher "
    "original number than the last purchase are ranked first."
)
LEAKS_VERDICT_LATER = (
    "Of 100 training purchases of held-out products, {later} were made later than the held-out purchase itself."
)
LEAKS_ASKED = {
    "rule HR@1": ("“Highest number plus one” right the first time, of 100", "max-id rule, HR@1"),
    "rule HR@10": ("“Highest number plus 1, 2, … 10” right, of 100", "max-id rule, HR@10"),
    "rule NDCG@10": ("The same, more credit for earlier guesses", "max-id rule, NDCG@10"),
    "id order": ("Numbers follow the order in which items first appear", "rank correlation: 1 in that order, 0 none"),
    "test text in training": ("Review of the held-out purchase was training text, of 100", "share of test interactions"),
    "same time as the one before": ("Held-out purchase has the same time as the one before it, of 100", "share of test interactions"),
    "greater original id": ("Held-out product has a higher original number than the one before, of 100", "about 50 if the order says nothing"),
    "bought together NDCG@10": ("“Often bought together”", "NDCG@10, of 100"),
    "order rule NDCG@10": ("The same, higher original numbers first", "order rule, NDCG@10, of 100"),
    "later purchases": ("Training purchases of the held-out product made after it, of 100", "share over all held-out purchases"),
}  # fmt: skip

# How to cite a view.
CITE = (
    "RDRec Explorer, {version}. Data set: {title}{kind}: {users} shoppers, {items} products, {interactions} purchases. "
    "Protocol: {protocol} (leave-one-out; {candidates} candidates for top-N). Teacher: {teacher}. Students: {students}. "
    "Seed shown: {seed}; evidence over {seeds}. View: shopper {user}, {task}. {link} (seen {date}).\n"
    "Method: Wang et al., RDRec: Rationale Distillation for LLM-based Recommendation, ACL 2024. "
    "Baseline: Li et al., Prompt Distillation for Efficient LLM-based Recommendation (POD), CIKM 2023."
)
CITE_WHICH = {"rdrec": "with rationales", "baseline": "without rationales"}
CITE_TASK = {"sequential": "next purchase from the whole catalogue", "topn": "true item among a short list"}

# Voting by phone: the current state.
VOTES = {0: "No votes yet", 1: "1 vote"}
PHASE = {
    "waiting": "Phones can join now.",
    "open": "Voting is open.",
    "closed": "Voting is closed.",
    "revealed": "The answer is shown.",
}
LEFT = {1: "The room ends in 1 minute."}
JOINED = "You have joined the room. The question will appear here."
REVEALED_RIGHT = "You voted {key}, the right answer."
REVEALED_WRONG = "You voted {key}. The answer is {answer}."

# Voting by phone: questions and errors.
NO_BALLOT = "Your browser did not keep this page's cookie, which counts your vote once. Allow cookies, or open the page in a window of its own."
PICKED = {
    "rdrec": "The student with rationales picked {letter}",
    "baseline": "the student without picked {letter}",
    "popularity": "the best seller is {letter}",
}
HELP_CHOICES = {"yes": "Yes", "no": "No", "unclear": "Can’t tell from this data"}
HELP_CLEAR = "Over {runs} training runs, NDCG@10 is {direction} with rationales: {difference} points (95 % interval {low} to {high}, p {p})."
HELP_UNCLEAR = (
    "Over {runs} training runs no effect on NDCG@10 is shown: {difference} points (95 % interval {low} to {high}, p {p})."
)
HELP_CONTROL_CLEAR = " Against shuffled rationales the gain is {difference} points ({low} to {high}, p {p})."


def failed(error: RDRecError, sentence: str = FAILED) -> str:
    """The sentence for something that cannot be read or done; it names no path of the server."""
    return sentence.format(what=plain(error.what), todo=plain(error.todo or "").rstrip("."))
