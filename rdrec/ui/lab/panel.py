"""A training run as HTML: its progress, what the student says about the shopper, and how well it predicts and ranks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rdrec.core.settings import integer
from rdrec.explorer.lab_records import Beat, Begun, Ended, Event, Look, Score
from rdrec.explorer.motives import Motive, SaidPhrase, phrases
from rdrec.explorer.points import of_100
from rdrec.ui.lab import strings as words
from rdrec.ui.parts import bar, notice, small_print
from rdrec.ui.render import Child, Html, curve, element, page, plain

SENTENCES = 6  # shown: the newest ones, and below them the very first
SENTENCE_CHARS = 240
LOSS_TOP = 4.0  # nats per token at the top of the plot, unless the current loss is higher, as in the first steps
HIGHEST_SHARE = 1.1  # top of a plot relative to its greatest value, so that no line touches the frame
_PREFERENCE = re.compile(r"\b(?:prefers|likes|dislikes)\b")


@dataclass
class Seen:
    """What a visitor has seen of a training run so far.

    motives: the truth about the shopper, None if unknown; secret: whether it stays hidden, as the held-out purchase does
    """

    user: int
    seed: int
    start: str
    motives: tuple[Motive, ...] | None
    begun: Begun | None = None
    looks: list[Look] = field(default_factory=list)
    ended: Ended | None = None
    data: str = ""
    secret: bool = False

    def add(self, event: Event) -> bool:
        """Add an event; returns whether the panel has something new to show."""
        if isinstance(event, Begun):
            self.begun = event
        elif isinstance(event, Look):
            self.looks.append(event)
        elif isinstance(event, Ended):
            self.ended = event
        return not isinstance(event, Beat)


def off(command: str) -> str:
    """If training is not allowed: one sentence, and the command that allows it."""
    return page(element("section", element("h3", words.TITLE), element("p", words.OFF, " ", element("code", command)), cls="rd-panel rd-lab-off"))  # fmt: skip


def start() -> str:
    """The heading and introduction above the controls."""
    return page(element("h3", words.TITLE), element("p", words.INTRO.format(seconds=integer("lab.seconds")), cls="intro"))


def busy(seconds: int) -> str:
    """A notice for visitors who come while somebody else is training."""
    return page(notice(words.BUSY.format(seconds=seconds)))


def panel(seen: Seen) -> str:
    """The panel as of now."""
    return page(element("div", _state(seen), _body(seen), cls="rd-lab"))


def _state(seen: Seen) -> Html:
    ended = {"time": words.TIME, "stopped": words.STOPPED, "slow": words.SLOW}
    said = ended[seen.ended.why] if seen.ended else words.RUNNING if seen.looks else words.READY
    seconds = integer("lab.seconds")
    used = min(seen.looks[-1].cpu_s, seconds) if seen.looks else 0.0
    step = seen.looks[-1].step if seen.looks else 0
    return element(
        "div",
        element("b", said, role="status"),
        element("span", words.PROGRESS.format(step=step, used=f"{used:.0f}", seconds=seconds), cls="far"),
        bar(used / seconds),
        cls="state",
    )


def _body(seen: Seen) -> Html | None:
    if seen.begun is None:
        return None
    begun = seen.begun
    about = words.ABOUT.format(
        shoppers=f"{begun.shoppers:,}", items=f"{begun.items:,}", sentences=f"{begun.sentences:,}",
        parameters=f"{begun.parameters:,}", started=words.STARTED[seen.start], seed=seen.seed,
    )  # fmt: skip
    return element(
        "div",
        element("div", _says(seen), small_print(about), cls="column"),
        element("div", _losses(seen.looks), _ranks(seen, begun), cls="column"),
        cls="two",
    )


def _says(seen: Seen) -> Html:
    truth: Child = None
    motives = None if seen.secret else seen.motives
    if seen.secret:
        truth = element("p", words.WITHHELD.format(user=seen.user), cls="truth")
    elif seen.motives:
        named = [element("span", element("bdi", plain(motive.text, 40)), cls="word") for motive in seen.motives]
        truth = element("p", element("b", words.TRUTH.format(user=seen.user)), " ", *_spaced(named), cls="truth")
    changed = [look for at, look in enumerate(seen.looks) if at == 0 or look.sentence != seen.looks[at - 1].sentence]
    shown = changed[:0:-1][: SENTENCES - 1] + changed[:1]
    lines = [
        element(
            "li",
            element("span", words.NOW if at == 0 else words.AT.format(step=look.step), cls="at"),
            element("p", *_said(look.sentence, motives)),
        )
        for at, look in enumerate(shown)
    ]
    return element("section", element("h4", words.SAYS.format(user=seen.user)), truth, element("ol", *lines), cls="says")


def _said(sentence: str, motives: Sequence[Motive] | None) -> list[Child]:
    """The sentence, with phrases marked that are true of the shopper, and false ones too if it speaks of preferences."""
    text = plain(sentence, SENTENCE_CHARS).strip()
    if not text:
        return [element("i", words.NOTHING_SAID)]
    found: list[Child] = []
    at, speaks = 0, _PREFERENCE.search(text) is not None
    for phrase in phrases(text, motives):
        whole = re.compile(rf"(?<!\w){re.escape(phrase.text)}(?!\w)").search(text, at)
        if whole is None or phrase.true is None or not (phrase.true or speaks):
            continue
        place = whole.start()
        found += [element("bdi", text[at:place]) if text[at:place].strip() else text[at:place], _marked(phrase)]
        at = place + len(phrase.text)
    return [*found, element("bdi", text[at:])]


def _marked(phrase: SaidPhrase) -> Html:
    sign, label = ("✓", words.RIGHT) if phrase.true else ("✗", words.WRONG)
    return element(
        "span", element("bdi", phrase.text), " ", element("span", sign, cls="sign", role="img", aria_label=label, title=label),
        cls=f"word {'right' if phrase.true else 'wrong'}",
    )  # fmt: skip


def _losses(looks: Sequence[Look]) -> Html:
    own = [(look.step, look.own) for look in looks]
    other = [(look.step, look.other) for look in looks if look.other is not None]
    legend = [("mine", words.OWN, f"{own[-1][1]:.2f}")] if own else []
    if other:
        gap = f"{other[-1][1] - own[-1][1]:+.2f}".replace("-", "−")
        legend += [("others", words.OTHER, f"{other[-1][1]:.2f}"), ("gap", words.GAP, gap)]
    return _plot(
        words.LOSS,
        words.LOSS_AXIS,
        {"others": other, "mine": own},
        {},
        legend,
        words.GAP_WORDS if other else None,
        top=max([LOSS_TOP, *(HIGHEST_SHARE * points[-1][1] for points in (own, other) if points)]),
    )


def _ranks(seen: Seen, begun: Begun) -> Html:
    line = [(look.step, 100 * look.score.ndcg) for look in seen.looks]
    levels = {f"rule{place}": 100 * score.ndcg for place, score in enumerate(begun.rules.values())}
    scores = {words.RULE[name]: score for name, score in begun.rules.items()}
    if seen.looks:
        scores = {words.STUDENT: seen.looks[-1].score} | scores
    legend = [
        (cls, name, of_100(score.ndcg))
        for cls, (name, score) in zip((["mine"] if seen.looks else []) + list(levels), scores.items(), strict=True)
    ]
    return _plot(
        words.RANKS,
        words.RANKS_AXIS.format(judged=begun.judged),
        {"mine": line},
        levels,
        legend,
        None if seen.secret else _watched(seen.user, scores),
    )


def _watched(user: int, scores: dict[str, Score]) -> str | None:
    """The rank of the shopper's held-out product according to each method."""
    ranked = [f"{name} {score.rank}" for name, score in scores.items() if score.rank is not None]
    among = next((score.among for score in scores.values() if score.among is not None), None)
    return words.RANK_OF.format(user=user, among=f"{among:,}", ranks=", ".join(ranked)) if ranked else None


