"""The precomputed store: correct answers, errors, and no access outside its folder."""

import json
import math
import threading
import time

import duckdb
import numpy as np
import pandas as pd
import pytest
from made_set import LENGTHS, make_tables, write_set
from payloads import HOSTILE

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, UnknownNameError
from rdrec.explorer.answers import PairedHits, Shopper
from rdrec.explorer.catalogue import find_stores
from rdrec.explorer.store import Store
from rdrec.explorer.tables import COLUMNS


def test_history_is_complete_and_oldest_first(store):
    history = store.history(4)
    assert [purchase.position for purchase in history] == list(range(LENGTHS[3]))
    assert [purchase.split for purchase in history[-3:]] == ["train", "val", "test"]
    assert history == sorted(history, key=lambda purchase: purchase.timestamp)


def test_claims_point_at_words_of_the_review(store):
    history = {purchase.position: purchase for purchase in store.history(1)}
    distilled = next(d for d in store.rationales(1).values() if d.claims)
    claim = distilled.claims[0]
    assert history[distilled.position].review[claim.spans[0].start : claim.spans[0].end].strip()


def test_predictions_and_truth_agree(store):
    for task in ("sequential", "topn"):
        for student, rows in store.predictions(1, task).items():
            truth = store.truth(1, task)[student]
            assert [p.rank for p in rows] == list(range(1, len(rows) + 1))
            assert rows[truth.rank - 1].item == truth.item
    assert store.truth(1, "topn")["rdrec"].item.item in store.candidates(1)


def test_a_user_too_short_for_a_held_out_item_has_no_truth(store):
    assert store.truth(10, "sequential") == {} and store.predictions(10, "topn") == {} and store.candidates(10) == []


def test_search_by_number_key_title_words_and_item_key(store):
    assert store.search_users("7", 5)[0].user == 7
    key = store.user(5).user_key
    assert store.search_users(key.lower(), 5)[0].user == 5 and store.search_users(key[:6], 50)[0].user == 5
    bought = store.history(3)[0].item
    assert 3 in {shopper.user for shopper in store.search_users(bought.item_key, 50)}
    found = store.search_users("STRINGS ferrow", 50)
    assert found and all("Ferrow" in shopper.bought for shopper in found)
    assert store.search_users("no such thing at all", 5) == []


def test_search_ignores_the_held_out_purchase(store):
    for user in range(1, 10):
        hidden = store.history(user)[-1].item
        others = {purchase.item.item for purchase in store.history(user)[:-1]}
        assert hidden.item in others or user not in {shopper.user for shopper in store.search_users(hidden.item_key, 50)}


def test_another_user_is_any_but_this_one(store, tmp_path):
    for user in (1, 5, 12):
        assert {store.other_user(user) for _ in range(500)} == set(range(1, 13)) - {user}

    def only_the_first(tables):
        tables["users"].drop(tables["users"].index[1:], inplace=True)

    assert Store.open(write_set(tmp_path, edit=only_the_first)).other_user(1) == 1


def test_an_empty_search_lists_featured_users_first_and_keeps_the_limit(store):
    listed = store.search_users("  ", 6)
    assert [shopper.user for shopper in listed[:4]] == [1, 2, 4, 7] and len(listed) == 6


@pytest.mark.parametrize("text", HOSTILE)
def test_search_accepts_any_text(store, text):
    assert store.search_users(text, 5) == []


def test_unknown_users_and_items_are_refused_in_words(store):
    with pytest.raises(UnknownNameError, match="no user 99 in 'gear' - use a number from 1 to 12"):
        store.history(99)
    with pytest.raises(UnknownNameError, match="no item 0"):
        store.item(0)


def test_an_untitled_item_is_described_from_training_reviews_only(store):
    tables = make_tables()
    train = tables["history"][tables["history"].split == "train"][["user", "position"]]
    rows = tables["rationales"].merge(train)
    for item in (store.item(number) for number in range(1, store.facts.items + 1)):
        if item.title:
            assert item.said == ()
            continue
        claims = [c for raw in rows[rows.item == item.item].claims for c in json.loads(raw)]
        assert set(item.said) <= {c["text"] for c in claims if c["kind"] == "item_attribution"}


