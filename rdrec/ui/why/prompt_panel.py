"""What exactly a student reads: every token of the prompt and the whole word to which it belongs."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.explorer.store import Store
from rdrec.explorer.why_records import Prompt
from rdrec.ui.parts import STUDENT_CLASS, item_name, small_print
from rdrec.ui.render import Html, element, page
from rdrec.ui.why import strings as texts

COLOURS = 6  # that the whole words take in turn


def prompt(store: Store, history: Sequence[int], found: Prompt, live: Html, role: str, *, named: bool = True) -> str:
    """The tokens in order, coloured by whole word.  named: whether the first whole word is the shopper's number."""
    slots = [
        element("li", element("code", texts.PROMPT_SLOT.format(number=n)), element("small", "–"), cls="slot")
        for n in range(1, found.slots + 1)
    ]
    tokens = [_token(text, word if named else word + bool(word)) for text, word in found.pieces]
    kinds = [(texts.PROMPT_SLOT_KEY, "slot"), (texts.PROMPT_USER_KEY, "user"), (texts.PROMPT_ITEM_KEY, "w1")]
    key = [element("li", element("code", words), cls=cls) for words, cls in kinds if named or cls != "user"]
    head = element("tr", *(element("th", words, scope="col") for words in texts.PROMPT_COLUMNS))
    rows = [
        element(
            "tr",
            element("th", str(store.item(item).item_id), scope="row"),
            element("td", str(at)),
            element("td", item_name(store.item(item))),
        )
        for at, item in enumerate(history, start=2 if named else 1)
    ]
    table = element("table", element("thead", head), element("tbody", *rows))
    return page(
        element(
            "section",
            element("p", texts.PROMPT_INTRO.format(tokens=len(tokens), slots=found.slots), cls="lead"),
            element("ul", *key, cls="tokens key"),
            element("ol", *slots, *tokens, cls="tokens"),
            element("details", element("summary", texts.PROMPT_PRODUCTS), table),
            small_print(texts.PROMPT_SMALL),
            live,
            cls=f"rd-panel rd-prompt {STUDENT_CLASS[role]}",
        )
    )


def _token(text: str, word: int) -> Html:
    cls = "other" if not word else ("user" if word == 1 else f"w{word % COLOURS}")
    return element("li", element("code", text.strip() or "␣"), element("small", str(word) if word else "–"), cls=cls)