def _plot(
    title: str,
    axis: str,
    lines: dict[str, list[tuple[int, float]]],
    levels: dict[str, float],
    legend: Sequence[tuple[str, str, str]],
    below: str | None,
    top: float | None = None,
) -> Html:
    """Lines over steps and constant levels, from zero to `top` (lines may leave the plot), and a legend with the last value of each."""
    last = max((step for points in lines.values() for step, _ in points), default=0) or 1
    top = top or (
        max([value for points in lines.values() for _, value in points] + list(levels.values()), default=0.0) * HIGHEST_SHARE
        or 1.0
    )
    drawn = [curve([(0.0, value / top), (1.0, value / top)], f"level {name}") for name, value in levels.items()]
    drawn += [curve([(step / last, value / top) for step, value in points], name) for name, points in lines.items()]
    named = [
        element("li", element("span", cls=f"key {cls}", aria_hidden="true"), name, " ", element("b", value))
        for cls, name, value in legend
    ]
    return element(
        "figure",
        element("h4", title),
        small_print(axis),
        element(
            "div",
            *drawn,
            element("span", f"{top:.2g}", cls="top"),
            element("span", words.AT.format(step=last), cls="last"),
            cls="plot",
            aria_hidden="true",
        ),
        element("ul", *named),
        small_print(below) if below else None,
    )


def _spaced(parts: Sequence[Html]) -> list[Html | str]:
    return [child for part in parts for child in (part, " ")][:-1]
