"""An accordion with files, a picture, code and a citation of the current view, filled when it is opened.

The browser makes the files from text that the server sends; the server writes and serves none.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from rdrec.core.records import RDRecError
from rdrec.explorer import export, url
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.sentences import failed
from rdrec.ui import export_texts as texts
from rdrec.ui import status
from rdrec.ui.follow import follow
from rdrec.ui.parts import notice
from rdrec.ui.render import page as html

EVIDENCE = "rd-evidence-tab"  # id of the tab whose opening draws the chart
CODE: dict[str, Any] = {"interactive": False, "buttons": ["copy"], "elem_classes": "rd-code"}
# The page's address as the browser sees it, which a server behind a proxy does not know.
WITH_ADDRESS = "(...asked) => [...asked.slice(0, -1), window.location.origin + window.location.pathname]"
SAVE = """file => {
  if (!file) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file.text], {type: file.type}));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}"""
# Plotly comes with the chart in the Evidence tab.  Pictures are for slides and papers, so they are dark on white.
PICTURE = """async data => {
  const chart = () => document.querySelector(".rd-chart .js-plotly-plot");
  if (!chart()) document.getElementById("EVIDENCE-button")?.click();
  for (let tries = 0; tries < 150 && !(chart()?._fullLayout && window.Plotly); tries++) await new Promise(done => setTimeout(done, 100));
  if (!chart() || !window.Plotly) return FAILED;
  const {data: traces, layout} = chart(), about = layout.meta || {}, height = (layout.height || 400) + 120;
  const title = {text: about.title, x: 0.012, xanchor: "left", y: 1 - 26 / height, yanchor: "middle", font: {size: 20}};
  const below = {text: about.source, xref: "paper", yref: "paper", x: 0, y: 0, xanchor: "left", yanchor: "top", yshift: -62, showarrow: false, font: {size: 12}};
  const margin = {...layout.margin, t: 60, b: 96};
  const ink = {paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", font: {...layout.font, color: "#1c2030"}};
  const made = {...layout, ...ink, height, width: 1000, margin, title, annotations: [...(layout.annotations || []), below]};
  window.rdPicture = {title: about.title, source: about.source};
  const link = document.createElement("a");
  link.href = await window.Plotly.toImage({data: traces, layout: made}, {format: "png", width: 1000, height, scale: 2});
  link.download = `rdrec-${data}-evidence-${about.name}.png`;
  link.click();
  return "";
}""".replace("EVIDENCE", EVIDENCE).replace("FAILED", json.dumps(html(notice(texts.NO_CHART))))


class ExportPanel:
    """Create it at its place in the layout; then call `wire`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        with gr.Accordion(texts.OPEN, open=False, elem_id="rd-export") as self.accordion:
            gr.HTML(html(status.copy_link()), elem_classes="rd", elem_id="rd-export-link")
            with gr.Row(elem_classes="rd-export-row", equal_height=False):
                choices = [(texts.PART[part], part) for part in export.PARTS]
                self.part = gr.Radio(choices, value="rankings", label=texts.PART_LABEL, elem_classes="rd-task", elem_id="rd-export-part", scale=6, min_width=300)  # fmt: skip
                self.kinds = {
                    kind: gr.Button(
                        label, size="sm", min_width=70, scale=1, elem_classes="rd-plain", elem_id=f"rd-export-{kind}"
                    )
                    for kind, label in (("csv", texts.CSV), ("json", texts.JSON), ("png", texts.PNG))
                }
            self.said = gr.HTML("", elem_classes="rd", elem_id="rd-export-said")
            self.cite = gr.Textbox(label=texts.CITE_LABEL, lines=3, elem_id="rd-export-cite", **CODE)
            with gr.Row(equal_height=False):
                self.python = gr.Textbox(label=texts.PYTHON_LABEL, lines=5, min_width=300, elem_id="rd-export-python", **CODE)
                self.curl = gr.Textbox(label=texts.CURL_LABEL, lines=5, min_width=300, elem_id="rd-export-curl", **CODE)
            self.file = gr.JSON(visible=False)
            self.address = gr.Textbox("", visible=False)

    def wire(self, controls: list[gr.components.Component], secret: gr.components.Component, lookup: dict[str, Any]) -> None:
        """controls: the page's data set, shopper and task; secret: whether the held-out purchase is still to be guessed."""
        view = [*controls, self.part, self.address]
        shown = [self.cite, self.python, self.curl, self.said]
        self.accordion.expand(self._show, view, shown, js=WITH_ADDRESS, **lookup)
        self.part.input(self._show, view, shown, js=WITH_ADDRESS, **lookup)
        changes = [control.change for control in controls]
        follow("export", [self.accordion.expand], changes, self._show, view, shown, js=WITH_ADDRESS, **lookup)
        for kind in ("csv", "json"):
            made = self.kinds[kind].click(
                self._making(kind), [*view[:-1], secret, self.address], [self.file, self.said], js=WITH_ADDRESS, **lookup
            )
            made.then(None, [self.file], None, js=SAVE, api_visibility="private")
        self.kinds["png"].click(None, [controls[0]], [self.said], js=PICTURE, api_visibility="private")

    def _view(self, data: object, user: object, task: object) -> url.View:
        return url.view(self.catalogue, {"data": data, "user": user, "task": task})

    def _show(self, data: object, user: object, task: object, part: object, address: object) -> tuple[Any, ...]:
        view, at = self._view(data, user, task), export.checked_address(address)
        store = self.catalogue.stores[view.data]
        try:
            chosen, top = export.check_part(part), store.facts.top
            cite = export.cite(store, view, at, datetime.now(UTC).date())
            return cite, export.python(view, chosen, top, at), export.curl(view, chosen, top, at), ""
        except RDRecError as error:
            return "", "", "", html(notice(failed(error)))

    def _making(self, kind: str) -> Any:
        def make(data: object, user: object, task: object, part: object, secret: object, address: object) -> tuple[Any, str]:
            if secret is True:
                return None, html(notice(texts.SECRET))
            view, at = self._view(data, user, task), export.checked_address(address)
            store = self.catalogue.stores[view.data]
            try:
                chosen = export.check_part(part)
                name = export.file_name(view, chosen, kind)
                if kind == "csv":
                    return {"name": name, "type": "text/csv", "text": export.csv_text(store, view, chosen)}, ""
                text = export.json_text(store, view, chosen, at, datetime.now(UTC).date())
                return {"name": name, "type": "application/json", "text": text}, ""
            except RDRecError as error:
                return None, html(notice(failed(error)))

        return make
