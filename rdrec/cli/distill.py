"""`rdrec distill`: let a teacher write a rationale for every review of a data set."""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from rdrec.cli import distill_results
from rdrec.cli.main import chosen, common
from rdrec.core.home import Home
from rdrec.core.records import InputError, plural
from rdrec.core.settings import add_options

if TYPE_CHECKING:
    from rdrec.teachers.base import Teacher

_SETTINGS = (
    "prompt", "seed", "concurrency", "timeout", "max_requests", "max_total_tokens", "max_cost", "price_in", "price_out", "batch_tokens",
    "parallel", "context", "threads", "gpu_layers", "processes", "engine", "workers", "worker_gpus",
)  # fmt: skip


def add(stages: Any) -> None:
    """Add the command to the parser."""
    parser = stages.add_parser(
        "distill",
        help="let a teacher read the reviews",
        description="Write a rationale for every review of a data set. If a run is interrupted, the same command resumes it. "
        "A language model runs on this machine (--teacher llama --model FILE.gguf, or --teacher local --model ID_OR_FOLDER) or behind an "
        "OpenAI-compatible server (--teacher http --endpoint URL --model NAME; the key goes in $RDREC_TEACHER_KEY). Answers are stored by "
        "the text that was read, so no text is read twice.",
        epilog="example: python -m rdrec distill --data guitars --teacher keywords\n"
        "example: python -m rdrec distill --data guitars --teacher llama --model ./qwen2.5-coder-1.5b-instruct-q4_k_m.gguf --limit 100\n"
        "example: python -m rdrec distill --data guitars --teacher http --endpoint http://127.0.0.1:8000/v1 --model qwen3-4b --limit 100\n"
        "example: python -m rdrec distill --data guitars --teacher local --model meta-llama/Llama-2-7b-chat-hf --prompt paper",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common(parser)
    parser.add_argument("--data", metavar="NAME", help="an imported data set")
    parser.add_argument(
        "--teacher",
        default="keywords",
        metavar="KIND",
        help="keywords: rules over spaCy's parse, without a language model; llama: a model in a GGUF file; local: a chat model of transformers; http: a model behind a server "
        "(default keywords)",
    )
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help="llama: path of a GGUF file, or OWNER/NAME/FILE.gguf on the hub, or sha256:HASH to use only the stored answers of that file; local: hub ID or folder (the paper's meta-llama/Llama-2-7b-chat-hf; Qwen/Qwen3-4B-Instruct-2507 is small and open); "
        "http: the name that the server uses",
    )
    parser.add_argument("--endpoint", metavar="URL", help="http: the server's address, such as http://127.0.0.1:11434/v1")
    parser.add_argument("--name", metavar="NAME", help="name of these rationales (default: from model and prompt)")
    parser.add_argument(
        "--precision", metavar="P", default="auto", help="local: nf4, bf16 or fp32 (default: nf4 on a GPU, else bf16)"
    )
    parser.add_argument("--device", metavar="DEVICE", help="local: cpu or cuda (default: a GPU if available)")
    add_options(parser, *(f"distill.{name}" for name in _SETTINGS))
    parser.add_argument("--limit", type=int, metavar="N", help="read only the first N reviews (default: all)")
    parser.add_argument("--users", metavar="RANGES", help='read only these users, for example "1-500,731"')
    parser.add_argument("--shard", metavar="I/N", help="read only part I of N; combine the parts with `distill merge`")
    parser.add_argument("--address", metavar="ADDRESS", help="address of a running Ray cluster (default: start a local one)")
    parser.set_defaults(run_command=run)
    distill_results.add(parser.add_subparsers(dest="action", metavar="ACTION", title="work with existing rationales"))


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the command; returns what `--json` prints."""
    from rdrec.teachers.base import FAULT, SERVER
    from rdrec.teachers.caching import with_cache
    from rdrec.teachers.choosing import parse_choice
    from rdrec.teachers.run import distil

    if args.data is None:
        raise InputError("no data set given", where="--data", todo="choose one listed by: python -m rdrec data list")
    home, choice = Home.find(args.home), parse_choice(args.users, args.shard)
    teacher = with_cache(_on_ray(args) if args.engine == "ray" else make_teacher(args), home)
    began = time.perf_counter()
    try:
        manifest = distil(home, args.data, teacher, limit=args.limit, choice=choice)
    finally:
        if hasattr(teacher, "close"):
            teacher.close()
    seconds = time.perf_counter() - began
    counts = manifest.meta["counts"]
    share = counts["ok"] / max(1, counts["reviews"])
    reviews = plural(counts["reviews"], "review")
    print(f"{reviews} read by {teacher.name} in {seconds:.1f} s: {counts['ok']:,} with a rationale ({share:.1%})")
    spent = teacher.spent()
    if spent.get("known"):
        print(f"  {spent['known']:,.0f} of them answered from the store, because the same text was read before")
    if counts["unread"]:
        print(f"  {counts['unread']:,} not read yet; run again without --limit and --users")
    for status in ("nothing", "failed"):
        for reason, count in counts[status].items():
            again = "; run the same command again to retry them" if reason.startswith((SERVER, FAULT)) else ""
            print(f"  {count:,} {'without a rationale' if status == 'nothing' else 'failed'}: {reason}{again}")
    for note in getattr(teacher, "notes", ()):
        print(f"  note: {note}")
    answer = {
        "data": args.data,
        "teacher": teacher.name,
        "folder": str(home.rationales(args.data, teacher.name)),
        "reviews": counts["reviews"],
        "rationales": counts["ok"],
        "share": round(share, 4),
        "nothing": counts["nothing"],
        "failed": counts["failed"],
        "unread": counts["unread"],
        "seconds": round(seconds, 1),
        "spent": spent,
    }
    if choice.shard is not None:
        folder = home.shard(args.data, teacher.name, *choice.shard)
        print(f"next: the other shards, then python -m rdrec distill merge {teacher.name} --data {args.data}")
        return answer | {"folder": str(folder), "shard": list(choice.shard)}
    measured = distill_results.measured(home, args.data, teacher.name)
    print(f"next: python -m rdrec train --data {args.data} --teacher {teacher.name}")
    return answer | {"measured": measured}


def _on_ray(args: argparse.Namespace) -> Teacher:
    """The teacher on Ray, of which each worker creates its own copy."""
    from rdrec.teachers.on_ray import RayTeacher

    if args.max_requests or args.max_total_tokens or args.max_cost:
        raise InputError(
            "a budget cannot be shared by several workers",
            where="--engine ray",
            todo="remove the budget or use --engine single",
        )
    options = {name: value for name, value in vars(args).items() if name != "run_command"} | {"processes": 1}
    return RayTeacher(partial(make_teacher, argparse.Namespace(**options)), args.workers, args.address, args.worker_gpus)


def make_teacher(args: argparse.Namespace) -> Teacher:
    """The teacher described by the options.  Raises InputError if they contradict each other."""
    from rdrec.teachers.asking import Asker, teacher_name
    from rdrec.teachers.base import check_teacher, keywords
    from rdrec.teachers.prompts import load_prompt
    from rdrec.teachers.recorded import PREFIX, RecordedTeacher

    kind = check_teacher(args.teacher)
    if kind == "keywords":
        for option in ("model", "endpoint", "name"):
            if getattr(args, option) is not None:
                raise InputError(f"the teacher keywords has no option --{option}", todo="give --teacher llama, local or http")
        return keywords(args.processes)
    if args.model is None:
        raise InputError("no model given", where="--model", todo="see: python -m rdrec distill --help")
    prompt = load_prompt(args.prompt)
    name, asker = teacher_name(args.name, args.model, prompt), Asker(prompt, args.seed)
    if kind != "http" and args.endpoint is not None:
        raise InputError(f"the teacher {kind} has no option --endpoint", todo="give --teacher http")
    if kind == "llama" and args.model.startswith(PREFIX):
        if args.name is None:
            raise InputError("rationales from a hash need a name", where="--name", todo="choose one")
        return RecordedTeacher(name, args.model, asker, args.context)
    if kind == "llama":
        from rdrec.teachers.llama import LlamaTeacher
        from rdrec.teachers.llama_model import LlamaModel, find_gguf

        options = chosen(args, "parallel", "context", "threads", "gpu_layers")
        return LlamaTeacher(name, LlamaModel(find_gguf(args.model), **options), asker)
    if kind == "local":
        from rdrec.teachers.chat_model import ChatModel
        from rdrec.teachers.local import LocalTeacher

        return LocalTeacher(name, ChatModel(args.model, precision=args.precision, device=args.device), asker, args.batch_tokens)
    from rdrec.teachers.budget import Limits
    from rdrec.teachers.over_http import HttpTeacher

    if args.endpoint is None:
        raise InputError("no server given", where="--endpoint", todo='use an address like "http://127.0.0.1:8000/v1"')
    limits = Limits(args.max_requests, args.max_total_tokens, args.max_cost, args.price_in, args.price_out)
    return HttpTeacher(name, args.model, args.endpoint, asker, limits, args.concurrency, args.timeout)
