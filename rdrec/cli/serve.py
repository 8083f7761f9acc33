"""`rdrec serve`: open the page on the precomputed data sets."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from rdrec.cli.main import common
from rdrec.core import zero_gpu
from rdrec.core.home import PROJECT, Home
from rdrec.core.records import UnknownNameError, first_few
from rdrec.core.settings import add_options, default, integer

if TYPE_CHECKING:
    from rdrec.explorer.catalogue import Catalogue
    from rdrec.explorer.live_teachers import LiveTeachers
    from rdrec.teachers.llama import LlamaTeacher
    from rdrec.teachers.local import LocalTeacher
    from rdrec.teachers.prompts import Prompt

T = TypeVar("T")
_BUDGET = ("prompt", "max_requests", "max_total_tokens", "max_cost", "price_in", "price_out")


def add(stages: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "serve",
        help="serve the page",
        description="Serve the page with the precomputed data sets in the home and the bundled ones. Stop it with Ctrl-C.",
        epilog="example: python -m rdrec serve --data guitars --port 7860\n"
        "example: python -m rdrec serve --teacher-llama ./qwen2.5-coder-1.5b-instruct-q4_k_m.gguf\n"
        "example: python -m rdrec serve --teacher-http http://127.0.0.1:8000/v1 qwen3-4b --max-requests 500",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common(parser)
    parser.add_argument("--data", metavar="NAME", help="data set to show first (default: the first with real reviews)")
    add_options(parser, "serve.host", "serve.port")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="host name of the page, such as that of a proxy in front of it; repeatable (also $RDREC_HOSTS). "
        "The machine's own names and, with --host 0.0.0.0, its addresses are always allowed",
    )
    parser.add_argument(
        "--root-path", type=root_path, metavar="/PATH",
        help="path of the page behind a proxy, such as /rdrec for https://lab.example.org/rdrec (also $GRADIO_ROOT_PATH)",
    )  # fmt: skip
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="also offer the public endpoints as tools to MCP clients (requirements-mcp.txt; docs/api.md)",
    )
    parser.add_argument(
        "--lab",
        action="store_true",
        help="let visitors train a small student in the Learn tab and watch it learn, one at a time, each for at most $RDREC_LAB_SECONDS seconds of "
        "processor time (also $RDREC_LAB=1)",
    )
    models = parser.add_argument_group(
        "language models for visitors' reviews",
        "Without these options visitors can only use the teacher keywords. Visitors' texts are sent to the models named here; budgets apply "
        "to each model until the server stops.",
    )
    models.add_argument(
        "--teacher-http", nargs=2, action="append", default=[], metavar=("URL", "MODEL"),
        help="a chat model on an OpenAI-compatible server (its key in $RDREC_TEACHER_KEY); repeatable",
    )  # fmt: skip
    models.add_argument(
        "--teacher-local", action="append", default=[], metavar="MODEL",
        help="a chat model on this machine (hub ID or folder), loaded for the first review; repeatable",
    )  # fmt: skip
    models.add_argument(
        "--teacher-llama", action="append", default=[], metavar="FILE",
        help="a chat model in a GGUF file, by path or OWNER/NAME/FILE.gguf on the hub (requirements-llama.txt); repeatable",
    )  # fmt: skip
    add_options(models, *(f"distill.{name}" for name in _BUDGET))
    parser.set_defaults(run_command=run)


def root_path(text: str) -> str:
    """The path of a URL, without a trailing slash.  Raises argparse.ArgumentTypeError for anything else."""
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL path: it must begin with a slash, such as /rdrec")
    return text.rstrip("/")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Open the page.  Raises UnknownNameError if `--data` names no data set, and the error of one that cannot be opened."""
    from rdrec.ui.framework import launch, starting, while_importing
    from rdrec.ui.mcp import wanted

    mcp = wanted(args.mcp)
    with starting():
        catalogue = while_importing(partial(_catalogue, args))
        from rdrec.explorer.lab import allowed
        from rdrec.ui.page import build_page, launch_options

        demo = build_page(catalogue, teachers=visitor_teachers(args), lab=allowed(args.lab))
    options = launch_options(host=args.host, allow=args.allow_host, mcp=mcp)
    if args.root_path is not None:
        options["root_path"] = args.root_path
    launch(demo, args.port, options, catalogue.prepare)
    return {"data": list(catalogue.stores)}


