"""`rdrec distill import`, `answers`, `merge`, `measure` and `compare`: work with existing rationales."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdrec.cli.main import common
from rdrec.core.home import Home
from rdrec.core.records import CLAIM_KINDS, InputError, Rationale, plural
from rdrec.core.settings import add_options

if TYPE_CHECKING:
    from rdrec.teachers.entailment import Judge
    from rdrec.teachers.measure import Measured


NLI_MODEL = "MoritzLaurer/DeBERTa-v3-base-mnli-fever-anli"  # an example: MIT, safetensors


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the actions on finished rationales to the parser of `distill`."""
    import_ = actions.add_parser(
        "import",
        help="import rationales distilled elsewhere",
        description="Import a file in the format of the released explanation_rationale.json as a separate teacher. A rationale that only "
        "copies the review in both fields is a failed answer: it is counted and treated as missing.",
        epilog="example: python -m rdrec distill import explanation_rationale.json --data beauty --name llama-2-released",
    )
    import_.add_argument("file", metavar="FILE", type=Path)
    import_.add_argument("--name", default="released", metavar="NAME", help="name of these rationales (default released)")
    _options(import_, _import)
    answers = actions.add_parser(
        "answers",
        help="import model answers computed elsewhere",
        description="Check JSON lines, each with text_sha256 and the answer (or its fields), and store them where `distill` looks first. "
        "Either all lines are imported or none.",
        epilog="example: python -m rdrec distill answers lines.jsonl --model ./qwen2.5-coder-1.5b-instruct-q4_k_m.gguf --engine vllm",
    )
    answers.add_argument("file", metavar="FILE", type=Path)
    answers.add_argument(
        "--model", required=True, metavar="MODEL", help="the GGUF file that answered, or the model name on the server"
    )
    answers.add_argument("--engine", default="", metavar="WORDS", help="software that ran the model, for the record")
    answers.add_argument("--into", metavar="FOLDER", type=Path, help="target folder (default: answers/ in the home)")
    add_options(answers, "distill.prompt", "distill.seed")
    common(answers, nested=True)
    answers.set_defaults(run_command=_answers)
    merge = actions.add_parser(
        "merge",
        help="merge the shards of a split run",
        description="Merge shards; the result is identical, byte for byte, to that of a single run.",
        epilog="example: python -m rdrec distill merge qwen3-4b-lists --data guitars",
    )
    merge.add_argument("teacher", metavar="TEACHER", help="name of the rationales")
    _options(merge, _merge)
    measure = actions.add_parser(
        "measure",
        help="check a teacher's rationales against their reviews",
        description="Report the share of claims that the review supports, the share of rationales that copy it, and a control: how well support "
        "distinguishes a rationale's own review from another one (AUC; at .5 the check says nothing).",
        epilog="example: python -m rdrec distill measure keywords --data guitars\n"
        f"example: python -m rdrec distill measure keywords --data guitars --entailment {NLI_MODEL}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    measure.add_argument("teacher", metavar="TEACHER", help="name of the rationales")
    _entailment(measure)
    _options(measure, _measure)
    compare = actions.add_parser(
        "compare",
        help="compare teachers",
        description="With two names: coverage, agreement, grounding, length and diversity of the two teachers, and the reviews on which they "
        "differ most. Otherwise: one table of all teachers (or of those named) on one or more data sets; teachers of an invented data set are "
        "also scored against its truth.",
        epilog="example: python -m rdrec distill compare keywords qwen3-4b-lists --data guitars\n"
        "example: python -m rdrec distill compare --data toys,guitars --write docs/teachers.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    compare.add_argument("teachers", metavar="TEACHER", nargs="*", help="names of rationales (default: all, in a table)")
    compare.add_argument(
        "--users", metavar="RANGES", help='in a table: only reviews of these user numbers, such as "1-500,731"'
    )
    compare.add_argument(
        "--write",
        metavar="FILE",
        type=Path,
        help="also write the table into a Markdown file, between its two 'teachers' comments",
    )
    _entailment(compare)
    _options(compare, _compare)


def _entailment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--entailment",
        metavar="MODEL",
        help="also ask a natural language inference model, by hub ID or folder, whether reviews entail the claims (default: compare words only)",
    )


def _options(parser: argparse.ArgumentParser, run: Any) -> None:
    common(parser, nested=True)
    parser.add_argument("--data", required=True, metavar="NAME", help="an imported data set")
    parser.set_defaults(run_command=run)


def _import(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.data.rationales import ANSWER_KEY
    from rdrec.data.release import count_copies, read_rationales
    from rdrec.data.store import load_dataset, save_released_rationales
    from rdrec.teachers.base import RULES

    home = Home.find(args.home)
    if args.name in (*RULES, ANSWER_KEY, "reference"):
        raise InputError(f"{args.name!r} is the name of another teacher", where="--name", todo="choose another")
    found = read_rationales(load_dataset(home, args.data), args.file)
    save_released_rationales(home, args.data, found, args.name)
    records, copied = count_copies(found)
    share = copied / records if records else None
    print(
        f"{plural(records, 'released record')} of {plural(len(found), 'review')}; {_share(share)} only copy the review and count as missing"
    )
    answer = {"data": args.data, "teacher": args.name, "records": records, "verbatim": copied}
    return answer | {
        "verbatim_share": None if share is None else round(share, 4),
        "measured": measured(home, args.data, args.name),
    }


def _answers(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.core.storage import sha256_of
    from rdrec.teachers.answers import AnswerStore, Identity, read_answers
    from rdrec.teachers.asking import Asker
    from rdrec.teachers.gguf_file import read_header
    from rdrec.teachers.prompts import load_prompt

    prompt, model, file = load_prompt(args.prompt), args.model, Path(args.model)
    if file.is_file():
        read_header(file)
        model = f"sha256:{sha256_of(file)}"
    answers = read_answers(args.file, prompt.answer)
    store = AnswerStore([args.into]) if args.into else AnswerStore.of(Home.find(args.home))
    identity = Identity(Asker(prompt, args.seed), model, file.name, args.engine)
    known = len(store.find(identity.source))
    part = store.add(identity, answers)
    added = len(store.find(identity.source)) - known
    print(f"{plural(len(answers), 'answer')} read, {added:,} of them new")
    return {"read": len(answers), "added": added, "part": None if part is None else str(part)}


def _merge(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.teachers.merge import merge

    home = Home.find(args.home)
    counts = merge(home, args.data, args.teacher).meta["counts"]
    print(f"{plural(counts['reviews'], 'review')}, {counts['ok']:,} with a rationale; the shards are no longer needed")
    return {"data": args.data, "teacher": args.teacher, "folder": str(home.rationales(args.data, args.teacher)), **counts}


def measured(home: Home, data: str, teacher: str) -> dict[str, Any]:
    """Measure and print a teacher's rationales; return the numbers."""
    from rdrec.teachers.base import RULES
    from rdrec.teachers.compare import rationales_of
    from rdrec.teachers.measure import measure

    found = measure(rationales_of(home, data, teacher), by_rules=teacher in RULES)
    print(_line(teacher, found))
    for why, count in found.why_not.items():
        print(f"  {plural(count, 'claim')} unsupported: {why}")
    return found.as_json()


def _measure(args: argparse.Namespace) -> dict[str, Any]:
    home, judge = Home.find(args.home), _judge(args)
    answer = measured(home, args.data, args.teacher)
    return answer if judge is None else answer | {"entailment": _entailed(home, args.data, args.teacher, judge)}


def _judge(args: argparse.Namespace) -> Judge | None:
    """Load the named model before any long work starts."""
    if args.entailment is None:
        return None
    from rdrec.teachers.nli_model import NliModel

    return NliModel(args.entailment)


def _entailed(home: Home, data: str, teacher: str, judge: Judge) -> dict[str, Any]:
    """Check the claims with the model, print the result and return the numbers."""
    from rdrec.teachers.compare import rationales_of
    from rdrec.teachers.entailment import measure_entailment

    found = measure_entailment(rationales_of(home, data, teacher), judge)
    print(
        f"{teacher}, by {found.model}: {plural(found.claims, 'claim')} of {plural(found.rationales, 'rationale')}; "
        f"{_share(found.entailed)} entailed and {_share(found.contradicted)} contradicted by the review, "
        f"{_share(found.shuffled_entailed)} and {_share(found.shuffled_contradicted)} by another one: AUC {_number(found.auc)}; "
        f"it entails {_share(found.if_supported)} of the claims supported by words and {_share(found.if_unsupported)} of the others"
    )
    return found.as_json()


def _line(teacher: str, found: Measured) -> str:
    if not found.claims:
        return f"{teacher}: no claims to check"
    support = "all quoted from the review" if found.supported is None else f"{_share(found.supported)} supported by the review"
    return (
        f"{teacher}: {plural(found.rationales, 'rationale')} checked, {found.claims:,} claims, {support} "
        f"({_share(found.copied)} of rationales copy it); own review against another one: AUC {_number(found.auc)}; "
        f"{_number(found.words, 1)} words per sentence, {_share(found.distinct)} of sentences distinct"
    )


def _compare(args: argparse.Namespace) -> dict[str, Any]:
    from rdrec.teachers.compare import compare

    if len(args.teachers) != 2 or args.write is not None or args.users is not None or "," in args.data:
        return _table(args)
    home, judge = Home.find(args.home), _judge(args)
    one, other = args.teachers
    found = compare(home, args.data, one, other)
    print(f"{plural(found.reviews, 'review')}; outcome with {one} / {other}:")
    for (first, second), count in sorted(found.status.items()):
        print(f"  {count:8,}  {first} / {second}")
    for name, measured_ in ((one, found.one), (other, found.other)):
        print(_line(name, measured_))
    entailed = [] if judge is None else [_entailed(home, args.data, name, judge) for name in (one, other)]
    print(
        f"claims of {one} that {other} also makes: {_share(found.agree)}; that it contradicts: {_share(found.opposed)}; "
        f"content words in common: {_share(found.alike)} (between rationales of different reviews: {_share(found.by_chance)})"
    )
    personal = {name: _personal(home, args.data, name) for name in (one, other)}
    for example in found.examples:
        print(f"user {example.review.user}, purchase {example.review.position}: {example.review.text[:300]!r}")
        for name, rationale in ((one, example.one), (other, example.other)):
            print(f"  {name}: {_sentences(rationale)}")
    return found.as_json() | {"how_personal": personal} | ({"entailment": entailed} if entailed else {})


def _table(args: argparse.Namespace) -> dict[str, Any]:
    """Print one table of several teachers, write it to a file if requested, and return the numbers."""
    from rdrec.evaluation.teacher_table import markdown, teacher_rows, write_between
    from rdrec.teachers.choosing import parse_choice

    if args.entailment is not None:
        raise InputError("--entailment compares exactly two teachers", todo="name two teachers, or leave the option out")
    rows = teacher_rows(Home.find(args.home), args.data.split(","), args.teachers, parse_choice(args.users, None))
    table = markdown(rows)
    print(table)
    if args.write is not None:
        write_between(args.write, table)
        print(f"table written to {args.write}")
    return {"rows": [row.as_json() for row in rows]}


def _personal(home: Home, data: str, teacher: str) -> dict[str, Any]:
    """Print how much a teacher's sentences tell about users and items; return the numbers."""
    from rdrec.data.rationales import load_rationales
    from rdrec.evaluation.how_personal import report

    table, answer = load_rationales(home, data, teacher), dict[str, Any]()
    for column in CLAIM_KINDS:
        line, answer[column] = report(f"{teacher}, {column.replace('_', ' ')}", table, column)
        print(line)
    return answer


def _sentences(rationale: Rationale) -> str:
    return " ".join(sentence for sentence in (rationale.user_preference, rationale.item_attribution) if sentence)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
