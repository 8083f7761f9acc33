"""The sentences of the Teach menu."""

from __future__ import annotations

LABEL = {"hide": "Guess first", "lock": "Lock shopper", "large": "Large type"}
VOTE = "Vote by phone"
LOCKED = (
    "This view shows a single shopper, so that a class stays together. To choose freely, untick “Lock shopper”, or remove lock=1 "
    "from the address."
)
