"""The sentences of voting by phone, on the lecturer's panel and on phones; some have {fields}."""

from __future__ import annotations

# The lecturer's panel.
TITLE = "Vote by phone"
INTRO = "Open a room, and the class votes by phone: on what this shopper bought next, or on whether rationales help. The votes appear here as they come in."
KEPT = "No accounts; nothing is stored on disk. A room ends after {minutes} minutes at the latest, and its votes with it."
HIDES = "Opening a room ticks “Guess first”, so that the page does not give the answer away."
OPEN = "Open a room"
SCAN, OR_TYPE, CODE = "Scan the code", "or open", "and enter the room"
ENLARGE, SHRINK = "Enlarge the QR code", "Close"
QR = "QR code with the address of this room"
ONLY_HERE = (
    "Phones cannot open this address: it only works on this computer. Start the page with --host 0.0.0.0 and open it here under the "
    "computer’s network address, such as http://192.168.1.5:7860."
)
ASK_GUESS, ASK_HELP = "Ask: what was bought next?", "Ask: do rationales help?"
CLOSE, REOPEN, REVEAL, END = "Close voting", "Reopen voting", "Show the answer", "End the room"
VEIL, UNVEIL = "Hide votes", "Show votes"
NO_QUESTION = "No question yet: choose one below."
ANSWER = "answer"
ENDED = "The room has ended."
LOST = "No connection to the page. Trying again…"

# The page on a phone.
PHONE_TITLE = "Vote · RDRec Explorer"
NAME = "RDRec Explorer"
ROOM = "Room"
ENTER = "Enter the code on the projector"
JOIN = "Join"
BOUGHT_BEFORE = "Bought before, newest first:"
MINE = "your vote"
NEEDS_SCRIPT = "Voting needs JavaScript. Please allow it for this page, or raise your hand."
OWN_WINDOW = "Open this page in a window of its own"
NO_NAMES = "No names, no accounts. One vote per browser; votes are forgotten when the room ends."

# Requests that cannot be answered.
BAD_BODY = "This request cannot be read."
NO_SUCH_SET = "There is no such data set on this page."
NO_SUCH_USER = "There is no such shopper in this data set."
NO_SUCH_KIND = "There is no such question."
NO_SUCH_ACTION = "There is no such action."
BAD_ADDRESS = "This is not an address of this page: {todo}."
BAD_ADDRESS_TODO = "behind a proxy, start the page with --allow-host and the public name"
