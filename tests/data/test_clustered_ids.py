"""Learned item numbers: similar items get similar numbers, and nothing held out has an influence."""

import dataclasses
import subprocess
import sys
from itertools import combinations, permutations

import numpy as np
import pytest

from rdrec.core.records import InputError
from rdrec.data import clustered_ids as clustering
from rdrec.data import item_vectors
from rdrec.data.clustered_ids import clustered_ids, learned_view
from rdrec.data.item_ids import check_ids, item_ids
from rdrec.data.item_vectors import communal_axes, vectors_of_purchases, vectors_of_texts
from rdrec.data.leakage import audit_of, max_id_rule
from rdrec.data.splits import protocol_view
from rdrec.data.together import bought_by_the_same, partial_correlations


def groups_of_taste(groups, size, users, seed=0, length=9):
    """Histories in which each user buys from one group of items; the items of a group are not adjacent in number."""
    rng = np.random.default_rng(seed)
    of_group = rng.permutation(groups * size).reshape(groups, size) + 1
    return of_group, [rng.choice(of_group[user % groups], length, replace=False).tolist() for user in range(users)]


@pytest.mark.parametrize("digits", [1, 2, 3])
@pytest.mark.parametrize("n_items", [1, 9, 10, 99, 100, 101, 357, 1000, 1203])
def test_ids_are_always_a_permutation(n_items, digits):
    vectors = np.random.default_rng(n_items).normal(size=(n_items + 1, 5))
    ids = clustered_ids(vectors, 3, digits)
    assert ids[0] == 0 and sorted(ids) == list(range(n_items + 1)) and ids.dtype == np.int64
    assert (ids == clustered_ids(vectors, 3, digits)).all()
    if n_items > 9:
        assert (ids != clustered_ids(vectors, 4, digits)).any(), "what is left to chance is the seed's"


def test_empty_vectors_give_a_shuffled_numbering():
    """If items cannot be distinguished, ties must not restore the original order."""
    ids = clustered_ids(np.zeros((2001, 4)), 0, 2)
    assert sorted(ids) == list(range(2001))
    assert abs(np.corrcoef(ids[1:], np.arange(2000))[0, 1]) < 6 / np.sqrt(2000)


def test_items_of_one_group_share_leading_digits(make_dataset):
    of_group, histories = groups_of_taste(groups=4, size=100, users=800)
    view = learned_view(protocol_view(make_dataset(histories, n_items=400), "clean", 1), "clustered", digits=2)
    group = np.empty(401, dtype=int)
    for which, items in enumerate(of_group):
        group[items] = which
    prefixes = [np.bincount(group[np.argsort(view.item_ids)[first : first + 100]], minlength=4) for first in (100, 200, 300)]
    assert all(counts.max() >= 95 for counts in prefixes), prefixes
    shuffled = protocol_view(view.dataset, "clean", 1)
    assert max(np.bincount(group[np.argsort(shuffled.item_ids)[100:200]], minlength=4)) < 50


