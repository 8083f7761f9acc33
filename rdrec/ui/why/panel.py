"""The Why tab's answers about one recommendation: what drives it, and why it rather than another."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import TYPE_CHECKING, Any

from rdrec.core.records import plural
from rdrec.explorer.live_records import Ran
from rdrec.explorer.points import ordinal
from rdrec.explorer.store import Store, name
from rdrec.explorer.why_records import Case, Drivers, Versus
from rdrec.ui import texts as page_texts
from rdrec.ui.parts import STUDENT_CLASS, TITLE_CHARS, heading, item_name, percent, small_print
from rdrec.ui.render import Html, element, join, page, plain
from rdrec.ui.why import strings as texts

if TYPE_CHECKING:  # torch
    from rdrec.ranking.influence import Influence, NumberInfluence

LITTLE = 1 / 0.9  # removing a purchase lowers the probability by less than a tenth
LEVEL = 0.1  # log-odds below which two products count as equally likely
LEAST_SCALE = 0.4  # least log-probability of a full bar (a third less likely), so that small effects look small
FEW = 8  # purchases shown at first: those with the largest effects
SHORT_CHARS = 24  # of a product's name in a column heading


def run_note(answer: Ran[Any]) -> Html:
    """'Ran live on CPU (NF4): 12 ms.'"""
    ms = f"{answer.milliseconds:,.0f}" if answer.milliseconds >= 1 else "<1"
    words = [texts.RAN.format(device=answer.device.upper(), precision=answer.precision.upper(), ms=ms)]
    if answer.load_ms is not None:
        words.append(texts.LOADED.format(load=f"{answer.load_ms:,.0f}"))
    if answer.fell_back:
        words.append(texts.FELL_BACK.format(why=plain(answer.fell_back)))
    return small_print(" ".join(words))


def placeholder(store: Store | None = None, case: Case | None = None) -> str:
    """While the students run: a sentence, and for a known case both answers without numbers, so that nothing moves later."""
    said = element("p", texts.AWAITED, cls="lead", role="status")
    if store is None or case is None:
        return page(element("section", said, cls="rd-panel rd-drives rd-awaited"))
    cls = f"rd-panel rd-drives rd-awaited {STUDENT_CLASS[case.role]}"

    def bars(*columns: str) -> Html:
        parts = [element("i", texts.NUMBER)] if case.named else []
        parts += [_item(store, item) for item in reversed(case.shown)]
        rows = [_bar_row(part, 0.0, *("\u00a0" for _ in columns[2:])) for part in parts]
        return _bars(columns, rows, [0.0] * len(rows)) if len(case.shown) > 1 else element("p", texts.ONE_PURCHASE)

    answer = element("p", cls="answer")
    notes = (element("p", texts.LIST[case.task] if case.named else texts.ANONYMOUS, cls="note"), _cut(case))
    small = (small_print(texts.DRIVES_SMALL), small_print("\u00a0"))
    left = (heading(None, texts.DRIVES, "h3"), said, *notes, answer, bars(*texts.DRIVES_COLUMNS), *small)
    columns = (texts.VERSUS_COLUMNS[0], "\u00a0", texts.VERSUS_COLUMNS[1])
    right = (heading(None, texts.VERSUS, "h3"), answer, bars(*columns), small_print(texts.VERSUS_SMALL))
    both = element("section", *left, cls=cls), element("section", *right, cls=f"{cls} rd-versus")
    return page(element("div", *both, cls="rd-why-cards"))


def titled(store: Store, item: int) -> Html:
    return element("b", element("bdi", plain(name(store.item(item)), TITLE_CHARS)))


def change(log_ratio: float) -> str:
    """'43 % less likely': how removing a purchase changes the probability, given its log(with / without)."""
    factor = exp(-log_ratio)
    if abs(factor - 1) < 0.005:
        return texts.SAME
    if factor < 1:
        return texts.LESS.format(percent=f"{100 * (1 - factor):.0f}")
    if factor < 2:
        return texts.MORE_PERCENT.format(percent=f"{100 * (factor - 1):.0f}")
    return texts.MORE_TIMES.format(times=times(-log_ratio))


def times(log_ratio: float) -> str:
    """'2.0': exp(log_ratio), with two significant digits below 10 and three near 1."""
    value = exp(min(log_ratio, 30.0))
    return f"{value:,.0f}" if value >= 10 else (f"{value:.1f}" if value >= 1.995 else f"{value:.2f}")


def cards(store: Store, case: Case, found: Drivers, versus: Versus | None, live: Html) -> str:
    """Both answers about the chosen product: what drives it, and why it ranks above or below another."""
    return page(element("div", drives(store, case, found, live), against(store, case, versus), cls="rd-why-cards"))


def drives(store: Store, case: Case, found: Drivers, live: Html) -> Html:
    """A sentence that names the main driver, and a bar for each purchase, the strongest support first."""
    now = _filled(
        texts.DRIVES_NOW,
        student=page_texts.WRITING_WHICH[case.role],
        title=titled(store, case.item),
        rank=ordinal(found.rank),
        among=f"{found.among:,}",
        probability=percent(found.probability),
    )
    notes = [element("p", texts.LIST[case.task] if case.named else texts.ANONYMOUS, cls="note")]
    if found.by_purchases is not None:
        probability, rank = found.by_purchases
        words = texts.DRIVES_CANDIDATES.format(among=found.among, rank=ordinal(rank), probability=percent(probability))
        notes.append(element("p", words, cls="note"))
    notes += [one for one in (_cut(case),) if one]
    body: list[Html] = [element("p", texts.ONE_PURCHASE)]
    if found.left_out:
        rows = sorted(found.left_out, key=lambda row: -row.log_ratio)
        number = found.number
        effects: list[Influence | NumberInfluence] = [*rows, *([number] if number else [])]
        strongest = max(LEAST_SCALE, *(abs(effect.log_ratio) for effect in effects))
        lines = [
            _bar_row(_item(store, row.left_out), row.log_ratio / strongest, change(row.log_ratio), ordinal(row.rank))
            for row in rows
        ]
        weights = [abs(row.log_ratio) for row in rows]
        if number is not None:
            at = sum(row.log_ratio > number.log_ratio for row in rows)
            cells = (change(number.log_ratio), ordinal(number.rank))
            lines.insert(at, _bar_row(element("i", texts.NUMBER), number.log_ratio / strongest, *cells))
            weights.insert(at, abs(number.log_ratio))
        body = [
            element("p", _most(store, found), cls="answer"),
            _bars(texts.DRIVES_COLUMNS, lines, weights),
            small_print(texts.DRIVES_SMALL),
        ]
    cls = f"rd-panel rd-drives {STUDENT_CLASS[case.role]}"
    return element("section", heading(None, texts.DRIVES, "h3"), element("p", now, cls="lead"), *notes, *body, live, cls=cls)


def _cut(case: Case) -> Html | None:
    """A note if the students see only the last purchases."""
    if len(case.shown) == len(case.bought):
        return None
    return element("p", texts.CUT.format(shown=len(case.shown), all=plural(len(case.bought), "purchase")), cls="note")


def against(store: Store, case: Case, versus: Versus | None) -> Html:
    """Why the chosen product rather than another: which purchases decide, and which step of the IDs."""
    title = heading(None, texts.VERSUS, "h3")
    cls = f"rd-panel rd-drives rd-versus {STUDENT_CLASS[case.role]}"
    if versus is None:
        return element("section", title, element("p", texts.VERSUS_NOTHING), cls=cls)
    one, other = titled(store, case.item), titled(store, versus.other)
    body: list[Html] = []
    if versus.contrast is not None:
        rows = sorted(versus.contrast.decided, key=lambda row: -row.log_odds)
        parts = [(_item(store, row.left_out), row.log_odds) for row in rows]
        if versus.contrast.number is not None:
            parts.append((element("i", texts.NUMBER), versus.contrast.number))
            parts.sort(key=lambda part: -part[1])
        strongest = max(LEAST_SCALE, *(abs(odds) for _, odds in parts))
        lines = [_bar_row(what, odds / strongest, texts.VERSUS_ODDS.format(factor=times(odds))) for what, odds in parts]
        middle = _filled(texts.VERSUS_FOR, one=_short(store, case.item), other=_short(store, versus.other))
        columns = (texts.VERSUS_COLUMNS[0], middle, texts.VERSUS_COLUMNS[1])
        body = [_bars(columns, lines, [abs(odds) for _, odds in parts])]
    return element(
        "section",
        title,
        element("p", _ahead(one, other, versus.log_odds), _decides(store, case, versus), cls="answer"),
        element("p", texts.ONE_PURCHASE) if versus.contrast is None else None,
        *body,
        *_steps(versus),
        small_print(texts.VERSUS_SMALL),
        cls=cls,
    )


def _ahead(one: Html, other: Html, log_odds: float) -> Html:
    if abs(log_odds) < LEVEL:
        return _filled(texts.VERSUS_LEVEL, one=one, other=other)
    ahead, behind = (one, other) if log_odds > 0 else (other, one)
    return _filled(texts.VERSUS_AHEAD, one=ahead, other=behind, factor=times(abs(log_odds)))


def _decides(store: Store, case: Case, versus: Versus) -> Html | str | None:
    """The purchase, or the shopper's number, that favours the leading product most."""
    if versus.contrast is None:
        return None
    sign = 1.0 if versus.log_odds >= 0 else -1.0
    most = max(versus.contrast.decided, key=lambda row: sign * row.log_odds)
    number = versus.contrast.number
    if number is not None and sign * number > max(LEVEL, sign * most.log_odds):
        return texts.VERSUS_NUMBER.format(factor=times(sign * number))
    if sign * most.log_odds < LEVEL:
        return _filled(texts.VERSUS_NONE, title=titled(store, most.left_out))
    ahead, behind = (case.item, versus.other) if sign > 0 else (versus.other, case.item)
    left = sign * (versus.log_odds - most.log_odds)
    words = texts.VERSUS_DRIVER if left > 0 else texts.VERSUS_TURNS
    parts = {"title": most.left_out, "ahead": ahead, "behind": behind}
    return _filled(words, factor=times(abs(left)), **{key: titled(store, item) for key, item in parts.items()})


