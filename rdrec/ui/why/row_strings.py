"""The sentences of the rows in which purchases are edited."""

from __future__ import annotations

SEARCH, PLACEHOLDER = "Add a purchase", "words of a product's name"
FOUND_NONE = "No product has these words in its name."
EMPTY = "No purchases yet. Search above, or start with a best seller:"
