"""Parts of the page that follow the shopper from when they were opened: the browser asks for them then, and for no others.

In: what opens a part, what it follows, and the callback that makes it.  Out: listeners.  A change of the shopper is one request, and one
more for each part that was opened; were the server to decide, it would be one for each part there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

_ASK = "(opened) => {{ if (opened) document.querySelector('#{button}').click() }}"


def follow(
    name: str,
    opens: Sequence[Any],
    changes: Sequence[Any],
    make: Callable[..., Any],
    inputs: Sequence[gr.components.Component],
    outputs: Sequence[gr.components.Component],
    *,
    js: str | None = None,
    **how: Any,
) -> Any:
    """After each of `changes`, once one of `opens` has happened, `make` is asked for `outputs`.  Outside of tabs, which the browser
    makes when they are opened.

    opens, changes: events of components; js: what the browser does with `inputs` first; how: as other listeners are queued
    Returns the event of that answer, to chain on.
    """
    opened, button = gr.Checkbox(False, visible=False), f"rd-follow-{name}"
    go = gr.Button("", visible="hidden", elem_id=button)
    gr.on(list(opens), None, None, [opened], js="() => true", api_visibility="private")
    gr.on(list(changes), None, [opened], None, js=_ASK.format(button=button), api_visibility="private")
    return go.click(make, list(inputs), list(outputs), js=js, **how)