def _steps(versus: Versus) -> list[Html]:
    """Which step of the IDs decides; a sentence if there is only one step."""
    if not versus.steps:
        return [element("p", texts.STEP_ONE, cls="note")]
    sign = 1.0 if versus.log_odds >= 0 else -1.0
    most = max(versus.steps, key=lambda step: sign * step.log_ratio)
    words = texts.STEPS.format(
        first=versus.steps[0].step,
        most=most.step,
        one=_token_words(most.one),
        one_share=percent(most.one_share),
        other=_token_words(most.other),
        other_share=percent(most.other_share),
    )
    head = element("tr", *(element("th", column, scope="col") for column in texts.STEPS_COLUMNS))
    rows = [
        element(
            "tr",
            element("th", str(step.step), scope="row"),
            element("td", element("code", _token_words(step.one)), " ", percent(step.one_share)),
            element("td", element("code", _token_words(step.other)), " ", percent(step.other_share)),
            element("td", texts.VERSUS_ODDS.format(factor=times(step.log_ratio))),
        )
        for step in versus.steps
    ]
    table = element("table", element("thead", head), element("tbody", *rows))
    return [element("p", words, cls="note"), element("details", element("summary", texts.STEPS_MORE), table)]


def _token_words(token: str | None) -> str:
    return texts.STEP_FIXED if token is None else token or texts.STEP_END


