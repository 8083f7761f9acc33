"""Numbers about teachers: worked by hand, with a control that fails where it should; comparisons; training on supported claims alone."""

import json

import numpy as np
import pandas as pd
import pytest
from told_reviews import SAID, TEXTS, told
from tolerances import printed

from rdrec.cli.distill_results import _line
from rdrec.cli.main import main
from rdrec.core.records import Claim, InputError, NothingFound, Rationale, Review, Span
from rdrec.core.storage import new_artefact, write_table
from rdrec.data import schema
from rdrec.data.rationales import answer_fields, as_table
from rdrec.data.store import dataset_sha256, load_dataset, save_dataset
from rdrec.teachers.compare import compare
from rdrec.teachers.measure import measure, source_auc
from rdrec.teachers.run import distil
from rdrec.teachers.supported import UNSUPPORTED, keep_supported, learned_texts, supported_only


def test_worked_by_hand():
    found = measure(told())
    assert (found.rationales, found.claims, found.supported, found.faithful, found.copied, found.auc) == (
        4,
        4,
        1.0,
        1.0,
        0.0,
        1.0,
    )
    assert found.words == 7.0 and found.distinct == 1.0 and found.why_not == {}
    moved = measure(told(TEXTS, SAID[1:] + SAID[:1]))
    assert (moved.supported, moved.faithful, moved.why_not) == (0.0, 0.0, {"no evidence given": 4})


def test_the_control_fails_for_what_fits_every_review():
    """Rationales that say the same of every review cannot be told from shuffled ones: AUC near one half."""
    texts = [f"{text} The price is good." for text in TEXTS * 5]
    assert source_auc(told(texts, ["a good price"] * 20)) == 0.5
    assert source_auc(told(TEXTS * 5, SAID * 5)) > 0.8  # the same review text comes up again: not quite 1
    assert source_auc(told()[:1]) is None and measure([]).supported is None


def test_auc_is_the_share_of_pairs_that_are_in_order(monkeypatch):
    own, other = [0.2, 0.9, 0.9, 0.5], [0.2, 0.1, 0.9, 0.0]
    scores = iter([*own, *other])
    monkeypatch.setattr("rdrec.teachers.measure._support", lambda text, claims: next(scores))
    naive = np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a in own for b in other])
    assert source_auc(told()) == pytest.approx(naive)


def test_a_large_set_is_sampled_the_same_way_each_time(monkeypatch):
    monkeypatch.setattr("rdrec.teachers.measure.integer", lambda name: 5)
    many = told(TEXTS * 5, SAID * 5)
    assert measure(many).rationales == 5 and measure(many, 1) == measure(many, 1)


TEXT = "The clamps aren't sturdy, but I love the warm sound."
SOUND = Claim("user_preference", "a warm sound", "like", (Span(TEXT.index("love"), len(TEXT)),))
INVENTED = Claim("user_preference", "a velvet bag", "like")
CLAMPS = Claim("item_attribution", "sturdy clamps", "like", (Span(0, 24),))
WEAK = Claim("user_preference", "weak clamps", "dislike", (Span(0, 24),))


def test_only_what_is_supported_is_kept():
    review = Review(1, 0, 1, TEXT)
    both = Rationale(
        "The user prefers a warm sound and a velvet bag.", "The item's attributes are sturdy clamps.", (SOUND, INVENTED, CLAMPS)
    )
    assert keep_supported(review, both) == Rationale("The user prefers a warm sound.", None, (SOUND,))
    whole = Rationale("The user loves a warm sound most of all.", None, (SOUND,))
    assert keep_supported(review, whole) == whole, "a supported sentence keeps its words"
    signs = Rationale("The user prefers a warm sound and a velvet bag.", None, (SOUND, INVENTED, WEAK))
    assert keep_supported(review, signs).user_preference == "The user prefers a warm sound, and dislikes weak clamps."
    assert keep_supported(review, Rationale("The user prefers a velvet bag.", None, (INVENTED,))) == NothingFound(UNSUPPORTED)
    unclaimed = Rationale("The user prefers a warm sound.", "The item's attributes are these.", (SOUND,))
    assert keep_supported(review, unclaimed).item_attribution is None


def save(home, name, answers):
    rows = load_dataset(home, "made").interactions.query("review.notna()")
    keys = rows[["user", "position", "item"]].astype(int).to_dict("records")
    table = as_table([{**key, **answer_fields(answers(row))} for key, row in zip(keys, rows.itertuples(), strict=True)])
    meta = {"data": "made", "data_sha256": dataset_sha256(home, "made"), "teacher": name, "counts": {}}
    with new_artefact(home.rationales("made", name), "rationales", meta) as folder:
        write_table(table, folder / "rationales.parquet")
    return table


def test_two_teachers_side_by_side(home, counting_teacher, capsys):
    distil(home, "made", counting_teacher(), progress=False)
    said = {0: "sturdy clamps", 7: "quiet things"}

    def echo(row):
        return (
            Rationale(f"The user prefers {said.get(row.position, 'a low price')}.", None)
            if row.position != 1
            else NothingFound("x")
        )

    save(home, "echo", echo)
    found = compare(home, "made", "keywords", "echo")
    assert found.reviews == 140 and sum(found.status.values()) == 140 and found.status[("ok", "nothing")] == 20
    assert found.one.auc > found.other.auc and found.one.supported is None and 0 < found.other.supported < 0.5
    assert 0 < found.agree < 1 and found.opposed == 0.0 and found.alike > found.by_chance
    assert all(example.alike == 0 for example in found.examples) and len(found.examples) == 5
    back = compare(home, "made", "echo", "keywords")
    assert (back.alike, back.status[("nothing", "ok")]) == (pytest.approx(found.alike), 20)
    assert main(["distill", "compare", "keywords", "echo", "--data", "made", "--home", str(home.root), "--json"]) == 0
    out = capsys.readouterr().out
    assert '"by_chance"' in out.splitlines()[-1] and "keywords: The user prefers" in out
    personal = json.loads(out.splitlines()[-1])["how_personal"]
    assert personal["keywords"]["user_preference"]["item"]["words"] > 0 and "keywords, user preference: by user words" in out
    assert personal["echo"]["item_attribution"] is None and "echo, item attribution: not measured, 0 texts" in out
    with pytest.raises(InputError, match="same teacher"):
        compare(home, "made", "echo", "echo")


