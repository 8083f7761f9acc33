"""Which rivals stand beside the students in an evaluation: trained ones of the home, and EASE, made on the spot.

In: a home, a view, names.  Out: `Rival`s that score histories.  It ranks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.data.splits import ProtocolView
from rdrec.data.time_cut import shares_in_words
from rdrec.evaluate.ranking import Scorer
from rdrec.home import Home
from rdrec.records import InputError, first_few
from rdrec.rivals.ease import EASE
from rdrec.rivals.run import load_rival, read_rival_card

EASE_NAME = "ease"


@dataclass(frozen=True)
class Rival:
    """kind: what its runs with several seeds have in common, "sasrec" or "ease"."""

    name: str
    kind: str
    scorer: Scorer


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
    home: Home, view: ProtocolView, names: Sequence[str], *, data_sha256: str, device: str, ridge: float
) -> list[Rival]:
    """Load each named rival; `ease` is made from the training items with `ridge`.

    Raises InputError for a name given twice, for a rival of another seed or cut in time than the view's, and where EASE would be too large;
    ArtefactError for a rival of another data set.
    """
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError(f"given twice: {first_few(twice)}", todo="name each rival once in --rivals")
    found = []
    for name in names:
        if name == EASE_NAME:
            histories = view.training_parts
            found.append(Rival(name, "ease", EASE(histories, view.dataset.n_items, ridge)))
            continue
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
        found.append(Rival(name, card.kind, model))
    return found
