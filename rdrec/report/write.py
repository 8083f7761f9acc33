"""Combine the sections into docs/results.md.  Missing results are named in the text."""

from __future__ import annotations

from pathlib import Path

from rdrec.core.records import ArtefactError
from rdrec.core.storage import MANIFEST, read_manifest
from rdrec.core.vocabulary import COLLECTION_KIND, DIALS_KIND
from rdrec.explorer.published import figures
from rdrec.explorer.tables import KIND as PRECOMPUTED
from rdrec.report import dials, gpu, published, real_data, shop, summary
from rdrec.report.students import READING

_HEAD = (
    "# Results",
    "",
    "Written by `python -m rdrec report` from stored evidence; no number is typed by hand. Do not edit it: run the command again. Every table belongs to "
    "one protocol ([protocols.md](protocols.md)); accuracies run from 0 to 1, intervals are 95 %. HR@10 is the share of users whose true "
    "next item is in the top 10; NDCG@10 gives more credit for higher ranks. A dash means: not stored, or not applicable.",
    "",
)
_HOW_TO_READ = (
    "## How to read the tables",
    "",
    *READING,
    "",
)
_STORED = (
    (PRECOMPUTED, shop.section, "The shipped set", "precomputed set"),
    (COLLECTION_KIND, real_data.section, "Real data", "collection of measurements"),
    (DIALS_KIND, dials.section, "When would rationales help?", "collection of invented shops"),
)
_TEACHERS = (
    "## Teachers",
    "",
    "The table of all teachers, their grounding and their scores against the truth is in [teachers.md](teachers.md); "
    "`rdrec distill compare --write` writes it.",
    "",
)


def report(project: Path) -> str:
    """The document, from `project`/precomputed, assets/evidence and gpu/results.

    Raises ArtefactError or InputError for evidence that was altered or cannot be read.
    """
    stored = {kind: [folder for folder in _folders(project / "precomputed") if _kind_is(folder, kind)] for kind, *_ in _STORED}
    sets = [one for folder in stored[PRECOMPUTED] for one in summary.of_set(folder)]
    collections = [one for folder in stored[COLLECTION_KIND] for one in summary.of_collection(folder)]
    lines = [*_HEAD, *summary.section([*sets, *collections]), *_HOW_TO_READ]
    for kind, section, title, what in _STORED:
        folders = stored[kind]
        for folder in folders:
            lines += section(folder)
        if not folders:
            lines += [f"## {title}", "", f"There is no {what} in `precomputed`.", ""]
    figures_file = project / "assets" / "evidence" / "published.csv"
    if figures_file.is_file():
        lines += published.section(figures(figures_file))
    else:
        lines += ["## Comparison with published figures", "", "There is no `assets/evidence/published.csv`.", ""]
    return "\n".join([*lines, *_TEACHERS, *gpu.section(project / "gpu" / "results")]).rstrip() + "\n"


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if (path / MANIFEST).is_file()) if root.is_dir() else []


def _kind_is(folder: Path, kind: str) -> bool:
    try:
        read_manifest(folder, kind)
    except ArtefactError:
        return False
    return True
