"""Every stage is killed and interrupted at its storage operations and at random moments; run again, it writes the same bytes.

By default the cheap stages are killed once and interrupted once each. RDREC_KILLS=10 kills every stage ten times and interrupts it five times,
which takes an hour; RDREC_KILLS_STAGES=train,rival names some of them.
"""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from tiny_stages import stages
from workshop import check_what_is_visible, contents, workshop_in

TIMES = int(os.environ.get("RDREC_KILLS", "0"))
ASKED = tuple(os.environ.get("RDREC_KILLS_STAGES", "").split(","))
EVERY = stages(Path("reviews"), "server", (Path("model"), Path("prompt")))
TRIED = [
    name
    for name, stage in EVERY.items()
    if (TIMES or not stage.slow) and name.startswith(ASKED) and not name.endswith(" 1") and name != "train baseline 0"
]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    with workshop_in(tmp_path_factory.mktemp("kills"), llama=bool(TIMES)) as made:
        yield made


def ends_early(workshop, name, sent, rng, *, older, at_operation):
    """One run that ends early over no result or over an older one; the same command again writes what it would have written."""
    stage = workshop.known[name]
    whole = contents(workshop.after(name))
    work = workshop.before(name, workshop.root / "work")
    replace = stage.replace if older else ()
    if older:
        assert workshop.run(name, work, *stage.older).code == 0
    if at_operation:
        ended = workshop.run(name, work, *replace, stop=(sent, rng.randint(1, workshop.operations[name])))
    else:
        ended = workshop.run(name, work, *replace, meanwhile=_later(rng.uniform(0, workshop.seconds[name]), sent))
    assert ended.code in ((-sent, 0) if sent == signal.SIGKILL else (130, 0)), ended.said
    assert "Traceback" not in ended.said
    check_what_is_visible(work)
    finished = whole.items() <= contents(work).items()
    if contents(work) != whole:
        again = workshop.run(name, work, *(stage.replace if finished else replace))
        assert again.code == 0, again.said
        found = contents(work)
        assert sorted(found) == sorted(whole), "left over or missing"
        assert [path for path in whole if found[path] != whole[path]] == [], "other bytes"
    return ended.code != 0


def _later(seconds, sent):
    def send(process):
        time.sleep(seconds)
        os.kill(process, sent)

    return send


@pytest.mark.parametrize("name", TRIED)
def test_a_stage_that_ends_early_leaves_nothing_half_done(workshop, name):
    rng, older = random.Random(name), EVERY[name].older is not None
    workshop.after(name)
    plan = [(signal.SIGKILL, older, True), (signal.SIGINT, False, True)]
    if TIMES:
        plan = [(signal.SIGKILL, older and turn % 3 == 1, turn % 2 == 0) for turn in range(TIMES)]
        plan += [(signal.SIGINT, older and turn % 3 == 1, turn % 2 == 0) for turn in range(TIMES // 2)]
    early = [ends_early(workshop, name, sent, rng, older=over, at_operation=at) for sent, over, at in plan]
    print(f"{name}: {len(early)} runs, {sum(early)} ended early")
