"""`rdrec data`: import, list, audit, export; `get` is in `rdrec.cli.data_get`, `make` and `score` are in `rdrec.cli.world`."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdrec.cli import data_get, world
from rdrec.cli.main import check_free, common
from rdrec.cli.protocol import add_cut_options, cut_shares
from rdrec.core import settings
from rdrec.core.home import NAME_PATTERN, Home
from rdrec.core.records import InputError, UnknownNameError, plural
from rdrec.core.vocabulary import PROTOCOLS

if TYPE_CHECKING:
    from rdrec.core.records import Dataset
    from rdrec.data.importers.faulty import FaultRule


def add(stages: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its actions to the parser."""
    parser = stages.add_parser(
        "data",
        help="get, import, make, list, audit and export data sets",
        description="Import, make, inspect and export data sets.",
        epilog="example: python -m rdrec data import reviews.csv --name guitars",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    data_get.add_get(actions, _import_options, _import)
    _add_import(actions)
    world.add_make(actions)
    _add_list(actions)
    _add_audit(actions)
    _add_export(actions)
    world.add_score(actions)


def _add_import(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "import",
        help="import Amazon reviews or a released RDRec, P5, POD or OpenP5 folder",
        description="Import Amazon reviews of 2014, 2018, 2023 or the AWS registry (JSON lines, Parquet, or CSV with commas, tabs or "
        "semicolons; plain, gzip or zip), or a folder with sequential.txt (RDRec, P5, POD) or user_sequence.txt (OpenP5, IDGenRec, GRAM). "
        "Faulty lines are skipped, counted and reported. Interactions are ordered by time, and by --ties if times are equal; an item bought "
        "twice by a user counts once, at the earlier purchase.",
        epilog="example: python -m rdrec data import reviews.csv --name guitars --core 4",
    )
    parser.add_argument("path", metavar="FILE_OR_FOLDER", type=Path)
    parser.add_argument("--name", required=True, help="name of the data set in the home: a-z, 0-9, _ and -")
    parser.add_argument(
        "--items",
        metavar="FILE",
        type=Path,
        help="item metadata: the meta file of the same release, or CSV or Parquet with asin, title, ...",
    )
    _import_options(parser)
    common(parser)
    # None means not given: a released folder refuses these options
    parser.set_defaults(run_command=_import, core=None, seed=None, ties=None)


def _import_options(parser: argparse.ArgumentParser) -> None:
    """Options for importing a file, shared with `get`."""
    settings.add_options(parser, "data.core")
    parser.add_argument(
        "--core-items", type=int, metavar="CORE", help="minimum interactions per item (default: the same as --core)"
    )
    settings.add_options(parser, "data.seed", "data.ties")
    parser.add_argument("--title", help="name shown on the page (default: --name, or the title in the catalogue)")
    settings.add_options(parser, "data.faulty_share")
    parser.add_argument("--strict", action="store_true", help="refuse a file that has any faulty line")
    parser.add_argument("--keep-before-cut", action="store_true", help="read a truncated gzip file up to its last whole record")
    parser.add_argument("--replace", action="store_true", help="replace a data set of the same name")


def _add_list(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser("list", help="list the data sets in the home", epilog="example: python -m rdrec data list")
    common(parser)
    parser.set_defaults(run_command=_list)


def _add_audit(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "audit",
        help="measure leaks through item numbers, review texts, and the order and time of interactions",
        description="Measure the leaks of a data set. Scores two rules that learn nothing: the max-id rule, and 'higher original IDs first' on "
        "top of co-purchase counts (which are also scored alone). Reports how closely item numbers follow first appearance (1: fully, 0: not "
        "at all), the share of test interactions whose text is in training, how many held-out interactions have the same time as the one "
        "before, and how many training interactions with held-out items come after them. Audits the original data unless --protocol is given.",
        epilog="example: python -m rdrec data audit guitars --protocol clean --json",
    )
    parser.add_argument(
        "data", metavar="NAME_OR_FOLDER", help="a data set in the home, or a released folder (if both exist, the data set)"
    )
    parser.add_argument(
        "--protocol", choices=PROTOCOLS, default="published", help="default published: original IDs and text split"
    )
    parser.add_argument(
        "--ids",
        choices=("protocol", "clustered"),
        default="protocol",
        help="clustered: audit the item numbers learned by train --ids clustered",
    )
    settings.add_options(parser, "train.id_digits", "data.seed")
    add_cut_options(parser)
    common(parser)
    parser.set_defaults(run_command=_audit)


def _add_export(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "export",
        help="write a data set in the released format",
        description="Write sequential.txt, negative.txt, datamaps.json, explanation.json, (with --teacher) explanation_rationale.json, and "
        "rdrec_extra.jsonl.gz with the remaining data, so that importing the folder gives the same data set.",
        epilog="example: python -m rdrec data export guitars exported/guitars --teacher keywords",
    )
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a new or empty folder")
    parser.add_argument("--teacher", help="teacher whose rationales are written to explanation_rationale.json (default: none)")
    settings.add_options(parser, "data.seed")
    common(parser)
    parser.set_defaults(run_command=_export)


def _import(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.data import store
    from rdrec.data.importers import amazon, faulty

    home, started = Home.find(args.home), time.perf_counter()
    check_free(home.data(args.name), args.replace)
    rule = faulty.STRICT if args.strict else faulty.FaultRule(args.faulty_share, settings.integer("data.faulty_few"))
    if args.path.is_dir():
        return _import_folder(args, home, rule, started)
    core = settings.integer("data.core") if args.core is None else args.core
    core_items = core if args.core_items is None else settings.check("data.core", args.core_items)
    imported = amazon.open_reviews(
        args.path,
        args.name,
        items=args.items,
        core_users=core,
        core_items=int(core_items),
        seed=settings.integer("data.seed") if args.seed is None else args.seed,
        title=args.title,
        ties=args.ties or str(settings.default("data.ties")),
        leniency=amazon.Leniency(rule, args.keep_before_cut),
        work_folder=home.root,
    )
    imported.meta["source"].update(getattr(args, "origin", {}))  # source and licence, if called by `get`
    manifest = store.save_batches(home, args.name, imported.users, imported.items, imported.batches, imported.meta)
    return _report(args.name, imported.meta, manifest.sha256, None, time.perf_counter() - started)


def _import_folder(args: argparse.Namespace, home: Home, rule: FaultRule, started: float) -> dict[str, Any]:
    from rdrec.data import release, store

    if any(value is not None for value in (args.core, args.core_items, args.items, args.seed, args.ties)):
        raise InputError(
            "a released folder is imported unchanged",
            where=args.path,
            todo="leave out --core, --core-items, --items, --seed and --ties",
        )
    released = release.read_release(args.path, args.name, args.title, rule)
    manifest = store.save_dataset(home, released.dataset)
    if released.rationales is not None:
        store.save_released_rationales(home, args.name, released.rationales)
    verbatim = None if released.rationales is None else release.count_copies(released.rationales)
    return _report(args.name, released.dataset.meta, manifest.sha256, verbatim, time.perf_counter() - started)


def _report(name: str, meta: dict[str, Any], sha256: str, rationales: tuple[int, int] | None, seconds: float) -> dict[str, Any]:
    counts, notes, dropped, left_out = (meta.get(part, {}) for part in ("counts", "notes", "dropped", "left_out"))
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{name}: {_sizes(counts)} ({seconds:.1f} s)")
    if dropped:
        names = {"duplicates": "repeated", "below_core": "below the core"}
        print("interactions left out: " + ", ".join(f"{count:,} {names.get(what, what)}" for what, count in dropped.items()))
    for which, report in left_out.items():
        _print_report(which, report)
    if rationales is not None:
        print(
            f"released rationales for {plural(rationales[0], 'review')}; {rationales[1]:,} of them only copy the review and count as missing"
        )
    print(f"next: python -m rdrec data audit {name}")
    return {
        "name": name,
        "sha256": sha256,
        "counts": counts,
        "dropped": dropped,
        "left_out": left_out,
        "notes": notes,
        "released_rationales": None if rationales is None else rationales[0],
        "released_verbatim": None if rationales is None else rationales[1],
    }


def _sizes(counts: dict[str, int]) -> str:
    return ", ".join(plural(count, what.removesuffix("s")) for what, count in counts.items())


def _print_report(which: str, report: dict[str, Any]) -> None:
    """Print what was left out of a file, and why."""
    if not report["left_out"]:
        print(f"{which}: {report['lines']:,} read, none faulty")
        return
    noun = next(name for name in report["first"][0] if name != "reason")  # "line", or "row" of a Parquet file
    print(f"{which}: {report['left_out']:,} of {plural(report['lines'], noun)} left out as faulty")
    for reason, count in report["reasons"].items():
        print(f"  {count:,}: {reason}")
    for first in report["first"]:
        place, line = next(iter(first.items()))
        print(f"  {place} {line:,}: {first['reason']}")


def _list(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.data.store import entries

    home = Home.find(args.home)
    found = entries(home)
    if not found:
        print(f"no data sets in {home.root} yet; import one with: python -m rdrec data import FILE_OR_FOLDER --name NAME")
    for entry in found:
        print(f"{entry.name}: {entry.fault or f'{entry.title}; {entry.source}; {_sizes(entry.counts)}; {entry.ties}'}")
    return {
        "home": str(home.root),
        "data": [asdict(entry) for entry in found],
    }


def _audit(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.data.clustered_ids import learned_view
    from rdrec.data.splits import protocol_view
    from rdrec.evaluation.audit import audit, audit_in_words

    view = protocol_view(_open(Home.find(args.home), args.data), args.protocol, args.seed, cut_shares(args))
    answer = audit(view if args.ids == "protocol" else learned_view(view, args.ids, args.id_digits or 3))
    print("\n".join(audit_in_words(answer)))
    return answer


def _open(home: Home, name_or_folder: str) -> Dataset:
    """Load a data set of the home, or else a released folder at that path."""
    from rdrec.data import release, store

    path = Path(name_or_folder)
    is_name = NAME_PATTERN.fullmatch(name_or_folder) is not None
    if is_name and name_or_folder in home.names("data"):
        return store.load_dataset(home, name_or_folder)
    if name_or_folder and path.is_dir():
        return release.read_release(path, path.resolve().name).dataset
    if path.is_file():
        raise InputError(
            "this is a file, not a data set", where=path, todo="import it first: python -m rdrec data import FILE --name NAME"
        )
    if is_name:
        return store.load_dataset(home, name_or_folder)  # raises an error that lists the existing names
    raise UnknownNameError(
        "neither a data set in the home nor a folder", where=name_or_folder, todo="see: python -m rdrec data list"
    )


def _export(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.data import export, store
    from rdrec.data.rationales import load_rationales

    home = Home.find(args.home)
    dataset = store.load_dataset(home, args.name)
    rationales = None if args.teacher is None else load_rationales(home, args.name, args.teacher)
    files, warnings = export.export(dataset, args.folder, seed=args.seed, rationales=rationales)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{args.folder}: {', '.join(files)}")
    return {"folder": str(args.folder), "files": files, "warnings": warnings}
