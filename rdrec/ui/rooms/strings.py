"""The sentences of voting by phone, on the lecturer's panel and on phones; some have {fields}."""

from __future__ import annotations

# The lecturer's panel.
TITLE = "Vote by phone"
SHRINK = "Close"
CLOSE, END = "Close voting", "End the room"
ANSWER = "answer"
ENDED = "The room has ended."
LOST = "No connection to the page. Trying again…"

# The page on a phone.
PHONE_TITLE = "Vote · RDRec Explorer"
NAME = "RDRec Explorer"

# Requests that cannot be answered.
BAD_BODY = "This request cannot be read."
NO_SUCH_SET = "There is no such data set on this page."
NO_SUCH_USER = "There is no such shopper in this data set."
NO_SUCH_KIND = "There is no such question."
NO_SUCH_ACTION = "There is no such action."
BAD_ADDRESS = "This is not an address of this page: {todo}."
BAD_ADDRESS_TODO = "behind a proxy, start the page with --allow-host and the public name"
