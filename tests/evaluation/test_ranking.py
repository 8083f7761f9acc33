"""Cases, rules, and a student ranked in batches."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from tolerances import LOG_PROBABILITY, printed

from rdrec.baselines.rules import PLAIN, RULES, bought_together, max_id_rule, order_rule, popularity, purchases
from rdrec.core.home import Home
from rdrec.core.records import InputError, RDRecError
from rdrec.core.storage import verify
from rdrec.data import leakage
from rdrec.data.cases import cases
from rdrec.data.release import read_release
from rdrec.data.splits import leave_one_out, protocol_view
from rdrec.data.together import SHRINK
from rdrec.evaluation import run as running
from rdrec.evaluation.beyond_accuracy import item_vectors
from rdrec.evaluation.manipulation_check import FoundReferences
from rdrec.evaluation.metrics import METRICS, estimate, place_of_truth
from rdrec.evaluation.ranking import best, rank_cases, rule_places
from rdrec.ranking.recommender import Recommender


def evaluate(view, students, folder):
    references = FoundReferences(Home(folder.parent), view.dataset)
    return running.evaluate(view, students, folder, "abc", 16, references, item_vectors(view, {}))


def test_sequential_cases_drop_what_was_bought(view):
    for case, history in zip(cases(view, "sequential"), view.histories, strict=True):
        assert case.truth == history[-1] and case.history.tolist() == history[:-1].tolist()
        assert set(case.compete.tolist()) == set(range(1, 131)) - set(history[:-1].tolist())


def test_topn_cases_are_one_among_a_hundred(view):
    for case, history in zip(cases(view, "topn"), view.histories, strict=True):
        assert len(set(case.compete.tolist())) == 100
        assert set(case.compete.tolist()) & set(history.tolist()) == {case.truth}
    places = [case.compete.tolist().index(case.truth) for case in cases(view, "topn")]
    assert len(set(places)) > 10, "the truth must not always stand in one place"


def test_popularity_counts_training_alone(view):
    counts = purchases(view)
    assert counts.sum() == sum(len(history) - 2 for history in view.histories)
    case = cases(view, "topn")[0]
    expected = [sum(item in history[:-2] for history in view.histories) for item in case.compete]
    assert popularity(view)(case).tolist() == expected


def test_max_id_rule_sees_the_shown_ids(toy_dataset):
    view = protocol_view(toy_dataset, "published", 0)
    case = min(cases(view, "sequential"), key=lambda case: case.history.max())
    scores = max_id_rule(view)(case)
    top = case.history.max()
    assert case.compete[int(np.argmax(scores))] == top + 1
    assert np.isneginf(scores[case.compete < top]).all()


def test_batches_rank_as_single_users_do(view, loaded):
    recommender = Recommender(loaded, view.item_ids)
    for task in ("sequential", "topn"):
        asked = cases(view, task)
        together = rank_cases(recommender, asked, task, top=7, batch_users=8, progress=False)
        for index in (0, 11, 29):
            case = asked[index]
            if task == "sequential":
                scores = recommender.sequential([case.user], [case.history.tolist()])[0]
            else:
                scores = recommender.topn([case.user], [case.compete.tolist()])[0]
            items, probabilities = best(scores, case.compete, 7)
            assert together.top_items[index].tolist() == items.tolist()
            assert together.top_probabilities[index] == pytest.approx(probabilities, rel=LOG_PROBABILITY)
            place = case.compete.tolist().index(case.truth)
            assert (together.above[index], together.tied[index]) == place_of_truth(scores[case.compete], place)
            assert together.probability[index] == pytest.approx(
                float(np.exp(scores[case.truth]) / np.exp(scores[case.compete]).sum()), rel=LOG_PROBABILITY
            )
            if task == "topn":
                assert np.exp(scores).sum() == pytest.approx(1, abs=LOG_PROBABILITY), "probabilities of the candidates add to 1"
            else:
                assert not set(items.tolist()) & set(case.history.tolist())


def test_evaluate_keeps_protocol_and_seed(view, loaded, tmp_path):
    found = evaluate(view, [("student", loaded)], tmp_path / "e")
    frame = found.rows
    assert set(frame["model"]) == {"student", *RULES}
    assert set(frame.loc[~frame["model"].isin(PLAIN), "protocol"]) == {"clean"} and set(frame["seed"]) == {0}
    assert (frame["low"] <= frame["value"]).all() and (frame["value"] <= frame["high"]).all()
    assert verify(tmp_path / "e", "evaluation").meta["data_sha256"] == "abc"


def test_rules_on_leaked_ids(toy_dataset):
    """The toy ids follow first appearance: the max-id rule hits under `published` and not under `shuffled`."""
    hits = {}
    for protocol in ("published", "shuffled"):
        view = protocol_view(toy_dataset, protocol, 0)
        hits[protocol] = estimate("HR@1", rule_places(max_id_rule(view), cases(view, "sequential"))).value
    assert hits["published"] > hits["shuffled"] + 0.1


def test_bought_together_counts_pairs_of_training_histories(toy_dataset):
    """Against loops over users and pairs; held-out items count nowhere."""
    view = protocol_view(toy_dataset, "clean", 0)
    parts = [leave_one_out(history).train.tolist() for history in view.histories]
    bought = Counter(item for part in parts for item in part)
    pairs = Counter((a, b) for part in parts for a in part for b in part if a != b)
    rule = bought_together(view)
    for case in cases(view, "topn")[:5]:
        expected = [
            sum(
                pairs[item, other] / np.sqrt((bought[item] + SHRINK) * (bought[other] + SHRINK))
                for item in case.history.tolist()
            )
            for other in case.compete.tolist()
        ]
        assert rule(case) == pytest.approx(expected)


def test_the_order_rule_puts_greater_original_ids_first(toy_dataset):
    """Each part in the order of "bought together"; keys in another order than the numbers."""
    keys = [f"B{(37 * n) % 130:03}" for n in range(130)]
    view = protocol_view(dataclasses.replace(toy_dataset, items=toy_dataset.items.assign(item_key=keys)), "clean", 0)
    plain, rule = bought_together(view), order_rule(view)
    for task in ("sequential", "topn"):
        for case in cases(view, task)[:6]:
            greater = np.array([keys[item - 1] > keys[case.history[-1] - 1] for item in case.compete])
            before, after = plain(case), rule(case)
            assert after[greater].min() > after[~greater].max()
            for part in (greater, ~greater):
                assert after[part] - after[part].min() == pytest.approx(before[part] - before[part].min(), abs=1e-12)


def test_without_original_ids_there_is_no_order_rule(toy_dataset, tmp_path):
    numbers = [str(n) for n in range(1, 131)]
    view = protocol_view(dataclasses.replace(toy_dataset, items=toy_dataset.items.assign(item_key=numbers)), "clean", 0)
    assert set(evaluate(view, [], tmp_path / "e").rows["model"]) == set(RULES) - {"order rule"}


def test_the_max_id_rule_is_that_of_the_audit(toy_dataset):
    """Both write the rule on their own.  No history comes near the last id, 130: so a truth below the largest id, in the shared
    last places, is never in the first ten, and the two agree exactly."""
    ahead = (1, 1, 2, 4, 5, 6, 10, 11, 60, -1, -20)
    view = protocol_view(toy_dataset, "published", 0)
    view = dataclasses.replace(view, histories=[np.array([29, 50 + n, 7, 50 + n + gap]) for n, gap in enumerate(ahead)])
    places = rule_places(max_id_rule(view), cases(view, "sequential"))
    found = leakage.max_id_rule(view)
    assert (found["HR@1"], found["HR@5"], found["HR@10"]) == pytest.approx((2 / 11, 5 / 11, 7 / 11), abs=printed(6))
    for metric, value in found.items():
        assert estimate(metric, places).value == pytest.approx(value, abs=printed(6))


def test_the_max_id_rule_is_that_of_the_audit_on_the_released_toys(real_data):
    """Every twentieth user.  A few have bought one of the last items, and share what is left of the first ten by chance."""
    view = protocol_view(read_release(real_data / "toys", "toys").dataset, "published", 0)
    view = dataclasses.replace(view, histories=view.histories[::20])
    places = rule_places(max_id_rule(view), cases(view, "sequential"))
    found = leakage.max_id_rule(view)
    assert found["HR@1"] > 0.05
    items = view.dataset.n_items
    late = np.mean(
        [history[:-1].max() > items - 10 for history in view.histories]
    )  # ten places among all that they have not bought
    longest = max(map(len, view.histories))
    for metric, value in found.items():
        assert metric in METRICS and estimate(metric, places).value == pytest.approx(
            value, abs=printed(6) + late * 10 / (items - longest)
        )


def test_scores_that_are_not_numbers_are_refused(view):
    class Broken:
        def topn(self, users, candidates):
            scores = np.zeros((len(users), 131), dtype=np.float32)
            scores[:, candidates[0][5]] = np.nan
            return scores

    with pytest.raises(RDRecError, match=r"NaN for 1 of 100 items - evaluate it in another precision"):
        rank_cases(Broken(), cases(view, "topn")[:3], "topn", top=5, batch_users=1, progress=False)


def test_a_student_that_tells_nothing_apart_hits_by_chance(view):
    class Flat:
        def topn(self, users, candidates):
            return np.zeros((len(users), 131), dtype=np.float32)

    ranked = rank_cases(Flat(), cases(view, "topn"), "topn", top=5, batch_users=8, progress=False)
    assert set(ranked.above) == {0} and set(ranked.tied) == {100} and set(ranked.rank) == {50.5}
    assert [estimate(f"HR@{k}", ranked).value for k in (1, 5, 10)] == pytest.approx([0.01, 0.05, 0.1])


def test_too_few_candidates_are_refused(view, tmp_path, monkeypatch):
    """Through the whole evaluation: the user with the fewest items left decides."""
    shown = cases(view, "topn")
    few = [*shown[:-1], dataclasses.replace(shown[-1], shown=shown[-1].shown[:9])]
    monkeypatch.setattr(running, "cases", lambda view, task: few)
    with pytest.raises(InputError, match="9 items compete"):
        evaluate(view, [], tmp_path / "e")
    assert not (tmp_path / "e").exists()