def test_the_last_digits_mean_the_same_in_every_cluster():
    """Items are cluster + trait: the same trait gets the same last digits in every cluster."""
    rng = np.random.default_rng(0)
    places, traits = rng.normal(size=(10, 12)) * 20, rng.normal(size=(10, 12))
    truth = rng.permutation([(place, trait) for place in range(10) for trait in range(10)])[:99]
    vectors = np.vstack([np.zeros(12), [places[place] + traits[trait] for place, trait in truth]])
    ids = clustered_ids(vectors, 0, 1)[1:]
    for which, digit in ((0, ids // 10), (1, ids % 10)):
        agree = [np.bincount(digit[truth[:, which] == value], minlength=10).max() for value in range(10)]
        assert sum(agree) >= 90, (which, agree)


def test_two_means_converges_to_the_best_split_for_its_means():
    """Against all splits of that size, measured from the final means."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        points = np.concatenate([rng.normal(size=(3, 2)), rng.normal(size=(5, 2)) + rng.normal(size=2) * 6])
        left, right = clustering._two_means(points, np.arange(8), 3, np.random.default_rng(0))
        assert len(left) == 3 and sorted([*left, *right]) == list(range(8))
        means = points[left].mean(axis=0), points[right].mean(axis=0)

        def squares(side, points=points, means=means):
            chosen = np.isin(np.arange(8), side)
            return ((points[chosen] - means[0]) ** 2).sum() + ((points[~chosen] - means[1]) ** 2).sum()

        assert squares(left) <= min(squares(side) for side in combinations(range(8), 3)) + 1e-9


def test_the_assignment_is_optimal():
    rng = np.random.default_rng(2)
    rest, codes = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    cost = ((rest[:, None] - codes[None]) ** 2).sum(axis=2)
    best = min(permutations(range(5)), key=lambda order: sum(cost[row, place] for row, place in enumerate(order)))
    assert clustering._assigned(rest, codes).tolist() == list(best)


@pytest.mark.parametrize("scheme", ["clustered", "clustered-text"])
def test_held_out_purchases_and_texts_change_nothing(random_dataset, scheme):
    """Other held-out items and texts give the same numbers."""
    dataset = random_dataset(4)
    view = protocol_view(dataset, "clean", 7)
    other = [
        np.concatenate([h[:-2], [i for i in range(200, 0, -1) if i not in h][:2]]) if len(h) >= 3 else h for h in view.histories
    ]
    rows = dataset.interactions.copy()
    rows["item"] = np.concatenate(other)
    last = rows.groupby("user")["position"].transform("max") - rows["position"]
    long = rows.groupby("user")["position"].transform("max") >= 2
    rows.loc[(last < 2) & long & rows["review"].notna(), "review"] = "words that nobody else says"
    changed = protocol_view(dataclasses.replace(dataset, interactions=rows), "clean", 7)
    assert any((a != b).any() for a, b in zip(view.histories, changed.histories, strict=True))

    def numbers(one):
        told = one.text_rows("train")
        texts = list(zip(told["item"].tolist(), told["review"].tolist(), strict=True))
        return learned_view(one, scheme, 2, texts).item_ids

    assert (numbers(view) == numbers(changed)).all()
    more = dataclasses.replace(view, histories=[np.append(h, h[:1]) if len(h) >= 3 else h for h in view.histories])
    if scheme == "clustered":  # the test can fail: one more training interaction changes the numbers
        assert (numbers(view) != learned_view(more, scheme, 2).item_ids).any()


def test_the_released_order_is_not_restored(make_dataset):
    """Users buy runs of consecutive numbers: the max-id rule works on released numbers, and only by chance on learned ones."""
    rng = np.random.default_rng(0)
    starts = rng.permutation(1986)[:600] + 4
    histories = [[*(rng.choice(start - 1, 3, replace=False) + 1).tolist(), int(start), int(start) + 1] for start in starts]
    dataset = make_dataset(histories, n_items=2000)
    assert max_id_rule(protocol_view(dataset, "published", 0))["HR@1"] == 1.0
    for digits in (2, 3):
        found = audit_of(learned_view(protocol_view(dataset, "clean", 0), "clustered", digits))
        assert found["max_id_rule"]["HR@1"] < 0.01 and found["ids"] == "clustered" and found["protocol"] == "clean"


def test_renumbering_the_data_set_moves_items_only_by_chance(make_dataset):
    """The groups do not depend on the original numbers."""
    of_group, histories = groups_of_taste(groups=3, size=100, users=600)
    relabel = np.concatenate([[0], np.random.default_rng(9).permutation(300) + 1])
    for items, carts in ((of_group, histories), (relabel[of_group], [relabel[h].tolist() for h in histories])):
        ids = learned_view(protocol_view(make_dataset(carts, n_items=300), "clean", 0), "clustered", 2).item_ids
        assert sorted(np.bincount(ids[group] // 100, minlength=4).max() for group in items)[0] >= 90


def test_items_with_similar_texts_share_leading_digits():
    kinds = ["a warm guitar with a cedar top", "loud drum cymbals for the stage", "black cable and jack plug"]
    texts = [(item, f"{kinds[item % 3]} number {item}") for item in range(1, 301)]
    ids = clustered_ids(vectors_of_texts(texts, 300), 0, 2)
    for kind in range(3):
        numbers = ids[[item for item, _ in texts if item % 3 == kind]]
        assert np.bincount(numbers // 100, minlength=4).max() >= 95


def test_sparse_and_dense_axes_agree(make_dataset, monkeypatch):
    """The sparse method for large catalogues gives the same angles between items as the dense one."""
    _, histories = groups_of_taste(groups=5, size=40, users=300)
    texts = [(item, f"word{chr(97 + item % 7)} other{chr(97 + item % 5)} thing") for item in range(1, 201)]

    def both():
        return vectors_of_purchases([np.array(h) for h in histories], 200), vectors_of_texts(texts, 200)

    monkeypatch.setattr(item_vectors, "integer", lambda name: 5)
    dense = both()
    monkeypatch.setattr(item_vectors, "_DENSE", 3)
    for one, other in zip(dense, both(), strict=True):
        assert one.shape == other.shape == (201, 5)
        assert (
            np.abs(one @ one.T - other @ other.T).max() < 0.02
        )  # an axis is off by the root of its eigenvalue's 1e-4, a product of two by twice that


@pytest.mark.parametrize("ridge", [None, 20.0])
def test_communal_axes_of_a_large_catalogue_are_those_of_a_small_one(monkeypatch, ridge):
    """Found step by step, of a sparse matrix (cosines) and of a full one (partial correlations)."""
    histories = [np.array(history) for history in groups_of_taste(groups=5, size=40, users=300)[1]]
    together = bought_by_the_same(histories, 200)[1:, 1:] if ridge is None else partial_correlations(histories, 200, ridge)

    def products():
        vectors, signs = communal_axes(together, 4)  # the fifth axis and those after it are noise and lie close together
        return vectors * signs @ vectors.T

    dense = products()
    monkeypatch.setattr(item_vectors, "_DENSE", 3)
    assert products() == pytest.approx(dense, abs=1e-3 * np.abs(dense).max()) and not np.array_equal(products(), dense)


def test_items_that_nobody_bought_have_zero_vectors():
    vectors = vectors_of_purchases([np.array([1, 2]), np.array([2, 3])], 5)
    assert not vectors[[0, 4, 5]].any() and np.allclose(np.linalg.norm(vectors[1:4], axis=1), 1)


def test_unlearnable_numberings_are_refused(make_dataset):
    dataset = make_dataset([[1, 2, 3], [3, 1, 2]], n_items=120)
    with pytest.raises(
        InputError, match="published keeps the released numbers, so they cannot be clustered - use --protocol clean"
    ):
        learned_view(protocol_view(dataset, "published", 0), "clustered", 2)
    with pytest.raises(InputError, match="unknown item numbering 'magic'"):
        learned_view(protocol_view(dataset, "clean", 0), "magic", 2)
    with pytest.raises(InputError, match="training part has no text"):
        learned_view(protocol_view(dataset, "clean", 0), "clustered-text", 2, [])
    for wrong in (np.arange(120), np.zeros(121, dtype=np.int64), np.roll(np.arange(121), 1)):
        with pytest.raises(InputError, match="not a permutation of 1 to 120"):
            check_ids(wrong, 120)


def test_another_process_gives_the_same_numbers():
    code = (
        "import numpy as np; from rdrec.data.clustered_ids import clustered_ids as c;"
        "print(c(np.random.default_rng(0).normal(size=(501, 8)), 5, 2).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(clustered_ids(np.random.default_rng(0).normal(size=(501, 8)), 5, 2).tolist())


@pytest.mark.slow
def test_beauty(real_data):
    """Beauty, 12,101 items: learned prefixes of three digits predict co-purchases better than shuffled ones."""
    from rdrec.data.release import read_release

    view = protocol_view(read_release(real_data / "beauty", "beauty").dataset, "clean", 0)
    learned = learned_view(view, "clustered", 2)
    assert sorted(learned.item_ids) == list(range(12_102))
    pairs = np.concatenate([np.stack([part[:-1], part[1:]]) for part in view.training_parts if len(part) > 1], axis=1)

    def together(ids):
        return float((ids[pairs[0]] // 100 == ids[pairs[1]] // 100).mean())

    assert together(learned.item_ids) > 10 * together(item_ids("shuffled", 12_101, 0))
    assert max_id_rule(learned)["HR@1"] < 0.005
