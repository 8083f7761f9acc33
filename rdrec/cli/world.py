"""`rdrec data make` and `rdrec data score`: invented data sets, and teachers judged by the truth behind them.

In: parsed arguments.  Out: words on stdout, progress on stderr, one JSON object.  The work is done in `rdrec.world`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from rdrec import settings
from rdrec.cli.main import common
from rdrec.home import Home
from rdrec.records import InputError


def add_make(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "make",
        help="make an invented data set with its truth",
        description="An invented shop: who buys what follows a stated model, reviews are composed of hand-written sentences, and what "
        "drove each purchase and what each sentence says are kept beside them. Same world, seed and number: same bytes.",
        epilog="example: python -m rdrec data make --name toys --users 1200",
    )
    parser.add_argument("--world", default="toys", help="a folder of assets/worlds (default toys)")
    parser.add_argument("--name", help="of the data set in the home (default: the world's name)")
    for name in ("world.users", "data.seed", "world.workers"):
        settings.add_option(parser, name)
    parser.add_argument("--replace", action="store_true", help="replace a data set of the same name")
    parser.add_argument(
        "--check", action="store_true", help="keep nothing; print how much like reviews the reviews read, in figures"
    )
    parser.add_argument("--beside", metavar="FILE", type=Path, help="with --check: the same figures of a file of real reviews")
    common(parser)
    parser.set_defaults(run_command=run_make)


def add_score(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "score",
        help="judge a teacher's rationales by the truth of an invented data set",
        description="A claim is right if it points into a sentence that likes or dislikes something of the product, and says the same.",
        epilog="example: python -m rdrec data score toys --teacher offline",
    )
    parser.add_argument("name", metavar="NAME", help="a data set made with: data make")
    parser.add_argument("--teacher", default="offline", help="whose rationales (default offline)")
    common(parser)
    parser.set_defaults(run_command=run_score)


def run_make(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.world.make import MakePlan, make
    from rdrec.world.spec import read_world

    if args.beside is not None and not args.check:
        raise InputError("--beside goes with --check", todo="add --check, or leave out --beside")
    world = read_world(args.world)
    plan = MakePlan(world, args.name or world.name, args.users, args.seed, args.workers)
    began = time.perf_counter()
    if args.check:
        with tempfile.TemporaryDirectory() as temporary:
            make(Home(Path(temporary)), plan)
            return _checked(Home(Path(temporary)), plan.name, args.beside)
    home = Home.find(args.home)
    folder = home.data(plan.name)
    if (folder / "manifest.json").exists() and not args.replace:
        raise InputError("there is a data set of this name", where=folder, todo="choose another --name, or give --replace")
    manifest = make(home, plan)
    seconds = time.perf_counter() - began
    counts = manifest.meta["counts"]
    print(f"{plan.name}: " + ", ".join(f"{count:,} {what}" for what, count in counts.items()) + f" ({seconds:.1f} s)")
    print(f"next: python -m rdrec distill --data {plan.name}")
    return {
        "name": plan.name,
        "sha256": manifest.sha256,
        "counts": counts,
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(_peak_megabytes(), 1),
    }


def _checked(home: Home, name: str, beside: Path | None) -> dict[str, Any]:
    from rdrec.data.importers.amazon import import_reviews
    from rdrec.data.store import load_dataset
    from rdrec.world.measures import measure

    texts = {"invented": load_dataset(home, name).interactions["review"].tolist()}
    if beside is not None:
        real = import_reviews(beside, "beside", core_users=0, core_items=0, seed=0).interactions["review"]
        texts["real"] = real.dropna().tolist()
    found = {which: measure(reviews).as_dict() for which, reviews in texts.items()}
    for which, measures in found.items():
        print(f"{which}: " + ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in measures.items()))
    return {**found["invented"], "beside": found.get("real")}


def run_score(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.distill.store import load_rationales
    from rdrec.world.scoring import score
    from rdrec.world.truth import load_truth

    home = Home.find(args.home)
    world, truth = load_truth(home, args.name)
    scores = [one.as_dict() for one in score(world, truth, load_rationales(home, args.name, args.teacher))]
    for row in scores:
        print(
            f"{row['kind']}: " + ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in row.items() if key != "kind")
        )
    return {"data": args.name, "teacher": args.teacher, "scores": scores}


def _peak_megabytes() -> float:
    """The most memory of this process and of the largest of its workers."""
    import resource

    mine, largest = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (mine + largest) / 2**10
