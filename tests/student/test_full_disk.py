"""A full disk in the middle of train, quantize and rival is one sentence, and two runs of one name do not meet."""

import contextlib
import fcntl
import resource

import pytest

from rdrec.baselines import run as rivals
from rdrec.baselines.train import RivalSettings
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError
from rdrec.data.store import save_dataset
from rdrec.student import run as students
from rdrec.student.quantize import quantize
from rdrec.student.run import RunPlan, run_training
from rdrec.student.train import TrainSettings

SMALL = TrainSettings(seed=0, epochs=2, patience=1, batch_rows=64, learning_rate=1e-3, language_rate=0.3)
RIVAL = RivalSettings(
    seed=0, epochs=2, patience=2, batch_users=64, learning_rate=5e-3, negatives=8, width=16, blocks=1, heads=2, length=8, dropout=0.1
)  # fmt: skip


@pytest.fixture(scope="module")
def home(toy_dataset, tmp_path_factory):
    made = Home(tmp_path_factory.mktemp("home"))
    save_dataset(made, toy_dataset)
    return made


@contextlib.contextmanager
def full_disk(after=6_000):
    """No file may grow beyond `after` bytes: the system refuses the write in the same way as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def train(home, run):
    plan = RunPlan("toy", "baseline", "nano", "clean", "released", None, run, SMALL)
    return run_training(home, plan, device="cpu")


def rival(home, run):
    return rivals.run_rival(home, "toy", run, RIVAL, device="cpu")


@pytest.mark.parametrize("work", [train, rival])
def test_training_on_a_full_disk(home, work):
    with full_disk(), pytest.raises(ArtefactError, match=r"cannot be written \(File too large\) - make room on the disk"):
        work(home, "full")
    assert (work(home, "full").folder / "manifest.json").is_file(), "the same command works once there is room"


def test_quantizing_on_a_full_disk(home):
    source = train(home, "whole").folder
    target = source.with_name("whole-nf4")
    before = sorted(path.name for path in source.parent.iterdir())
    with full_disk(), pytest.raises(ArtefactError, match=r"cannot be written .* make room on the disk"):
        quantize(source, target, "nf4", "cpu")
    assert sorted(path.name for path in source.parent.iterdir()) == before


@pytest.mark.parametrize(("work", "room", "module"), [(train, "students", students), (rival, "rivals", rivals)])
def test_two_runs_of_one_name_do_not_meet(home, work, room, module, monkeypatch):
    """The second is refused while the first trains; nothing is left of the lock afterwards."""
    real, refused = module.discard_state, []

    def meanwhile(state):
        with pytest.raises(ArtefactError, match="another process is training") as error:
            work(home, "twice")
        refused.append(error.value)
        real(state)

    monkeypatch.setattr(module, "discard_state", meanwhile)
    folder = work(home, "twice").folder
    assert len(refused) == 1 and not list(folder.parent.glob(".twice*"))


def test_the_lock_of_a_dead_process_holds_nobody_up(home):
    left = home.student("toy", "again").with_name(".again.training.lock")
    left.touch()
    assert train(home, "again").name == "again" and not left.exists()
    with left.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ArtefactError, match="another process is training"):
            train(home, "again")
    left.unlink()
