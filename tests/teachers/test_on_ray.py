"""Workers on a local Ray cluster: the same rationales as one process, also when a worker is killed in the middle."""

import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import killed_runs
import pytest

from rdrec.teachers.run import distil

ray = pytest.importorskip("ray", reason="Ray is not installed (requirements-ray.txt)")


class Marked(killed_runs.Shuffling):
    """Logs which process was asked."""

    def stream(self, reviews):
        for review in reviews:
            with self.log.open("a") as file:
                file.write(f"{os.getpid()} {review.user} {review.position}\n")
            time.sleep(0.02)
            yield [killed_runs.TeacherResult(review, killed_runs.answer(review), f"raw {review.user}", 1 + review.user % 3)]


@pytest.fixture(scope="module")
def cluster():
    from ray import cloudpickle

    from rdrec.teachers import on_ray

    cloudpickle.register_pickle_by_value(killed_runs)
    on_ray._connect(on_ray._ray(), None, 2)
    yield
    ray.shutdown()


def artefact(home):
    return {path.name: path.read_bytes() for path in sorted(home.rationales("made", "shuffling").iterdir())}


def marked(log):
    return Marked(Path(log))


def on_ray(home):
    from ray import cloudpickle

    from rdrec.teachers.on_ray import RayTeacher

    cloudpickle.register_pickle_by_value(__import__("sys").modules[__name__])
    return RayTeacher(partial(marked, str(home.root / "ray.log")), 2)


def test_two_workers_one_of_which_is_killed(home, cluster, monkeypatch):
    monkeypatch.setattr("rdrec.teachers.on_ray.integer", lambda name: 8)
    distil(home, "made", killed_runs.Shuffling(home.root / "asked.log"), progress=False)
    whole = artefact(home)
    (home.rationales("made", "shuffling") / "manifest.json").unlink()
    teacher, log = on_ray(home), home.root / "ray.log"
    killed = []

    def kill_one():
        until = time.monotonic() + 60
        while time.monotonic() < until:
            rows = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
            processes = {int(row[0]) for row in rows if len(row) == 3}
            if len(processes) == 2 and len(rows) > 30:
                killed.append(int(rows[-1][0]))
                os.kill(killed[0], signal.SIGKILL)
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill_one)
    killer.start()
    distil(home, "made", teacher, progress=False)
    killer.join()
    asked = [line.split() for line in log.read_text().splitlines()]
    assert killed and len({row[0] for row in asked}) >= 3, "the killed worker was replaced"
    assert artefact(home) == whole
    assert 140 < len(asked) <= 140 + 8, "only the block in work was asked again"


def test_an_error_of_the_teacher_is_its_own(home, cluster):
    from rdrec.core.records import RDRecError
    from rdrec.teachers.on_ray import RayTeacher

    def bad():
        raise RDRecError("no such model", todo="name one")

    with pytest.raises(RDRecError, match="no such model"):
        RayTeacher(bad, 2)


def test_the_command_gives_what_one_process_gives(home, cluster, capsys):
    from rdrec.cli.main import main

    base = ["distill", "--data", "made", "--home", str(home.root)]
    assert main([*base, "--max-requests", "3", "--engine", "ray"]) == 2
    assert "cannot be shared by several workers" in capsys.readouterr().err
    assert main(base) == 0
    single = (home.rationales("made", "keywords") / "rationales.parquet").read_bytes()
    (home.rationales("made", "keywords") / "manifest.json").unlink()
    assert main([*base, "--engine", "ray", "--workers", "2"]) == 0
    assert (home.rationales("made", "keywords") / "rationales.parquet").read_bytes() == single
