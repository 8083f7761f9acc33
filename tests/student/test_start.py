"""A student that starts from data: before any training it ranks as the rules it claims to be; test items are never read."""

import copy
import dataclasses

import numpy as np
import pytest
import torch
from invented_shop import InventedShop, first_scores, item_tokens, rule_ndcg
from small_training import Killed

from rdrec.baselines.rules import Together, bought_together, popularity
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.item_vectors import communal_axes
from rdrec.data.splits import leave_one_out, protocol_view
from rdrec.data.together import SHRINK, bought_by_the_same
from rdrec.evaluation.validation_ndcg import validation_ndcg
from rdrec.student import sampling
from rdrec.student.batches import Row, make_batch
from rdrec.student.gap import own_and_other
from rdrec.student.id_vectors import IdVectors
from rdrec.student.language_layers import RankingWeights, language_layers
from rdrec.student.model import Student
from rdrec.student.rationale_axes import rationale_axes
from rdrec.student.sampling import text_rows
from rdrec.student.shapes import t5_config
from rdrec.student.start import start_from_data
from rdrec.student.start_vectors import Choice, id_vectors
from rdrec.student.tasks import ID_TASKS, RATIONALE_TASKS, Task, input_text
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.student.train import TrainSettings, train


@pytest.fixture(scope="module")
def view(toy_dataset):
    return protocol_view(toy_dataset, "clean", 5)


@pytest.fixture
def few_validation_rows(monkeypatch):
    """Losses of 32 rows of a task after an epoch: what a test of training needs, and much less than training itself takes."""
    monkeypatch.setattr(sampling, "integer", lambda name: 32 if name == "train.validation_rows" else integer(name))


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory):
    """For tests that train."""
    return InventedShop(tmp_path_factory.mktemp("small"), 150)


def test_before_training_a_student_ranks_as_the_rule_it_claims_to_be(shop):
    view = shop.view
    together, best_sellers = rule_ndcg(view, bought_together(view)), rule_ndcg(view, popularity(view))
    assert together > 1.3 * best_sellers, "the two rules can be told apart here"
    for shape in ("nano", "tiny"):
        found = validation_ndcg(*shop.started("baseline", shape), view)
        assert found >= 0.9 * together, shape
    assert validation_ndcg(*shop.started("rdrec"), view) > validation_ndcg(*shop.started("baseline"), view)


def test_the_history_stands_for_the_user_in_the_next_item_task_alone(shop):
    """Two users with the same history are ranked almost alike, as by the rule, which knows no user.  With rationales the user counts."""

    def likeness(variant, task, shape="nano"):
        """Mean correlation over pairs of users of what is predicted from the same items."""
        student, tokenizer = shop.started(variant, shape)
        rows = [Row(task, input_text(task, user=user, item_ids=[3, 40, 77])) for user in range(1, 21)]
        scores = first_scores(student, make_batch(rows, tokenizer), item_tokens(tokenizer, shop.view))
        one, other = (part - part.mean(dim=1, keepdim=True) for part in (scores[::2], scores[1::2]))
        return float(torch.cosine_similarity(one, other).mean())

    for shape in ("nano", "tiny", "mini"):
        assert likeness("baseline", Task.SEQUENTIAL, shape) > 0.95, shape
    assert likeness("rdrec", Task.SEQUENTIAL) < 0.9
    assert likeness("baseline", Task.TOPN) < 0.8


def test_the_newest_purchase_moves_the_ranking_as_it_moves_the_rule(shop):
    view = shop.view
    student, tokenizer = shop.started("baseline")
    together = Together(view)
    pairs = [(part[-6:], other[-1]) for part, other in zip(view.training_parts, view.training_parts[100:140], strict=False)]
    histories, newest = zip(*((history, item) for history, item in pairs if item not in history), strict=True)
    longer = [np.append(history, item) for history, item in zip(histories, newest, strict=True)]

    def scores(shown):
        rows = [
            Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=user, item_ids=view.item_ids[items]))
            for user, items in enumerate(shown, start=1)
        ]
        return first_scores(student, make_batch(rows, tokenizer), item_tokens(tokenizer, view)).numpy()

    before, after = scores(histories), scores(longer)
    by_rule = together.scores(histories)[:, 1:], together.scores(longer)[:, 1:]
    alike = [np.corrcoef(ours, rules)[0, 1] for ours, rules in zip(after - before, by_rule[1] - by_rule[0], strict=True)]
    sizes = [((later - earlier).std(axis=1) / later.std(axis=1)).mean() for earlier, later in ((before, after), by_rule)]
    assert np.mean(alike) > 0.5 and sizes[0] > 0.5 * sizes[1]


def test_scrambled_rationales_lend_the_start_nothing(shop):
    true, scrambled = (validation_ndcg(*shop.started(variant), shop.view) for variant in ("rdrec", "scrambled"))
    assert scrambled < true


def test_variants_start_from_what_they_claim(shop):
    def weights(variant):
        return shop.started(variant)[0].t5.shared.weight

    assert torch.equal(weights("tasks-only"), weights("baseline")), "from purchases alone"
    assert torch.equal(weights("start-only"), weights("rdrec")), "from purchases and rationales"
    assert not torch.equal(weights("rdrec"), weights("baseline"))


