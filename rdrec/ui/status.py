"""The header: title, tour, link, and behind an info button the data set, its protocol and seed, and whether results are live."""

from __future__ import annotations

from rdrec.explorer.answers import StoreFacts
from rdrec.explorer.live_records import LiveAnswer
from rdrec.ui import texts
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.render import Html, element


def header(facts: StoreFacts | None, live: LiveAnswer | None = None) -> Html:
    chips: list[Html] = []
    if facts:
        kind = texts.SYNTHETIC if facts.synthetic else texts.REAL
        run = texts.CACHED if live is None else texts.LIVE.format(device=live.device.upper(), precision=live.precision.upper())
        chips = [
            _chip(facts.title, f"{facts.command}", "strong"),
            _chip(kind, None, "kind"),
            _chip(f"{facts.protocol} protocol, seed {facts.seed}", _protocol(facts)),
            _chip(run, live.fell_back if live else None, "run"),
        ]
    about = element(
        "details",
        element(
            "summary", element("span", "i", cls="i", aria_hidden="true"), aria_label=texts.INFO_LABEL, title=texts.INFO_LABEL
        ),
        element("ul", *chips, cls="chips", aria_label=texts.STATUS_LABEL),
        cls="rd-info",
    )
    return element(
        "header",
        element("a", learn_texts.SKIP, href="#rd-next", cls="skip"),
        element("div", element("h1", texts.TITLE), element("p", texts.TAGLINE), cls="name"),
        element("span", _tour(), copy_link(), about if chips else None, cls="acts"),
        cls="rd-header",
    )


def _protocol(facts: StoreFacts) -> str:
    """What the protocol means, the cut dates, and how ties in time are ordered."""
    said = [texts.PROTOCOL.get(facts.protocol), texts.CUT.format(**facts.cut) if facts.cut else None, facts.ties]
    return "; ".join(part for part in said if part)


def _tour() -> Html:
    return element("button", learn_texts.TOUR_SHORT, type="button", cls="tour-start", data_tour="0")


def copy_link() -> Html:
    """The copy button of assets/link.js, and where its confirmation appears."""
    button = element("button", texts.COPY, type="button", cls="tour-start", data_copy="0", title=texts.COPY_HINT)
    return element("span", button, element("small", role="status"), cls="copy")


def _chip(words: str, title: str | None, cls: str | None = None) -> Html:
    return element("li", words, cls=cls, title=title)
