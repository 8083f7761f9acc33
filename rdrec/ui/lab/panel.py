"""A training run as HTML: its progress, what the student says about the shopper, and how well it predicts and ranks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rdrec.core.settings import integer
from rdrec.explorer.lab_records import Beat, Begun, Ended, Event, Look, Score
from rdrec.explorer.motives import Motive, phrases
from rdrec.explorer.points import of_100
from rdrec.ui.lab import strings as words
from rdrec.ui.parts import notice
from rdrec.ui.render import curve, element, fill, page, plain

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
    ended = {"time": words.TIME, "stopped": words.STOPPED, "slow": words.SLOW}
    latest, seconds = seen.looks[-1] if seen.looks else None, integer("lab.seconds")
    state = ended[seen.ended.why] if seen.ended else words.RUNNING if latest else words.READY
    made = fill(
        "lab", seen=seen, state=state, step=latest.step if latest else 0, used=min(latest.cpu_s, seconds) if latest else 0.0, seconds=seconds,
        about=_about(seen, seen.begun) if seen.begun else None, sentences=_sentences(seen),
        plots=(_losses(seen.looks), _ranks(seen, seen.begun)) if seen.begun else (), words=words,
    )  # fmt: skip
    return made.text


def _about(seen: Seen, begun: Begun) -> str:
    return words.ABOUT.format(
        shoppers=f"{begun.shoppers:,}", items=f"{begun.items:,}", sentences=f"{begun.sentences:,}",
        parameters=f"{begun.parameters:,}", started=words.STARTED[seen.start], seed=seen.seed,
    )  # fmt: skip


def _sentences(seen: Seen) -> list[tuple[int, list[tuple[str, bool | None]]]]:
    """(step, sentence in pieces): the newest different sentences, and below them the very first."""
    changed = [look for at, look in enumerate(seen.looks) if at == 0 or look.sentence != seen.looks[at - 1].sentence]
    shown = changed[:0:-1][: SENTENCES - 1] + changed[:1]
    return [(look.step, _pieces(look.sentence, None if seen.secret else seen.motives)) for look in shown]


def _pieces(sentence: str, motives: Sequence[Motive] | None) -> list[tuple[str, bool | None]]:
    """The sentence in pieces: phrases that are true of the shopper, false ones too if it speaks of preferences, and the text between."""
    text = plain(sentence, SENTENCE_CHARS).strip()
    found: list[tuple[str, bool | None]] = []
    at, speaks = 0, _PREFERENCE.search(text) is not None
    for phrase in phrases(text, motives):
        whole = re.compile(rf"(?<!\w){re.escape(phrase.text)}(?!\w)").search(text, at)
        if whole is None or phrase.true is None or not (phrase.true or speaks):
            continue
        found += [(text[at : whole.start()], None), (phrase.text, phrase.true)]
        at = whole.start() + len(phrase.text)
    return [*found, (text[at:], None)] if text else []


def _losses(looks: Sequence[Look]) -> dict[str, Any]:
    own = [(look.step, look.own) for look in looks]
    other = [(look.step, look.other) for look in looks if look.other is not None]
    legend = [("mine", words.OWN, f"{own[-1][1]:.2f}")] if own else []
    if other:
        gap = f"{other[-1][1] - own[-1][1]:+.2f}".replace("-", "−")
        legend += [("others", words.OTHER, f"{other[-1][1]:.2f}"), ("gap", words.GAP, gap)]
    top = max([LOSS_TOP, *(HIGHEST_SHARE * points[-1][1] for points in (own, other) if points)])
    below = words.GAP_WORDS if other else None
    return {"title": words.LOSS, "axis": words.LOSS_AXIS, "legend": legend, "below": below} | _drawn(
        {"others": other, "mine": own}, {}, top
    )


def _ranks(seen: Seen, begun: Begun) -> dict[str, Any]:
    line = [(look.step, 100 * look.score.ndcg) for look in seen.looks]
    levels = {f"rule{place}": 100 * score.ndcg for place, score in enumerate(begun.rules.values())}
    scores = {words.RULE[name]: score for name, score in begun.rules.items()}
    if seen.looks:
        scores = {words.STUDENT: seen.looks[-1].score} | scores
    legend = [
        (cls, name, of_100(score.ndcg))
        for cls, (name, score) in zip((["mine"] if seen.looks else []) + list(levels), scores.items(), strict=True)
    ]
    axis, below = words.RANKS_AXIS.format(judged=begun.judged), None if seen.secret else _watched(seen.user, scores)
    top = HIGHEST_SHARE * max([0.0, *(value for _, value in line), *levels.values()]) or 1.0
    return {"title": words.RANKS, "axis": axis, "legend": legend, "below": below} | _drawn({"mine": line}, levels, top)


def _watched(user: int, scores: dict[str, Score]) -> str | None:
    """The rank of the shopper's held-out product according to each method."""
    ranked = [f"{name} {score.rank}" for name, score in scores.items() if score.rank is not None]
    among = next((score.among for score in scores.values() if score.among is not None), None)
    return words.RANK_OF.format(user=user, among=f"{among:,}", ranks=", ".join(ranked)) if ranked else None


def _drawn(lines: dict[str, list[tuple[int, float]]], levels: dict[str, float], top: float) -> dict[str, Any]:
    """Constant levels and lines over steps, from zero to `top` (lines may leave the plot)."""
    last = max((step for points in lines.values() for step, _ in points), default=0) or 1
    drawn = [curve([(0.0, value / top), (1.0, value / top)], f"level {name}") for name, value in levels.items()]
    drawn += [curve([(step / last, value / top) for step, value in points], name) for name, points in lines.items()]
    return {"drawn": drawn, "top": top, "last": last}
