"""The page without a data set: commands that make one, and which sets cannot be opened and why."""

from __future__ import annotations

from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.url import quoted
from rdrec.ui import status, texts
from rdrec.ui.parts import notice
from rdrec.ui.render import element, plain
from rdrec.ui.render import page as html


def page(catalogue: Catalogue) -> str:
    """What is shown where there is no data set: commands that make one, and sets that cannot be read."""
    sentences = broken(catalogue)
    commands = element("pre", element("code", "\n".join(texts.COMMANDS)))
    body = element(
        "section",
        element("h2", texts.EMPTY_TITLE),
        element("p", texts.EMPTY),
        commands,
        element("p", texts.EMPTY_AFTER),
        cls="rd-panel rd-empty",
    )
    return html(status.header(None), notice(*sentences) if sentences else None, body)


def broken(catalogue: Catalogue, but: str | None = None) -> list[str]:
    """One sentence for each data set that cannot be opened, except `but`, which has its own notice."""
    return [
        texts.BROKEN_ALONE.format(data=quoted(b.name), what=plain(b.error.what), todo=plain(b.error.todo or ""))
        for b in catalogue.broken
        if b.name != but
    ]
