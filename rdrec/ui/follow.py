"""Parts of the page that are updated with the shopper only once they have been opened.

The browser decides, so a change of the shopper costs one request, and one more for each opened part, not one for every part.
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
    """Call `make` for `outputs` after each of `changes`, once one of `opens` has happened; returns the event, to chain on.

    Call this outside of tabs, whose components the browser creates only when they are opened.

    opens, changes  events of components
    js              what the browser does with `inputs` first
    how             further arguments of the listener, such as its queue
    """
    opened, button = gr.Checkbox(False, visible=False), f"rd-follow-{name}"
    go = gr.Button("", visible="hidden", elem_id=button)
    gr.on(list(opens), None, None, [opened], js="() => true", api_visibility="private")
    gr.on(list(changes), None, [opened], None, js=_ASK.format(button=button), api_visibility="private")
    return go.click(make, list(inputs), list(outputs), js=js, **how)