def _catalogue(args: argparse.Namespace) -> Catalogue:
    from rdrec.explorer.catalogue import find_stores

    home = Home.find(args.home)
    catalogue = find_stores(home, PROJECT, first=args.data)
    for broken in catalogue.broken:
        print(f"{broken.name} cannot be shown: {broken.error}")
        if broken.name == args.data:
            raise broken.error
    if args.data and args.data not in catalogue.stores:
        known = first_few(list(catalogue.stores)) or "none"
        raise UnknownNameError(
            f"no precomputed data set {args.data!r} (available: {known})", where=home.root / "precomputed",
            todo=f"run: python -m rdrec precompute --data {args.data}",
        )  # fmt: skip
    return catalogue


def visitor_teachers(args: argparse.Namespace) -> LiveTeachers:
    """The teacher `keywords` and the language models named by the options.  Raises InputError for an invalid address or budget."""
    from rdrec.explorer.live_teachers import LiveTeachers, Offer
    from rdrec.teachers.asking import Asker, teacher_name
    from rdrec.teachers.prompts import load_prompt

    if not (args.teacher_http or args.teacher_local or args.teacher_llama):
        return LiveTeachers()
    prompt = load_prompt(args.prompt)
    offers = [Offer(teacher_name(None, model, prompt), "local", partial(_local, model, prompt)) for model in args.teacher_local]
    offers += [
        Offer(teacher_name(None, model, prompt), "llama", partial(_llama, model, prompt)) for model in args.teacher_llama
    ]
    if args.teacher_http:
        from rdrec.teachers.budget import Limits
        from rdrec.teachers.over_http import HttpTeacher

        limits = Limits(args.max_requests, args.max_total_tokens, args.max_cost, args.price_in, args.price_out)
        patience = float(integer("page.patience"))
        for endpoint, model in args.teacher_http:
            name = teacher_name(None, model, prompt)
            teacher = HttpTeacher(name, model, endpoint, Asker(prompt, 0), limits, 1, patience, patience)
            offers.append(Offer(name, "http", partial(_same, teacher)))
    return LiveTeachers(offers)


def local_teachers(models: Sequence[str]) -> LiveTeachers:
    """The teacher `keywords` and chat models of transformers on this machine, by hub id or folder.

    On ZeroGPU they are loaded now, because only models loaded before the launch are moved to a GPU; elsewhere on the first review.
    """
    from rdrec.explorer.live_teachers import LiveTeachers, Offer

    if not models:
        return LiveTeachers()
    from rdrec.teachers.asking import teacher_name
    from rdrec.teachers.prompts import load_prompt

    prompt = load_prompt(str(default("distill.prompt")))
    offers = []
    for model in models:
        name = teacher_name(None, model, prompt)
        if zero_gpu.lends():
            from rdrec.teachers.on_zero_gpu import ZeroGpuTeacher

            offers.append(Offer(name, "local", partial(_same, ZeroGpuTeacher(name, model, prompt))))
        else:
            offers.append(Offer(name, "local", partial(_local, model, prompt)))
    return LiveTeachers(offers)


def _same(teacher: T) -> T:
    return teacher


def _local(model: str, prompt: Prompt) -> LocalTeacher:
    from rdrec.teachers.asking import Asker, teacher_name
    from rdrec.teachers.chat_model import ChatModel
    from rdrec.teachers.local import LocalTeacher

    return LocalTeacher(teacher_name(None, model, prompt), ChatModel(model), Asker(prompt, 0))


def _llama(model: str, prompt: Prompt) -> LlamaTeacher:
    """A llama teacher that reads visitors' reviews one at a time."""
    from rdrec.teachers.asking import Asker, teacher_name
    from rdrec.teachers.llama import LlamaTeacher
    from rdrec.teachers.llama_model import LlamaModel, find_gguf

    return LlamaTeacher(teacher_name(None, model, prompt), LlamaModel(find_gguf(model), parallel=1), Asker(prompt, 0))
