"""What the explorer tells a visitor whose wish cannot be met, and how it puts an edit into words."""

from __future__ import annotations

from rdrec.core.plain_text import plain
from rdrec.core.records import RDRecError

# An address that names what is not there.
UNKNOWN_DATA = "There is no data set {data} here. There is: {known}. Showing {shown} instead."
BROKEN_DATA = "The data set {data} cannot be shown: {what}. To mend it: {todo}. Another one is shown instead."
UNKNOWN_USER = "There is no shopper {user} in {data}: numbers go from {low} to {high}. Another shopper is shown instead; search to find one."
UNKNOWN_TAB = "There is no tab {tab}: it can be {known}. The first is open."
UNKNOWN_TASK = "There is no task {task}: it can be {known}. Showing the first."
FAILED = "This view could not be read: {what}. {todo}."
SWITCH = {"hide": "guess first", "lock": "lock the shopper", "large": "large type"}
UNKNOWN_SWITCH = "{key} in the address can be 1 ({what}) or 0, not {value}; it is off."
UNKNOWN_ITEMS = (
    "Some of the products in the address are not in {data}: {items}. Numbers go from 1 to {last}. The others are shown."
)
TOO_MANY = "The address names more than {most} products; the first {most} are shown, since a student reads no more."
UNKNOWN_ITEM = "There is no product {item} among this student's recommendations for this shopper; another one is shown instead."
UNKNOWN_STUDENT = "There is no student {student}; choose {known}. The first one is asked."
UNKNOWN_BEAM = "There is no beam of width {beam}; choose one of {known}. Another one is shown instead."
UNKNOWN_BEAM_STUDENT = "There is no beam search of a student {student}; choose one of {known}. The first one is shown."
TOO_MANY_PINS = "The address pins more than {most} versions; the first {most} are shown."

# Editing the purchases.
CHOOSE_PLACE = "There is no such purchase in the list."
CHOOSE_FOUND = "There is no such product in this set."
ALREADY = "This product is already in the list."
FULL = "The students read at most {most} purchases: remove one first."
LAST = "The last purchase has to stay: the students were never trained on an empty history."
EDGE = "It cannot be moved any further."
PINS_FULL = "At most {most} versions can be pinned: unpin them first."
PINNED_ALREADY = "This version is already pinned."
NOT_PINNED = "There is nothing to pin yet: change something first."
OTHERS = "{count} others"
DROPPED, ADDED, REORDERED, SAME = "without {title}", "with {title}", "in another order", "nothing"

# The guessing game.
NOT_OF_THE_FIVE = "This is none of the five products: press one of them."
GUESS_FIRST = "Guess first: press one of the five products."
REVEALED = "This question was revealed already: choose another shopper for the next one."
ENOUGH = "{most} guesses on one question are enough: press Reveal."

# Voting by phone.
NO_SUCH_ROOM = "There is no room with this code, or it has ended. Check the code on the projector."
NOT_THE_HOST = "Only the browser that opened this room can do that."
ROOMS_OF_ADDRESS = "{most} rooms are open from this network address already: end one of them first."
ROOMS_ALL = "{most} rooms are open on this page already. Please try again later."
VOTERS_ALL = "This room counts at most {most} browsers, and that many have voted."
SCREENS_ALL = "At most {most} screens can follow this room: close another one first."
NO_BALLOT = "Your browser did not keep this page's cookie, which counts your vote once. Allow cookies, or open the page in a window of its own."
OTHER_QUESTION = "The question has changed: here is the new one."
VOTING_CLOSED = "Voting on this question has closed."
NO_SUCH_CHOICE = "This is not one of the choices."
NOT_NOW = "The question is not in a state in which that can be done."
ASK_GUESS = "Which of these five did shopper {user} buy next?"
NOTHING_TO_GUESS = "Nothing is hidden for shopper {user}, so there is nothing to guess: choose another shopper."
ANSWER_GUESS = "Shopper {user} bought {letter}."
PICKED = {
    "rdrec": "The student with rationales picked {letter}",
    "baseline": "the student without picked {letter}",
    "popularity": "the best seller is {letter}",
}
ASK_HELP = "Does training on rationales help the student predict the next purchase in “{title}”?"
HELP_CHOICES = {"yes": "Yes", "no": "No", "unclear": "Can’t tell from this data"}
HELP_ONE_RUN = "Each student was trained only once, so nothing can be said about the next training run."
HELP_NOTHING = "There are no repeated training runs both with rationales and without, so the question was not tested."
HELP_CLEAR = "Over {runs} training runs, NDCG@10 is {direction} with rationales: {difference} points (95 % interval {low} to {high}, p {p})."
HELP_UNCLEAR = "Over {runs} training runs there is no measurable effect on NDCG@10: {difference} points (95 % interval {low} to {high}, p {p})."
HELP_CONTROL_SAME = " Shuffled rationales do as well, so it need not be what the rationales say."
HELP_CONTROL_CLEAR = " Against shuffled rationales the gain is {difference} points ({low} to {high}, p {p})."
HELP_CONTROL_NONE = " No control with shuffled rationales was trained, so it need not be what the rationales say."


def failed(error: RDRecError) -> str:
    """The sentence for something that cannot be read; it names no path of the server."""
    return FAILED.format(what=plain(error.what), todo=plain(error.todo or "").rstrip("."))
