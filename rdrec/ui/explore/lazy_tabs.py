"""Two parts that are filled when they are opened: what the students write, and the purchases as a table.

From then on they follow the shopper (`follow.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
import pandas as pd

from rdrec.explorer import url
from rdrec.explorer.answers import Item, Written
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.store import Store
from rdrec.ui import texts
from rdrec.ui.explore import guess_panel, history
from rdrec.ui.explore import guess_strings as guess_texts
from rdrec.ui.follow import follow
from rdrec.ui.parts import or_notice
from rdrec.ui.render import fill

TABLE_WIDTHS = ["110px", "260px", "80px", "170px", "420px", "230px", "230px", "110px"]


class LazyTabs:
    """The components of both parts."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def lay_out_writing(self) -> None:
        """Lay out the part with the students' own words."""
        with gr.Accordion(texts.PART_WRITING, open=False, elem_id="rd-writing") as self.writing_part:
            self.writing = gr.HTML("", elem_classes="rd")

    def lay_out_table(self) -> None:
        """Lay out the table of all purchases."""
        with gr.Accordion(texts.PART_TABLE, open=False, elem_id="rd-table") as self.table_part:
            self.table = gr.Dataframe(
                headers=list(texts.TABLE_HEADERS), datatype="str", interactive=False, wrap=True, buttons=[],
                max_height=640, show_label=False, elem_classes="rd-table", column_widths=TABLE_WIDTHS,
            )  # fmt: skip

    def wire(
        self,
        data: gr.components.Component,
        user: gr.components.Component,
        secret: gr.components.Component,
        notice: gr.components.Component,
        lookup: dict[str, Any],
    ) -> None:
        """secret: whether the held-out purchase is still to be guessed; notice: shows what could not be read."""
        asked: list[Any] = [data, user, secret]
        for name, opened, make, part in (
            ("writing", self.writing_part, self.write, self.writing),
            ("table", self.table_part, self.tabulate, self.table),
        ):
            opened.expand(make, asked, [part, notice], **lookup)
            follow(name, [opened.expand], [data.change, user.change, secret.change], make, asked, [part, notice], **lookup)

    def write(self, data: object, user: object, secret: object) -> tuple[Any, Any]:
        """The students' words about a shopper."""
        store, shopper = self._shopper(data, user)
        return or_notice(lambda: written(store, shopper, secret is True), "")

    def tabulate(self, data: object, user: object, secret: object) -> tuple[Any, Any]:
        """All purchases of a shopper as a table."""
        store, shopper = self._shopper(data, user)
        nothing: pd.DataFrame | None = None
        return or_notice(lambda: purchases(store, shopper, secret is True), nothing)

    def _shopper(self, data: object, user: object) -> tuple[Store, int]:
        store, view = url.store_and_view(self.catalogue, {"data": data, "user": user})
        return store, view.user


def written(store: Store, user: int, secret: bool) -> str:
    """What the students write about the held-out purchase, withheld while that is secret.  Raises RDRecError."""
    if secret:
        return guess_panel.withheld(guess_texts.WITHHELD_WRITING)
    hidden = next((purchase.item for purchase in store.history(user) if purchase.split == "test"), None)
    return writing(store.texts(user), hidden)


def purchases(store: Store, user: int, secret: bool) -> pd.DataFrame:
    """All purchases, without the held-out one while that is secret.  Raises RDRecError."""
    bought = store.history(user)
    shown = [purchase for purchase in bought if purchase.split != "test"] if secret else bought
    return history.table(shown, store.rationales(user))


def writing(texts_written: Sequence[Written], item: Item | None) -> str:
    """What the students write about this shopper and the held-out product, beside what the teacher made of the real review."""
    return fill("writing", written=texts_written, item=item, WRITING=texts.WRITING, WHICH=texts.WRITING_WHICH).text
