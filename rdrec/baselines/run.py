"""Train SASRec on a data set of the home and save it there; load it again.

weights.safetensors   of the epoch with the best Recall@10 on the validation items
curve.json            loss, Recall@10 and NDCG@10 of every epoch
manifest.json         its meta is the `RivalCard`
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from rdrec.baselines.sasrec import SASRec, Shape
from rdrec.baselines.train import RivalEpoch, RivalSettings, train_sasrec
from rdrec.core.home import Home, check_name
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import exclusive, new_artefact, verify, write_json
from rdrec.core.vocabulary import TEMPORAL
from rdrec.data.splits import protocol_view
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.data.time_cut import CutShares
from rdrec.student.state import discard_state

KIND = "rival"
WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class RivalCard:
    """What a trained baseline is and what it was trained on.

    training           all settings except the seed; together with it they reproduce the run
    epochs             number of epochs of the saved weights; validation_ndcg10: their score
    cut                shares of the temporal cut (`rdrec.data.time_cut`); None: leave-one-out, as in all protocols but `temporal`.
                       Otherwise a protocol does not matter, because SASRec sees item indices only.
    """

    kind: str  # "sasrec"
    data: str
    data_sha256: str
    users: int
    items: int
    seed: int
    training: dict[str, float]
    parameters: int
    epochs: int
    validation_ndcg10: float
    cut: dict[str, float] | None = None

    @property
    def shape(self) -> Shape:
        """The sizes of the model."""
        t = self.training
        width, blocks, heads, length = (int(t[name]) for name in ("width", "blocks", "heads", "length"))
        return Shape(self.items, width, blocks, heads, length, float(t["dropout"]))


@dataclass(frozen=True)
class RivalResult:
    """A trained and saved baseline."""

    name: str
    folder: Path
    card: RivalCard
    curve: tuple[RivalEpoch, ...]


def run_rival(
    home: Home,
    data: str,
    run: str | None,
    settings: RivalSettings,
    *,
    device: str,
    replace: bool = False,
    shares: CutShares | None = None,
) -> RivalResult:
    """Train SASRec and save it; an unfinished run resumes.  Raises InputError if the name exists and `replace` is not set.

    shares  of the temporal cut, for the protocol `temporal`; None: leave-one-out, which serves all other protocols
    """
    name = check_name(run or f"sasrec{f'-{TEMPORAL}' if shares else ''}-s{settings.seed}", "rival name")
    folder = home.rival(data, name)
    with exclusive(folder.with_name(f".{name}.training.lock"), f"is training the rival {name!r}"):
        return _run(home, data, name, settings, device, replace, shares)


def _run(
    home: Home,
    data: str,
    name: str,
    settings: RivalSettings,
    device: str,
    replace: bool,
    shares: CutShares | None,
) -> RivalResult:
    folder = home.rival(data, name)
    if (folder / "manifest.json").is_file() and not replace:
        raise InputError(
            f"a rival named {name!r} already exists", where=folder.parent, todo="add --replace or choose another --run"
        )
    dataset = load_dataset(home, data)
    sha256 = dataset_sha256(home, data)
    state = folder.with_name(f".{name}.training")
    cut = None if shares is None else shares.as_dict()
    trained = train_sasrec(
        protocol_view(dataset, TEMPORAL if shares else "clean", settings.seed, shares).splits,
        dataset.n_items,
        settings,
        state,
        {"data_sha256": sha256} | ({} if cut is None else {"cut": cut}),
        device=device,
        restart=replace,
        after_epoch=_report,
    )
    card = RivalCard(
        kind="sasrec",
        data=data,
        data_sha256=sha256,
        users=dataset.n_users,
        items=dataset.n_items,
        seed=settings.seed,
        training={key: value for key, value in asdict(settings).items() if key != "seed"},
        parameters=trained.model.parameters_count,
        epochs=trained.best_epoch,
        validation_ndcg10=trained.curve[trained.best_epoch - 1].ndcg10,
        cut=cut,
    )
    with new_artefact(folder, KIND, asdict(card)) as temporary:
        save_file({key: tensor.cpu().contiguous() for key, tensor in trained.model.state_dict().items()}, temporary / WEIGHTS)
        write_json([asdict(record) for record in trained.curve], temporary / "curve.json")
    discard_state(state)
    return RivalResult(name, folder, card, trained.curve)


def read_rival_card(folder: Path) -> RivalCard:
    """Verify the hashes of all files and return the card, without loading weights.  Raises ArtefactError."""
    meta = verify(folder, KIND).meta
    try:
        older = {"cut": None}  # cards from before the protocol `temporal`
        return RivalCard(**{field.name: (older | meta)[field.name] for field in fields(RivalCard)})
    except KeyError as error:
        raise ArtefactError(f"the rival's card lacks {error}", where=folder, todo="train the rival again") from None


def load_rival(folder: Path, device: str = "cpu", *, data_sha256: str) -> tuple[SASRec, RivalCard]:
    """Load a baseline.  Raises ArtefactError for altered files, or if it was trained on a data set with another hash."""
    card = read_rival_card(folder)
    if card.data_sha256 != data_sha256:
        raise ArtefactError(
            f"this rival was trained on another data set or version ({card.data!r})",
            where=folder,
            todo="train it again",
        )
    try:
        model = SASRec(card.shape)
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise ArtefactError(f"the weights cannot be loaded ({error})", where=folder, todo="train the rival again") from error
    return model.to(device).eval(), card


def _report(record: RivalEpoch) -> None:
    print(
        f"epoch {record.epoch}: loss {record.loss:.4f}, validation Recall@10 {record.recall10:.4f}, NDCG@10 {record.ndcg10:.4f}",
        flush=True,
    )
