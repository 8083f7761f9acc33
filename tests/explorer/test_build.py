"""Precomputing, from the home to the folder that the page reads, and the live run that must reproduce it."""

import copy
import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from tolerances import LOG_PROBABILITY

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError, RDRecError
from rdrec.core.settings import changed
from rdrec.core.storage import new_artefact, read_manifest, read_table, write_table
from rdrec.core.vocabulary import PROTOCOLS
from rdrec.data.cases import Case, cases
from rdrec.data.splits import protocol_view
from rdrec.data.store import dataset_sha256, save_dataset
from rdrec.explorer.build import build
from rdrec.explorer.build_students import BuildPlan
from rdrec.explorer.live_students import LiveStudents
from rdrec.explorer.marks import beam_misses, described_correctly, lost_by_beams, taste_drift
from rdrec.explorer.store import Store
from rdrec.ranking.beam import constrained_beams
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.trie import build_trie
from rdrec.student.batches import Row, make_batch
from rdrec.student.checkpoint import StudentCard, load_student, save_student
from rdrec.student.quantize import quantize
from rdrec.student.tasks import Task, input_text

PLAN = BuildPlan("toy", "clean", 0, "offline", None, "rdrec-nf4", "baseline-nf4", "scrambled-nf4", 16, "make it")


