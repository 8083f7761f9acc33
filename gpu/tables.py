"""Put the results of steps b and c, and of b-cpu.json, into one table, beside rules without training and published figures.

usage: python gpu/tables.py [--results gpu/results] [--home FOLDER]

Writes RESULTS/b.csv and prints it.  With --home, computes the rules again for the data sets `beauty` and `toys` of that home, half a
minute each on a CPU, and stores them in RESULTS/rules.json.  Published figures come from RESULTS/published.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
SETS = ("beauty", "toys")
PART = re.compile(r"(sasrec|t5-\w+)-(beauty|toys)-s(\d+)")
COLUMNS = ("data", "model", "seeds", "ndcg10", "spread", "recall10", "source")


def rules(home: Path, name: str) -> dict[str, dict[str, float]]:
    """Recall@10 and NDCG@10 of the rules on the test purchases; the order rule uses the order of the released files."""
    from rdrec.baselines.rules import Together, higher_first, purchases
    from rdrec.core.home import Home
    from rdrec.data.cases import cases
    from rdrec.data.item_ids import catalogue_places
    from rdrec.data.splits import protocol_view
    from rdrec.data.store import load_dataset
    from rdrec.evaluation.metrics import per_user
    from rdrec.evaluation.ranking import scorer_places

    view = protocol_view(load_dataset(Home(home), name), "clean", 0)
    together, counts, places = Together(view), purchases(view).astype(float), catalogue_places(view.dataset)
    scorers = {
        "popularity": lambda histories: np.tile(counts, (len(histories), 1)),
        "bought together": together.scores,
        "order rule": lambda histories: higher_first(together.scores(histories), histories, places),
    }
    asked, found = cases(view, "sequential"), {}
    for rule, scores in scorers.items():
        ranked = scorer_places(
            lambda some, of=scores: of([case.history for case in some]), asked, "sequential", batch_users=128
        )
        measures = {"recall10": "HR@10", "ndcg10": "NDCG@10"}
        found[rule] = {key: round(float(per_user(metric, ranked).mean()), 4) for key, metric in measures.items()}
    return found


def measured(results: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each model and data set of steps b and c: mean over seeds, and range between the lowest and highest."""
    kept: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    for part, entry in results.items():
        named, result = PART.fullmatch(part), entry.get("result")
        if named is None or not result:
            continue
        without_card = "" if "card" in entry.get("machine", {}) else ", processor"
        for prefix, form in (("test", ""), ("test_whole", ", whole history"), ("nf4", " NF4"), ("int8", " int8")):
            if f"{prefix}_ndcg10" in result:
                unfinished = without_card + ("" if result.get("finished", True) else " (unfinished)")
                row = int(named[3]), float(result[f"{prefix}_ndcg10"]), float(result[f"{prefix}_recall10"])
                kept.setdefault((named[2], named[1] + form + unfinished), []).append(row)
    rows = []
    for (data, model), runs in kept.items():
        ndcg = [run[1] for run in runs]
        rows.append(
            {"data": data, "model": model, "seeds": " ".join(str(run[0]) for run in sorted(runs)),
             "ndcg10": round(statistics.mean(ndcg), 4), "spread": round(max(ndcg) - min(ndcg), 4) if len(ndcg) > 1 else "",
             "recall10": round(statistics.mean(run[2] for run in runs), 4), "source": "measured"}
        )  # fmt: skip
    return rows


def table(folder: Path) -> list[dict[str, Any]]:
    """All rows, by data set and falling NDCG@10."""
    rows = []
    for step in ("b", "b-cpu", "c"):
        if (file := folder / f"{step}.json").exists():
            rows += measured(json.loads(file.read_text()))
    if (file := folder / "rules.json").exists():
        for data, known in json.loads(file.read_text()).items():
            rows += [{"data": data, "model": rule, **scores, "source": "rule, no training"} for rule, scores in known.items()]
    with (folder / "published.csv").open(newline="") as published:
        rows += [{**row, "ndcg10": float(row["ndcg10"])} for row in csv.DictReader(published)]
    return sorted(rows, key=lambda row: (row["data"], -row["ndcg10"]))


def main() -> None:
    """See the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=PROJECT / "gpu" / "results")
    parser.add_argument("--home", type=Path)
    args = parser.parse_args()
    if args.home is not None:
        found = {name: rules(args.home, name) for name in SETS}
        (args.results / "rules.json").write_text(json.dumps(found, indent=1) + "\n")
    rows = table(args.results)
    with (args.results / "b.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(f"{row['data']:8}{row['model']:48}{row['ndcg10']:.4f}  {row.get('seeds') or '':8}{row['source']}")


if __name__ == "__main__":
    main()
