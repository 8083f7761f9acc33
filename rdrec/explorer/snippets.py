"""The current view as code: the same question to the public endpoints, from Python and from a shell.

In: a view, a part of it, the address of the page as the browser sees it.  Out: texts that run as they are (tests run them).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence

from rdrec.explorer.export import Part
from rdrec.explorer.url import View

# As browsers write an address: nothing in it ends a string of Python or of a shell.  Anything else is replaced.
ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]{1,60}){0,8}/?|https?://\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?/?"
)
USUAL = "http://127.0.0.1:7860/"
Call = tuple[str, dict[str, int | str]]


def checked_address(address: object) -> str:
    """The address with a slash at its end; the usual one for what cannot be one."""
    if not isinstance(address, str) or not ADDRESS.fullmatch(address):
        return USUAL
    return address.rstrip("/") + "/"


def calls(view: View, part: Part, top: int) -> Sequence[Call]:
    """(endpoint, every parameter in its order) of a part."""
    user: dict[str, int | str] = {"user": view.user}
    data: dict[str, int | str] = {"data": view.data}
    if part == "shopper":
        return ("history", user | data), ("rationales", user | {"teacher": ""} | data)
    if part == "rankings":
        return (("recommend", user | {"task": view.task, "top": top} | data),)
    return ("evidence", data), ("audit", data)


def python(view: View, part: Part, top: int, address: str) -> str:
    """A program for gradio_client that prints the part."""
    lines = ["from gradio_client import Client", "", f"page = Client({json.dumps(address)}, verbose=False)"]
    for name, asked in calls(view, part, top):
        values = ", ".join(f"{key}={json.dumps(value)}" for key, value in asked.items() if value != "")
        lines += [f'{name} = page.predict({values}, api_name="/{name}")', f"print({name})"]
    return "\n".join(lines) + "\n"


def curl(view: View, part: Part, top: int, address: str) -> str:
    """Lines for a shell that print the part as JSON."""
    lines = []
    for name, asked in calls(view, part, top):
        body = shlex.quote(json.dumps({"data": list(asked.values())}))
        where = shlex.quote(f"{address}gradio_api/run/{name}")
        lines.append(f"curl -sS -w '\\n' {where} -H 'Content-Type: application/json' -d {body}")
    return "\n".join(lines) + "\n"