@pytest.fixture(scope="module", autouse=True)
def short_searches():
    """Few sentences to choose among, and few that are checked: untrained students write to the last token that they may."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"train.text_samples": 3, "train.text_beams": 2, "evaluate.check_texts": 4}.items():
            patch.setitem(changed(), name, value)
        yield


@pytest.fixture(scope="module")
def home(toy_dataset, toy_rationales, toy_student, tmp_path_factory):
    """A home with the toy data set, its rationales and three untrained quantised students."""
    home = Home(tmp_path_factory.mktemp("home"))
    save_dataset(home, toy_dataset)
    sha256 = dataset_sha256(home, "toy")
    meta = {"data": "toy", "data_sha256": sha256, "teacher": "offline", "teacher_config": {}, "counts": {}}
    with new_artefact(home.rationales("toy", "offline"), "rationales", meta) as folder:
        write_table(toy_rationales, folder / "rationales.parquet")
    told_sha256 = read_manifest(home.rationales("toy", "offline"), "rationales").sha256
    student, tokenizer = toy_student
    for variant in ("rdrec", "baseline", "scrambled"):
        told = None if variant == "baseline" else told_sha256
        tasks = [task.key for task in Task if variant != "baseline" or task.value < 3]
        size = student.parameters_count
        card = StudentCard(
            "toy",
            sha256,
            30,
            130,
            "tiny",
            variant,
            "clean",
            0,
            "offline",
            told,
            None,
            1,
            {},
            tasks,
            size,
            "fp32",
            None,
            size * 4,
        )
        own = copy.deepcopy(student)  # different weights, so that a mix-up of students is detected
        with torch.no_grad():
            own.t5.shared.weight += torch.randn(
                own.t5.shared.weight.shape, generator=torch.Generator().manual_seed(len(variant))
            )
        save_student(home.student("toy", variant), own, tokenizer, card)
        quantize(home.student("toy", variant), home.student("toy", f"{variant}-nf4"), "nf4")
    return home


@pytest.fixture(scope="module")
def store(home):
    build(home, PLAN, progress=False)
    return Store.open(home.precomputed("toy"))


def test_tables_contain_the_students_rankings(home, store, toy_dataset):
    view = protocol_view(toy_dataset, "clean", 0)
    recommender = Recommender(load_student(home.student("toy", "rdrec-nf4")), view.item_ids)
    for task in ("sequential", "topn"):
        case = cases(view, task)[4]
        if task == "sequential":
            scores = recommender.sequential([case.user], [case.history.tolist()])[0]
        else:
            assert store.candidates(case.user) == case.compete.tolist()
            scores = recommender.topn([case.user], [case.compete.tolist()])[0]
        shown = store.predictions(case.user, task)["rdrec"]
        assert [p.rank for p in shown] == list(range(1, 21))
        (temperature,) = (facts.temperatures[task] for facts in store.facts.students if facts.role == "rdrec")
        weights = np.exp(scores.astype(np.float64) / temperature)
        assert temperature != 1 and [p.probability for p in shown] == pytest.approx(
            [float(weights[p.item.item] / weights[case.compete].sum()) for p in shown], rel=LOG_PROBABILITY
        )
        assert shown[0].probability == pytest.approx(
            float(weights[case.compete].max() / weights[case.compete].sum()), rel=LOG_PROBABILITY
        )
        truth = store.truth(case.user, task)["rdrec"]
        assert truth.item.item == case.truth and truth.among == len(case.compete)
        assert truth.rank == 1 + int((scores[case.compete] > scores[case.truth]).sum())


def test_texts_are_the_students_own(home, store, toy_dataset):
    view = protocol_view(toy_dataset, "clean", 0)
    recommender = Recommender(load_student(home.student("toy", "rdrec-nf4")), view.item_ids)
    truth = int(view.histories[2][-1])
    written = {(text.student, text.task): text for text in store.texts(3)}
    assert set(written) == {
        ("rdrec", "explanation"),
        ("rdrec", "user_preference"),
        ("rdrec", "item_attribution"),
        ("baseline", "explanation"),
        ("scrambled", "user_preference"),
    }
    for task in (Task.EXPLANATION, Task.USER_PREFERENCE, Task.ITEM_ATTRIBUTION):
        assert written["rdrec", task.key].text == recommender.texts(task, [3], [truth])[0]
    last = toy_dataset.interactions[toy_dataset.interactions["user"] == 3].iloc[-1]
    assert written["rdrec", "explanation"].reference == last["explanation"]


def test_evaluation_and_featured_users_follow_from_the_ranks(store):
    rows = store.evaluation()
    assert {row.model for row in rows} == {
        "rdrec",
        "baseline",
        "scrambled",
        "popularity",
        "bought together",
        "max-id rule",
        "order rule",
    }
    assert {row.seed for row in rows} == {0}
    blind = {row.model for row in rows if row.protocol == "any"}
    assert blind >= {"popularity", "bought together"}, "these rules read no item numbers"
    assert {row.protocol for row in rows if row.model not in blind} == {"clean"} and "max-id rule" not in blind
    ranks = [store.truth(user, "sequential")["rdrec"].rank for user in range(1, 31)]
    hit = next(row for row in rows if (row.model, row.task, row.metric) == ("rdrec", "sequential", "HR@10"))
    assert hit.value == pytest.approx(np.mean(np.array(ranks) <= 10))
    assert store.featured_users()


def test_checks_and_measures_beyond_accuracy_are_kept(store):
    """Nobody gathered training runs here: the students of the page are measured themselves."""
    found = store.seed_results()
    methods = {
        "rdrec:offline",
        "baseline:offline",
        "scrambled:offline",
        "popularity",
        "bought together",
        "max-id rule",
        "order rule",
    }
    assert {one.method for one in found.shown} == methods and {one.seed for one in found.shown} == {0}
    best = store.predictions(3, "sequential")["rdrec"][:10]
    shown = next(one for one in found.shown if one.method == "rdrec:offline")
    assert 0 < shown.coverage <= 1 and shown.top_share > 0 and shown.similarity is not None and len(best) == 10
    assert {one.method for one in found.checks} == {"rdrec:offline", "scrambled:offline"}
    assert {one.check.outcome for one in found.checks} <= {"not learned", "nothing to learn"}, "nobody trained these students"
    assert set(found.checks_of_methods) == {"rdrec:offline", "scrambled:offline"}


def test_a_further_student_with_ids_of_its_own_is_checked_too(home, toy_dataset, toy_student, tmp_path):
    """It is copied and checked, but not ranked, and it does not take the place of the page's student."""
    other = Home(tmp_path / "copy")
    shutil.copytree(home.root, other.root)
    student, tokenizer = toy_student
    card = load_student(other.student("toy", "rdrec")).card
    ids = np.concatenate([[0], 1 + np.random.default_rng(0).permutation(toy_dataset.n_items)])
    own = dataclasses.replace(card, training=card.training | {"ids": "clustered"})
    save_student(other.student("toy", "learned-ids"), student, tokenizer, own, item_ids=ids)
    build(other, dataclasses.replace(PLAN, ship=("learned-ids",)), progress=False)
    shipped = Store.open(other.precomputed("toy"))
    found = shipped.seed_results()
    assert list(found.checks_of_methods) == ["rdrec:offline", "scrambled:offline", "rdrec:offline with clustered numbers"]
    assert {check.outcome for check in found.checks_of_methods["rdrec:offline with clustered numbers"]} <= {
        "not learned",
        "nothing to learn",
    }
    assert [one.run for one in shipped.facts.shipped] == ["learned-ids"]
    assert "rdrec:offline with clustered numbers" not in {one.method for one in found.shown}


