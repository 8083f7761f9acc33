"""The sentences of the guessing game, some with {fields}."""

from __future__ import annotations

TITLE = "What does the class think?"
ASK = "One of these five is what shopper {user} really bought next. Press a product once for each guess."
CHOOSE = "Guess {letter}: {title}"
COUNT = {0: "No guess yet", 1: "1 guess so far"}
COUNT_MANY = "{count} guesses so far"
VOTES = {1: "1 guess"}
VOTES_MANY = "{count} guesses"
BACK = "Undo"
REVEAL = "Reveal"
SMALL = (
    "One of the five is the real one. The others were drawn at random, always the same ones for this shopper, from the list of {among} that "
    "the students rank, better sellers more often. None was bought before."
)
LOOK = "See both students' lists before you guess (nothing is marked)"
CLOSED = "The reveal also shows what other parts of the page hide until then."
WITHHELD = "The last purchase is hidden until the reveal."
WITHHELD_SAYS = "Shown after the reveal: the students wrote it with the held-out purchase in view."
WITHHELD_WRITING = "What the students write is about the held-out purchase. It is shown after the reveal."
ANSWER_START = "It was {letter}: "
ANSWER_END = ". {right} of {count} guessed it."
ANSWER_END_ONE = {True: ". You guessed it.", False: ". You guessed another one."}
PICKED = "picked by: {rules}"
RULE = {
    "rdrec": "the student with rationales",
    "baseline": "the student without",
    "popularity": "the best-seller rule",
}
NEXT = "Choose another shopper for the next question; the tally continues."
TALLY = "So far in this session"
TALLY_COLUMNS = ("Who answered", "Right", "Wrong", "Right of 100")
TALLY_CLASS = "Your class, each guess"
TALLY_RULE = {
    "rdrec": "Student with rationales",
    "baseline": "Student without rationales",
    "popularity": "Best seller of the five",
}
TALLY_LUCK = "Random guess"
TALLY_SMALL = (
    "The same five products for everybody. A student answers with the one that it ranks highest, the rule with the one that sold most in "
    "training. A few questions prove nothing; see the tab Evidence."
)
NONE_HIDDEN = "There is nothing to guess: this shopper has too few purchases to hide one, or the set too few products. Choose another shopper."
