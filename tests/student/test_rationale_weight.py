"""How much rationales count in the first ranking: the choice, and what it changes."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from invented_shop import TEACHER, InventedShop, first_scores, item_tokens, rule_ndcg

from rdrec.baselines.rules import bought_together
from rdrec.core.records import InputError
from rdrec.core.settings import setting
from rdrec.data.cases import every_validation_case
from rdrec.data.item_vectors import communal_axes
from rdrec.data.together import bought_by_the_same, partial_correlations
from rdrec.evaluation.validation_ndcg import validation_ndcg
from rdrec.student import start_vectors
from rdrec.student.batches import Row, make_batch
from rdrec.student.model import Student
from rdrec.student.run import CHOSEN, RunPlan, _new_student
from rdrec.student.shapes import SHAPES, t5_config
from rdrec.student.start import start_from_data
from rdrec.student.start_vectors import MATCHES, PURCHASE_SHARES, RIDGES, Choice, best_choice, id_vectors
from rdrec.student.tasks import ID_TASKS, Task, input_text
from rdrec.student.train import TrainSettings

PARTIAL = [f"partial correlations, ridge {ridge:g}" for ridge in RIDGES]


def start(view, texts, width=128, heads=4, match=None):
    """The vectors of the best start."""
    return id_vectors(view, texts, width, best_choice(view, texts, width, heads, match))


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A shop whose students start from partial correlations."""
    return InventedShop(tmp_path_factory.mktemp("few"), 100)


def test_the_start_is_the_one_that_ranks_the_validation_items_best(shop, few):
    """The same choice as by ranking every case on its own."""
    measures = set()
    for which, variant in ((shop, "rdrec"), (few, "rdrec"), (few, "scrambled")):
        view, texts, tried = which.view, which.sampler(variant).start_texts, {}
        for measure, share, match in itertools.product(("cosines", *PARTIAL), PURCHASE_SHARES, MATCHES):
            found = id_vectors(view, texts, 128, Choice(measure, int(128 * share - 1), match))
            weights = found.signs * np.where(np.arange(128) < found.rationales, 1, found.factor)
            tried[found.choice] = rule_ndcg(
                view,
                lambda case, found=found, weights=weights: found.items[case.compete] @ (weights * found.users[case.user]),
            )
        chosen = best_choice(view, texts, 128, 4)
        assert chosen == max(tried, key=tried.get)
        measures.add(chosen.measure)
    assert len(measures) > 1, "it depends on the shop"


def test_purchases_alone_have_the_measure_and_the_axes_that_rank_the_validation_items_best(shop, few):
    chosen = set()
    for view in (shop.view, few.view):
        tried, items = {}, view.dataset.n_items
        measures = {"cosines": bought_by_the_same(view.training_parts, items)[1:, 1:]} | {
            f"partial correlations, ridge {ridge}": partial_correlations(view.training_parts, items, ridge)
            for ridge in (100, 300, 1000)
        }
        for (measure, together), count in itertools.product(measures.items(), (123, 95, 63, 31)):
            vectors, signs = communal_axes(together, count)
            length = np.linalg.norm(vectors, axis=1, keepdims=True)
            unit = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
            tried[measure, count] = rule_ndcg(
                view,
                lambda case, vectors=vectors, unit=unit, signs=signs, parts=view.training_parts: (
                    vectors[case.compete] @ (signs * unit[parts[case.user - 1]].sum(axis=0))
                ),
            )
        found = start(view, None)
        assert found.choice == Choice(*max(tried, key=tried.get)) and found.rationales == 128, tried
        assert not found.items[:, 5 + found.choice.purchases :].any()
        chosen.add(found.choice.measure)
    assert len(chosen) == 2, "it depends on the shop"


def test_with_partial_correlations_purchases_rank_better_than_the_rule_bought_together(few):
    assert best_choice(few.view, None, 128, 4).measure in PARTIAL
    found = validation_ndcg(*few.started("baseline"), few.view)
    assert found > 1.1 * rule_ndcg(few.view, bought_together(few.view))


def test_without_validation_items_the_first_of_equals_is_taken(few):
    view = dataclasses.replace(few.view, histories=[history[:2] for history in few.view.histories])
    assert not every_validation_case(view)
    assert best_choice(view, None, 128, 4) == Choice("cosines", 123)


def test_a_large_catalogue_has_cosines_alone(few, monkeypatch):
    """At the limit, and one item above it."""
    view = few.view
    for limit, alone in ((view.dataset.n_items, False), (view.dataset.n_items - 1, True)):
        monkeypatch.setattr(start_vectors, "integer", lambda name, limit=limit: {"train.partial_items": limit}[name])
        assert (best_choice(view, None, 128, 4).measure == "cosines") == alone


