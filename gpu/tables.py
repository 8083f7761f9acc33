"""Put the results of steps b and c into one table, beside rules without training and published figures.

usage: python gpu/tables.py [--results gpu/results] [--home FOLDER]

Writes RESULTS/b.csv and prints it.  With --home, the rules are computed anew for the data sets `beauty` and `toys` of that home and
kept in RESULTS/rules.json; one minute a set on a CPU.  RESULTS/published.csv names the source of every published figure.
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

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
SETS = ("beauty", "toys")
PART = re.compile(r"(sasrec|t5-\w+)-(beauty|toys)-s(\d+)")
COLUMNS = ("data", "model", "seeds", "ndcg10", "spread", "recall10", "source")


def rules(home: Path, name: str) -> dict[str, dict[str, float]]:
    """Recall@10 and NDCG@10 of the rules on the test purchases; the order rule uses the order of the released files."""
    from rdrec.data.splits import protocol_view
    from rdrec.data.store import load_dataset
    from rdrec.evaluate.baselines import PLAIN, RULES
    from rdrec.evaluate.cases import cases
    from rdrec.evaluate.metrics import per_user
    from rdrec.evaluate.ranking import rule_places
    from rdrec.home import Home

    view = protocol_view(load_dataset(Home(home), name), "clean", 0)
    asked, found = cases(view, "sequential"), {}
    for rule in PLAIN:
        places = rule_places(RULES[rule](view), asked)
        found[rule] = {
            "recall10": round(float(per_user("HR@10", places).mean()), 4),
            "ndcg10": round(float(per_user("NDCG@10", places).mean()), 4),
        }
    return found


def measured(results: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a model and data set from the parts of steps b and c: means over seeds, and the largest difference between them."""
    kept: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    for part, entry in results.items():
        named, result = PART.fullmatch(part), entry.get("result")
        if named is None or not result:
            continue
        for prefix, form in (("test", ""), ("nf4", " NF4"), ("int8", " int8")):
            if f"{prefix}_ndcg10" in result:
                unfinished = "" if result.get("finished", True) else " (unfinished)"
                row = int(named[3]), float(result[f"{prefix}_ndcg10"]), float(result[f"{prefix}_recall10"])
                kept.setdefault((named[2], named[1] + form + unfinished), []).append(row)
    rows = []
    for (data, model), runs in kept.items():
        ndcg = [one[1] for one in runs]
        rows.append(
            {"data": data, "model": model, "seeds": " ".join(str(one[0]) for one in sorted(runs)),
             "ndcg10": round(statistics.mean(ndcg), 4), "spread": round(max(ndcg) - min(ndcg), 4),
             "recall10": round(statistics.mean(one[2] for one in runs), 4), "source": "measured"}
        )  # fmt: skip
    return rows


def table(folder: Path) -> list[dict[str, Any]]:
    """All rows, best NDCG@10 first within a data set."""
    rows = []
    for step in ("b", "c"):
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
