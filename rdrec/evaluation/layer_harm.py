"""Which layers lose most when quantised: one group of layers is quantised at a time, and rankings are compared with fp32."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from rdrec.core.markdown import table_lines
from rdrec.core.storage import scratch_folder
from rdrec.core.vocabulary import TASKS
from rdrec.data.cases import cases
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.ranking import rank_cases
from rdrec.evaluation.run import view_for
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent, load_student
from rdrec.student.quantize import layer_names, quantize

TOP = 10
# T5's layers by stack and role, as parts of their names; a gated feed-forward layer has wi_0 and wi_1
GROUPS = {
    "encoder self-attention": ("encoder", ("SelfAttention",)),
    "encoder FFN wi": ("encoder", ("wi", "wi_0", "wi_1")),
    "encoder FFN wo": ("encoder", ("wo",)),
    "decoder self-attention": ("decoder", ("SelfAttention",)),
    "decoder cross-attention": ("decoder", ("EncDecAttention",)),
    "decoder FFN wi": ("decoder", ("wi", "wi_0", "wi_1")),
    "decoder FFN wo": ("decoder", ("wo",)),
}
NO_LAYER = "no layer"


def layer_harm(
    source: Path, view: ProtocolView, precision: str, *, device: str = "cpu", batch_users: int
) -> list[dict[str, object]]:
    """Quantise one group of layers of the fp32 student in `source` at a time, with the rest in bf16, and rank all users.

    Returns one row per group and task; `overlap` is the mean share of the ten best items of fp32 that remain among the ten best.  In the
    first group no layer is quantised, which shows the effect of storage in bf16 alone.
    """
    test_cases = {task: cases(view, task) for task in TASKS}

    def tops(loaded: LoadedStudent) -> dict[str, np.ndarray]:
        ranker = Recommender(loaded, view_for(loaded, view, source).item_ids)
        return {task: rank_cases(ranker, test_cases[task], task, top=TOP, batch_users=batch_users).top_items for task in TASKS}

    loaded = load_student(source, device)
    reference, names = tops(loaded), layer_names(loaded.model.t5)
    for parameter in loaded.model.parameters():
        parameter.data = parameter.data.bfloat16().float()
    found = [(NO_LAYER, 0, tops(loaded))]
    with scratch_folder(source) as temporary:
        for group in GROUPS:
            members = layers_of(group, names)
            quantize(source, temporary / precision, precision, device, keep=[n for n in names if n not in members])
            found.append((group, len(members), tops(load_student(temporary / precision, device))))
    return [
        {"model": source.name, "precision": precision, "group": group, "layers": layers, "task": task}
        | {"overlap": mean_overlap(reference[task], top[task]), "users": len(test_cases[task])}
        | {"protocol": view.protocol, "seed": view.seed}
        for group, layers, top in found
        for task in TASKS
    ]


def layers_of(group: str, names: Sequence[str]) -> list[str]:
    """Those of `names` that belong to one of `GROUPS`."""
    stack, parts = GROUPS[group]
    return [name for name in names if name.startswith(f"{stack}.") and any(f".{part}." in f"{name}." for part in parts)]


def mean_overlap(reference: np.ndarray, other: np.ndarray) -> float:
    """Mean share of each user's best items (U, K) that the other ranking (U, K) has too; item 0 is padding."""
    return float(np.mean([np.isin(one[one > 0], two).mean() for one, two in zip(reference, other, strict=True)]))


def as_text(layers: pd.DataFrame) -> str:
    """The rows as Markdown, one line per student, precision and group."""
    first = layers.iloc[0]
    lines = [
        f"one group of layers quantised at a time, the rest in bf16; protocol {first['protocol']}, seed {first['seed']}",
    ]
    body = []
    for (model, precision, group), rows in layers.groupby(["model", "precision", "group"], sort=False):
        overlap = rows.set_index("task")["overlap"]
        body.append([model, precision, group, rows["layers"].iloc[0], *(f"{overlap[task]:.3f}" for task in TASKS)])
    head = ["student", "precision", "quantised", "layers", *(f"{task} top-10 overlap" for task in TASKS)]
    return "\n".join([*lines, *table_lines(head, body)])
