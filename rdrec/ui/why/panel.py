"""The Why tab's answers about one recommendation: what drives it, why it rather than another, how an ID is generated, what is read."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import TYPE_CHECKING, Any

from rdrec.core.records import plural
from rdrec.explorer.answers import BeamMiss
from rdrec.explorer.live_records import Ran
from rdrec.explorer.store import Store, name
from rdrec.explorer.why_records import Beam, Case, Driven, Prompt, Versus
from rdrec.ui import texts as page_texts
from rdrec.ui.parts import STUDENT_CLASS, TITLE_CHARS, heading, item_name, percent, small_print
from rdrec.ui.render import Html, element, join, page, plain
from rdrec.ui.why import strings as texts

if TYPE_CHECKING:  # torch
    from rdrec.ranking.beam_tree import Exact, Prefix
    from rdrec.ranking.influence import Influence

LITTLE = 1 / 0.9  # removing a purchase lowers the probability by less than a tenth
LEVEL = 0.1  # of log-odds: below it two products are about equally likely
LEAST_SCALE = 0.4  # of log-probability for a whole bar (a third less likely), so that small effects look small
FEW = 8  # purchases with the largest effects, shown at once
DROPPED = 4  # prefixes that a beam search dropped, shown of each step
SHORT_CHARS = 24  # of a product's name over a column
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


def awaited(store: Store | None = None, case: Case | None = None) -> str:
    """What stands there while the students are asked: of a known case both answers without their numbers, as high as they will be."""
    said = element("p", texts.AWAITED, cls="lead", role="status")
    if store is None or case is None:
        return page(element("section", said, cls="rd-panel rd-drives"))
    cls = f"rd-panel rd-drives {STUDENT_CLASS[case.role]}"

    def bars(*columns: str) -> Html:
        rows = [_bar_row(store, item, 0.0, *("\u00a0" for _ in columns[2:])) for item in reversed(case.shown)]
        return _bars(columns, rows, [0.0] * len(rows)) if len(rows) > 1 else element("p", texts.ONE_PURCHASE)

    answer = element("p", cls="answer")
    notes = (element("p", texts.LIST[case.task], cls="note"), _cut(case))
    small = (small_print(texts.DRIVES_SMALL), small_print("\u00a0"))
    left = (heading(None, texts.DRIVES, "h3"), said, *notes, answer, bars(*texts.DRIVES_COLUMNS), *small)
    columns = (texts.VERSUS_COLUMNS[0], "\u00a0", texts.VERSUS_COLUMNS[1])
    right = (heading(None, texts.VERSUS, "h3"), answer, bars(*columns), small_print(texts.VERSUS_SMALL))
    both = element("section", *left, cls=cls), element("section", *right, cls=f"{cls} rd-versus")
    return page(element("div", *both, cls="rd-why-cards"))


def titled(store: Store, item: int) -> Html:
    return element("b", element("bdi", plain(name(store.item(item)), TITLE_CHARS)))


def ordinal(rank: int) -> str:
    """'1st', '43rd', '1,012th'."""
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"


def change(log_ratio: float) -> str:
    """'43 % less likely': what a probability does when the purchase with this log(with / without) is removed."""
    factor = exp(-log_ratio)
    if abs(factor - 1) < 0.005:
        return texts.SAME
    if factor < 1:
        return texts.LESS.format(percent=f"{100 * (1 - factor):.0f}")
    if factor < 2:
        return texts.MORE_PERCENT.format(percent=f"{100 * (factor - 1):.0f}")
    return texts.MORE_TIMES.format(times=times(-log_ratio))


def times(log_ratio: float) -> str:
    """'2.0': how many times as likely; two figures below 10."""
    value = exp(min(log_ratio, 30.0))
    return f"{value:,.0f}" if value >= 10 else (f"{value:.1f}" if value >= 1.995 else f"{value:.2f}")


def cards(store: Store, case: Case, found: Driven, versus: Versus | None, live: Html) -> str:
    """Both answers about the chosen product: what drives it, and why it rather than another."""
    return page(element("div", drives(store, case, found, live), against(store, case, versus), cls="rd-why-cards"))


def drives(store: Store, case: Case, found: Driven, live: Html) -> Html:
    """A sentence that names the main driver, and a bar for each purchase, the strongest support first."""
    now = _filled(
        texts.DRIVES_NOW,
        student=page_texts.WRITING_WHICH[case.role],
        title=titled(store, case.item),
        rank=ordinal(found.rank),
        among=f"{found.among:,}",
        probability=percent(found.probability),
    )
    notes = [element("p", texts.LIST[case.task], cls="note")]
    if found.by_purchases is not None:
        probability, rank = found.by_purchases
        words = texts.DRIVES_CANDIDATES.format(among=found.among, rank=ordinal(rank), probability=percent(probability))
        notes.append(element("p", words, cls="note"))
    notes += [one for one in (_cut(case),) if one]
    body: list[Html] = [element("p", texts.ONE_PURCHASE)]
    if found.left_out:
        rows = sorted(found.left_out, key=lambda row: -row.log_ratio)
        strongest = max(LEAST_SCALE, *(abs(row.log_ratio) for row in rows))
        lines = [
            _bar_row(store, row.left_out, row.log_ratio / strongest, change(row.log_ratio), ordinal(row.rank)) for row in rows
        ]
        weights = [abs(row.log_ratio) for row in rows]
        body = [
            element("p", _most(store, found.left_out), cls="answer"),
            _bars(texts.DRIVES_COLUMNS, lines, weights),
            small_print(texts.DRIVES_SMALL),
        ]
    cls = f"rd-panel rd-drives {STUDENT_CLASS[case.role]}"
    return element("section", heading(None, texts.DRIVES, "h3"), element("p", now, cls="lead"), *notes, *body, live, cls=cls)


def _cut(case: Case) -> Html | None:
    """That the students see the last purchases only."""
    if len(case.shown) == len(case.bought):
        return None
    return element("p", texts.CUT.format(shown=len(case.shown), all=plural(len(case.bought), "purchase")), cls="note")


def against(store: Store, case: Case, versus: Versus | None) -> Html:
    """Why the chosen product rather than another: which purchases decide, and which step of the ids."""
    title = heading(None, texts.VERSUS, "h3")
    cls = f"rd-panel rd-drives rd-versus {STUDENT_CLASS[case.role]}"
    if versus is None:
        return element("section", title, element("p", texts.VERSUS_NOTHING), cls=cls)
    one, other = titled(store, case.item), titled(store, versus.other)
    body: list[Html] = []
    if versus.contrast is not None:
        rows = sorted(versus.contrast.decided, key=lambda row: -row.log_odds)
        strongest = max(LEAST_SCALE, *(abs(row.log_odds) for row in rows))
        lines = [
            _bar_row(store, row.left_out, row.log_odds / strongest, texts.VERSUS_ODDS.format(factor=times(row.log_odds)))
            for row in rows
        ]
        middle = _filled(texts.VERSUS_FOR, one=_short(store, case.item), other=_short(store, versus.other))
        columns = (texts.VERSUS_COLUMNS[0], middle, texts.VERSUS_COLUMNS[1])
        body = [_bars(columns, lines, [abs(row.log_odds) for row in rows])]
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
    """The purchase that pushes most towards the one that is ahead."""
    if versus.contrast is None:
        return None
    sign = 1.0 if versus.log_odds >= 0 else -1.0
    most = max(versus.contrast.decided, key=lambda row: sign * row.log_odds)
    if sign * most.log_odds < LEVEL:
        return _filled(texts.VERSUS_NONE, title=titled(store, most.left_out))
    ahead, behind = (case.item, versus.other) if sign > 0 else (versus.other, case.item)
    left = sign * (versus.log_odds - most.log_odds)
    words = texts.VERSUS_DRIVER if left > 0 else texts.VERSUS_TURNS
    parts = {"title": most.left_out, "ahead": ahead, "behind": behind}
    return _filled(words, factor=times(abs(left)), **{key: titled(store, item) for key, item in parts.items()})


def _steps(versus: Versus) -> list[Html]:
    """Which step of the ids decides; a sentence where there is one alone."""
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


def _most(store: Store, left_out: Sequence[Influence]) -> Html:
    most, least = max(left_out, key=lambda row: row.log_ratio), min(left_out, key=lambda row: row.log_ratio)
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


def _bar_row(store: Store, item: int, share: float, *cells: str) -> Html:
    """share: -1 to 1; below 0 the bar goes to the left."""
    side = "for" if share > 0 else "against"
    bar = element("span", element("span", cls=f"fill {side}", shares={"w": abs(share) / 2}), cls="both", aria_hidden="true")
    return element(
        "tr",
        element("th", item_name(store.item(item)), scope="row"),
        element("td", bar),
        *(element("td", cell) for cell in cells),
    )


def _bars(columns: Sequence[Html | str], rows: Sequence[Html], weights: Sequence[float]) -> Html:
    """The table; beyond FEW rows the weakest wait behind a summary."""
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


def beams(store: Store, found: Beam, misses: Sequence[BeamMiss], others: bool, live: Html) -> str:
    """The beam at each step beside the exact ranking, with what it loses marked."""
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
    exact = [_exact(store, one, rank) for rank, one in enumerate(tree.exact, start=1)]
    examples = None
    if misses:
        links = [
            element("button", texts.BEAM_EXAMPLE.format(user=one.user, rank=ordinal(one.first_rank)), type="button", cls="door", data_user=one.user)
            for one in misses
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
    """One column: all that was kept, and of what was dropped the first few and whatever holds a top product."""
    kept = [one for one in step if one.kept]
    dropped = [one for one in step if not one.kept]
    shown = [one for place, one in enumerate(dropped) if place < DROPPED or one.best]
    most = max((exp(one.log_probability) for one in step), default=1.0) or 1.0
    lines = [_prefix(store, found, one, most) for one in (*kept, *shown)]
    if rest := len(dropped) - len(shown):
        lines.append(element("li", texts.BEAM_REST.format(count=f"{rest:,}"), cls="rest"))
    return element("section", element("h4", texts.BEAM_STEP.format(step=at)), element("ol", *lines), cls="step-column")


def _prefix(store: Store, found: Beam, one: Prefix, most: float) -> Html:
    share = exp(one.log_probability)
    written = "".join(texts.END if token == found.end else found.pieces[token].strip() for token in one.tokens)
    what = texts.BEAM_ITEMS.format(items=plural(one.items, "product"))
    behind: Html | str = what if one.item is None else item_name(store.item(one.item + 1))
    holds = None
    if one.best:
        ranks = ", ".join(ordinal(rank) for rank in one.best[:4]) + (" …" if len(one.best) > 4 else "")
        holds = element("span", texts.BEAM_HOLDS.format(ranks=ranks), cls="holds")
    state = texts.BEAM_KEPT if one.kept else texts.BEAM_DROPPED
    return element(
        "li",
        element("code", written),
        element("span", percent(share), cls="percent"),
        element("span", behind, cls="what"),
        element("span", ("✓ " if one.kept else "✗ ") + state, " ", holds, cls="state"),
        element("span", element("span", cls="fill", shares={"w": share / most}), cls="bar", aria_hidden="true"),
        cls=("kept" if one.kept else "dropped") + (" lost" if one.best and not one.kept else ""),
    )


def _exact(store: Store, one: Exact, rank: int) -> Html:
    said, cls = f"✓ {texts.BEAM_YES}", "found-it"
    if one.fall is not None:
        said = "✗ " + texts.BEAM_NO.format(step=one.fall.step, how=texts.BEAM_HOW[one.fall.how])
        cls = "lost"
    return element(
        "li",
        element("span", str(rank), cls="place"),
        element("span", item_name(store.item(one.item + 1)), element("small", said), cls="what"),
        element("span", percent(exp(one.log_probability)), cls="percent"),
        cls=cls,
    )


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
            element("td", item_name(store.item(item))),
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
