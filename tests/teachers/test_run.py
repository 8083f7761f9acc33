"""Distilling: every review once, whatever happens on the way, and the same bytes at the end."""

import json
from pathlib import Path

import pytest

from rdrec.cli.main import main
from rdrec.core.journal import Journal
from rdrec.core.records import InputError, Rationale, UnknownNameError
from rdrec.data.rationales import answer_of, load_rationales
from rdrec.data.store import load_dataset
from rdrec.teachers import keywords
from rdrec.teachers.opinion_rules import opinions
from rdrec.teachers.run import distil

PROJECT = Path(__file__).parents[2]


def artefact(home):
    folder = home.rationales("made", "keywords")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def whole(home, counting_teacher):
    """The bytes of an uninterrupted run; the home is as if it had not been."""
    import shutil

    distil(home, "made", counting_teacher(), progress=False)
    content = artefact(home)
    shutil.rmtree(home.rationales("made", "keywords"))
    return content


def test_every_review_once(home, counting_teacher):
    teacher = counting_teacher()
    manifest = distil(home, "made", teacher, progress=False)
    assert len(teacher.asked) == len(set(teacher.asked)) == 140  # 20 users, 7 of 8 purchases have a text
    assert manifest.meta["counts"] == {
        "reviews": 140,
        "ok": 80,
        "nothing": {"no opinion found": 20, "no words": 20, "not English": 20},
        "failed": {},
        "unread": 0,
    }
    table = load_rationales(home, "made", "keywords")
    assert list(zip(table["user"], table["position"], strict=True)) == sorted(teacher.asked)
    reviews = load_dataset(home, "made").interactions.set_index(["user", "position"])["review"]
    for row in table.to_dict("records"):
        if isinstance(answer := answer_of(row), Rationale):
            text = reviews[(row["user"], row["position"])]
            assert all(text[span.start : span.end].strip() for claim in answer.claims for span in claim.spans)
    assert not list(home.rationales("made", "keywords").parent.glob(".*"))  # no journal, no temporary folder


def test_a_fault_of_the_rules_is_counted_and_the_next_run_asks_again(home, whole, monkeypatch, capsys):
    def broken(doc, offset, rating):
        if "zipper" in doc.text:
            raise IndexError("no such word")
        return opinions(doc, offset, rating)

    command = ["distill", "--home", str(home.root), "--data", "made", "--teacher", "keywords", "--processes", "1"]
    with monkeypatch.context() as patch:
        patch.setattr(keywords, "opinions", broken)
        assert main(command) == 0
    assert "20 failed: fault: IndexError in the rules; run the same command again" in capsys.readouterr().out
    table = load_rationales(home, "made", "keywords")
    assert (table["status"] == "failed").sum() == 20 and (table["status"] == "ok").sum() == 60
    assert main(command) == 0
    assert artefact(home) == whole


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("stop_after", [0, 1, 4, 5, 6, 77, 139])
def test_a_failing_teacher_loses_no_answer(home, whole, counting_teacher, stop_after, error):
    first = counting_teacher(stop_after, error)
    with pytest.raises(error):
        distil(home, "made", first, progress=False)
    assert home.names("rationales", "made") == []  # nothing half-made under the final name
    second = counting_teacher()
    distil(home, "made", second, progress=False)
    assert len(first.asked) == stop_after and not set(first.asked) & set(second.asked)
    assert len(first.asked) + len(second.asked) == 140
    assert artefact(home) == whole


def test_stopped_at_every_append(home, whole, counting_teacher, monkeypatch):
    """The journal fails at its first append, then its second, ... until the run comes through."""
    real, runs, asked = Journal.append, 0, []
    while True:
        left = 1

        def append(journal, values):
            nonlocal left
            if left == 0:
                raise OSError("No space left on device")
            left -= 1
            real(journal, values)

        monkeypatch.setattr(Journal, "append", append)
        teacher, runs = counting_teacher(), runs + 1
        try:
            distil(home, "made", teacher, progress=False)
            break
        except OSError:
            asked.append(teacher.asked)
    assert runs == 28 and all(len(batch) == 10 for batch in asked)  # one batch kept, one lost, each time
    assert artefact(home) == whole


def test_what_is_finished_is_not_asked_again(home, counting_teacher):
    first, again, more = counting_teacher(), counting_teacher(), counting_teacher()
    distil(home, "made", first, limit=30, progress=False)
    assert len(first.asked) == 30 and len(load_rationales(home, "made", "keywords")) == 30
    distil(home, "made", again, limit=30, progress=False)
    assert again.asked == []
    distil(home, "made", more, progress=False)
    assert len(more.asked) == 110 and len(load_rationales(home, "made", "keywords")) == 140
    kept = counting_teacher()
    assert distil(home, "made", kept, limit=5, progress=False).meta["counts"]["unread"] == 0
    assert kept.asked == [] and len(load_rationales(home, "made", "keywords")) == 140, "a small limit takes nothing away"


def test_answers_of_another_teacher_are_not_mixed_in(home, counting_teacher):
    distil(home, "made", counting_teacher(), progress=False)

    class Newer(counting_teacher):
        @property
        def config(self):
            return {"teacher": "keywords", "version": -1}

    newer = Newer()
    distil(home, "made", newer, progress=False)
    assert len(newer.asked) == 140


def test_bad_input(home, counting_teacher):
    with pytest.raises(InputError, match="--limit is 0"):
        distil(home, "made", counting_teacher(), limit=0)
    with pytest.raises(UnknownNameError, match="available: made"):
        distil(home, "other", counting_teacher())


def test_command(home, capsys):
    from rdrec.cli.main import main

    assert main(["distill", "--data", "made", "--home", str(home.root), "--json"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "80 with a rationale (57.1%)" in printed[0]
    answer = json.loads(printed[-1])
    assert (answer["reviews"], answer["rationales"], answer["nothing"]["not English"]) == (140, 80, 20)
    assert main(["distill", "--data", "made", "--home", str(home.root), "--teacher", "oracle"]) == 2
    assert "use one of keywords, llama, local, http" in capsys.readouterr().err
    assert main(["distill", "--data", "../made", "--home", str(home.root)]) == 2
