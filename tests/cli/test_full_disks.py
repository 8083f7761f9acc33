"""Every stage on a disk that fills up: one sentence, nothing half done, and the same command succeeds once there is room.

The disk is a small tmpfs, which takes root. By default the cheap stages meet one disk each, which is half too small; with RDREC_DISKS=4 all stages meet four,
which takes half an hour; RDREC_DISKS_STAGES=train,rival names some of them.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tiny_stages import stages
from workshop import ANSWERS, check_what_is_visible, contents, workshop_in

DISKS = int(os.environ.get("RDREC_DISKS", "0"))
ASKED = tuple(os.environ.get("RDREC_DISKS_STAGES", "").split(","))
TRIED = [
    name
    for name, stage in stages(Path("reviews"), "server", (Path("model"), Path("prompt"))).items()
    if (DISKS or not stage.slow) and name.startswith(ASKED) and not name.endswith(" 1") and name != "train baseline 0"
]
PAGE, PLENTY = 4096, 2**30
UNFINISHED = (".journal", ".training")  # what a run that is resumed may leave


def mount(*options):
    done = subprocess.run(["mount", *map(str, options)], capture_output=True, text=True)
    return done.stderr if done.returncode else ""


@pytest.fixture
def disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    if refused := mount("-t", "tmpfs", "-o", f"size={PLENTY}", "tmpfs", place):
        pytest.skip(f"this user may not mount a small disk ({refused.strip()})")
    (place / "other").write_bytes(b"." * PAGE)  # a size of 0 would mean no limit
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    with workshop_in(tmp_path_factory.mktemp("disks"), llama=bool(DISKS)) as made:
        yield made


def used(folder):
    return PLENTY - shutil.disk_usage(folder).free


@pytest.mark.parametrize("name", TRIED)
def test_a_stage_on_a_full_disk(workshop, name, disk):
    whole, home = contents(workshop.after(name)), disk / "home"
    shutil.copytree(workshop.after(name), home)
    after = used(disk)
    workshop.before(name, home)
    needs = after - used(disk)
    shares = [0.5] if not DISKS else [turn / DISKS for turn in range(DISKS)]
    for share in shares:
        workshop.before(name, home)
        room = used(disk) + int(needs * share) // PAGE * PAGE
        assert not mount("-o", f"remount,size={room}", disk)
        ended = workshop.run(name, home)
        assert ended.code == 2 and "Traceback" not in ended.said, ended.said
        sentence = ended.said.strip().splitlines()[-1]
        assert sentence.startswith(f"error: {home}") and "make room on the disk and run the command again" in sentence
        check_what_is_visible(home)
        unfinished = [path for path in home.rglob(".*") if not path.name.endswith(UNFINISHED)]
        found = contents(home)
        assert set(found.pop(ANSWERS).splitlines()) <= set(whole[ANSWERS].splitlines()), "answers that are kept so far"
        changed = [path for path in found if path in whole and found[path] != whole[path]]
        assert (unfinished, changed) == ([], [])
        assert not mount("-o", f"remount,size={PLENTY}", disk)
        again = workshop.run(name, home)
        assert again.code == 0, again.said
        assert contents(home) == whole
