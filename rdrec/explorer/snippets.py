"""The current view as code: the same query to the public endpoints, in Python and for a shell.  Tests run these snippets."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence

from rdrec.explorer.export import Part
from rdrec.explorer.url import View

# The form in which browsers write addresses, without characters that end a string in Python or a shell.
ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]{1,60}){0,8}/?|https?://\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?/?"
)
DEFAULT_ADDRESS = "http://127.0.0.1:7860/"
Call = tuple[str, dict[str, int | str]]


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
