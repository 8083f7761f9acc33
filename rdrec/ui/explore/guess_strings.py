"""The sentences of the guessing game, some with {fields}."""

from __future__ import annotations

TITLE = "What does the class think?"
LOOK = "See both students' lists before you guess (nothing is marked)"
WITHHELD = "The last purchase is hidden until the reveal."
WITHHELD_WRITING = "What the students write is about the held-out purchase. It is shown after the reveal."
RULE = {
    "rdrec": "the student with rationales",
    "baseline": "the student without",
    "popularity": "the best-seller rule",
}
TALLY_CLASS = "Your class, each guess"
TALLY_RULE = {
    "rdrec": "Student with rationales",
    "baseline": "Student without rationales",
    "popularity": "Best seller of the five",
}
NONE_HIDDEN = "There is nothing to guess: this shopper has too few purchases to hide one, or the set too few products. Choose another shopper."