@pytest.mark.parametrize("shape", ["nano", "mini"])
@pytest.mark.parametrize("task", ID_TASKS)
@pytest.mark.parametrize(("share", "measure"), [(0.25, PARTIAL[2]), (0.5, "cosines"), (0.75, PARTIAL[1])])
def test_a_student_ranks_by_the_rule_with_the_weight_of_rationales_that_it_was_given(shop, shape, task, share, measure):
    """Of the rules with each weight, its own is the nearest.  Only the prompts of the ID tasks depend on the weight, so sentences do not."""
    view, texts, users = shop.view, shop.sampler("rdrec").start_texts, range(1, 60)
    width, tokenizer = SHAPES[shape].d_model, shop.started("rdrec")[1]
    shown = [
        view.training_parts[user - 1][-9:] if task is Task.SEQUENTIAL else range(1, 21) for user in users
    ]  # few candidates to rank
    batch = make_batch(
        [
            Row(task, input_text(task, user=user, item_ids=view.item_ids[list(items)]))
            for user, items in zip(users, shown, strict=True)
        ],
        tokenizer,
    )
    rules, weights, scores = {}, {}, {}
    for match in MATCHES:
        torch.manual_seed(0)
        student = Student.from_scratch(t5_config(shape, tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos))
        choice = Choice(measure, int(width * share - 1), match)
        assert start_from_data(student, tokenizer, view, texts, choice=choice) == choice
        weights[match] = {name: value.clone() for name, value in student.state_dict().items()}
        scores[match] = first_scores(student.eval(), batch, item_tokens(tokenizer, view)).numpy()
        rule = id_vectors(view, texts, width, choice)
        signs = rule.signs * np.where(np.arange(width) < rule.rationales, 1, rule.factor)
        rules[match] = (rule.users[1 : len(users) + 1] * signs) @ rule.items[1:].T
    for match in MATCHES:
        likeness = {
            other: np.mean([np.corrcoef(one, two)[0, 1] for one, two in zip(scores[match], rules[other], strict=True)])
            for other in MATCHES
        }
        assert max(likeness, key=lambda other: likeness[other]) == match and likeness[match] > 0.9, likeness
        for name, value in weights[match].items():
            same = (
                [torch.equal(value[task], weights[MATCHES[0]][name][task]) for task in Task if task not in ID_TASKS]
                if name == "prompts"
                else [torch.equal(value, weights[MATCHES[0]][name])]
            )
            assert all(same), name


@pytest.mark.parametrize("missing", ["user_preference", "item_attribution"])
def test_without_one_kind_of_rationale_nothing_can_match_and_purchases_have_all_axes(shop, missing):
    texts = dataclasses.replace(shop.sampler("rdrec").start_texts, **{missing: ()})
    found, alone = start(shop.view, texts), start(shop.view, None)
    assert (
        found.choice == alone.choice and np.array_equal(found.items, alone.items) and np.array_equal(found.users, alone.users)
    )


def test_a_weight_of_rationales_out_of_bounds_is_refused(shop):
    for match in (0.0, 1.2):
        with pytest.raises(InputError, match="rationales cannot count"):
            best_choice(shop.view, shop.sampler("rdrec").start_texts, 128, 4, match)


def test_how_much_rationales_count_can_be_set_and_stands_in_the_card(shop):
    best = best_choice(shop.view, shop.sampler("rdrec").start_texts, 128, 4).match
    other = next(match for match in MATCHES if match != best)
    for variant, wanted, found in (("rdrec", str(other), other), ("rdrec", CHOSEN, best), ("baseline", str(other), None)):
        plan = RunPlan("shop", variant, "nano", "clean", TEACHER, None, None, TrainSettings(0, 1, 1, 64, 1e-3), match=wanted)
        sampler = shop.sampler(variant)
        facts = _new_student(plan, sampler)[2]
        used = best_choice(shop.view, sampler.start_texts, 128, 4, found)
        assert list(setting("train.match").choices) == [CHOSEN, *map(str, MATCHES)]
        told = {"start": "data", "start_recipe": 3, "purchase_axes": used.purchases, "purchase_measure": used.measure}
        assert facts == told | ({} if found is None else {"match": wanted, "match_used": found})
        assert Choice.of(facts) == used and Choice.of(facts | {"start_recipe": 2}) is None


def test_held_out_test_items_do_not_choose_how_much_rationales_count(shop):
    other = [np.append(history[:-1], history[-1] % shop.view.dataset.n_items + 1) for history in shop.view.histories]
    texts = shop.sampler("scrambled").start_texts
    one, two = (start(seen, texts) for seen in (shop.view, dataclasses.replace(shop.view, histories=other)))
    assert one.choice == two.choice and np.array_equal(one.items, two.items)
