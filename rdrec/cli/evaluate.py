"""`rdrec evaluate`: measure students, baselines and rules on the test items, one row per model, task, metric and seed."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdrec.cli.main import common
from rdrec.cli.protocol import add_cut_options, cut_shares
from rdrec.core.home import Home
from rdrec.core.records import InputError, UnknownNameError, first_few
from rdrec.core.settings import add_options, integer
from rdrec.core.untrusted import shown, whole_number
from rdrec.core.vocabulary import EARLIER, START_RECIPE

if TYPE_CHECKING:  # these load torch
    import pandas as pd

    from rdrec.baselines.rules import Rule
    from rdrec.data.splits import ProtocolView
    from rdrec.evaluation.beyond_accuracy import ItemVectors
    from rdrec.evaluation.run import Evaluation
    from rdrec.student.checkpoint import LoadedStudent


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "evaluate",
        help="measure students, rivals and simple rules",
        description="Report HR, NDCG and MRR of students, of rivals (SASRec, EASE, rationale neighbours) and of four rules, sequential (whole catalogue) "
        "and top-N (99 negatives); coverage, popularity, novelty and similarity of the recommended items; whether the students learned their "
        "rationales; for an invented shop also the best possible scores, calculated from its truth; with --precision, what each precision changes in "
        "the rankings of fp32 students.",
        epilog="example: python -m rdrec evaluate --data guitars --models rdrec-nano-clean-s0,baseline-nano-clean-s0",
    )
    common(parser)
    parser.add_argument("--data", required=True, metavar="NAME", help="an imported data set")
    parser.add_argument("--models", metavar="RUN,RUN", help="students (default: all of this data set, protocol and seed)")
    parser.add_argument(
        "--rivals",
        metavar="NAME,NAME",
        help="SASRecs trained with `rdrec rival`; ease, which needs no training; neighbours:TEACHER, EASE with that teacher's rationales, "
        "and its control; neighbours alone, the same for every teacher. Default: all trained ones of this data set and seed; if the rationales of the students' teachers "
        "are available, also ease and neighbours",
    )
    add_options(parser, "train.protocol", "train.seed", "evaluate.batch_users")
    add_options(parser, "rival.ridge", "rival.neighbours_weight", "evaluate.sample")
    add_cut_options(parser)
    parser.add_argument(
        "--add",
        action="store_true",
        help="measure only these --models and --rivals, and keep the results of others in the evaluation of this name",
    )
    parser.add_argument(
        "--gather",
        metavar="SEEDS",
        help="only combine the evaluations of these seeds, for example 0,1,2",
    )
    parser.add_argument(
        "--text",
        action="store_true",
        help="instead, measure the students' texts (explanations, preferences, attributes): BLEU, ROUGE, variety, features, grounding",
    )
    parser.add_argument("--precision", metavar="LIST", help="instead, compare precisions: any of fp32,bf16,int8,nf4")
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="name of the result (default PROTOCOL-sSEED, plus -precision with --precision, -text with --text and -chosen with --models, "
        "unless results are added; with --gather PROTOCOL-evidence)",
    )
    parser.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU if available)")
    parser.set_defaults(run_command=run)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command; returns what `--json` prints."""
    from rdrec.core.storage import exclusive, plain_rows
    from rdrec.data.splits import protocol_view
    from rdrec.data.store import dataset_sha256, load_dataset
    from rdrec.data.ties import ties_in_words
    from rdrec.student.device import choose_device

    modes = [f"--{name}" for name in ("text", "gather", "precision") if getattr(args, name)]
    if len(modes) > 1 or (modes and args.rivals):
        raise InputError(
            f"{', '.join([*modes, *(['--rivals'] if args.rivals else [])])} cannot be combined", todo="use only one of them"
        )
    if args.add and (modes or not (args.models or args.rivals)):
        raise InputError(
            f"--add cannot be combined with {modes[0]}" if modes else "--add needs the models that it adds",
            todo="name students with --models or rivals with --rivals",
        )
    home = Home.find(args.home)
    if args.gather:
        return _gather(home, args)
    view = protocol_view(load_dataset(home, args.data), args.protocol, args.seed, cut_shares(args))
    device, sha256 = choose_device(args.device), dataset_sha256(home, args.data)
    rivals = [] if args.add and not args.rivals else _rivals(home, view, args)
    names = args.models.split(",") if args.models else [] if args.add else _students(home, args, required=not rivals)
    if not (args.rivals or args.text or args.precision or args.add):
        rivals += _neighbours(home, view, args, names)
    tail = ("-precision" if args.precision else "-text" if args.text else "") + (
        "-chosen" if args.models and not args.add else ""
    )
    folder = home.evaluation(args.data, args.name or f"{args.protocol}-s{args.seed}{tail}")
    answer: dict[str, Any] = {"folder": str(folder)}
    if args.text:
        rows = _text(home, view, names, args, folder, sha256, device)
        print(f"saved in {folder}")
        return answer | {"rows": rows}
    if args.precision:
        from rdrec.evaluation import precision

        forms = [name.strip() for name in args.precision.split(",")]
        table = precision.measure(
            home, view, names, forms, folder, data_sha256=sha256, device=device, batch_users=args.batch_users
        )
        print(precision.as_text(table))
    else:
        with exclusive(folder.with_name(f".{folder.name}.lock"), f"writes the evaluation {folder.name!r}"):
            found = _measured(home, args, view, names, rivals, folder, sha256, device)
        table = found.rows
        print((folder / "evaluation.md").read_text("utf-8").rstrip())
        answer |= {"ties": ties_in_words(view.dataset.meta), "cut": view.cut_facts(), "world": found.meta["world"]}
        answer |= {"beyond": plain_rows(found.beyond), "checks": _with_sentences(found.checks)}
    print(f"saved in {folder}")
    return answer | {"rows": plain_rows(table)}


