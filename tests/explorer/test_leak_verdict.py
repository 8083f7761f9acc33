"""What a leak audit says in words."""

import re

import pytest

from rdrec.explorer import leak_verdict
from rdrec.explorer.answers import Leak


def test_numbers_that_give_nothing_away_are_said_to():
    rows = [Leak(p, "rule HR@1", 0.002) for p in ("published", "clean")]
    assert leak_verdict.verdict(rows, "clean").startswith("Item numbers do not give answers away")
    assert "This set has no review texts, so none can leak here." in leak_verdict.verdict(rows, "clean")


@pytest.mark.parametrize(
    ("plain", "rule", "later", "said"),
    [
        (
            0.0546,
            0.0789,
            0.29,
            "The order of purchases gives answers away: .* rises from 5.5 to 7.9 .* 29.0 were made later",
        ),
        (
            0.065,
            0.0517,
            0.0,
            "The order of purchases gives nothing away: .* from 6.5 to 5.2 .* No training purchase was made later",
        ),
        (None, None, None, "^((?!order of purchases|made later).)*$"),
    ],
)
def test_order_and_time_are_said_where_they_were_measured(store, plain, rule, later, said):
    measures = {"rule HR@1": 0.001, "bought together NDCG@10": plain, "order rule NDCG@10": rule, "later purchases": later}
    rows = [Leak(protocol, name, value) for protocol in ("published", "clean") for name, value in measures.items()]
    assert re.search(said, leak_verdict.verdict(rows, "clean"))
