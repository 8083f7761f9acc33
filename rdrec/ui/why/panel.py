"""The Why tab's answers about one recommendation: what drives it, how its number is spelled, what exactly the student reads.

In: a store, a case and the students' answers.  Out: HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING, Any

from rdrec.core.records import plural
from rdrec.explorer.live_records import Ran
from rdrec.explorer.store import Store, name
from rdrec.explorer.why_records import Case, Driven, Prompt, Spelled
from rdrec.ui import texts as page_texts
from rdrec.ui.parts import STUDENT_CLASS, TITLE_CHARS, heading, item_name, percent, small_print
from rdrec.ui.render import Html, element, join, page, plain
from rdrec.ui.why import strings as texts

if TYPE_CHECKING:  # torch
    from rdrec.ranking.explain import Branch, Turn
    from rdrec.ranking.influence import Influence

LITTLE = 1 / 0.9  # leaving a purchase out lowers the probability by less than a tenth
WAYS = 6  # shown of each branch; the others are counted together
COLOURS = 6  # of whole words, in turn


def ran(answer: Ran[Any]) -> Html:
    """'Ran live on CPU (NF4): 12 ms.'"""
    ms = f"{answer.milliseconds:,.0f}" if answer.milliseconds >= 1 else "<1"
    words = [texts.RAN.format(device=answer.device.upper(), precision=answer.precision.upper(), ms=ms)]
    if answer.load_ms is not None:
        words.append(texts.LOADED.format(load=f"{answer.load_ms:,.0f}"))
    if answer.fell_back:
        words.append(texts.FELL_BACK.format(why=plain(answer.fell_back)))
    return small_print(" ".join(words))


def awaited() -> str:
    return page(element("p", texts.AWAITED, cls="rd-panel", role="status"))


def titled(store: Store, item: int) -> Html:
    return element("b", element("bdi", plain(name(store.item(item)), TITLE_CHARS)))


def drives(store: Store, case: Case, found: Driven, live: Html) -> str:
    """Bars of what each purchase does, in a table, the newest first."""
    now = _filled(
        texts.DRIVES_NOW,
        student=page_texts.WRITING_WHICH[case.role],
        title=titled(store, case.item),
        rank=str(found.rank),
        among=f"{found.among:,}",
        probability=percent(found.probability),
    )
    cut = None
    if len(case.shown) < len(case.bought):
        cut = element("p", texts.CUT.format(shown=len(case.shown), all=plural(len(case.bought), "purchase")))
    body: list[Html] = [element("p", texts.DRIVES_ONE)]
    if found.left_out:
        strongest = max(abs(row.log_ratio) for row in found.left_out) or 1.0
        rows = [_left_out(store, row, strongest) for row in reversed(found.left_out)]
        head = element("tr", *(element("th", words, scope="col") for words in texts.DRIVES_COLUMNS))
        body = [
            element("p", _most(store, found.left_out)),
            element("table", element("thead", head), element("tbody", *rows)),
            small_print(texts.DRIVES_SMALL),
        ]
    cls = f"rd-panel rd-drives {STUDENT_CLASS[case.role]}"
    return page(element("section", heading(None, texts.DRIVES, "h3"), element("p", now, cls="lead"), cut, *body, live, cls=cls))


def times(log_ratio: float) -> str:
    """'2.0': how many times as likely; two figures below 10."""
    value = exp(log_ratio)
    return f"{value:,.0f}" if value >= 10 else (f"{value:.1f}" if value >= 1.995 else f"{value:.2f}")


def _most(store: Store, left_out: Sequence[Influence]) -> Html:
    most, least = max(left_out, key=lambda row: row.log_ratio), min(left_out, key=lambda row: row.log_ratio)
    said: list[Html | str] = [texts.DRIVES_LITTLE]
    if exp(most.log_ratio) >= LITTLE:
        factor, rank = times(most.log_ratio), str(most.rank)
        said = [_filled(texts.DRIVES_MOST, title=titled(store, most.left_out), factor=factor, rank=rank)]
    if exp(-least.log_ratio) >= LITTLE:
        said.append(_filled(texts.DRIVES_AGAINST, title=titled(store, least.left_out), factor=times(least.log_ratio)))
    return join(*said)


def _left_out(store: Store, row: Influence, strongest: float) -> Html:
    share = abs(row.log_ratio) / strongest
    side = "for" if row.log_ratio > 0 else "against"
    bar = element("span", element("span", cls=f"fill {side}", shares={"w": share / 2}), cls="both", aria_hidden="true")
    return element(
        "tr",
        element("th", item_name(store.item(row.left_out), small=False), scope="row"),
        element("td", bar),
        element("td", texts.DRIVES_TIMES.format(factor=times(row.log_ratio))),
        element("td", str(row.rank)),
    )


def spelling(store: Store, case: Case, found: Spelled, live: Html) -> str:
    """Each branch of the item's id with the ways that lead on, and what a beam search would have done."""
    number = store.item(case.item).item_id
    if not found.branches:
        return page(element("section", element("p", texts.SPELLED_NONE), live, cls="rd-panel"))
    branches = [_branch(store, found, branch, at) for at, branch in enumerate(found.branches, start=1)]
    product = texts.SPELLED_PRODUCT.format(
        product=" × ".join(percent(branch.taken.share) for branch in found.branches),
        probability=percent(found.branches[-1].taken.mass),
    )
    beam = texts.BEAM_FOUND.format(beams=found.beams)
    if found.fall:
        how = texts.BEAM_HOW[found.fall.how].format(beams=found.beams)
        beam = texts.BEAM_LOST.format(beams=found.beams, how=how, step=found.fall.step)
    return page(
        element(
            "section",
            element("p", titled(store, case.item), ". ", texts.SPELLED_INTRO.format(number=number), cls="lead"),
            element("ol", *branches, cls="branches"),
            element("p", product) if len(branches) > 1 else None,
            element("p", beam, cls="beam"),
            small_print(texts.SPELLED_SMALL),
            live,
            cls=f"rd-panel rd-spelled {STUDENT_CLASS[case.role]}",
        )
    )


