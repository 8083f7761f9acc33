"""Leaks on the evidence tab: the audit in words, the rule without training, published figures that are never mixed."""

import dataclasses

import pytest
from html_text import text_of
from made_set import write_set

from rdrec.explorer import leak_verdict, published
from rdrec.explorer.answers import Leak
from rdrec.explorer.store import Store
from rdrec.ui import status
from rdrec.ui.evidence import leaks
from rdrec.ui.render import page


def test_the_audit_says_what_leaks_and_what_this_page_does_about_it(store):
    words = text_of(page(leaks.audit(store.leak_audit(), store.facts)))
    assert (
        "right the first time for 4.4 of 100 shoppers" in words
        and "Under this page's protocol (clean) it is right for 0.1" in words
    )
    assert "No review of a held-out purchase is in the training text." in words
    assert "clean: no held-out text either (this page)" in words and "−0.02" in words
    assert "data audit gear" in words
    leaky = leak_verdict.verdict(store.leak_audit(), "published")
    assert "is in the training text for 50.0 of 100" in leaky


def test_the_audit_says_how_ties_were_broken_and_shows_only_what_was_measured(store):
    facts = dataclasses.replace(store.facts, ties="ties in time by a seeded hash (seed 0)")
    words = text_of(page(leaks.audit(store.leak_audit(), facts)))
    assert "Order of purchases: ties in time by a seeded hash (seed 0)." in words and "Often bought together" not in words
    assert "was not recorded when this set was made" in text_of(page(leaks.audit(store.leak_audit(), store.facts)))
    rows = [*store.leak_audit(), Leak("clean", "bought together NDCG@10", 0.05), Leak("clean", "order rule NDCG@10", 0.04)]
    assert "higher original numbers first" in text_of(page(leaks.audit(rows, facts)))
    assert "ties in time by a seeded hash" in page(status.header(facts))


def test_a_set_made_before_the_audit_opens_and_says_so(tmp_path):
    old = Store.open(write_set(tmp_path, edit=lambda tables: tables.pop("audit")))
    assert old.leak_audit() is None
    words = text_of(page(leaks.audit(old.leak_audit(), old.facts)))
    assert "made before the page kept its leak audit" in words and old.facts.command in words and "data audit gear" in words


def test_the_rule_without_training_stands_beside_rdrec_and_a_learner():
    html = page(leaks.rule_without_training(published.shipped()))
    words = text_of(html)
    for value in ("5.04", "4.50", "4.00", "0.03"):
        assert value in words
    assert "reaches 89 % of what RDRec published" in words
    assert "python -m rdrec data audit beauty --json" in words and "sh precomputed/make-evidence.sh" in words
    assert html.count('class="leaky"') == 4, "RDRec, both rules, and our student on the released numbers"
    assert "order rule" in words and "5.33" in words and "purchases of one day are in catalogue order" in words


def test_published_figures_have_leak_and_source_and_are_not_held_against_another_set(store):
    words = text_of(page(leaks.published(published.shipped(), store.evaluation(), store.facts)))
    assert "is none of them, so its numbers must not be compared with these" in words and "this page, seed" not in words
    assert "WangXFng/RDRec" in words and "item numbers and reviews" in words and "README of Cornac" in words


def test_the_same_set_stands_among_the_published_figures_with_its_own_leak(store):
    facts = dataclasses.replace(store.facts, users=22_363, items=12_101, interactions=198_502, synthetic=False)
    html = page(leaks.published(published.shipped(), store.evaluation(), facts))
    words = text_of(html)
    assert "This set is Beauty" in words and "under the protocol clean" in words
    first = html.index("<details")
    assert (
        html.index("this page, seed 0") < html.index("RDRec, mean of 10 runs") and html[first : first + 20].count("open") == 1
    )
    assert html.count("this page, seed 0") == 10, "five models, two tasks, under Beauty alone"


def test_what_each_of_our_rows_could_see_follows_from_model_and_protocol():
    assert leaks._leak("rdrec", "published") == "numbers and reviews" and leaks._leak("rdrec", "shuffled") == "reviews"
    assert leaks._leak("max-id rule", "published") == "numbers" and leaks._leak("max-id rule", "shuffled") == "none"
    assert {leaks._leak(model, "published") for model in ("popularity", "bought together", "sasrec", "ease")} == {"none"}
    assert leaks._leak("sasrec", "any") == "none" and leaks._leak("rdrec", "temporal") == "none"
    assert leaks._leak("order rule", "any") == "order"


@pytest.mark.parametrize("change", [{"synthetic": True}, {"users": 22_362}])
def test_a_name_or_nearly_the_size_does_not_make_a_set_the_released_one(store, change):
    same = {"users": 22_363, "items": 12_101, "interactions": 198_502, "synthetic": False}
    assert published.data_of(dataclasses.replace(store.facts, **same)) == "beauty"
    assert published.data_of(dataclasses.replace(store.facts, **(same | change))) is None