def _measured(
    home: Home,
    args: argparse.Namespace,
    view: ProtocolView,
    names: list[str],
    rivals: list[str],
    folder: Path,
    sha256: str,
    device: str,
) -> Evaluation:
    """Measure students and rivals and write the evaluation, or add them to it."""
    from rdrec.core.storage import read_manifest
    from rdrec.evaluation.manipulation_check import FoundReferences
    from rdrec.evaluation.rivals import needs_ease, open_rivals
    from rdrec.evaluation.run import evaluate
    from rdrec.evaluation.stored import KIND, check_measured
    from rdrec.evaluation.tuning import chosen_ridge
    from rdrec.synthetic.truth import has_truth

    stored: dict[str, Any] = {}
    if args.add:
        stored = read_manifest(home.require(folder, "evaluation", "the same command without --add"), KIND).meta
    ridge = args.ridge or stored.get("ridge")
    if not (needs_ease(rivals) or (has_truth(home, args.data) and view.cut is None)):
        ridge = None
    elif not ridge:
        ridge = chosen_ridge(view, args.batch_users)
    opened = open_rivals(
        home, view, rivals, data_sha256=sha256, device=device, ridge=ridge or 0.0, weight=args.neighbours_weight,
        batch_users=args.batch_users,
    )  # fmt: skip
    check_measured(home, args.data, stored, folder, replaced=[*names, *(rival.name for rival in opened)])
    students = _load(home, args, names, device, sha256)
    teachers = {loaded.card.teacher for _, loaded in students} | set(stored.get("rationales", {}))
    return evaluate(
        view, students, folder, sha256, args.batch_users, FoundReferences(home, view.dataset), _item_vectors(home, view, teachers),
        opened, _bounds(home, view, ridge), ridge=ridge, add=args.add,
    )  # fmt: skip


def _with_sentences(checks: pd.DataFrame) -> list[dict[str, Any]]:
    from rdrec.core.storage import plain_rows
    from rdrec.evaluation.outcomes import check_of, sentence

    sentences = [sentence(check_of(row)) for row in checks.to_dict("records")]
    return [row | {"sentence": text} for row, text in zip(plain_rows(checks), sentences, strict=True)]


def _item_vectors(home: Home, view: ProtocolView, learned_from: Collection[str | None]) -> ItemVectors:
    """What is known about the items, if need be from the rationales of the first of these teachers."""
    from rdrec.data.rationales import load_rationales
    from rdrec.evaluation.beyond_accuracy import item_vectors

    data = view.dataset.name
    teachers = sorted({teacher for teacher in learned_from if teacher} & set(home.names("rationales", data)))
    rationales = {teacher: load_rationales(home, data, teacher) for teacher in teachers[:1]}
    return item_vectors(view, rationales)


def _bounds(home: Home, view: ProtocolView, ridge: float | None) -> dict[str, Rule]:
    """The best possible scores on an invented shop; empty if its truth is unknown.  ridge: of EASE."""
    from rdrec.evaluation.bounds import bounds
    from rdrec.synthetic.truth import has_truth, load_standing

    data = view.dataset.name
    if not has_truth(home, data):
        return {}
    if view.cut is not None or ridge is None:
        print("no best possible scores: the truth of this shop only covers each user's last purchase, not a temporal cut")
        return {}
    return bounds(view, load_standing(home, data), ridge)


