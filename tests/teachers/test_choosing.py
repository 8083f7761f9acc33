"""Parts of a run: chosen users, shards, and the shards put together to the bytes of one undivided run."""

import killed_runs
import pytest

from rdrec.cli.main import main
from rdrec.core.records import ArtefactError, Dataset, InputError, Review, UnknownNameError
from rdrec.core.storage import verify
from rdrec.data.rationales import load_rationales
from rdrec.data.store import load_dataset, save_dataset
from rdrec.teachers.choosing import Choice, parse_choice
from rdrec.teachers.merge import merge
from rdrec.teachers.run import SHARD_KIND, distil


def teacher(home):
    return killed_runs.Shuffling(home.root / "asked.log")


def artefact(home, name):
    return {path.name: path.read_bytes() for path in sorted(home.rationales("made", name).iterdir())}


@pytest.mark.parametrize("of", [1, 3, 7])
def test_shards_are_merged_to_the_bytes_of_one_run(home, of, monkeypatch):
    monkeypatch.setattr(killed_runs, "PAUSE", 0.0)
    distil(home, "made", teacher(home), progress=False)
    whole = artefact(home, "shuffling")
    (home.root / "asked.log").unlink()
    for which in range(1, of + 1):
        manifest = distil(home, "made", teacher(home), choice=Choice(shard=(which, of)), progress=False)
        assert manifest.meta["counts"]["unread"] == 0
    asked = (home.root / "asked.log").read_text().splitlines()
    assert len(asked) == len(set(asked)) == 140
    (home.rationales("made", "shuffling") / "manifest.json").unlink()
    merge(home, "made", "shuffling")
    assert artefact(home, "shuffling") == whole


def test_keywords_in_shards_by_command(home, capsys):
    base = ["distill", "--data", "made", "--home", str(home.root)]
    assert main(base) == 0
    whole = artefact(home, "keywords")
    for shard in ("1/2", "2/2"):
        assert main([*base, "--shard", shard]) == 0
    assert "then python -m rdrec distill merge keywords --data made" in capsys.readouterr().out
    assert main(["distill", "--home", str(home.root), "merge", "keywords", "--data", "made", "--json"]) == 0
    assert artefact(home, "keywords") == whole and '"reviews": 140' in capsys.readouterr().out


def test_incomplete_shards_are_not_merged(home, counting_teacher):
    with pytest.raises(UnknownNameError, match="no finished shard"):
        merge(home, "made", "keywords")
    distil(home, "made", counting_teacher(), choice=Choice(shard=(2, 3)), progress=False)
    with pytest.raises(InputError, match="missing: shard 1, 3 of 3"):
        merge(home, "made", "keywords")
    distil(home, "made", counting_teacher(), choice=Choice(shard=(1, 3)), progress=False)
    distil(home, "made", counting_teacher(), choice=Choice(shard=(3, 3)), limit=4, progress=False)
    with pytest.raises(InputError, match="not finished: shard 3"):
        merge(home, "made", "keywords")
    distil(home, "made", counting_teacher(), choice=Choice(shard=(1, 2)), progress=False)
    with pytest.raises(InputError, match="different splits: 2, 3"):
        merge(home, "made", "keywords")


def test_shards_that_do_not_belong_together_are_refused(home, counting_teacher):
    class Newer(counting_teacher):
        config = {"teacher": "keywords", "version": -1}  # noqa: RUF012

    distil(home, "made", counting_teacher(), choice=Choice(shard=(1, 2)), progress=False)
    distil(home, "made", Newer(), choice=Choice(shard=(2, 2)), progress=False)
    with pytest.raises(ArtefactError, match="different teachers or data"):
        merge(home, "made", "keywords")
    distil(home, "made", counting_teacher(), choice=Choice(shard=(2, 2)), progress=False)
    with (home.shard("made", "keywords", 2, 2) / "rationales.parquet").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ArtefactError, match="altered"):
        merge(home, "made", "keywords")
    distil(home, "made", counting_teacher(), choice=Choice(shard=(2, 2)), progress=False)
    data = load_dataset(home, "made")
    save_dataset(home, Dataset("made", data.users, data.items, data.interactions, None, {"title": "Other"}))
    with pytest.raises(ArtefactError, match="another version of the data set"):
        merge(home, "made", "keywords")


def test_a_shard_may_be_empty(home, counting_teacher):
    manifest = distil(home, "made", counting_teacher(), choice=Choice(shard=(30, 40)), progress=False)  # there are 20 users
    assert manifest.meta["counts"]["reviews"] == 0
    assert verify(home.shard("made", "keywords", 30, 40), SHARD_KIND)


def test_some_users_and_then_the_rest(home, counting_teacher):
    first, rest = counting_teacher(), counting_teacher()
    distil(home, "made", first, choice=parse_choice("2-3,20", None), progress=False)
    assert {user for user, _ in first.asked} == {2, 3, 20} and len(load_rationales(home, "made", "keywords")) == 21
    distil(home, "made", rest, progress=False)
    assert len(rest.asked) == 119 and len(load_rationales(home, "made", "keywords")) == 140


@pytest.mark.parametrize("users", ["", "0", "3-2", "a", "1,,2", "1-", "-1", "1234567890"])
def test_bad_users(users):
    with pytest.raises(InputError, match="--users"):
        parse_choice(users, None)


@pytest.mark.parametrize("shard", ["", "0/2", "3/2", "1", "1/0", "a/b", "1/10001", "1/2/3", "-1/2"])
def test_bad_shards(shard):
    with pytest.raises(InputError, match="--shard"):
        parse_choice(None, shard)


def test_every_review_is_in_one_shard():
    reviews = [Review(user, 0, 1, "x") for user in range(1, 100)]
    parts = [Choice(shard=(which, 7)).of(reviews) for which in range(1, 8)]
    assert sorted(r.user for part in parts for r in part) == list(range(1, 100))
    with pytest.raises(InputError, match="none of the chosen users"):
        Choice(users=((500, 600),)).of(reviews)
