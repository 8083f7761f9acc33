"""The rivals with which an evaluation compares students: trained ones from the home, and EASE and rationale neighbours, fitted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.baselines.ease import EASE
from rdrec.baselines.rationale_neighbours import RationaleNeighbours
from rdrec.baselines.run import KIND as RIVAL_KIND
from rdrec.baselines.run import load_rival, read_rival_card
from rdrec.baselines.sasrec import SASRec
from rdrec.core import vocabulary
from rdrec.core.home import Home
from rdrec.core.records import InputError, first_few
from rdrec.core.storage import read_manifest
from rdrec.data.rationales import load_rationales
from rdrec.data.splits import ProtocolView
from rdrec.data.store import RATIONALES_KIND
from rdrec.data.time_cut import shares_in_words
from rdrec.evaluation.methods import NEIGHBOURS, NEIGHBOURS_CONTROL
from rdrec.evaluation.ranking import Scorer
from rdrec.evaluation.tuning import chosen_weight
from rdrec.student.sampling import text_rows

NEIGHBOURS_KIND = "neighbours"


@dataclass(frozen=True)
class Rival:
    """A rival.

    kind    what its runs with different seeds have in common: "sasrec", "ease" or "rationale neighbours:TEACHER"
    sha256  hash of what it was made from, besides purchases: of the trained checkpoint, or of the rationales; "" for EASE
    weight  of rationales beside EASE; None for other rivals
    """

    name: str
    kind: str
    scorer: Scorer
    sha256: str = ""
    weight: float | None = None


def _by_history(model: EASE | SASRec) -> Scorer:
    return lambda cases: model.scores([case.history for case in cases])


def trained_rivals(home: Home, view: ProtocolView) -> list[str]:
    """Names of the trained rivals of this data set with the view's seed and cut in time."""
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
    weight: float,
    batch_users: int,
) -> list[Rival]:
    """Load or fit each named rival.

    names   "ease": fitted to the training part with `ridge`; "neighbours:TEACHER": EASE plus that teacher's rationales with `weight`
            (0: chosen on the validation items), together with its control, which chooses for itself; "neighbours": the same for every teacher of the data set; otherwise a trained rival
    Raises InputError for a name given twice, for a rival with another seed or cut in time than the view's, if EASE would be too large,
    and if there are no rationales; ArtefactError for a rival of another data set.
    """
    names = [one for name in names for one in _each_teacher(home, view, name)]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError(f"named twice: {first_few(twice)}", todo="name each rival once in --rivals")
    ease: EASE | None = None
    rivals = []
    for name in names:
        kind, _, teacher = name.partition(":")
        if kind not in (vocabulary.EASE, NEIGHBOURS_KIND):
            rivals.append(_trained(home, view, name, data_sha256, device))
            continue
        ease = ease or EASE(view.training_parts, view.dataset.n_items, ridge)
        if kind == vocabulary.EASE:
            rivals.append(Rival(name, vocabulary.EASE, _by_history(ease)))
        else:
            rivals += _neighbours(home, view, teacher, ease, weight, batch_users)
    return rivals


def _each_teacher(home: Home, view: ProtocolView, name: str) -> list[str]:
    if name != NEIGHBOURS_KIND:
        return [name]
    data = view.dataset.name
    if not (teachers := home.names("rationales", data)):
        raise InputError(
            f"there are no rationales for {data!r}, which the rival {NEIGHBOURS_KIND!r} needs",
            todo=f"distil them: python -m rdrec distill --data {data}",
        )
    return [f"{NEIGHBOURS_KIND}:{teacher}" for teacher in teachers]


def needs_ease(names: Sequence[str]) -> bool:
    """Whether one of the rivals is EASE, or is built on it."""
    return any(name.partition(":")[0] in (vocabulary.EASE, NEIGHBOURS_KIND) for name in names)


def _neighbours(home: Home, view: ProtocolView, teacher: str, ease: EASE, weight: float, batch_users: int) -> list[Rival]:
    """Rationale neighbours of one teacher, and their control."""
    texts = text_rows(view, load_rationales(home, view.dataset.name, teacher), "rdrec", "train", view.seed)
    sha256 = read_manifest(home.rationales(view.dataset.name, teacher), RATIONALES_KIND).sha256
    preferences = [(user, text) for user, _, text in texts.user_preference]
    attributes = [(item, text) for _, item, text in texts.item_attribution]
    users, items = view.dataset.n_users, view.dataset.n_items

    def rival(kind: str, shuffle: int | None) -> Rival:
        model = RationaleNeighbours(ease, preferences, attributes, users, items, shuffle)
        name = f"{kind}:{teacher}"

        def scorer(weight: float) -> Scorer:
            return lambda cases: model.scores([case.user for case in cases], [case.history for case in cases], weight)

        used = weight or chosen_weight(view, scorer, batch_users)
        return Rival(name, name, scorer(used), sha256, used)

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
            todo="use its seed; results of different seeds must not be mixed",
        )
    if card.cut != _cut(view):
        trained, asked = map(_held_out, (card.cut, _cut(view)))
        raise InputError(
            f"this rival was trained for {trained}, not for {asked}, so it was trained on other purchases",
            where=folder,
            todo=f"train one: {command} --protocol {view.protocol} {shares_in_words(_cut(view) or {})}".rstrip(),
        )
    return Rival(name, card.kind, _by_history(model), read_manifest(folder, RIVAL_KIND).sha256)
