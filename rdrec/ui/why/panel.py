"""The Why tab's answers about one recommendation: what drives it, and why it rather than another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Any

from rdrec.core.records import plural
from rdrec.explorer.live_runner import Ran
from rdrec.explorer.points import ordinal
from rdrec.explorer.store import Store, name
from rdrec.explorer.why_records import Case, Drivers, Prompt, Versus
from rdrec.ui import texts as page_texts
from rdrec.ui.parts import STUDENT_CLASS, TITLE_CHARS, item_name, small_print
from rdrec.ui.render import Html, element, fill, join, page, plain
from rdrec.ui.why import strings as texts

if TYPE_CHECKING:  # torch
    from rdrec.ranking.influence import Influence, NumberInfluence

LITTLE = 1 / 0.9  # removing a purchase lowers the probability by less than a tenth
LEVEL = 0.1  # log-odds below which two products count as equally likely
LEAST_SCALE = 0.4  # least log-probability of a full bar (a third less likely), so that small effects look small
BLANK = "\N{NO-BREAK SPACE}"
FEW = 8  # purchases shown at first: those with the largest effects
SHORT_CHARS = 24  # of a product's name in a column heading
COLOURS = 6  # that the whole words take in turn


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
    if store is None or case is None:
        said = element("p", texts.AWAITED, cls="lead", role="status")
        return page(element("section", said, cls="rd-panel rd-drives rd-awaited"))
    parts = [element("i", texts.NUMBER)] if case.named else []
    parts += [item_name(store.item(item)) for item in reversed(case.shown)]

    def bars(*columns: str) -> Html:
        blank = tuple(BLANK for _ in columns[2:])
        return (
            _bars(columns, [Bar(part, 0.0, blank) for part in parts])
            if len(case.shown) > 1
            else element("p", texts.ONE_PURCHASE)
        )

    made = fill(
        "awaited", cls=f"rd-panel rd-drives rd-awaited {STUDENT_CLASS[case.role]}", list_note=_list_note(case), cut=_cut(case), blank=BLANK,
        left=bars(*texts.DRIVES_COLUMNS), right=bars(texts.VERSUS_COLUMNS[0], BLANK, texts.VERSUS_COLUMNS[1]), words=texts,
    )  # fmt: skip
    return made.text


def titled(store: Store, item: int) -> Html:
    """The title of an item, cut if it is long."""
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
    effects: list[tuple[Html, Influence | NumberInfluence]] = [
        (item_name(store.item(row.left_out)), row) for row in found.left_out
    ]
    if found.number is not None:
        effects.append((element("i", texts.NUMBER), found.number))
    effects.sort(key=lambda effect: -effect[1].log_ratio)
    bars = [Bar(what, row.log_ratio, (change(row.log_ratio), ordinal(row.rank))) for what, row in effects]
    return fill(
        "drives", store=store, case=case, found=found, live=live, which=page_texts.WRITING_WHICH[case.role], list_note=_list_note(case),
        cut=_cut(case), answer=_most(store, found) if found.left_out else None, bars=_bars(texts.DRIVES_COLUMNS, bars), words=texts,
        titled=titled,
    )  # fmt: skip


def _list_note(case: Case) -> Html:
    """Which list is explained."""
    return element("p", texts.LIST[case.task] if case.named else texts.ANONYMOUS, cls="note")


def _cut(case: Case) -> Html | None:
    """A note if the students see only the last purchases."""
    if len(case.shown) == len(case.bought):
        return None
    return element("p", texts.CUT.format(shown=len(case.shown), all=plural(len(case.bought), "purchase")), cls="note")


def against(store: Store, case: Case, versus: Versus | None) -> Html:
    """Why the chosen product rather than another: which purchases decide, and which step of the IDs."""
    if versus is None:
        return fill("versus", case=case, versus=None, words=texts)
    bars = []
    if versus.contrast is not None:
        parts = [(item_name(store.item(row.left_out)), row.log_odds) for row in versus.contrast.decided]
        if versus.contrast.number is not None:
            parts.append((element("i", texts.NUMBER), versus.contrast.number))
        parts.sort(key=lambda part: -part[1])
        bars = [Bar(what, odds, (f"×{times(odds)}",)) for what, odds in parts]
    middle = _filled(texts.VERSUS_FOR, one=_short(store, case.item), other=_short(store, versus.other))
    sign = 1.0 if versus.log_odds >= 0 else -1.0
    return fill(
        "versus", case=case, versus=versus, ahead=_ahead(titled(store, case.item), titled(store, versus.other), versus.log_odds),
        decides=_decides(store, case, versus), bars=_bars((texts.VERSUS_COLUMNS[0], middle, texts.VERSUS_COLUMNS[1]), bars),
        most=max(versus.steps, key=lambda step: sign * step.log_ratio, default=None), times=times, words=texts,
    )  # fmt: skip


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
    ahead, behind = (case.item, versus.other) if sign > 0 else (versus.other, case.item)
    left = sign * (versus.log_odds - most.log_odds)
    words = texts.VERSUS_DRIVER if left > 0 else texts.VERSUS_TURNS
    if sign * most.log_odds < LEVEL:
        words = texts.VERSUS_NONE
    parts = {key: titled(store, item) for key, item in {"title": most.left_out, "ahead": ahead, "behind": behind}.items()}
    said = _filled(words, factor=times(abs(left)), **parts)
    if number is None or -sign * number <= max(LEVEL, abs(most.log_odds)):
        return said
    against = _filled(texts.VERSUS_NUMBER_AGAINST, behind=parts["behind"], factor=times(-sign * number))
    return join(said, against)


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


@dataclass(frozen=True)
class Bar:
    """A row of a table of bars.  effect: a log-probability or log-odds; a negative bar points to the left."""

    what: Html
    effect: float
    cells: tuple[str, ...]


def _bars(columns: Sequence[Html | str], bars: Sequence[Bar]) -> Html:
    """The table; if it has more than FEW rows, the weakest are folded away."""
    strongest = max([LEAST_SCALE, *(abs(bar.effect) for bar in bars)])
    kept = set(sorted(range(len(bars)), key=lambda at: -abs(bars[at].effect))[:FEW])
    return fill("bars", columns=columns, bars=bars, kept=kept, strongest=strongest)


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


def prompt(store: Store, history: Sequence[int], found: Prompt, live: Html, role: str, *, named: bool = True) -> str:
    """The tokens in order, coloured by whole word.  named: whether the first whole word is the shopper's number."""
    tokens = [_token(text, word if named else word + bool(word)) for text, word in found.pieces]
    items = [store.item(item) for item in history]
    return fill("prompt", tokens=tokens, slots=found.slots, items=items, live=live, role=role, named=named).text


def _token(text: str, word: int) -> tuple[str, int, str]:
    """Text, whole word and CSS class."""
    return text, word, "other" if not word else ("user" if word == 1 else f"w{word % COLOURS}")
