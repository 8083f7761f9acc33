"""What the explorer tells a visitor whose wish cannot be met, and how it puts an edit into words."""

from __future__ import annotations

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
