"""The only module that makes HTML, from templates (assets/templates) or element by element; text is always escaped.

Tag and attribute names come from our own code; a plain `str` is always text, and only `Html` made here is markup.  Reviews, titles,
rationales, data set names and everything from a URL are untrusted.  Python code contains no markup, and no template marks a text as safe
(tests check both).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Context
from markupsafe import Markup

from rdrec.core.home import PROJECT
from rdrec.core.plain_text import MAX_MARKS as MAX_MARKS
from rdrec.core.plain_text import plain as plain
from rdrec.core.records import plural
from rdrec.explorer.points import of_100, ordinal, signed

_TAGS = """
a aside b bdi br button code dd details dialog div dl dt em figcaption figure form h1 h2 h3 h4 h5 header i input label li main mark nav
noscript ol p pre s section small span strong summary table tbody td th thead time tr ul
"""
_ATTRIBUTES = """
aria-current aria-disabled aria-expanded aria-haspopup aria-hidden aria-label aria-labelledby aria-pressed autocapitalize autocomplete
class colspan datetime dir hidden href id lang maxlength name open role scope start tabindex target title type value
data-chapter data-claim data-close data-copy data-edit data-focus data-guess data-item data-label data-lesson data-menu data-rank
data-room data-slice data-tab data-to data-tour data-user
"""
TAGS, ATTRIBUTES = frozenset(_TAGS.split()), frozenset(_ATTRIBUTES.split())
_NAMES = {name.replace("-", "_"): name for name in ATTRIBUTES if name != "class"}  # keyword argument -> attribute
_VOID = frozenset({"br", "input"})
# Besides HTML's five, those of template syntax in Gradio's frontend: {{...}}, ${...}, `...`.
_ENTITIES = {ord(c): f"&#{ord(c)};" for c in "&<>\"'`{}$"}
_SPECIAL = re.compile(f"[{re.escape(''.join(map(chr, _ENTITIES)))}]")
_BREAK = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])")
SHORT = 200  # characters of the longest text whose escaped form is cached


@dataclass(slots=True, unsafe_hash=True)
class Html:
    """Markup made by this module; never changed, but not frozen, which would cost a third of the time of an element."""

    text: str

    def __str__(self) -> str:
        return self.text

    __html__ = __str__  # for templates


Child = Html | str | None


def chart_text(text: object, limit: int) -> str:
    """`plain` text for Plotly, which interprets some tags, links among them, and entities in every label."""
    return plain(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def element(tag: str, *children: Child, shares: dict[str, float] | None = None, **attributes: str | int | None) -> Html:
    """`<tag ...>children</tag>`.  `cls` is the class, `aria_label` becomes aria-label; None children and attributes are left out.

    `shares` become CSS custom properties in percent (`{"w": 0.25}` is `--w:25.00%`), the only inline style.
    """
    opening = _opening(tag, attributes.pop("cls", None) if attributes else None)
    if attributes or shares:
        opening += _written(attributes, shares)
    return Html(f"{opening}>" if tag in _VOID else f"{opening}>{_joined(children)}</{tag}>")


def attrs(shares: dict[str, float] | None = None, **attributes: str | int | None) -> Html:
    """The attributes of a tag in a template, with a leading space; like those of `element`."""
    return Html(_written(attributes, shares))


def _written(attributes: dict[str, str | int | None], shares: dict[str, float] | None) -> str:
    found = ""
    for key, value in attributes.items():
        name = "class" if key == "cls" else _NAMES.get(key)
        assert name, key
        if value is not None:
            text = value if isinstance(value, str) else str(value)
            assert name != "href" or text[:1] in ("#", "?"), "links stay on this page"
            found += f' {name}="{_escape(text)}"'
    if shares:
        assert all(name.isalpha() for name in shares), shares
        found += ' style="' + ";".join(f"--{name}:{100 * min(max(v, 0), 1):.2f}%" for name, v in shares.items()) + '"'
    return found


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


def fill(template: str, **values: Any) -> Html:
    """A template of assets/templates, without its extension, filled with `values`; those that are None leave nothing."""
    return Html(_templates().get_template(f"{template}.html").render(values))


class _Loader(FileSystemLoader):
    """Loads templates without the line breaks and indentation beside tags, which would show as spaces between words."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, name, fresh = super().get_source(environment, template)
        return _BREAK.sub("", source), name, fresh


class _Context(Context):
    def call(self, called: Any, *args: Any, _loop_vars: object = None, _block_vars: object = None, **named: Any) -> Any:
        """Call without first asking whether `called` takes Jinja's context, which took a fifth of the time: nothing in our templates does."""
        return called(*args, **named)


class _Generator(CodeGenerator):
    def _output_child_pre(self, node: Any, frame: Any, finalize: Any) -> None:
        """Write what `_shown` returns as it is, since it is markup already, instead of escaping it a second time."""
        self.write(f"({finalize.src}")


class _Environment(Environment):
    context_class = _Context
    code_generator_class = _Generator


@cache
def _templates() -> Environment:
    from rdrec.ui import parts  # which imports this module

    made = _Environment(
        loader=_Loader(PROJECT / "assets" / "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    del made.filters["safe"]
    made.filters |= {"join": _join, "plain": plain, "plural": plural, "of_100": of_100, "signed": signed, "ordinal": ordinal}
    made.filters |= parts.FILTERS
    made.globals |= {"attrs": attrs, "zip": zip} | parts.FOR_TEMPLATES
    return made


def _shown(value: object) -> str:
    """What a template writes for a value: markup as it is, everything else as escaped text.  `Markup` is the output of a macro."""
    if isinstance(value, Html):
        return value.text
    if isinstance(value, Markup):
        return value
    return "" if value is None else _escape(str(value))


def _join(parts: Iterable[object], between: str = "") -> Html:
    """Jinja's filter with our escaping."""
    return Html(_escape(between).join(_shown(part) for part in parts))


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
