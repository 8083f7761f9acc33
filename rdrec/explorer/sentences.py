"""What the explorer tells a visitor whose wish cannot be met, and how it puts an edit into words."""

from __future__ import annotations

# Editing the purchases.
CHOOSE_PLACE = "Choose one of the purchases first."
CHOOSE_FOUND = "Find a product and choose it first."
ALREADY = "This product is among the purchases already."
FULL = "The students are shown at most {most} purchases: leave one out first."
LAST = "The last purchase has to stay: a student was never asked about an empty history."
EDGE = "It cannot move further."
PINS_FULL = "At most {most} variants can be pinned: unpin them first."
PINNED_ALREADY = "This variant is pinned already."
NOT_PINNED = "There is nothing to pin: change something first."
DROPPED, ADDED, REORDERED, SAME = "without {title}", "with {title}", "in another order", "nothing"

# The guessing game.
NOT_OF_THE_FIVE = "This is none of the five products: press one of them."
GUESS_FIRST = "Guess first: press one of the five products."
REVEALED = "This question was revealed already: choose another shopper for the next one."
ENOUGH = "{most} guesses on one question are enough: press Reveal."