def test_the_training_of_the_students_is_kept_if_the_home_has_it(home, store, tmp_path):
    """From the student in fp32, because a quantised one has no curve; older sets and students without a curve have none."""
    assert store.curves() == ()
    other = Home(tmp_path / "copy")
    shutil.copytree(home.root, other.root)
    found = load_student(other.student("toy", "rdrec"))
    epochs = [
        {
            "epoch": epoch,
            "train": {},
            "validation": {"topn": 5.0 - epoch},
            "score": 1.0,
            "ndcg": ndcg,
            "gaps": {"explanation": 0.1},
        }
        for epoch, ndcg in ((1, None), (2, 0.25))
    ]
    save_student(other.student("toy", "rdrec"), found.model, found.tokenizer, found.card, epochs)
    quantize(other.student("toy", "rdrec"), other.student("toy", "rdrec-nf4"), "nf4")
    build(other, PLAN, progress=False)
    (curve,) = Store.open(other.precomputed("toy")).curves()
    assert (curve.method, curve.protocol, curve.data) == ("rdrec:offline", "clean", "toy")
    assert curve.measures["ndcg"] == (None, 0.25) and curve.measures["loss_topn"] == (4.0, 3.0)
    assert curve.measures["gap_explanation"] == (0.1, 0.1) and curve.measures["gap_user_preference"] == (None, None)


def test_the_leak_audit_is_kept_beside_the_evaluation(store):
    found = {(row.protocol, row.measure): row.value for row in store.leak_audit()}
    assert {protocol for protocol, _ in found} == set(PROTOCOLS)
    assert found["clean", "test text in training"] == 0.0
    assert found["temporal", "later purchases"] == 0.0


def test_a_live_run_reproduces_the_precomputed_results(store):
    live = LiveStudents(store)
    for task in ("sequential", "topn"):
        answer = live.predict(7, task)
        assert answer.precision == "nf4" and answer.device in ("cpu", "cuda")
        for student in answer.result:
            shown = store.predictions(7, task)[student.role]
            assert student.items == [p.item.item for p in shown]
            assert student.probabilities == pytest.approx([p.probability for p in shown], rel=LOG_PROBABILITY)
            assert student.truth_rank == store.truth(7, task)[student.role].rank
    assert live.predict(8, "sequential").load_ms is None, "loaded once"


def test_two_builds_are_byte_identical(home, store):
    first = {path.relative_to(store.folder): path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}
    assert len(first) > 20
    build(home, PLAN, progress=False)
    assert {path.relative_to(store.folder): path.read_bytes() for path in store.folder.rglob("*") if path.is_file()} == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rdrec": "baseline-nf4"}, "has the variant baseline, not rdrec"),
        ({"protocol": "published"}, "must not be mixed"),
        ({"seed": 3}, "must not be mixed"),
    ],
)
def test_students_of_another_variant_protocol_or_seed_are_refused(home, change, message):
    with pytest.raises(InputError, match=message):
        build(home, dataclasses.replace(PLAN, **change), progress=False)


def test_outdated_and_incomparable_students_are_refused(home, toy_student, tmp_path):
    """A retrained fp32 original, other rationales, another shape: each is refused."""
    other = Home(tmp_path / "copy")
    shutil.copytree(home.root, other.root)
    student, tokenizer = toy_student
    card = load_student(home.student("toy", "rdrec")).card
    save_student(other.student("toy", "rdrec"), student, tokenizer, card)
    with pytest.raises(ArtefactError, match="trained again after this student was quantised"):
        build(other, PLAN, progress=False)
    for change, message in (
        ({"rationales_sha256": "x"}, "earlier version of these rationales"),
        ({"shape": "mini"}, "shape: mini, but the rdrec student has"),
    ):
        save_student(other.student("toy", "odd"), student, tokenizer, dataclasses.replace(card, variant="scrambled", **change))
        with pytest.raises(RDRecError, match=message):
            build(other, dataclasses.replace(PLAN, rdrec="rdrec", baseline="baseline", scrambled="odd"), progress=False)


def test_students_of_another_version_are_refused(home, store, toy_dataset, tmp_path):
    other = Home(tmp_path)
    for folder in ("students", "rationales"):
        (tmp_path / folder).symlink_to(home.root / folder)
    save_dataset(other, dataclasses.replace(toy_dataset, meta={"title": "changed"}))
    with pytest.raises(ArtefactError, match="another version"):
        build(other, PLAN, progress=False)
    assert not other.names("precomputed")


def test_tables_are_sorted_by_user(store):
    for name in ("history", "predictions", "truths", "texts"):
        assert read_table(store.folder / f"{name}.parquet")["user"].is_monotonic_increasing