def test_paired_hits_add_up_and_the_sign_test_is_right(store):
    paired = store.paired_hits("sequential", 10)
    truths = make_tables()["truths"].query("task == 'sequential'").pivot(index="user", columns="student", values="rank")
    assert paired.users == len(truths)
    assert paired.only_rdrec == int(((truths.rdrec <= 10) & (truths.baseline > 10)).sum())
    assert paired.both == int(((truths.rdrec <= 10) & (truths.baseline <= 10)).sum())
    assert PairedHits(10, 100, 5, 9, 1).chance == pytest.approx(22 / 1024)  # two-sided binomial(10, 1/2), worked by hand
    assert PairedHits(10, 100, 5, 3, 3).chance == 1.0 and PairedHits(10, 100, 5, 0, 0).chance == 1.0


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_one_flipped_byte_in_any_table_is_detected(tmp_path, table):
    folder = write_set(tmp_path)
    path = folder / f"{table}.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match=f"missing or altered: {table}.parquet"):
        Store.open(folder)


def test_a_missing_column_is_named(tmp_path):
    folder = write_set(tmp_path, edit=lambda tables: tables["truths"].drop(columns="among", inplace=True))
    with pytest.raises(ArtefactError, match=r"truths\.parquet lacks among"):
        Store.open(folder)


def test_unreadable_claims_are_an_error(tmp_path):
    def edit(tables):
        tables["rationales"].loc[:, "claims"] = '[{"kind": "other", "text": "x", "polarity": "like", "spans": []}]'

    broken = Store.open(write_set(tmp_path, edit=edit))
    with pytest.raises(ArtefactError, match="a claim in"):
        broken.rationales(1)


