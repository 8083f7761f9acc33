"""The sentences of the export control."""

from __future__ import annotations

OPEN = "Share and export: link, file, picture, code, citation"
PART_LABEL = "What"
PART = {
    "shopper": "purchases, reviews and rationales",
    "rankings": "both students' rankings",
    "evidence": "the evidence over all shoppers",
}
CSV, JSON, PNG = "CSV", "JSON", "Chart as PNG"
PYTHON_LABEL = "The same from Python (pip install gradio_client)"
CURL_LABEL = "The same from a shell"
CITE_LABEL = "How to cite this view"
NO_CHART = "The chart could not be drawn."

SECRET = "The class is guessing: a file of this view would name the true purchase. It can be saved after the reveal."