def _branch(store: Store, found: Spelled, branch: Branch, at: int) -> Html:
    before = "".join(_piece(found, token) for token in branch.before)
    ways = f"{len(branch.ways):,} {texts.SPELLED_WAYS[len(branch.ways) > 1]}"
    words = texts.SPELLED_BRANCH if before else texts.SPELLED_ROOT
    shown = list(branch.ways[:WAYS])
    if branch.taken not in shown:
        shown = [*shown[:-1], branch.taken]
    most = max(way.share for way in shown) or 1.0
    lines = [_way(store, found, before, way, way == branch.taken, most) for way in shown]
    if rest := len(branch.ways) - len(shown):
        share = max(0.0, 1.0 - sum(way.share for way in shown))
        others = texts.SPELLED_REST.format(count=f"{rest:,}")
        lines.append(
            element("li", element("span"), element("span", others, cls="what"), element("span", percent(share)), cls="rest")
        )
    return element("li", element("h4", words.format(number=at, before=before, ways=ways)), element("ol", *lines, cls="ways"))


def _way(store: Store, found: Spelled, before: str, way: Turn, taken: bool, most: float) -> Html:
    piece = texts.SPELLED_END if way.token == found.end else _piece(found, way.token)
    number = before if way.token == found.end else before + piece
    item = store.item_by_number(number) if way.items == 1 else None
    behind = item_name(item, small=False) if item else texts.SPELLED_ITEMS.format(items=plural(way.items, "product"))
    return element(
        "li",
        element("code", piece),
        element("span", element("span", "→ ", cls="sign") if taken else None, behind, cls="what"),
        element("span", percent(way.share)),
        element("span", element("span", cls="fill", shares={"w": way.share / most}), cls="bar", aria_hidden="true"),
        cls="taken" if taken else None,
    )


def _piece(found: Spelled, token: int) -> str:
    return found.pieces[token].strip()


def prompt(store: Store, history: Sequence[int], found: Prompt, live: Html, role: str) -> str:
    """The tokens in their order, coloured by the word that they belong to."""
    slots = [
        element("li", element("code", texts.PROMPT_SLOT.format(number=n)), element("small", "–"), cls="slot")
        for n in range(1, found.slots + 1)
    ]
    tokens = [_token(text, word) for text, word in found.pieces]
    key = [
        element("li", element("code", words), cls=cls)
        for words, cls in (
            (texts.PROMPT_SLOT_KEY, "slot"),
            (texts.PROMPT_USER_KEY, "user"),
            (texts.PROMPT_ITEM_KEY, "w1"),
        )
    ]
    head = element("tr", *(element("th", words, scope="col") for words in texts.PROMPT_COLUMNS))
    rows = [
        element(
            "tr",
            element("th", str(store.item(item).item_id), scope="row"),
            element("td", str(at)),
            element("td", item_name(store.item(item), small=False)),
        )
        for at, item in enumerate(history, start=2)  # word 1 is the shopper
    ]
    table = element("table", element("thead", head), element("tbody", *rows))
    return page(
        element(
            "section",
            element("p", texts.PROMPT_INTRO.format(tokens=len(tokens), slots=found.slots), cls="lead"),
            element("ul", *key, cls="tokens key"),
            element("ol", *slots, *tokens, cls="tokens"),
            element("details", element("summary", texts.PROMPT_PRODUCTS), table),
            small_print(texts.PROMPT_SMALL),
            live,
            cls=f"rd-panel rd-prompt {STUDENT_CLASS[role]}",
        )
    )


def _token(text: str, word: int) -> Html:
    cls = "other" if not word else ("user" if word == 1 else f"w{word % COLOURS}")
    return element("li", element("code", text.strip() or "␣"), element("small", str(word) if word else "–"), cls=cls)


def _filled(template: str, **parts: Html | str) -> Html:
    """A sentence of ours with elements in its {fields}."""
    pieces: list[Html | str] = []
    rest = template
    while "{" in rest:
        before, _, after = rest.partition("{")
        field, _, rest = after.partition("}")
        pieces += [before, parts[field]]
    return join(*pieces, rest)
