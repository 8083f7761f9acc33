"""What a student may and may not see."""

import re

import numpy as np
import pytest

from rdrec.core.records import InputError
from rdrec.data.splits import leave_one_out, protocol_view
from rdrec.student.sampling import Sampler, text_rows
from rdrec.student.tasks import Task


def ids(text):
    return [int(number) for number in re.findall(r"item_(\d+)", text)]


@pytest.mark.parametrize("variant", ["rdrec", "baseline", "scrambled"])
def test_no_held_out_text_under_clean(toy_dataset, toy_rationales, variant):
    view = protocol_view(toy_dataset, "clean", 3)
    held_out = toy_dataset.interactions.groupby("user").tail(2)
    secret = set(zip(held_out["user"], held_out["item"], strict=True))
    seen = text_rows(view, toy_rationales, variant, "train", 3)
    for rows in (seen.explanation, seen.user_preference, seen.item_attribution):
        assert not {(user, item) for user, item, _ in rows} & secret
    told = toy_rationales.merge(held_out[["user", "position"]], on=["user", "position"])
    secret_texts = {*held_out["explanation"], *told["user_preference"].dropna(), *told["item_attribution"].dropna()}
    shown = {text for rows in (seen.explanation, seen.user_preference, seen.item_attribution) for *_, text in rows}
    assert len(shown) > 50 and len(secret_texts) > 100 and not secret_texts & shown
    vocabulary = set(Sampler(view, toy_rationales, variant, 3).vocabulary_texts())
    assert len(vocabulary) > 50 and not set(held_out["review"]) & vocabulary


def test_all_variants_share_one_vocabulary(toy_dataset, toy_rationales):
    view = protocol_view(toy_dataset, "clean", 3)
    with_rationales, without = (list(Sampler(view, toy_rationales, v, 3).vocabulary_texts()) for v in ("rdrec", "baseline"))
    assert with_rationales == without


def test_published_shows_held_out_text(toy_dataset, toy_rationales):
    """The leak that `clean` closes is there under `published`: else the test above proves nothing."""
    view = protocol_view(toy_dataset, "published", 3)
    held_out = toy_dataset.interactions.groupby("user").tail(2)
    secret = set(zip(held_out["user"], held_out["item"], strict=True))
    assert {(user, item) for user, item, _ in text_rows(view, toy_rationales, "rdrec", "train", 3).explanation} & secret


def test_id_rows_never_touch_the_last_two(toy_dataset, toy_rationales):
    view = protocol_view(toy_dataset, "clean", 1)
    items_of = np.argsort(view.item_ids)
    sampler = Sampler(view, toy_rationales, "rdrec", 1)
    for task in (Task.SEQUENTIAL, Task.TOPN):
        for epoch in range(3):
            for row in sampler.epoch(task, epoch, 60):
                user = int(re.search(r"user_(\d+)", row.source).group(1))
                parts = leave_one_out(view.histories[user - 1])
                held_out = {int(view.item_ids[parts.validation]), int(view.item_ids[parts.test])}
                history = {int(view.item_ids[item]) for item in parts.train}
                assert int(row.target) in history and int(row.target) not in held_out
                if task is Task.SEQUENTIAL:
                    shown = [int(items_of[number]) for number in ids(row.source)]
                    start = parts.train.tolist().index(shown[0])
                    assert parts.train.tolist()[start : start + len(shown) + 1] == [*shown, int(items_of[int(row.target)])]
                else:
                    assert len(set(ids(row.source))) == 100 and int(row.target) in ids(row.source)
                    assert set(ids(row.source)) & history == {int(row.target)}


def rejected_held_out(dataset, rationales, protocol):
    """How often top-N training shows a held-out item as a negative, and any item that the user had otherwise."""
    view = protocol_view(dataset, protocol, 1)
    items_of = np.argsort(view.item_ids)
    sampler, counts = Sampler(view, rationales, "baseline", 1), [0, 0]
    for epoch in range(3):
        for row in sampler.epoch(Task.TOPN, epoch, 60):
            user = int(re.search(r"user_(\d+)", row.source).group(1))
            parts = leave_one_out(view.histories[user - 1])
            rejected = {int(items_of[number]) for number in ids(row.source)} - {int(items_of[int(row.target)])}
            counts[0] += len(rejected & {parts.validation, parts.test})
            counts[1] += len(rejected & set(parts.train.tolist()))
    return counts


def test_held_out_items_are_negatives_like_any_other_under_clean(toy_dataset, toy_rationales):
    """An item that is never seen rejected would be known as the answer."""
    rejected, had = rejected_held_out(toy_dataset, toy_rationales, "clean")
    unbought = toy_dataset.n_items - toy_dataset.interactions.groupby("user").size().mean() + 2
    expected = 180 * 2 * 99 / unbought  # 180 rows, two held-out items each
    assert had == 0 and 0.8 * expected < rejected < 1.2 * expected
    assert rejected_held_out(toy_dataset, toy_rationales, "published") == [0, 0]  # as the paper does it


def test_scrambled_keeps_the_words_and_moves_them(toy_dataset, toy_rationales):
    view = protocol_view(toy_dataset, "clean", 2)
    honest, scrambled = (text_rows(view, toy_rationales, variant, "train", 2) for variant in ("rdrec", "scrambled"))
    assert honest.explanation == scrambled.explanation
    assert sorted(text for *_, text in honest.user_preference) == sorted(text for *_, text in scrambled.user_preference)
    moved = set(honest.user_preference) - set(scrambled.user_preference)
    assert len(moved) > len(honest.user_preference) / 3


def test_epochs_differ_and_repeat(toy_dataset, toy_rationales):
    view = protocol_view(toy_dataset, "clean", 0)
    first, again = (Sampler(view, toy_rationales, "rdrec", 0).epoch(Task.SEQUENTIAL, 4, 50) for _ in range(2))
    assert first == again
    assert first != Sampler(view, toy_rationales, "rdrec", 0).epoch(Task.SEQUENTIAL, 5, 50)


def test_validation_asks_for_the_validation_item(toy_dataset, toy_rationales):
    view = protocol_view(toy_dataset, "clean", 0)
    sampler = Sampler(view, toy_rationales, "rdrec", 0)
    for task in (Task.SEQUENTIAL, Task.TOPN):
        rows = sampler.validation(task)
        truths = [str(view.item_ids[leave_one_out(history).validation]) for history in view.histories]
        assert [row.target for row in rows] == truths
        assert all(row.source.startswith("user_") for row in rows)


def test_rationale_variants_need_rationales(toy_dataset, toy_rationales):
    with pytest.raises(InputError, match="needs rationales"):
        Sampler(protocol_view(toy_dataset), None, "rdrec", 0)
    with pytest.raises(InputError, match="there are no rationales that"):  # never a silent baseline
        Sampler(protocol_view(toy_dataset), toy_rationales.assign(status="nothing"), "rdrec", 0)
    assert Sampler(protocol_view(toy_dataset), None, "baseline", 0).tasks == (Task.EXPLANATION, Task.SEQUENTIAL, Task.TOPN)
