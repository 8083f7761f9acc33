"""The public endpoints of `rdrec.explorer.api`, served by Gradio.

Lookups skip the queue; calls that run the students share the page's queue for live runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

from rdrec.core.records import RDRecError
from rdrec.explorer.api.checks import in_words
from rdrec.explorer.api.endpoints import LIVE, LOOKUPS, Api


def offer(api: Api) -> None:
    """Add the endpoints to the page that is being built."""
    for name in LOOKUPS:
        gr.api(_answering(getattr(api, name)), api_name=name, queue=False)
    for name in LIVE:
        gr.api(_answering(getattr(api, name)), api_name=name, concurrency_limit=1, concurrency_id="live")


def _answering(endpoint: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The endpoint with its signature and help; errors become gr.Error, whose sentence reaches the caller."""

    @wraps(endpoint)
    def answer(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return endpoint(*args, **kwargs)
        except (RDRecError, ImportError) as error:
            raise gr.Error(in_words(error), print_exception=False) from None

    return answer
