"""The sentences of the rows in which purchases are edited."""

from __future__ import annotations

COUNT = "{count} of at most {most}, newest first"
UP, DOWN, DROP, REPLACE = "Move {title} up", "Move {title} down", "Remove {title}", "Replace {title}"
UNDO, UNDO_HINT = "Undo", "Undo the last edit; the browser's Back button does the same"
RESET, RESET_HINT = "Reset", "Back to the purchases as they were"
CLEAR, CLEAR_HINT = "Remove all", "Start again with an empty list"
ADDED = "added"
SEARCH, PLACEHOLDER = "Add a purchase", "words of a product's name"
FOUND = "Press a product to add it as the newest purchase"
FOUND_REPLACE = "Press a product to replace “{title}”"
FOUND_NONE = "No product has these words in its name."
ADD, PUT = "Add {title} to end", "Replace with {title}"
REPLACING = "Search above for the product that replaces “{title}”."
KEEP = "Keep it"
EMPTY = "No purchases yet. Search above, or start with a best seller:"