def test_opposites_are_counted(home):
    save(home, "yes", lambda row: Rationale("The user prefers sturdy clamps.", None))
    save(home, "no", lambda row: Rationale("The user dislikes sturdy clamps.", None))
    found = compare(home, "made", "yes", "no")
    assert (found.agree, found.opposed, found.alike) == (0.0, 1.0, 1.0)


def test_training_on_supported_claims_alone(home, toy_dataset):
    save_dataset(home, toy_dataset)
    rows = toy_dataset.interactions
    frame = pd.DataFrame({name: rows[name] for name in ("user", "position", "item")})
    frame["status"], frame["reason"], frame["claims"] = "ok", None, "[]"
    frame["user_preference"] = [f"The user prefers a {s} {f}." for s, f in zip(rows["summary"], rows["feature"], strict=True)]
    frame["item_attribution"] = "The item's attributes are a velvet unicorn."
    table = supported_only(rows, schema.cast(frame, schema.RATIONALES))
    assert len(table) == len(rows) and table["item_attribution"].isna().all()
    assert (table["status"] == "ok").mean() > 0.9


def test_the_answer_key_is_learned_unchecked_and_other_teachers_checked(home, toy_dataset):
    rows = toy_dataset.interactions
    frame = pd.DataFrame({name: rows[name] for name in ("user", "position", "item")})
    claim = [{"kind": "user_preference", "text": "a velvet unicorn", "polarity": "like", "spans": []}]
    frame["status"], frame["reason"], frame["claims"] = "ok", None, json.dumps(claim)
    frame["user_preference"], frame["item_attribution"] = "The user prefers a velvet unicorn.", None
    table = schema.cast(frame, schema.RATIONALES)
    assert learned_texts(rows, table, "all", "t") is table
    assert (learned_texts(rows, table, "canonical", "answer-key")["status"] == "ok").all()
    assert (learned_texts(rows, table, "canonical", "t")["status"] == "nothing").all()


def test_the_option_reaches_training(home, toy_dataset, toy_rationales, monkeypatch):
    from rdrec.student import run as training

    class Stop(Exception):
        pass

    seen = []

    def sampler(view, rationales, variant, seed, ablate):
        seen.append(rationales)
        raise Stop

    save_dataset(home, toy_dataset)
    meta = {"data": "toy", "data_sha256": dataset_sha256(home, "toy"), "teacher": "t"}
    invented = toy_rationales.assign(
        user_preference="The user prefers a velvet unicorn.", item_attribution=None, status="ok", reason=None
    )
    with new_artefact(home.rationales("toy", "t"), "rationales", meta) as folder:
        write_table(schema.for_disk(invented, schema.RATIONALES), folder / "rationales.parquet")
    monkeypatch.setattr(training, "Sampler", sampler)
    for claims in ("all", "supported", "canonical"):
        monkeypatch.setattr("sys.stderr", open("/dev/null", "w"))  # noqa: SIM115, PTH123
        with pytest.raises(Stop):
            main(["train", "--data", "toy", "--home", str(home.root), "--teacher", "t", "--claims", claims])
    assert (seen[0]["status"] == "ok").all()
    assert (seen[1]["status"] == "nothing").all() and (seen[2]["status"] == "nothing").all()


def test_released_rationales_come_in_as_a_teacher_of_their_own(home, tmp_path, capsys):
    """Five records: two good, one verbatim in both fields, one in one field, one blank."""
    texts = load_dataset(home, "made").interactions["review"]
    said = [
        ("The user prefers sturdy clamps.", "The item's attributes are sturdy clamps."),
        (texts[1], texts[1]),
        (texts[3], "The item's attributes are quick delivery."),
        ("", ""),
        ("The user prefers a long cord.", None),
    ]
    records = [
        {"user": "U1", "item": f"I{1 + position}", "explanation": texts[position], "feature": "x"}
        | {"user_preference": one, "item_attribution": other}
        for position, (one, other) in zip((0, 1, 3, 4, 6), said, strict=True)
    ]
    path = tmp_path / "explanation_rationale.json"
    path.write_text(json.dumps({"train": records, "val": [], "test": []}))
    command = ["distill", "import", str(path), "--data", "made", "--home", str(home.root), "--name", "llama", "--json"]
    assert main(command) == 0
    out = capsys.readouterr().out
    answer = json.loads(out.splitlines()[-1])
    assert (answer["records"], answer["verbatim"], answer["verbatim_share"]) == (5, 1, 0.2)
    assert answer["measured"]["rationales"] == 3 and answer["measured"]["copied"] == pytest.approx(1 / 3, abs=printed(4))
    assert "20.0%" in out
    command[-2] = "keywords"
    assert main(command) == 2
    path.write_text(json.dumps({"train": [records[0] | {"user": "U99"}], "val": [], "test": []}))
    command[-2] = "llama"
    assert main(command) == 2 and "no purchase of item" in capsys.readouterr().err


def test_a_teacher_without_rationales_has_no_measurements():
    assert _line("silent", measure([])) == "silent: no claims to check"
