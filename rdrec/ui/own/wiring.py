""" "Be the shopper" at the end of the Why tab: layout and wiring.  Filled when it is opened; the students are loaded on first use.

The list is in the browser (`gr.JSON`) and in the address (`?own=12,7`); the server checks it each time and stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer
from rdrec.explorer import url
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.live_runner import Job, LiveRunner
from rdrec.explorer.sentences import failed
from rdrec.explorer.store import Store
from rdrec.explorer.what_if import History
from rdrec.ui import texts as page_texts
from rdrec.ui.doors import ASKED
from rdrec.ui.own import panel as own
from rdrec.ui.own import strings as words
from rdrec.ui.parts import notice
from rdrec.ui.render import element, plain
from rdrec.ui.render import page as html
from rdrec.ui.why import panel as why
from rdrec.ui.why import rows as rows_of
from rdrec.ui.why import strings as why_words
from rdrec.ui.why.rows import Rows

LINK = "mine => ({ own: (mine && mine.items || []).join(',') })"
WRITE = f"mine => window.rdRows.write(mine && ({LINK})(mine))"
PRESSED = f"mine => window.rdRows.pressed(({LINK})(mine))"


class OwnTab:
    """The components, which do not change after `wire`."""

    def __init__(self, catalogue: Catalogue, runner: LiveRunner) -> None:
        self.catalogue, self.runner = catalogue, runner

    def lay_out(self) -> None:
        """Lay out the part; it is filled when it is opened."""
        with gr.Accordion(words.TITLE, open=False, elem_id="rd-own") as self.part:
            gr.HTML(html(element("p", words.INTRO, cls="intro")), elem_classes="rd")
            self.mine = gr.JSON(visible=False)  # {"data": set, "items": [...]}; nothing until the part is opened
            self.asked = gr.JSON(visible=False)
            self.go = gr.Button("", visible="hidden", elem_id="rd-own-go")
            with gr.Row(equal_height=False):
                with gr.Column(scale=5, min_width=290, elem_classes="rd-edit"):
                    self.search = gr.Textbox(
                        label=why_words.SEARCH, placeholder=why_words.PLACEHOLDER, max_length=integer("page.search_chars"),
                        elem_id="rd-own-search", elem_classes="rd-row-search",
                    )  # fmt: skip
                    self.found = gr.HTML("", elem_classes="rd", elem_id="rd-own-found")
                    self.list = gr.HTML("", elem_classes="rd", elem_id="rd-own-rows")
                with gr.Column(scale=9, min_width=290):
                    self.answer = gr.HTML("", elem_classes="rd", elem_id="rd-own-answer", min_height=420)

    def wire(self, data: gr.components.Component, lookup: dict[str, Any], live: dict[str, Any]) -> None:
        """data: the page's control; lookup, live: how quick and live calls are queued."""
        shown = [self.mine, self.list, self.found, self.answer]
        opened = self.part.expand(self._open, [data, self.mine], shown, **lookup)
        left = data.input(self._left, [data, self.mine], shown, **lookup)
        pressed = self.go.click(
            self._press, [data, self.asked, self.mine], [self.mine, self.list, self.search, self.found, self.answer],
            js=ASKED, **lookup,
        )  # fmt: skip
        left.then(None, [self.mine], None, js=WRITE, api_visibility="private")
        pressed.then(None, [self.mine], None, js=PRESSED, api_visibility="private")
        for event in (opened, pressed):
            event.then(self._answer, [data, self.mine], [self.answer], **live)
        self.search.input(self._find, [data, self.search, self.mine], [self.found], **lookup)

    def _of(self, data: object, mine: object) -> tuple[Store, str, Rows]:
        key = url.view(self.catalogue, {"data": data}).data
        store = self.catalogue.stores[key]
        if not isinstance(mine, Mapping) or mine.get("data") != key:
            return store, key, Rows(own.KEY, ())
        items, replacing = own.known(store, mine.get("items")), mine.get("replacing")
        fits = type(replacing) is int and 0 <= replacing < len(items)
        return store, key, Rows(own.KEY, items, replacing if fits else None)

    def _open(self, data: object, mine: object, request: gr.Request) -> tuple[Any, ...]:
        """The first time, show the list of the address; later leave the part as it is."""
        if isinstance(mine, Mapping):
            return (gr.skip(),) * 4
        store, key, _ = self._of(data, None)
        items, problems = own.read(store, request.query_params.get("own"))
        rows = Rows(own.KEY, items)
        return _kept(key, rows), own.listed(store, rows, *problems), "", _awaited(items)

    def _left(self, data: object, mine: object) -> tuple[Any, ...]:
        """Empty the list when the data set changes."""
        if not isinstance(mine, Mapping):
            return (gr.skip(),) * 4
        store, key, rows = self._of(data, mine)
        lost = [words.OTHER_SET] if mine.get("items") and not rows.history else []
        return _kept(key, rows), own.listed(store, rows, *lost), "", ""

    def _press(self, data: object, asked: object, mine: object) -> tuple[Any, ...]:
        store, key, rows = self._of(data, mine)
        if not isinstance(mine, Mapping) and rows_of.wish_of(asked) == "restore":
            return (gr.skip(),) * 5  # not opened yet; opening it reads the address
        try:
            new = own.pressed(store, rows, asked)
        except InputError as error:
            return gr.skip(), own.listed(store, rows, error.what), gr.skip(), gr.skip(), gr.skip()
        return _kept(key, new), own.listed(store, new), "", "", gr.skip() if new.history else ""

    def _find(self, data: object, text: object, mine: object = None) -> str:
        store, _, rows = self._of(data, mine)
        replaced = None if rows.replacing is None else store.item(rows.history[rows.replacing])
        return rows_of.search_results(store, own.KEY, str(text), replaced)

    def _answer(self, data: object, mine: object) -> Any:
        store, _, rows = self._of(data, mine)
        items = rows.history
        if not items:
            return ""
        try:
            from rdrec.explorer import live_why  # torch: only now

            run = self.runner.of(store).run(Job(live_why.recommend, (items, store.facts.top)))
            return own.panel(store, items, run.result, why.run_note(run))
        except RDRecError as error:
            return html(notice(failed(error)))
        except ImportError as error:
            return html(notice(page_texts.LIVE_ABSENT.format(why=plain(error))))


def _kept(key: str, rows: Rows) -> dict[str, Any]:
    return {"data": key, "items": list(rows.history), "replacing": rows.replacing}


def _awaited(items: History) -> str:
    return html(element("p", words.ASKED, cls="rd-panel", role="status")) if items else ""