def test_texts_depend_on_the_id_before_any_training(shop):
    view, rationales = shop.view, shop.rationales
    student, tokenizer = shop.started("rdrec")
    rows = text_rows(view, rationales, "rdrec", "train", 0)  # of the part that the start has read; validation texts are too few
    for task in RATIONALE_TASKS:
        assert own_and_other(student, tokenizer, view.item_ids, task, rows.of(task)[:3000], 0).summary().low > 0, task


def test_products_of_axes_are_how_often_items_are_bought_together(view):
    """With an axis for every item nothing is lost between two items, so the products are the shrunk cosine, counted here pair by pair."""
    vectors, signs = communal_axes(bought_by_the_same(view.training_parts, 130)[1:, 1:], 130)
    carts = [set(leave_one_out(history).train.tolist()) for history in view.histories]
    own = {item: sum(item in cart for cart in carts) + SHRINK for item in range(1, 131)}
    for one, other in [(1, 2), (1, 3), (2, 9), (7, 30), (12, 99)]:
        cosine = sum(one in cart and other in cart for cart in carts) / (own[one] * own[other]) ** 0.5
        assert float((vectors[one] * signs) @ vectors[other]) == pytest.approx(cosine, abs=1e-9)
    assert not vectors[0].any()


def test_few_axes_say_little_of_an_item_with_itself(shop):
    view = shop.view
    vectors, signs = communal_axes(bought_by_the_same(view.training_parts, view.dataset.n_items)[1:, 1:], 62)
    bought = np.bincount(np.concatenate(view.training_parts), minlength=view.dataset.n_items + 1)[1:]
    assert (vectors[1:] ** 2 * signs).sum(axis=1).mean() < 0.5 * (bought / (bought + SHRINK)).mean()


def test_the_diagonal_is_what_the_axes_say_of_it(shop):
    """The rounds have nearly converged, as twenty of them show; the first one has not."""
    view = shop.view
    together = bought_by_the_same(view.training_parts, view.dataset.n_items)[1:, 1:].toarray()
    diagonals = [together.diagonal()]
    for _ in range(20):
        np.fill_diagonal(together, diagonals[-1])
        values, axes = np.linalg.eigh(together)
        most = np.argsort(-np.abs(values))[:62]
        diagonals.append((axes[:, most] ** 2 * values[most]).sum(axis=1))
    vectors, signs = communal_axes(bought_by_the_same(view.training_parts, view.dataset.n_items)[1:, 1:], 62)
    off = np.abs((vectors[1:] ** 2 * signs).sum(axis=1) - diagonals[-1]).mean()
    assert off < 0.1 * np.abs(diagonals[-1]).mean() < np.abs(diagonals[1] - diagonals[-1]).mean()


@pytest.mark.parametrize("measure", ["cosines", "partial correlations, ridge 300"])
def test_held_out_items_are_not_looked_at(view, measure):
    """Other test and validation items, same vectors, once the validation items have chosen the measure and the number of axes."""
    other = [np.concatenate([history[:-2], history[-2:] % 130 + 1]) for history in view.histories]
    one, two = (id_vectors(seen, None, 128, Choice(measure, 95)) for seen in (view, dataclasses.replace(view, histories=other)))
    assert np.array_equal(one.items, two.items) and np.array_equal(one.users, two.users)


def test_users_and_items_of_which_the_same_is_said_lie_together():
    preferences = [
        (1, "The user prefers rubber and teamwork."),
        (2, "The user prefers stories, not rubber."),
        (3, "The user dislikes stories."),
    ]
    attributes = [(1, "The item has rubber."), (2, "The item has stories and no rubber."), (3, "The item has teamwork.")]
    users, items, words = rationale_axes(preferences, attributes, 3, 4, 8)
    match = users @ items.T
    assert match[1].argmax() in (1, 3) and match[2].argmax() == 2, "each user's own"
    assert match[1, 2] < 0 and match[3, 2] < 0, "what is lacking or disliked counts against"
    assert not items[4].any() and not users[0].any(), "nothing is said of them"
    assert words["rubber"] @ items[1] > words["stories"] @ items[1]


def test_a_catalogue_of_longer_ids_is_refused(view):
    tokenizer = StudentTokenizer.train(["a clear sound"] * 5, users=30, items=130, digits=2)
    student = Student.from_scratch(t5_config("nano", tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos))
    with pytest.raises(InputError, match="more than one token"):
        start_from_data(student, tokenizer, view, None)


