"""The header: title, tour, link, and behind an info button the data set, its protocol and seed, and whether results are live."""

from __future__ import annotations

from rdrec.explorer.answers import StoreFacts
from rdrec.explorer.live_runner import LiveAnswer
from rdrec.ui import texts
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.render import Html, element, fill


def header(facts: StoreFacts | None, live: LiveAnswer | None = None) -> Html:
    """Facts behind the button of the header: data set, students, and where the last answer was computed."""
    chips: list[tuple[str | None, str, str | None]] = []
    if facts:
        run = texts.CACHED if live is None else texts.LIVE.format(device=live.device.upper(), precision=live.precision.upper())
        chips = [
            ("strong", facts.title, facts.command),
            ("kind", texts.SYNTHETIC if facts.synthetic else texts.REAL, None),
            (None, f"{facts.protocol} protocol, seed {facts.seed}", _protocol(facts)),
            ("run", run, live.fell_back if live else None),
        ]
    return fill("header", chips=chips, copy_link=copy_link(), texts=texts, words=learn_texts)


def _protocol(facts: StoreFacts) -> str:
    """What the protocol means, the cut dates, and how ties in time are ordered."""
    said = [texts.PROTOCOL.get(facts.protocol), texts.CUT.format(**facts.cut) if facts.cut else None, facts.ties]
    return "; ".join(part for part in said if part)


def copy_link() -> Html:
    """The copy button of assets/link.js, and where its confirmation appears."""
    button = element("button", texts.COPY, type="button", cls="tour-start", data_copy="0", title=texts.COPY_HINT)
    return element("span", button, element("small", role="status"), cls="copy")
