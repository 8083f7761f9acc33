"""The only module that makes HTML: elements whose text children are always escaped.

Tag and attribute names come from our own code; a plain `str` child is always text, and only `Html` made here is markup.  Reviews, titles,
rationales, data set names and everything from a URL are untrusted.  Panels compose elements and contain no markup (a test checks this).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rdrec.core.plain_text import MAX_MARKS as MAX_MARKS
from rdrec.core.plain_text import plain as plain

TAGS = frozenset(
    [
        "a",
        "aside",
        "b",
        "bdi",
        "br",
        "button",
        "code",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "header",
        "i",
        "input",
        "label",
        "li",
        "main",
        "mark",
        "noscript",
        "nav",
        "ol",
        "p",
        "pre",
        "s",
        "section",
        "small",
        "span",
        "strong",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "time",
        "tr",
        "ul",
    ]
)
ATTRIBUTES = frozenset(
    [
        "aria-current",
        "aria-expanded",
        "aria-disabled",
        "aria-haspopup",
        "aria-hidden",
        "aria-label",
        "aria-labelledby",
        "autocapitalize",
        "autocomplete",
        "aria-pressed",
        "class",
        "colspan",
        "datetime",
        "dir",
        "hidden",
        "href",
        "id",
        "lang",
        "maxlength",
        "name",
        "role",
        "scope",
        "start",
        "tabindex",
        "target",
        "title",
        "data-chapter",
        "data-claim",
        "data-close",
        "data-copy",
        "data-edit",
        "data-guess",
        "data-item",
        "data-label",
        "data-lesson",
        "data-menu",
        "data-rank",
        "data-room",
        "data-slice",
        "data-tab",
        "data-focus",
        "data-to",
        "data-tour",
        "data-user",
        "open",
        "type",
        "value",
    ]
)
_NAMES = {name.replace("-", "_"): name for name in ATTRIBUTES if name != "class"}  # keyword argument -> attribute
_VOID = frozenset({"br", "input"})
# Besides HTML's five, those of template syntax in Gradio's frontend: {{...}}, ${...}, `...`.
_ENTITIES = {ord(c): f"&#{ord(c)};" for c in "&<>\"'`{}$"}
_SPECIAL = re.compile(f"[{re.escape(''.join(map(chr, _ENTITIES)))}]")
SHORT = 200  # characters of the longest text whose escaped form is cached


@dataclass(slots=True, unsafe_hash=True)
class Html:
    """Markup made by this module; never changed, but not frozen, which would cost a third of the time of an element."""

    text: str

    def __str__(self) -> str:
        return self.text


Child = Html | str | None


def chart_text(text: object, limit: int) -> str:
    """`plain` text for Plotly, which interprets some tags, links among them, and entities in every label."""
    return plain(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def element(tag: str, *children: Child, shares: dict[str, float] | None = None, **attributes: str | int | None) -> Html:
    """`<tag ...>children</tag>`.  `cls` is the class, `aria_label` becomes aria-label; None children and attributes are left out.

    `shares` become CSS custom properties in percent (`{"w": 0.25}` is `--w:25.00%`), the only inline style.
    """
    opening = _opening(tag, attributes.pop("cls", None) if attributes else None)
    for key, value in attributes.items():
        name = _NAMES.get(key)
        assert name, key
        if value is not None:
            text = value if isinstance(value, str) else str(value)
            assert name != "href" or text[:1] in ("#", "?"), "links stay on this page"
            opening += f' {name}="{_escape(text)}"'
    if shares:
        assert all(name.isalpha() for name in shares), shares
        opening += ' style="' + ";".join(f"--{name}:{100 * min(max(v, 0), 1):.2f}%" for name, v in shares.items()) + '"'
    return Html(f"{opening}>" if tag in _VOID else f"{opening}>{_joined(children)}</{tag}>")


@lru_cache(maxsize=2_000)
def _opening(tag: str, cls: str | int | None) -> str:
    """`<tag class="..."`, cached because a few hundred make up most elements."""
    assert tag in TAGS, tag
    return f"<{tag}" if cls is None else f'<{tag} class="{_escape(str(cls))}"'


def curve(points: Sequence[tuple[float, float]], cls: str) -> Html:
    """A line through points (x, y) from 0 to 1, y upwards, that fills its container."""
    path = " ".join(f"{100 * x:.2f},{100 * (1 - y):.2f}" for x, y in points)
    return Html(
        f'<svg class="{_escape(cls)}" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><polyline points="{path}"></polyline></svg>'
    )


def join(*children: Child) -> Html:
    """The children in order; text among them is escaped."""
    return Html(_joined(children))


def _joined(children: Iterable[Child]) -> str:
    return "".join([child.text if isinstance(child, Html) else _escape(child) for child in children if child is not None])


def page(*children: Child) -> str:
    """The children as the string that a gr.HTML component takes."""
    return join(*children).text


def script(code: str) -> str:
    """A script of our own for the page's head; never pass untrusted text."""
    assert "</" not in code and "<!--" not in code, "this would end the script"
    return f"<script>{code}</script>"


def document(title: str, style: str, code: str, *children: Child) -> str:
    """A whole page without Gradio, for both colour schemes, with our own style and code inline."""
    assert "</" not in style and "<!--" not in style, "this would end the style"
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{_escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>{style}</style>"
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{_joined(children)}{script(code)}</body></html>'


def _escape(text: str) -> str:
    return _escape_short(text) if len(text) <= SHORT else _escape_any(text)


def _escape_any(text: str) -> str:
    shown = plain(text)
    return shown.translate(_ENTITIES) if _SPECIAL.search(shown) else shown


_escape_short = lru_cache(maxsize=20_000)(_escape_any)  # labels, classes and titles recur
