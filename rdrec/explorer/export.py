"""Export the current view: CSV for a spreadsheet, JSON for a program, a citation for a paper, and the same query as code.

Text cells are escaped so that a spreadsheet never runs them as formulas.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, get_args
from urllib.parse import urlencode

from rdrec import __version__
from rdrec.core.plain_text import plain
from rdrec.core.records import CLAIM_KINDS, InputError
from rdrec.core.vocabulary import ROLES, TASKS
from rdrec.explorer import sentences
from rdrec.explorer.answers import StoreFacts
from rdrec.explorer.api import records as records
from rdrec.explorer.store import Store
from rdrec.explorer.url import View

Part = Literal["shopper", "rankings", "evidence"]
PARTS: tuple[Part, ...] = get_args(Part)
Row = dict[str, Any]
# A spreadsheet reads cells with these first characters as formulas (CWE-1236), the full-width forms in some locales.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
DEFUSED = "'"
BYTE_ORDER_MARK = "\ufeff"  # without it, Excel reads UTF-8 as Latin-1
# The form in which browsers write addresses, without characters that end a string in Python or a shell.
ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]{1,60}){0,8}/?|https?://\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?/?"
)
DEFAULT_ADDRESS = "http://127.0.0.1:7860/"
Call = tuple[str, dict[str, int | str]]
PRODUCT = ("item", "item_key", "title", "brand", "categories", "price")


def check_part(part: object) -> Part:
    """Return `part` if it is one of PARTS; otherwise raise InputError."""
    for known in PARTS:
        if part == known:
            return known
    raise InputError(f"no part {str(part)[:40]!r} of the view", todo=f"use {' or '.join(PARTS)}")


def link(view: View, address: str) -> str:
    """The URL of this view."""
    return f"{address}?{urlencode({'data': view.data, 'user': view.user, 'task': view.task})}"


def file_name(view: View, part: Part, kind: str) -> str:
    """A name that describes the content of the file."""
    who = view.data if part == "evidence" else f"{view.data}-shopper-{view.user}"
    return f"rdrec-{who}-{part}.{kind}"


def csv_text(store: Store, view: View, part: Part) -> str:
    """A CSV table with one row per purchase, ranked item, or value of the evidence."""
    rows = {"shopper": _shopper, "rankings": _rankings, "evidence": _evidence}[part](store, view)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return BYTE_ORDER_MARK + output.getvalue()


def json_text(store: Store, view: View, part: Part, address: str, today: date) -> str:
    """The same content in the format of the public endpoints, with the view, the data set and a citation."""
    content: dict[str, Any] = {
        "view": {"data": view.data, "user": view.user, "task": view.task, "part": part, "link": link(view, address)},
        "cite": cite(store, view, address, today),
        "data_set": records.facts(store),
    }
    if part == "shopper":
        content |= {"history": records.history(store, view.user)["history"]}
        content["rationales"] = [records.rationales(store, view.user, teacher) for teacher in store.facts.teachers]
    elif part == "rankings":
        content["recommend"] = [records.recommend(store, view.user, task, store.facts.top) for task in TASKS]
    else:
        content |= {"evidence": records.evidence(store), "audit": records.audit(store)}
    return json.dumps(content, ensure_ascii=False, indent=1)


def cite(store: Store, view: View, address: str, today: date) -> str:
    """A citation with everything needed to reproduce the view: data set, protocol, students, seeds, link."""
    facts, seeds = store.facts, store.seed_results().seeds
    students = [
        f"{sentences.CITE_WHICH.get(s.role, s.role)}: {s.run}, {s.shape}, {s.precision.upper()}" for s in facts.students
    ]
    several = f"{len(seeds)} training runs (seeds {', '.join(map(str, seeds))})"
    return plain(
        sentences.CITE.format(
            version=__version__, title=facts.title, kind=_kind(facts),
            users=f"{facts.users:,}", items=f"{facts.items:,}", interactions=f"{facts.interactions:,}", protocol=facts.protocol,
            candidates=facts.candidates, teacher=facts.teacher, students="; ".join(students), seed=facts.seed,
            seeds=several if len(seeds) > 1 else "one training run", user=view.user, task=sentences.CITE_TASK[view.task],
            link=link(view, address), date=today.isoformat(),
        )
    )  # fmt: skip


def _kind(facts: StoreFacts) -> str:
    """Real or invented data; empty if the title already says that the data are invented."""
    if not facts.synthetic:
        return ", real reviews"
    return "" if "(invented)" in facts.title else ", invented data"


def _shopper(store: Store, view: View) -> list[Row]:
    by_position = {row["position"]: row for row in records.rationales(store, view.user)["rationales"]}
    rows = []
    for purchase in records.history(store, view.user)["history"]:
        rationale = by_position.get(purchase["position"], {})
        claims = [f"{claim['polarity']}: {claim['text']}" for claim in rationale.get("claims", ())]
        rows.append(
            {
                **{key: purchase[key] for key in ("position", "date", "split", *PRODUCT, "rating", "summary", "review")},
                **{key: rationale.get(key) for key in ("status", "reason", *CLAIM_KINDS)},
                "claims": "; ".join(claims),
                "unsupported_claims": sum(not claim["supported"] for claim in rationale.get("claims", ())),
            }
        )
    return rows


def _rankings(store: Store, view: View) -> list[Row]:
    """The rankings of both tasks and students; the true purchase is always included, whatever its rank."""
    rows = []
    for task in TASKS:
        found = records.recommend(store, view.user, task, store.facts.top)
        for student in ROLES:
            listed = list(found["students"].get(student, ()))
            truth = found["truth"].get(student)
            if truth and truth["item"] not in [row["item"] for row in listed]:
                listed.append(truth)
            rows += [
                {
                    "user": view.user,
                    "task": task,
                    "student": student,
                    "rank": row["rank"],
                    "probability": row["probability"],
                    **{key: row[key] for key in PRODUCT},
                    "true_purchase": bool(truth) and row["item"] == truth["item"],
                }
                for row in listed
            ]
    return rows


def _evidence(store: Store, view: View) -> list[Row]:
    """All tables of the evidence as one long table; the column `table` names the source."""
    found, rows = records.evidence(store), []
    for table in ("evaluation", "runs", "differences", "slices", "checks", "beyond"):
        rows += [{"table": table, **row} for row in found[table]]
    return rows + [{"table": "audit", **row} for row in records.audit(store)["measures"]]


def _cell(value: object) -> object:
    """Numbers are kept; a text that a spreadsheet would run as a formula is prefixed with an apostrophe, which spreadsheets hide."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = plain(value)
    return DEFUSED + text if text.lstrip(" ").startswith(FORMULA) else text