def test_drift_is_the_share_of_new_categories(toy_dataset):
    """By hand: three of the later four items have categories absent from the earlier four."""
    items = toy_dataset.items.assign(categories=[f"c{number % 7}" for number in toy_dataset.items["item"]])
    view = protocol_view(dataclasses.replace(toy_dataset, items=items), "clean", 0)
    history = np.array([7, 14, 21, 28, 35, 1, 2, 3])  # categories 0 0 0 0 | 0 1 2 3
    short = np.array([7, 1, 2])
    found = taste_drift(view, [Case(1, history, 5, None, 130), Case(2, short, 5, None, 130)])
    assert found[0] == 0.75 and np.isnan(found[1])
    nameless = protocol_view(dataclasses.replace(toy_dataset, items=items.assign(categories=None)), "clean", 0)
    assert np.isnan(taste_drift(nameless, [Case(1, history, 5, None, 130)])).all()


def test_a_user_is_described_correctly_if_all_that_is_said_is_a_motive():
    said = {
        1: "The user prefers maps and wood.",
        2: "The user prefers maps and glue.",
        3: "The user dislikes maps.",
        4: "",
        5: "The user prefers wood.",
    }
    texts = pd.DataFrame(
        [(user, "rdrec", "user_preference", text) for user, text in said.items()], columns=["user", "student", "task", "text"]
    )
    others = texts.assign(student="baseline", text="The user prefers maps.")
    motives = pd.DataFrame(
        [(user, word, True) for user in (1, 2, 3, 4) for word in ("maps", "wood")], columns=["user", "motive", "named"]
    )
    users = [5, 1, 2, 3, 4, 6]
    found = described_correctly(users, pd.concat([others, texts]), motives)
    assert found.tolist() == [False, True, False, False, False, False], "5 has no motives, and nothing is said about 4 and 6"
    assert described_correctly(users, others, motives) is None
    assert described_correctly(users, texts, motives.iloc[:0]) is None


def test_lost_by_beams_agrees_with_a_real_search(home, toy_dataset):
    """Against transformers' beam search, over the exact top ten by the score that it approximates."""
    view = protocol_view(toy_dataset, "clean", 0)
    loaded = load_student(home.student("toy", "rdrec"))
    recommender, asked = Recommender(loaded, view.item_ids), cases(view, "sequential")[:6]
    trie = build_trie([loaded.tokenizer.encode_id(int(number)) for number in view.item_ids[1:]])
    exact = ExactRanker(loaded.model, trie, "raw")
    for case in asked:
        row = Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=case.user, item_ids=view.item_ids[case.history].tolist()))
        with torch.inference_mode():
            encoding = loaded.model.encode(make_batch([row], loaded.tokenizer))
        made = constrained_beams(loaded.model, encoding, trie, beams=3, keep=3).items[0]
        best = np.argsort(-exact.rank(encoding)[0].numpy(), kind="stable")[:10]
        expected = int((~np.isin(best, made)).sum())
        assert recommender.lost_by_beams([case.user], [case.history.tolist()], 3, 10) == [expected] and expected >= 7
    assert lost_by_beams(recommender, asked).shape == (6,)


def test_a_search_over_ids_of_several_tokens_loses_what_the_examples_say(toy_dataset, several):
    """At most a few a width, and what they say is what the replay finds for that shopper alone."""
    asked = cases(protocol_view(toy_dataset, "clean", 0), "sequential")[:12]
    found = beam_misses(several, asked, "clustered")
    assert list(found.columns) == ["student", "user", "beams", "lost", "first_rank"] and len(found)
    assert (found.groupby("beams").size() <= 3).all() and set(found["student"]) == {"clustered"}
    by_user = {case.user: case for case in asked}
    for row in found.itertuples():
        case = by_user[row.user]
        tree = several.beam_trees([row.user], [case.history.tolist()], [case.compete], [row.beams])[0][0]
        assert (row.lost, row.first_rank) == (len(tree.lost), tree.lost[0])


@pytest.fixture(scope="module")
def several(toy_dataset):
    """An untrained student whose ids are several tokens."""
    from transformers import T5Config, T5ForConditionalGeneration

    from rdrec.student.model import Student
    from rdrec.student.tokenizer import StudentTokenizer

    tokenizer = StudentTokenizer.train(["a clear sound"] * 5, users=toy_dataset.n_users, items=toy_dataset.n_items, digits=1)
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=tokenizer.size, d_model=32, d_kv=8, d_ff=64, num_layers=1, num_decoder_layers=1, num_heads=4,
        pad_token_id=tokenizer.pad, eos_token_id=tokenizer.eos, decoder_start_token_id=tokenizer.pad,
    )  # fmt: skip
    model = Student(T5ForConditionalGeneration(config)).eval()
    card = dataclasses.make_dataclass("Card", ["precision", "compat"])("fp32", False)
    loaded = dataclasses.make_dataclass("Loaded", ["model", "tokenizer", "card"])(model, tokenizer, card)
    return Recommender(loaded, np.arange(toy_dataset.n_items + 1))
