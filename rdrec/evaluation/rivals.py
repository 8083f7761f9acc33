"""Which rivals stand beside the students in an evaluation: trained ones of the home; EASE and rationale neighbours, made on the spot.

In: a home, a view, names.  Out: `Rival`s that score histories.  It ranks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.baselines.ease import EASE
from rdrec.baselines.rationale_neighbours import RationaleNeighbours
from rdrec.baselines.rules import Rule
from rdrec.baselines.run import load_rival, read_rival_card
from rdrec.core import vocabulary
from rdrec.core.home import Home
from rdrec.core.records import InputError, first_few
from rdrec.core.settings import number
from rdrec.data.rationales import load_rationales
from rdrec.data.splits import ProtocolView
from rdrec.data.time_cut import shares_in_words
from rdrec.evaluation.ranking import Scorer
from rdrec.evaluation.ways import NEIGHBOURS, NEIGHBOURS_CONTROL
from rdrec.student.sampling import text_rows

NEIGHBOURS_KIND = "neighbours"


@dataclass(frozen=True)
class Rival:
    """kind: what its runs with several seeds have in common, "sasrec", "ease" or "rationale neighbours:TEACHER".

    scorer  of histories; None for a rival that must know the user: `rule`
    """

    name: str
    kind: str
    scorer: Scorer | None = None
    rule: Rule | None = None


def trained_rivals(home: Home, view: ProtocolView) -> list[str]:
    """Names of the trained rivals of the data set and seed that were trained on what this view may train on."""
    data = view.dataset.name
    cards = {name: read_rival_card(home.rival(data, name)) for name in home.names("rivals", data)}
    return [name for name, card in cards.items() if (card.seed, card.cut) == (view.seed, _cut(view))]


def _cut(view: ProtocolView) -> dict[str, float] | None:
    return None if view.cut is None else view.cut.shares.as_dict()


def _held_out(cut: Mapping[str, float] | None) -> str:
    return "leave-one-out" if cut is None else f"a cut in time ({shares_in_words(cut)})"


def open_rivals(
    home: Home,
    view: ProtocolView,
    names: Sequence[str],
    *,
    data_sha256: str,
    device: str,
    ridge: float,
    weight: float = number("rival.neighbours_weight"),
) -> list[Rival]:
    """Load each named rival.  `ease` is made from the training items with `ridge`; `neighbours:TEACHER` adds that teacher's rationales
    to EASE with `weight`, and comes with its control; `neighbours` does so for every teacher that read the data set.

    Raises InputError for a name given twice, for a rival of another seed or cut in time than the view's, where EASE would be too large,
    and where no teacher read the data set; ArtefactError for a rival of another data set.
    """
    names = [one for name in names for one in _each_teacher(home, view, name)]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError(f"given twice: {first_few(twice)}", todo="name each rival once in --rivals")
    ease: EASE | None = None
    found = []
    for name in names:
        kind, _, teacher = name.partition(":")
        if kind in (vocabulary.EASE, NEIGHBOURS_KIND):
            ease = ease or EASE(view.training_parts, view.dataset.n_items, ridge)
            found += (
                [Rival(name, vocabulary.EASE, ease)]
                if kind == vocabulary.EASE
                else _neighbours(home, view, teacher, ease, weight)
            )
        else:
            found.append(_trained(home, view, name, data_sha256, device))
    return found


def _each_teacher(home: Home, view: ProtocolView, name: str) -> list[str]:
    if name != NEIGHBOURS_KIND:
        return [name]
    data = view.dataset.name
    if not (teachers := home.names("rationales", data)):
        raise InputError(
            f"no teacher's rationales of {data!r} are here, and {NEIGHBOURS_KIND} compares them",
            todo=f"distil them: python -m rdrec distill --data {data}",
        )
    return [f"{NEIGHBOURS_KIND}:{teacher}" for teacher in teachers]


def _neighbours(home: Home, view: ProtocolView, teacher: str, ease: EASE, weight: float) -> list[Rival]:
    """The rival and its control."""
    told = text_rows(view, load_rationales(home, view.dataset.name, teacher), "rdrec", "train", view.seed)
    preferences = [(user, text) for user, _, text in told.user_preference]
    attributes = [(item, text) for _, item, text in told.item_attribution]
    users, items = view.dataset.n_users, view.dataset.n_items

    def rival(kind: str, shuffle: int | None) -> Rival:
        scorer = RationaleNeighbours(ease, preferences, attributes, users, items, weight, shuffle)
        name = f"{kind}:{teacher}"
        return Rival(name, name, rule=lambda case: scorer.scores([case.user], [case.history])[0][case.compete])

    return [rival(NEIGHBOURS, None), rival(NEIGHBOURS_CONTROL, view.seed)]


def _trained(home: Home, view: ProtocolView, name: str, data_sha256: str, device: str) -> Rival:
    data = view.dataset.name
    command = f"python -m rdrec rival --data {data} --seed {view.seed}"
    folder = home.require(home.rival(data, name), "rival", command)
    model, card = load_rival(folder, device, data_sha256=data_sha256)
    if card.seed != view.seed:
        raise InputError(
            f"this rival was trained with seed {card.seed}, not {view.seed}",
            where=folder,
            todo="choose its seed; results of different ones are not mixed",
        )
    if card.cut != _cut(view):
        trained, asked = map(_held_out, (card.cut, _cut(view)))
        raise InputError(
            f"this rival was trained for {trained}, not for {asked}: other purchases are hidden here",
            where=folder,
            todo=f"train one: {command} --protocol {view.protocol} {shares_in_words(_cut(view) or {})}".rstrip(),
        )
    return Rival(name, card.kind, model)