def test_the_connection_reads_nothing_outside_its_folder(store, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with pytest.raises(duckdb.Error, match="disabled"):
        store._connection.cursor().execute("SELECT * FROM read_csv(?)", [str(secret)]).fetchall()
    with pytest.raises(duckdb.Error):
        store._connection.cursor().execute("SET enable_external_access = true")


def test_a_large_set_answers_from_its_files_what_a_small_one_answers_from_memory(tmp_path):
    folder = write_set(tmp_path)
    small, large = Store.open(folder), Store.open(folder, room=0)
    assert small.held_bytes > 0 == large.held_bytes

    def kinds(store: Store) -> set[str]:
        return {row[0] for row in store._ask("SELECT table_type FROM information_schema.tables")}

    assert (kinds(small), kinds(large)) == ({"BASE TABLE"}, {"VIEW"})
    for user in range(1, len(LENGTHS) + 1):
        for ask in (Store.user, Store.history, Store.rationales, Store.texts, Store.candidates):
            assert ask(small, user) == ask(large, user)
        for task in ("sequential", "topn"):
            for told in (Store.predictions, Store.truth):
                assert told(small, user, task) == told(large, user, task)
    assert small.search_users("", 50) == large.search_users("", 50) and small.evaluation() == large.evaluation()


def test_the_sets_of_a_page_share_the_memory_limit(tmp_path, monkeypatch):
    for name in ("one", "two"):
        write_set(tmp_path / "precomputed", name)
    size = Store.open(tmp_path / "precomputed" / "one").held_bytes
    for room, held in ((2 * size, [size, size]), (2 * size - 1, [0, size]), (size - 1, [0, 0])):
        monkeypatch.setattr("rdrec.explorer.catalogue.IN_MEMORY_BYTES", room)
        stores = find_stores(Home(tmp_path / "none"), tmp_path).stores
        assert sorted(store.held_bytes for store in stores.values()) == held


@pytest.mark.parametrize("limit", [0, 1, 3, 50])
def test_shoppers_in_memory_are_those_of_the_table_in_its_order(tmp_path, limit):
    def reasons_backwards(tables):
        users = tables["users"]
        chosen = users.featured.notna()
        users.loc[chosen, "featured"] = users.featured[chosen].to_numpy()[::-1]

    store, columns = (
        Store.open(write_set(tmp_path, edit=reasons_backwards)),
        "SELECT user, user_key, interactions, featured FROM users",
    )
    assert [store.user(row[0]) for row in store._ask(columns)] == [Shopper(*row) for row in store._ask(columns)]
    first = store._ask(f"{columns} ORDER BY featured IS NULL, user LIMIT ?", [limit])
    assert store.search_users("", limit) == [Shopper(*row) for row in first]
    assert [shopper.user for shopper in store.featured_users()] != sorted(shopper.user for shopper in store.featured_users())


def test_all_rationales_are_those_of_each_teacher(store):
    for user in range(1, 13):
        told = store.all_rationales(user)
        assert list(told) == [store.facts.teacher, *store.facts.beside]
        sql = "SELECT position, user_preference FROM rationales WHERE user = ? AND teacher = ? ORDER BY position"
        for teacher, said in told.items():
            assert [(position, one.user_preference) for position, one in said.items()] == store._ask(sql, [user, teacher])
            assert all(one.teacher == teacher for one in said.values())


def test_many_threads_may_ask_at_once(store):
    expected = {user: store.history(user) for user in range(1, 13)}
    wrong: list[int] = []

    def ask(user):
        if any(store.history(user) != expected[user] for _ in range(10)):
            wrong.append(user)

    threads = [threading.Thread(target=ask, args=(user,)) for user in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_catalogue_lists_broken_sets_and_the_home_wins(tmp_path):
    home, project = Home(tmp_path / "home"), tmp_path / "project"
    write_set(project / "precomputed", "gear", title="bundled")
    write_set(home.root / "precomputed", "gear", title="own")
    write_set(project / "precomputed", "real", synthetic=False)
    broken = write_set(project / "precomputed", "bad")
    (broken / "users.parquet").unlink()
    (project / "precomputed" / "Not a name").mkdir()
    catalogue = find_stores(home, project)
    assert list(catalogue.stores) == ["real", "gear"] and catalogue.stores["gear"].facts.title == "own"
    assert [b.name for b in catalogue.broken] == ["bad"] and "users.parquet" in str(catalogue.broken[0].error)
    assert find_stores(home, project, first="gear").default == "gear"
    assert find_stores(Home(tmp_path / "none"), tmp_path / "none").default is None


@pytest.mark.slow
def test_lookups_stay_fast_with_22_000_users(tmp_path):
    """Generous bounds for a busy machine; the measured p50 is below 10 ms."""
    users, per_user = 22_000, 9
    rng = np.random.default_rng(0)

    def grow(tables: dict[str, pd.DataFrame]) -> None:
        every = np.arange(1, users + 1)
        tables["users"] = pd.DataFrame(
            {"user": every, "user_key": [f"A{u:09d}" for u in every], "interactions": per_user, "featured": None}
        )
        n = users * 80
        tables["predictions"] = pd.DataFrame(
            {
                "user": np.repeat(every, 80), "student": np.tile(np.repeat(["rdrec", "baseline"], 40), users),
                "task": np.tile(np.repeat(["sequential", "topn"] * 2, 20), users), "rank": np.tile(np.arange(1, 21), users * 4),
                "item": rng.integers(1, 25, n), "probability": rng.random(n),
            }
        )  # fmt: skip
        m = users * per_user
        tables["history"] = pd.DataFrame(
            {
                "user": np.repeat(every, per_user), "position": np.tile(np.arange(per_user), users), "item": rng.integers(1, 25, m),
                "split": np.tile(["train"] * (per_user - 2) + ["val", "test"], users), "timestamp": pd.array(range(m), dtype="Int64"),
                "rating": pd.array([5.0] * m, dtype="Float64"), "review": [f"a review of some length, number {i}" for i in range(m)],
                "summary": "fine",
            }
        )  # fmt: skip

    big = Store.open(write_set(tmp_path, edit=grow), room=0)  # not in memory
    times = []
    for user in rng.integers(1, users, 60).tolist():
        start = time.process_time()
        assert len(big.predictions(user, "sequential")["rdrec"]) == 20
        assert len(big.history(user)) == per_user
        times.append(time.process_time() - start)
    start = time.process_time()
    assert len(big.search_users("kestrel", 50)) == 50
    print(
        f"\nhistory + predictions: p50 {1e3 * np.median(times):.1f} ms, p95 {1e3 * np.quantile(times, 0.95):.1f} ms; search {1e3 * (time.process_time() - start):.1f} ms"
    )
    assert np.median(times) < 0.1, "seconds of processor time"


def test_a_set_made_before_copies_were_counted_opens(tmp_path):
    def older(tables):
        tables["checks"] = tables["checks"].drop(columns="verbatim")

    def newer(tables):
        tables["checks"] = tables["checks"].assign(verbatim=0.25)

    found = [Store.open(write_set(tmp_path, name=edit.__name__, edit=edit)).seed_results().checks for edit in (older, newer)]
    assert len(found[0]) > 2
    assert all(math.isnan(one.check.verbatim) for one in found[0]) and {one.check.verbatim for one in found[1]} == {0.25}
    assert [one.check.own_first for one in found[0]] == [one.check.own_first for one in found[1]]
