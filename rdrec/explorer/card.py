"""The data card of a precomputed invented set, in Markdown (assets/templates/data_card.md).  Every number comes from an artefact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rdrec.core.home import PROJECT, Home
from rdrec.core.storage import read_manifest
from rdrec.data.rationales import load_rationales
from rdrec.data.store import RATIONALES_KIND, load_dataset
from rdrec.synthetic.measures import measure
from rdrec.synthetic.scoring import score
from rdrec.synthetic.truth import has_truth, load_truth

MEASURES = ("precision", "recall", "negation_errors", "elsewhere", "named")


def data_card(home: Home, data: str, meta: Mapping[str, Any]) -> str | None:
    """The card of an invented set whose truth is in the home; None for real data."""
    if not has_truth(home, data):
        return None
    world, truth = load_truth(home, data)
    dataset = load_dataset(home, data)
    stars = dataset.interactions["rating"].value_counts(normalize=True).sort_index(ascending=False)
    teachers = [meta["teacher"], *meta["beside"]]
    rows = [
        (teacher, one.as_dict()) for teacher in teachers for one in score(world, truth, load_rationales(home, data, teacher))
    ]
    manifests = {
        teacher: read_manifest(home.rationales(data, teacher), RATIONALES_KIND)
        for teacher in dict.fromkeys([*meta["first"], *teachers])
    }
    folder = FileSystemLoader(PROJECT / "assets" / "templates")
    # Markdown, so nothing is escaped; the page shows no card.
    environment = Environment(
        loader=folder, autoescape=False, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template("data_card.md").render(
        meta=meta, world=world, numbers=world.numbers, dataset=dataset, options=dataset.meta["options"],
        stars=[f"{share:.0%} of {value:g}" for value, share in stars.items()],
        causes=[f"{cause} {count:,}" for cause, count in Counter(truth["cause"]).most_common()],
        sentences=sum(len(lines) for name, lines in world.bank.items() if name.endswith((" +", " -"))),
        around=sum(len(lines) for name, lines in world.bank.items() if name.startswith(("reason", "aside", "closing", "summary"))),
        variety=measure(dataset.interactions["review"].tolist()), teachers=teachers, percent="{:.0%}".format,
        scores=[(teacher, str(row["kind"]).replace("_", " "), [f"{row[name]:.3f}" for name in MEASURES]) for teacher, row in rows],
        read={teacher: manifest.meta["counts"] for teacher, manifest in manifests.items()},
    )  # fmt: skip
