"""Sentences of the export control, and the words of a citation.

In: nothing.  Out: constants, some with {fields}.
"""

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

CITE = (
    "RDRec Explorer, {version}. Data set: {title}{kind}: {users} shoppers, {items} products, {interactions} purchases. "
    "Protocol: {protocol} (leave-one-out; {candidates} candidates for top-N). Teacher: {teacher}. Students: {students}. "
    "Seed shown: {seed}; evidence over {seeds}. View: shopper {user}, {task}. {link} (seen {date}).\n"
    "Method: Wang et al., RDRec: Rationale Distillation for LLM-based Recommendation, ACL 2024. "
    "Baseline: Li et al., Prompt Distillation for Efficient LLM-based Recommendation (POD), CIKM 2023."
)
INVENTED, REAL = ", invented data", ", real reviews"
STUDENT = "{which}: {run}, {shape}, {precision}"
WHICH = {"rdrec": "with rationales", "baseline": "without rationales"}
TASK = {"sequential": "next purchase from the whole catalogue", "topn": "true item among a short list"}
ONE_SEED, SEEDS = "one training run", "{count} training runs (seeds {seeds})"
SECRET = "The class is guessing: a file of this view would name the true purchase. It can be saved after the reveal."