def checked_address(address: object) -> str:
    """The address with a trailing slash; the default address if it is invalid."""
    if not isinstance(address, str) or not ADDRESS.fullmatch(address):
        return DEFAULT_ADDRESS
    return address.rstrip("/") + "/"


def calls(view: View, part: Part, top: int) -> Sequence[Call]:
    """The calls for a part of the view: (endpoint, all its parameters in order)."""
    user: dict[str, int | str] = {"user": view.user}
    data: dict[str, int | str] = {"data": view.data}
    if part == "shopper":
        return ("history", user | data), ("rationales", user | {"teacher": ""} | data)
    if part == "rankings":
        return (("recommend", user | {"task": view.task, "top": top} | data),)
    return ("evidence", data), ("audit", data)


def python(view: View, part: Part, top: int, address: str) -> str:
    """A Python program with gradio_client that prints the part."""
    lines = ["from gradio_client import Client", "", f"page = Client({json.dumps(address)}, verbose=False)"]
    for name, parameters in calls(view, part, top):
        values = ", ".join(f"{key}={json.dumps(value)}" for key, value in parameters.items() if value != "")
        lines += [f'{name} = page.predict({values}, api_name="/{name}")', f"print({name})"]
    return "\n".join(lines) + "\n"


def curl(view: View, part: Part, top: int, address: str) -> str:
    """Shell commands that print the part as JSON."""
    lines = []
    for name, parameters in calls(view, part, top):
        body = shlex.quote(json.dumps({"data": list(parameters.values())}))
        where = shlex.quote(f"{address}gradio_api/run/{name}")
        lines.append(f"curl -sS -w '\\n' {where} -H 'Content-Type: application/json' -d {body}")
    return "\n".join(lines) + "\n"
