"""How a student generates an ID: a beam search step by step, beside the exact ranking."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING

from rdrec.core.records import plural
from rdrec.explorer.answers import BeamMiss
from rdrec.explorer.points import ordinal
from rdrec.explorer.store import Store
from rdrec.explorer.why_records import Beam
from rdrec.ui.parts import item_name, percent, small_print
from rdrec.ui.render import Html, element, page
from rdrec.ui.why import strings as texts

if TYPE_CHECKING:  # torch
    from rdrec.ranking.beam_tree import Exact, Prefix

DROPPED = 4  # prefixes shown for each step that the beam search dropped


def beams(store: Store, found: Beam, misses: Sequence[BeamMiss], others: bool, live: Html) -> str:
    """The beam at each step beside the exact ranking, with lost products marked."""
    tree = found.tree
    top = len(tree.exact)
    lost = tree.lost
    said = texts.BEAM_ALL.format(top=top)
    if lost:
        said = texts.BEAM_MISSES.format(count=len(lost), top=top, rank=ordinal(lost[0]))
    alone = None
    if found.one_token:
        alone = element("p", texts.BEAM_ONE_TOKEN if others else texts.BEAM_NO_OTHER, cls="note")
    steps = [_beam_step(store, found, step, at) for at, step in enumerate(tree.steps, start=1)]
    exact = [_exact(store, miss, rank) for rank, miss in enumerate(tree.exact, start=1)]
    examples = None
    if misses:
        links = [
            element("button", texts.BEAM_EXAMPLE.format(user=miss.user, rank=ordinal(miss.first_rank)), type="button", cls="door", data_user=miss.user)
            for miss in misses
        ]  # fmt: skip
        examples = element("p", texts.BEAM_EXAMPLES.format(beams=tree.beams), " ", *links, cls="doors")
    return page(
        element(
            "section",
            element("p", texts.BEAM_INTRO.format(beams=tree.beams), " ", element("b", said), cls="lead"),
            alone,
            examples,
            element(
                "div",
                element("div", *steps, cls="steps", tabindex=0, role="group", aria_label=texts.SPELLED),
                element("section", element("h4", texts.BEAM_EXACT.format(top=top)), element("ol", *exact), cls="exact"),
                cls="tree",
            ),
            small_print(texts.BEAM_SMALL),
            live,
            cls="rd-panel rd-beam",
        )
    )


def _beam_step(store: Store, found: Beam, step: Sequence[Prefix], at: int) -> Html:
    """One column: all prefixes kept, the first few dropped ones, and every dropped one that contains a top product."""
    kept = [prefix for prefix in step if prefix.kept]
    dropped = [prefix for prefix in step if not prefix.kept]
    shown = [prefix for place, prefix in enumerate(dropped) if place < DROPPED or prefix.best]
    most = max((exp(prefix.log_probability) for prefix in step), default=1.0) or 1.0
    lines = [_prefix(store, found, prefix, most) for prefix in (*kept, *shown)]
    if rest := len(dropped) - len(shown):
        lines.append(element("li", texts.BEAM_REST.format(count=f"{rest:,}"), cls="rest"))
    return element("section", element("h4", texts.BEAM_STEP.format(step=at)), element("ol", *lines), cls="step-column")


def _prefix(store: Store, found: Beam, prefix: Prefix, most: float) -> Html:
    share = exp(prefix.log_probability)
    written = "".join(texts.END if token == found.end else found.pieces[token].strip() for token in prefix.tokens)
    what = texts.BEAM_ITEMS.format(items=plural(prefix.items, "product"))
    behind: Html | str = what if prefix.item is None else item_name(store.item(prefix.item + 1))
    holds = None
    if prefix.best:
        ranks = ", ".join(ordinal(rank) for rank in prefix.best[:4]) + (" …" if len(prefix.best) > 4 else "")
        holds = element("span", texts.BEAM_HOLDS.format(ranks=ranks), cls="holds")
    state = texts.BEAM_KEPT if prefix.kept else texts.BEAM_DROPPED
    return element(
        "li",
        element("code", written),
        element("span", percent(share), cls="percent"),
        element("span", behind, cls="what"),
        element("span", ("✓ " if prefix.kept else "✗ ") + state, " ", holds, cls="state"),
        element("span", element("span", cls="fill", shares={"w": share / most}), cls="bar", aria_hidden="true"),
        cls=("kept" if prefix.kept else "dropped") + (" lost" if prefix.best and not prefix.kept else ""),
    )


def _exact(store: Store, product: Exact, rank: int) -> Html:
    said, cls = f"✓ {texts.BEAM_YES}", "found-it"
    if product.fall is not None:
        said = "✗ " + texts.BEAM_NO.format(step=product.fall.step, how=texts.BEAM_HOW[product.fall.how])
        cls = "lost"
    return element(
        "li",
        element("span", str(rank), cls="place"),
        element("span", item_name(store.item(product.item + 1)), element("small", said), cls="what"),
        element("span", percent(exp(product.log_probability)), cls="percent"),
        cls=cls,
    )
