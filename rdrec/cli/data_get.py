"""`rdrec data get`: download a public data set by name and import it, after showing licence and size and asking for confirmation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdrec.cli.main import check_free, common
from rdrec.core.home import Home
from rdrec.core.records import InputError

if TYPE_CHECKING:
    from rdrec.data.download import Fetched
    from rdrec.data.http_file import Located
    from rdrec.data.public_sets import PublicSet

Parser = argparse.ArgumentParser
Import = Callable[[argparse.Namespace], dict[str, Any]]


def add_get(actions: argparse._SubParsersAction[Parser], import_options: Callable[[Parser], None], run_import: Import) -> None:
    """Add `get`; `import_options` and `run_import` are those of `rdrec data import`."""
    parser = actions.add_parser(
        "get",
        help="download a public data set by name and import it",
        description="Download and import Amazon reviews of 2014, 2018 or 2023, one category per data set, with item metadata. Shows size and "
        "licence and asks before downloading. The default of --core comes from the catalogue (--list). Files are cached in cache/downloads "
        "of the home; an interrupted download resumes.",
        epilog="example: python -m rdrec data get amazon2014-musical-instruments --yes",
    )
    parser.add_argument("set", metavar="NAME", nargs="?", help="name in the catalogue (see --list)")
    parser.add_argument("--list", action="store_true", help="show the catalogue without downloading")
    parser.add_argument("--yes", action="store_true", help="download without asking")
    parser.add_argument("--name", help="name of the data set in the home (default: the name in the catalogue)")
    import_options(parser)
    common(parser)

    def run(args: argparse.Namespace) -> dict[str, Any]:
        return _list() if args.list else _get(args, run_import)

    parser.set_defaults(run_command=run, core=None, resumes=True)


def _list() -> dict[str, Any]:
    from rdrec.data.public_sets import public_sets

    sets = public_sets()
    for _, group in groupby(sets.values(), key=lambda public_set: public_set.collection):
        members = list(group)
        print(f"{members[0].collection}: {members[0].homepage}\n  licence: {members[0].licence}")
        for text in members[0].citation:
            print(f"  cite: {text}")
        for public_set in members:
            size = "" if public_set.megabytes is None else f", about {public_set.megabytes:,.0f} MB"
            print(f"  {public_set.name}: {public_set.reviews:,} reviews, --core {public_set.core}{size}")
    names = ("name", "title", "homepage", "licence", "citation", "core", "reviews", "megabytes")
    return {
        "sets": [
            {name: getattr(public_set, name) for name in names}
            | {"urls": [public_set.review_file.url, public_set.item_file.url], "sha256": public_set.review_file.sha256}
            for public_set in sets.values()
        ]
    }


def _get(args: argparse.Namespace, run_import: Import) -> dict[str, Any]:
    from rdrec.data.public_sets import find_public_set

    if args.set is None:
        raise InputError("no data set given", todo="see: python -m rdrec data get --list")
    public_set, home = find_public_set(args.set), Home.find(args.home)
    name = args.name or public_set.name
    check_free(home.data(name), args.replace)
    reviews, items = _files(public_set, home.downloads(public_set.name), args.yes)
    origin = {
        "set": public_set.name,
        "homepage": public_set.homepage,
        "licence": public_set.licence,
        "citation": list(public_set.citation),
        "url": reviews.url,
        "items_url": items.url,
        "items_sha256": items.sha256,
        "revision": reviews.revision,
    }
    options = vars(args) | {"name": name, "path": reviews.path, "items": items.path, "origin": origin}
    options |= {"core": public_set.core if args.core is None else args.core, "title": args.title or public_set.title}
    return run_import(argparse.Namespace(**options)) | {"source": origin, "files": [str(reviews.path), str(items.path)]}


def _files(public_set: PublicSet, folder: Path, yes: bool) -> list[Fetched]:
    """Reviews and metadata, from the cache or, once confirmed, from their servers."""
    from rdrec.data import download

    sources = (public_set.review_file, public_set.item_file)
    files = {source: found for source in sources if (found := download.cached(folder, source)) is not None}
    missing = [download.locate(source) for source in sources if source not in files]
    download.check_space(folder, missing)
    _notice(public_set, folder, missing, list(files.values()))
    if missing and not yes:
        _confirm()
    for file in missing:
        files[file.source] = download.fetch(folder, file)
    return [files[source] for source in sources]


def _notice(public_set: PublicSet, folder: Path, missing: list[Located], cached: list[Fetched]) -> None:
    from rdrec.data.http_file import size_text

    print(f"{public_set.title}: {public_set.reviews:,} reviews, according to its authors\nlicence: {public_set.licence}")
    for text in public_set.citation:
        print(f"cite: {text}")
    for fetched in cached:
        print(f"already in the cache: {fetched.path} ({size_text(fetched.bytes)})")
    for file in missing:
        print(f"to download: {file.source.url} ({'unknown size' if file.bytes is None else size_text(file.bytes)})")
    if missing:
        known = [file.bytes for file in missing if file.bytes is not None]
        more = "" if len(known) == len(missing) else ", and files of unknown size"
        print(f"total {size_text(sum(known))}{more}, to be saved in {folder}", flush=True)


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise InputError(
            "a download must be confirmed, but the input is not a terminal", todo="read the notice above and add --yes"
        )
    try:
        answer = input("Download? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise InputError("nothing was downloaded: the answer was not yes")
