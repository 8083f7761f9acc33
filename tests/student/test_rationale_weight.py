"""How much rationales count in the first ranking: the choice, and what it changes."""

import dataclasses

import numpy as np
import pytest
import torch
from invented_shop import TEACHER, first_scores, item_tokens, rule_ndcg

from rdrec.core.records import InputError
from rdrec.core.settings import setting
from rdrec.student import start_vectors
from rdrec.student.batches import Row, make_batch
from rdrec.student.model import Student
from rdrec.student.run import CHOSEN, RunPlan, _new_student
from rdrec.student.shapes import SHAPES, t5_config
from rdrec.student.start import start_from_data
from rdrec.student.start_vectors import MATCHES, id_vectors
from rdrec.student.tasks import ID_TASKS, Task, input_text
from rdrec.student.train import TrainSettings


def test_rationales_count_as_much_as_ranks_the_validation_items_best(shop, monkeypatch):
    """The same choice as by ranking every case on its own; true rationales count more than shuffled ones."""
    view, chosen = shop.view, {}
    for variant in ("rdrec", "scrambled"):
        texts = shop.sampler(variant).start_texts

        def naive(match, texts=texts):
            found = id_vectors(view, texts, 128, 4, match)
            weights = found.signs * np.where(np.arange(128) < found.rationales, 1, found.factor)
            return rule_ndcg(view, lambda case: found.items[case.compete] @ (weights * found.users[case.user]))

        chosen[variant] = id_vectors(view, texts, 128, 4).match
        assert chosen[variant] == max(MATCHES, key=naive)
        worst = min(MATCHES, key=naive)
        monkeypatch.setattr(start_vectors, "MATCHES", (worst,))
        assert id_vectors(view, texts, 128, 4).match == worst
        monkeypatch.undo()
    assert chosen["rdrec"] > chosen["scrambled"]
    assert id_vectors(view, None, 128, 4).match is None


@pytest.mark.parametrize("shape", ["nano", "mini"])
@pytest.mark.parametrize("task", ID_TASKS)
def test_a_student_ranks_by_the_rule_with_the_weight_of_rationales_that_it_was_given(shop, shape, task):
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
        start_from_data(student, tokenizer, view, texts, match)
        weights[match] = {name: value.clone() for name, value in student.state_dict().items()}
        scores[match] = first_scores(student.eval(), batch, item_tokens(tokenizer, view)).numpy()
        rule = id_vectors(view, texts, width, SHAPES[shape].heads, match)
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


def test_a_weight_of_rationales_out_of_bounds_is_refused(shop):
    for match in (0.0, 1.2):
        with pytest.raises(InputError, match="rationales cannot count"):
            id_vectors(shop.view, shop.sampler("rdrec").start_texts, 128, 4, match)


def test_how_much_rationales_count_can_be_set_and_stands_in_the_card(shop):
    best = id_vectors(shop.view, shop.sampler("rdrec").start_texts, 128, 4).match
    other = next(match for match in MATCHES if match != best)
    for variant, wanted, found in (("rdrec", str(other), other), ("rdrec", CHOSEN, best), ("baseline", str(other), None)):
        plan = RunPlan("shop", variant, "nano", "clean", TEACHER, None, None, TrainSettings(0, 1, 1, 64, 1e-3), match=wanted)
        facts = _new_student(plan, shop.sampler(variant))[2]
        assert list(setting("train.match").choices) == [CHOSEN, *map(str, MATCHES)]
        assert facts == {"start": "data"} | ({} if found is None else {"match": wanted, "match_used": found})


def test_held_out_test_items_do_not_choose_how_much_rationales_count(shop):
    other = [np.append(history[:-1], history[-1] % shop.view.dataset.n_items + 1) for history in shop.view.histories]
    texts = shop.sampler("scrambled").start_texts
    one, two = (id_vectors(seen, texts, 128, 4) for seen in (shop.view, dataclasses.replace(shop.view, histories=other)))
    assert one.match == two.match and np.array_equal(one.items, two.items)