@pytest.mark.parametrize("shape", ["nano", "tiny"])
def test_language_is_learned_apart_from_what_ranks(shop, shape):
    """Sentences alone, with the vectors of ids and the other layers held: what is predicted first does not change, and texts do."""
    view, rationales = shop.view, shop.rationales
    student, tokenizer = shop.started("rdrec", shape)
    rows = [
        Row(Task.USER_PREFERENCE, f"user_{user}", text)
        for user, _, text in text_rows(view, rationales, "rdrec", "train", 0).user_preference[:64]
    ]
    asked = make_batch([Row(Task.SEQUENTIAL, f"user_{n} item_{n} item_{n + 9}") for n in range(1, 20)], tokenizer)

    def predicted():
        return first_scores(student, asked, item_tokens(tokenizer, view))

    def loss_of_texts():
        with torch.inference_mode():
            return student(make_batch(rows, tokenizer)).item()

    before, loss = predicted(), loss_of_texts()
    optimizer = torch.optim.AdamW([*language_layers(student), student.t5.shared.weight], lr=3e-3)
    ids, fixed = IdVectors(student, tokenizer, view), RankingWeights(student)
    for _ in range(30):
        optimizer.zero_grad()
        student(make_batch(rows, tokenizer)).backward()
        with ids.slowed(0.0), fixed.restored():
            optimizer.step()
    assert loss_of_texts() < loss - 1
    assert torch.equal(predicted(), before)


@pytest.mark.usefixtures("few_validation_rows")
def test_the_first_epochs_hold_sentences_alone_and_leave_the_ranking_as_it_was(small_shop, tmp_path, monkeypatch):
    scores = iter((1.0, 2.0, 3.0))
    monkeypatch.setattr("rdrec.student.train.validation_score", lambda losses, watch: next(scores))
    view, sampler = small_shop.view, small_shop.sampler("rdrec")
    student, tokenizer = small_shop.started("rdrec")
    settings = TrainSettings(
        seed=0, epochs=3, patience=9, batch_rows=128, text_rows=32, topn_rows=4, learning_rate=0, text_share=0.7, language_rate=0.3, schedule="cosine"
    ).of_start("data")  # fmt: skip
    assert settings.text_epochs == 2 and TrainSettings.of_start(settings, "random").text_epochs == 0
    asked = make_batch([Row(Task.SEQUENTIAL, f"user_{n} item_{n} item_{n + 9}") for n in range(1, 20)], tokenizer)

    def predicted(student):
        return first_scores(student, asked, item_tokens(tokenizer, view))

    seen, before = [predicted(student.eval())], copy.deepcopy(student)
    trained = train(
        student, tokenizer, sampler, settings, tmp_path, {}, progress=False, observe=lambda _, now: seen.append(predicted(now))
    )
    curve = trained.curve
    assert trained.best_epoch == 3, "the only epoch that trains what ranks"
    texts = {"explanation", "user_preference", "item_attribution"} & {task.key for task in sampler.tasks}
    assert [set(record.train) for record in curve] == [texts, texts, {task.key for task in sampler.tasks}]
    assert len(texts) >= 2 and all(curve[1].validation[key] < curve[0].validation[key] for key in texts)
    assert torch.equal(seen[1], seen[0]) and torch.equal(seen[2], seen[0]) and not torch.equal(seen[3], seen[0])
    assert settings.dropout_of(Task.EXPLANATION) == 0 < settings.dropout_of(Task.SEQUENTIAL)
    learns = {id(parameter) for parameter in (*language_layers(student), student.t5.shared.weight, student.prompts)}
    changed = {id(now) in learns: [] for now in student.parameters()}
    for old, now in zip(before.parameters(), trained.student.parameters(), strict=True):
        changed[id(now) in learns].append(not torch.equal(old, now))
    assert all(changed[True]) and not any(changed[False]), "all that learns, and nothing else"
    prompts = {task: torch.equal(before.prompts[task], trained.student.prompts[task]) for task in Task}
    assert [task for task, same in prompts.items() if same] == list(ID_TASKS)


@pytest.mark.slow
@pytest.mark.usefixtures("few_validation_rows")
def test_a_run_killed_after_every_epoch_of_sentences_ends_with_the_same_weights(small_shop, tmp_path):
    """Among the epochs that hold sentences alone, at their end, and after the first one that holds all tasks."""
    sampler = small_shop.sampler("rdrec")
    settings = TrainSettings(
        seed=0, epochs=4, patience=9, batch_rows=512, text_rows=32, topn_rows=4, learning_rate=1e-3, id_rate=2.0, least_steps=2, text_share=0.5, language_rate=0.3,
        schedule="cosine",
    ).of_start("data")  # fmt: skip
    assert settings.text_epochs == 2 < settings.epochs

    def run(folder, after_epoch=None):
        student, tokenizer = small_shop.started("rdrec")
        return train(student, tokenizer, sampler, settings, folder, {}, progress=False, after_epoch=after_epoch)

    def kill(record):
        killed.append(record.epoch)
        raise Killed

    killed: list[int] = []
    whole = run(tmp_path / "whole")
    for _ in range(3):
        with pytest.raises(Killed):
            run(tmp_path / "killed", kill)
    resumed = run(tmp_path / "killed")
    assert len(set(killed)) == 3, "each went on where the one before it was killed"
    assert resumed.curve == whole.curve and resumed.best_epoch == whole.best_epoch
    weights, same = whole.student.state_dict(), resumed.student.state_dict()
    assert weights.keys() == same.keys() and all(torch.equal(weights[name], same[name]) for name in weights)