def _text(
    home: Home, view: ProtocolView, names: list[str], args: argparse.Namespace, folder: Path, sha256: str, device: str
) -> list[dict[str, Any]]:
    """Measure the texts that students generate."""
    from rdrec.core.storage import plain_rows
    from rdrec.data.rationales import load_rationales
    from rdrec.evaluation.generated_texts import as_text, measure

    students = _load(home, args, names, device, sha256)
    teachers = {loaded.card.teacher for _, loaded in students if loaded.card.teacher}
    rationales = {name: load_rationales(home, args.data, name) for name in sorted(teachers)}
    found = measure(view, students, rationales, args.sample, folder, sha256)
    print(as_text(found.table))
    return plain_rows(found.table)


def _load(home: Home, args: argparse.Namespace, names: list[str], device: str, sha256: str) -> list[tuple[str, LoadedStudent]]:
    """The students; says so if they start by different recipes, which `--gather` would refuse."""
    from rdrec.student.checkpoint import load_student

    command = f"python -m rdrec train --data {args.data}"
    folders = {name: home.require(home.student(args.data, name), "student", command) for name in names}
    students = [(name, load_student(place, device, data_sha256=sha256)) for name, place in folders.items()]
    recipes = {name: recipe for name, student in students if (recipe := student.card.settings.get(START_RECIPE))}
    older = [name for name, recipe in recipes.items() if recipe != max(recipes.values())]
    if older:
        print(f"trained with an {EARLIER}, which uses purchases less well on some data: {first_few(older)}")
    return students


def _gather(home: Home, args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.evaluation.gather import gather

    seeds = [seed for part in args.gather.split(",") if (seed := whole_number(part.strip())) is not None]
    if len(seeds) != args.gather.count(",") + 1:
        raise InputError(f"--gather is {shown(args.gather)}", todo="use seeds, for example 0,1,2")
    folder = home.evaluation(args.data, args.name or f"{args.protocol}-evidence")
    found = gather(home, args.data, args.protocol, seeds, folder)
    print((folder / "evidence.md").read_text("utf-8").rstrip())
    print(f"saved in {folder}")
    tables = {name: getattr(found, name).to_dict("records") for name in ("runs", "differences", "slices")}
    return {"folder": str(folder), **tables}


def _rivals(home: Home, view: ProtocolView, args: argparse.Namespace) -> list[str]:
    """The named baselines, or the trained ones of this seed and protocol; none with --precision or --text."""
    if args.precision or args.text:
        return []
    if args.rivals:
        return [name.strip() for name in args.rivals.split(",")]
    from rdrec.evaluation.rivals import trained_rivals

    return trained_rivals(home, view)


def _neighbours(home: Home, view: ProtocolView, args: argparse.Namespace, names: list[str]) -> list[str]:
    """The default baselines: EASE, and rationale neighbours for the students' teachers whose rationales are available; none for a large catalogue."""
    from rdrec.student.checkpoint import read_card

    known = home.names("students", args.data)
    found = {read_card(home.student(args.data, name))[0].teacher for name in names if name in known}
    teachers = sorted({teacher for teacher in found if teacher} & set(home.names("rationales", args.data)))
    if teachers and view.dataset.n_items > integer("rival.ease_items"):
        print(f"left out: EASE and rationale neighbours, which need a square matrix of {view.dataset.n_items:,} items")
        return []
    return ["ease", *(f"neighbours:{teacher}" for teacher in teachers)] if teachers else []


def _students(home: Home, args: argparse.Namespace, *, required: bool) -> list[str]:
    """All students of the protocol and seed, only fp32 ones with --precision.  Raises UnknownNameError if `required` and there is none."""
    from rdrec.student.checkpoint import read_card

    cards = {name: read_card(home.student(args.data, name))[0] for name in home.names("students", args.data)}
    names = [name for name, card in cards.items() if (card.protocol, card.seed) == (args.protocol, args.seed)]
    if args.precision:
        names = [name for name in names if cards[name].precision == "fp32"]
    if not names and required:
        raise UnknownNameError(
            f"no {'fp32 ' if args.precision else ''}student of {args.data!r} was trained under {args.protocol} with seed {args.seed}",
            todo=f"python -m rdrec train --data {args.data}",
        )
    return names