def _most(store: Store, found: Drivers) -> Html:
    """The main driver, and what counts against the product; names the shopper's number if it has a larger effect than any purchase."""
    left_out = found.left_out
    most, least = max(left_out, key=lambda row: row.log_ratio), min(left_out, key=lambda row: row.log_ratio)
    number = found.number
    if number is not None and exp(number.log_ratio) >= LITTLE and number.log_ratio > most.log_ratio:
        return join(texts.DRIVES_NUMBER.format(change=change(number.log_ratio), rank=ordinal(number.rank)))
    said: list[Html | str] = [texts.DRIVES_NO_SUPPORT]
    if 0 < most.log_ratio < log(LITTLE):
        title = titled(store, most.left_out)
        said = [_filled(texts.DRIVES_LITTLE, title=title, change=change(most.log_ratio))]
    if exp(most.log_ratio) >= LITTLE:
        title = titled(store, most.left_out)
        said = [_filled(texts.DRIVES_MOST, title=title, change=change(most.log_ratio), rank=ordinal(most.rank))]
    if exp(-least.log_ratio) >= LITTLE:
        said.append(_filled(texts.DRIVES_AGAINST, title=titled(store, least.left_out), change=change(least.log_ratio)))
    return join(*said)


def _item(store: Store, item: int) -> Html:
    return item_name(store.item(item))


def _bar_row(what: Html, share: float, *cells: str) -> Html:
    """share: -1 to 1; a negative bar points to the left."""
    side = "for" if share > 0 else "against"
    bar = element("span", element("span", cls=f"fill {side}", shares={"w": abs(share) / 2}), cls="both", aria_hidden="true")
    return element(
        "tr",
        element("th", what, scope="row"),
        element("td", bar),
        *(element("td", cell) for cell in cells),
    )


def _bars(columns: Sequence[Html | str], rows: Sequence[Html], weights: Sequence[float]) -> Html:
    """The table; if it has more than FEW rows, the weakest are folded away."""
    kept = set(sorted(range(len(rows)), key=lambda at: -weights[at])[:FEW])
    head = element("thead", element("tr", *(element("th", words, scope="col") for words in columns)))
    shown = element("table", head, element("tbody", *(row for at, row in enumerate(rows) if at in kept)))
    rest = [row for at, row in enumerate(rows) if at not in kept]
    if not rest:
        return shown
    more = element("details", element("summary", texts.REST.format(count=len(rest))), element("table", element("tbody", *rest)))
    return join(shown, more)


def _short(store: Store, item: int) -> Html:
    return element("bdi", plain(name(store.item(item)), SHORT_CHARS))


def _filled(template: str, **parts: Html | str) -> Html:
    """A sentence whose {fields} are filled with elements."""
    pieces: list[Html | str] = []
    rest = template
    while "{" in rest:
        before, _, after = rest.partition("{")
        field, _, rest = after.partition("}")
        pieces += [before, parts[field]]
    return join(*pieces, rest)
