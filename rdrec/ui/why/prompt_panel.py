"""What exactly a student reads: every token of the prompt and the whole word to which it belongs."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.explorer.store import Store
from rdrec.explorer.why_records import Prompt
from rdrec.ui.render import Html, fill

COLOURS = 6  # that the whole words take in turn


def prompt(store: Store, history: Sequence[int], found: Prompt, live: Html, role: str, *, named: bool = True) -> str:
    """The tokens in order, coloured by whole word.  named: whether the first whole word is the shopper's number."""
    tokens = [_token(text, word if named else word + bool(word)) for text, word in found.pieces]
    items = [store.item(item) for item in history]
    return fill("prompt", tokens=tokens, slots=found.slots, items=items, live=live, role=role, named=named).text


def _token(text: str, word: int) -> tuple[str, int, str]:
    """Text, whole word and CSS class."""
    return text, word, "other" if not word else ("user" if word == 1 else f"w{word % COLOURS}")
