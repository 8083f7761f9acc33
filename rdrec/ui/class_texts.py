"""The sentences of a teacher's switches.

In: nothing.  Out: constants, some with {fields}.  It knows no layout.
"""

from __future__ import annotations

LABEL = {"hide": "Guess first", "lock": "Lock shopper", "large": "Large type"}
VOTE = "Vote by phone"
LOCKED = (
    "This view keeps to one shopper, so that a class stays together. To choose freely, untick “Lock shopper”, or take lock=1 "
    "out of the address."
)
