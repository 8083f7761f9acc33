"""Rows out of memory are those that a query finds, in its order, with its types."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from rdrec.explorer import about_shoppers
from rdrec.explorer.about_shoppers import OF_USER
from rdrec.explorer.open_tables import UserRows

COLUMNS = "rank, student, said, share"
QUERY = f"SELECT {COLUMNS} FROM made WHERE user = ? ORDER BY rank, student"


@pytest.mark.parametrize("seed", range(5))
def test_rows_are_those_of_a_query(seed):
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(
        {
            "user": rng.choice([1, 2, 5, 900, 2**40], 60),
            "rank": rng.permutation(60),
            "student": rng.choice(["rdrec", "baseline"], 60),
            "said": rng.choice(["likes trains", "", None, "“ü”"], 60),
            "share": rng.choice([0.25, 1e-12, None], 60),
        }
    )
    connection = duckdb.connect()
    connection.register("made", made)
    rows = UserRows(connection.sql(f"SELECT user, {COLUMNS} FROM made ORDER BY user, rank, student").to_arrow_table())
    for user in (0, 1, 2, 3, 5, 900, 2**40, 2**41):
        assert rows.of(user) == connection.execute(QUERY, [user]).fetchall()


def test_an_empty_table_has_no_rows():
    assert UserRows(duckdb.connect().sql("SELECT 1 AS user, 2 AS rank WHERE false").to_arrow_table()).of(1) == []


def asked(store):
    """Everything that is asked about all shoppers of a set."""
    tasks = ("sequential", "topn")
    whole = (store.history, store.all_rationales, store.rationales, store.texts, store.motives)
    return [
        [*(ask(user) for ask in whole), *(ask(user, task) for ask in (store.predictions, store.truth) for task in tasks)]
        for user in store._users
    ]


def test_a_set_answers_from_memory_what_it_answers_by_queries(store, monkeypatch):
    store._rows.clear()
    from_memory = asked(store)
    assert set(store._rows) == {table for table in OF_USER if table != "motives" or "motives" in store._optional}
    store._rows.clear()
    monkeypatch.setattr(about_shoppers, "integer", {"page.set_memory": 0}.get)  # no room for any rows
    assert asked(store) == from_memory
    assert set(store._rows.values()) == {None}
    store._rows.clear()


def test_what_was_prepared_is_not_asked_again(store, monkeypatch):
    store._rows.clear()
    store.prepare()
    monkeypatch.setattr(type(store), "_ask", None)
    monkeypatch.setattr(type(store), "_ask_arrow", None)
    asked(store)
