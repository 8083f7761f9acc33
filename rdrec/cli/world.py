"""`rdrec data make` and `rdrec data score`: invented data sets, and scoring teachers against their truth."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdrec.cli.main import check_free, common
from rdrec.core import settings
from rdrec.core.home import Home
from rdrec.core.records import CLAIM_KINDS, InputError

if TYPE_CHECKING:
    from rdrec.synthetic.make import MakePlan


def add_make(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `data make` to the parser."""
    parser = actions.add_parser(
        "make",
        help="generate an invented data set with its truth",
        description="Generate an invented shop: purchases follow a stated model, reviews are composed of hand-written sentences, and the cause "
        "of each purchase and the meaning of each sentence are stored with them. The same world, seed, number of users and dials give the "
        "same files. Several values of --names make one data set each, NAME-names-PERCENT, with the same users and purchases but other texts.",
        epilog="example: python -m rdrec data make --name toys --users 1200\n"
        "example: python -m rdrec data make --name toys --users 3600 --names 0,.15,.3,.5,.7",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--world", default="toys", help="a folder of assets/worlds (default toys)")
    parser.add_argument("--name", help="name of the data set in the home (default: the world's name)")
    settings.add_options(parser, "world.users", "data.seed", "world.workers")
    parser.add_argument(
        "--drive",
        type=float,
        metavar="X",
        help="how strongly standing motives drive purchases; 0: like any other taste (default: the world's)",
    )
    parser.add_argument(
        "--names", metavar="P[,P...]", help="probability that a review names a motive of its writer (default: the world's)"
    )
    parser.add_argument("--purchases", type=float, metavar="N", help="mean number of purchases per user (default: the world's)")
    parser.add_argument("--replace", action="store_true", help="replace an existing data set of that name")
    parser.add_argument(
        "--check",
        action="store_true",
        help="save nothing; print how varied the reviews are and how much the texts reveal about users and items",
    )
    parser.add_argument(
        "--beside", metavar="FILE", type=Path, help="with --check: print the same figures for a file of real reviews"
    )
    common(parser)
    parser.set_defaults(run_command=run_make)


def add_score(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `data score` to the parser."""
    parser = actions.add_parser(
        "score",
        help="score a teacher's rationales against the truth of an invented data set",
        description="Score the claims of a teacher's rationales against the truth of an invented data set. A claim is correct if it points to a sentence about the product that expresses the same opinion.",
        epilog="example: python -m rdrec data score toys",
    )
    parser.add_argument("name", metavar="NAME", help="a data set created with: data make")
    parser.add_argument("--teacher", help="teacher to score (default: all teachers)")
    common(parser)
    parser.set_defaults(run_command=run_score)


def run_make(args: argparse.Namespace) -> dict[str, Any]:
    """`data make`; returns what `--json` prints."""
    from rdrec.synthetic.make import MakePlan, make
    from rdrec.synthetic.spec import read_world

    if args.beside is not None and not args.check:
        raise InputError("--beside needs --check", todo="add --check or leave out --beside")
    world = read_world(args.world).with_dials(drive=args.drive, purchases=args.purchases)
    dials = [None] if args.names is None else _numbers("--names", args.names)
    worlds = [world.with_dials(names=names) for names in dials]
    name = args.name or world.name
    titles = [name] if len(worlds) == 1 else [f"{name}-names-{100 * variant.numbers['names']:.3g}" for variant in worlds]
    if len(set(titles)) < len(titles) or any("." in title for title in titles if len(titles) > 1):
        raise InputError(f"--names is {args.names}", todo="use each number once, in whole per cents, for example 0,.15,.3")
    plans = [
        MakePlan(variant, title, args.users, args.seed, args.workers) for variant, title in zip(worlds, titles, strict=True)
    ]
    if args.check:
        if len(plans) > 1:
            raise InputError("--check works on one data set only", where="--names", todo="use a single number")
        with tempfile.TemporaryDirectory() as temporary:
            make(Home(Path(temporary)), plans[0])
            return _measure_texts(Home(Path(temporary)), plans[0].name, args.beside)
    home = Home.find(args.home)
    for plan in plans:
        check_free(home.data(plan.name), args.replace)
    made = [_generate(home, plan) for plan in plans]
    print(f"next: python -m rdrec distill --data {plans[0].name}")
    return made[0] if len(made) == 1 else {"made": made}


def _numbers(option: str, text: str) -> list[float | None]:
    """Parse "0,.15,.3"."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} is {text!r}", todo="use numbers from 0 to 1, for example 0,.15,.3") from None


def _generate(home: Home, plan: MakePlan) -> dict[str, Any]:
    """Generate one data set, print the result and return the numbers."""
    from rdrec.synthetic.make import dials_of, make

    began = time.perf_counter()
    manifest = make(home, plan)
    seconds = time.perf_counter() - began
    counts = manifest.meta["counts"]
    print(f"{plan.name}: " + ", ".join(f"{count:,} {what}" for what, count in counts.items()) + f" ({seconds:.1f} s)")
    return {
        "name": plan.name,
        "sha256": manifest.sha256,
        "dials": dials_of(plan.world),
        "counts": counts,
        "bytes": sum(facts["bytes"] for facts in manifest.files.values()),
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(_peak_megabytes(), 1),
    }


def _measure_texts(home: Home, name: str, beside: Path | None) -> dict[str, Any]:
    """Measure how varied and how personal the texts are, in the invented shop and optionally in a file of real reviews."""
    from rdrec.data.importers.amazon import open_reviews
    from rdrec.data.rationales import ANSWER_KEY, load_rationales
    from rdrec.data.store import load_dataset
    from rdrec.evaluation.how_personal import first_line, report
    from rdrec.synthetic.measures import measure

    rows = {"invented": load_dataset(home, name).interactions}
    if beside is not None:
        rows["real"] = open_reviews(beside, "beside", core_users=0, core_items=0, seed=0).dataset().interactions
    texts = {which: frame["review"].dropna().tolist() for which, frame in rows.items()}
    found = {which: measure(reviews).as_dict() for which, reviews in texts.items()}
    for which, measures in found.items():
        print(f"{which}: " + ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in measures.items()))
    key = load_rationales(home, name, ANSWER_KEY)
    tables = [(f"{which} reviews", frame, "review") for which, frame in rows.items()]
    tables += [(f"answer key, {name.replace('_', ' ')}", key, name) for name in CLAIM_KINDS]
    print(first_line())
    personal = {}
    for what, frame, column in tables:
        line, personal[what] = report(what, frame, column)
        print(line)
    return {**found["invented"], "beside": found.get("real"), "how_personal": personal}


def run_score(args: argparse.Namespace) -> dict[str, Any]:
    """`data score`; returns what `--json` prints."""
    from rdrec.data.rationales import load_rationales
    from rdrec.synthetic.scoring import score
    from rdrec.synthetic.truth import load_truth

    home = Home.find(args.home)
    world, truth = load_truth(home, args.name)
    teachers = [args.teacher] if args.teacher else home.names("rationales", args.name)
    if not teachers:
        raise InputError(
            "no teacher has read this data set", where=args.name, todo=f"python -m rdrec distill --data {args.name}"
        )
    found: dict[str, list[dict[str, Any]]] = {}
    for teacher in teachers:
        found[teacher] = [one.as_dict() for one in score(world, truth, load_rationales(home, args.name, teacher))]
        for row in found[teacher]:
            numbers = ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in row.items() if key != "kind")
            print(f"{teacher}, {str(row['kind']).replace('_', ' ')}: {numbers}")
    return {"data": args.name, "scores": found}


def _peak_megabytes() -> float:
    """Peak memory of this process plus that of its largest worker, in MiB."""
    import resource

    own, largest = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (own + largest) / 2**10
