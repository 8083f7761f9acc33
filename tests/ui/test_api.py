"""The public endpoints over the network: what they answer, what they refuse, and that nothing else can be called."""

import inspect
import json
from types import SimpleNamespace

import httpx
import pytest
from fake_students import FakeStudents
from gradio_client import Client
from gradio_client.exceptions import AppError
from served import launched

from rdrec.core.records import InputError
from rdrec.explorer.api import records as records
from rdrec.explorer.api.checks import in_words
from rdrec.explorer.api.endpoints import LIVE, LOOKUPS, Api
from rdrec.explorer.comparisons import best_baselines
from rdrec.explorer.live_runner import LiveRunner
from rdrec.ui import mcp
from rdrec.ui.page import build_page, launch_options

PUBLIC = {*LOOKUPS, *LIVE, "distil"}


@pytest.fixture(scope="module")
def address(catalogue):
    demo = build_page(catalogue, FakeStudents)
    yield launched(demo)
    demo.close()


@pytest.fixture(scope="module")
def page(address):
    return Client(address, verbose=False)


@pytest.fixture(scope="module")
def api(catalogue):
    return Api(catalogue, LiveRunner(FakeStudents))


def test_exactly_the_documented_endpoints_can_be_called(page):
    found = page.view_api(return_format="dict")["named_endpoints"]
    assert {name.lstrip("/") for name in found} == PUBLIC and not page.view_api(return_format="dict")["unnamed_endpoints"]
    for name in (*LOOKUPS, *LIVE):
        said = found[f"/{name}"]
        declared = list(inspect.signature(getattr(Api, name)).parameters.values())[1:]
        assert [p["parameter_name"] for p in said["parameters"]] == [p.name for p in declared]
        assert len(said["description"]) > 40 and all(p["type"].get("type") or p["type"].get("enum") for p in said["parameters"])
        assert [p["parameter_has_default"] for p in said["parameters"]] == [p.default is not p.empty for p in declared]


def test_glue_is_private(address):
    """Buttons' callbacks have numbers; a client can call none of them, by name or by number."""
    config = httpx.get(f"{address}config").json()
    private = [d for d in config["dependencies"] if d["api_visibility"] == "private"]
    assert len(private) > 20 and {d["api_name"] for d in config["dependencies"] if d["api_visibility"] != "private"} == PUBLIC
    for one in private:
        assert httpx.post(f"{address}gradio_api/call/v2/{one['api_name']}", json={}).status_code >= 400


def test_paging_through_everybody_gives_each_shopper_once(page, store):
    offset, seen = 0, []
    while offset is not None:
        found = page.predict(limit=5, offset=offset, api_name="/list_users")
        seen += [shopper["user"] for shopper in found["users"]]
        offset = found["next"]
    assert sorted(seen) == sorted(store._users) and len(seen) == store.facts.users


def test_search_finds_whom_the_page_finds(page, store):
    found = page.predict("ferrow", 50, api_name="/list_users")["users"]
    assert [one["user"] for one in found] == [one.user for one in store.search_users("ferrow", 50)] and found[0]["bought"]


def test_history_and_rationales_fit_together(page, store):
    bought = page.predict(4, api_name="/history")
    assert [p["position"] for p in bought["history"]] == [p.position for p in reversed(store.history(4))]
    assert bought["history"][0]["split"] == "test" and bought["purchases"] == len(bought["history"]) == 12
    reviews = {p["position"]: p["review"] for p in bought["history"]}
    said = page.predict(4, api_name="/rationales")
    assert said["teachers"] == ["offline", "answer-key"] and said["teacher"] == "offline"
    spans = [(r["position"], span) for r in said["rationales"] for claim in r["claims"] for span in claim["spans"]]
    assert len(spans) > 5 and all(reviews[position][start:end].strip() for position, (start, end) in spans)
    other = page.predict(4, "answer-key", api_name="/rationales")
    assert (
        other["teacher"] == "answer-key"
        and other["rationales"][0]["user_preference"] == "The user likes what the answer key says."
    )


def test_recommendations_are_those_of_the_page(page, store):
    for task in ("sequential", "topn"):
        found = page.predict(user=4, task=task, top=20, api_name="/recommend")
        stored = store.predictions(4, task)
        assert {s: [i["item"] for i in rows] for s, rows in found["students"].items()} == {
            s: [p.item.item for p in rows] for s, rows in stored.items()
        }
        assert {s: one["rank"] for s, one in found["truth"].items()} == {s: t.rank for s, t in store.truth(4, task).items()}
    assert all(len(rows) == 3 for rows in page.predict(4, "topn", 3, api_name="/recommend")["students"].values())


def test_an_explanation_counts_what_the_tables_hold(page, store):
    """Against the naive way: count by hand over every history."""
    histories = {user: [p.item.item for p in store.history(user) if p.split == "train"] for user in store._users}
    checked = 0
    for user in (1, 4, 7):
        shown = [p.item.item for p in store.history(user) if p.split != "test"]
        for item in records.explainable(store, user):
            others = [bought for other, bought in histories.items() if other != user and item in bought]
            naive = {mine: sum(mine in bought for bought in others) for mine in shown if mine != item}
            assert store.bought_with(item, shown, user) == {mine: count for mine, count in naive.items() if count}
            checked += any(naive.values())
    assert checked > 3
    true = page.predict(4, store.truth(4, "sequential")["rdrec"].item.item, api_name="/explain")
    assert true["is_true_purchase"] and true["places"]["rdrec"]["rank"] == 16 and true["written"]
    assert true["shopper"]["likes"] and all(one["times"] > 0 for one in true["reviewers_say"])


def test_audit_evidence_and_sets(page, store):
    said = page.predict(api_name="/audit")
    assert said["protocol"] == "clean" and {row["protocol"] for row in said["measures"]} == {"published", "shuffled", "clean"}
    evidence = page.predict(api_name="/evidence")
    assert len(evidence["evaluation"]) == len(store.evaluation())
    for task, best in evidence["best_baselines"].items():
        found = best_baselines(store.seed_results(), store.evaluation(), task)
        assert (best["metric"], best["method"], best["value"]) == ("NDCG@10", found.baseline.method, found.baseline.value)
        assert best["uses_rationales"] is False and best["without_rationales"]["method"] == best["method"]
    sets = page.predict(api_name="/data_sets")
    assert sets["default"] == "gear" and sets["data_sets"][0]["users"] == 12


def test_a_live_run_says_that_it_equals_what_is_stored(page):
    said = page.predict(4, api_name="/recommend_live")
    assert said["device"] == "CPU" and said["students"]["rdrec"]["comparison"] == "same ranking as precomputed"


BAD = [
    ("history", {"user": 0}, "user: there is no shopper “0”"),
    ("history", {"user": "../../etc/passwd"}, "user: there is no shopper “../../etc/passwd”"),
    ("history", {"user": True}, "user: there is no shopper “True”"),
    ("history", {"user": 1.5}, "user: there is no shopper “1.5”"),
    ("history", {"user": {"$gt": 0}}, "user: there is no shopper"),
    ("history", {"user": None}, "user: there is no shopper “None”"),
    ("history", {"user": 10**400}, "user: there is no shopper “1000"),
    ("history", {"user": "9" * 5000}, "Use a whole number from 1 to 12; /list_users finds them."),
    ("history", {"user": 1, "data": "nothing"}, "data: there is no data set “nothing”. Use one of gear"),
    ("history", {"user": 1, "data": ["gear"]}, "data: there is no data set"),
    ("list_users", {"limit": 51}, "limit: “51” is not a whole number from 1 to 50"),
    ("list_users", {"limit": True}, "limit: “True” is not"),
    ("list_users", {"offset": -1}, "offset: “-1” is not"),
    ("list_users", {"offset": 10**9}, "offset: “1000000000” is not a whole number from 0 to 12"),
    ("list_users", {"search": "x" * 81}, "search: it is not a text of at most 80 characters"),
    ("list_users", {"search": ["x"]}, "search: it is not a text"),
    ("rationales", {"user": 1, "teacher": "nobody"}, "teacher: there are no rationales by teacher “nobody” in this data set. Use offline or answer-key."),
    ("recommend", {"user": 1, "task": "<b>"}, "task: there is no task “<b>”. Use sequential or topn."),
    ("recommend", {"user": 1, "task": ["topn"]}, "task: there is no task"),
    ("recommend", {"user": 1, "top": 21}, "top: “21” is not a whole number from 1 to 20"),
    ("explain", {"user": 1, "item": 999_999}, "item: the item “999999” is neither"),
    ("influence", {"user": 1, "item": "x"}, "item: the item “x” is neither"),
    ("influence", {"user": 1, "item": 1, "student": "teacher"}, "student: there is no student “teacher”"),
    ("influence", {"user": 10, "item": 1}, "user: nothing was computed for shopper 10"),
    ("recommend_live", {"user": 99}, "user: there is no shopper “99”"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "asked", "words"), BAD, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_refused_in_words(address, name, asked, words):
    event = httpx.post(f"{address}gradio_api/call/v2/{name}", json=asked).json()["event_id"]
    kind, said = httpx.get(f"{address}gradio_api/call/{name}/{event}").text.split("\n")[:2]
    assert kind == "event: error"
    said = json.loads(said.removeprefix("data: "))["error"]
    assert words in said and said.endswith(".") and len(said) < 400 and "Traceback" not in said


def test_the_client_raises_the_sentence(page):
    with pytest.raises(AppError, match=r"there is no shopper “77”.*Use a whole number from 1 to 12"):
        page.predict(77, api_name="/history")


def test_lookups_answer_a_plain_post_and_live_runs_do_not(address):
    asked = {"data": [4, "sequential", 2, ""]}
    assert len(httpx.post(f"{address}gradio_api/run/recommend", json=asked).json()["data"][0]["students"]["rdrec"]) == 2
    assert httpx.post(f"{address}gradio_api/run/recommend_live", json={"data": [4, "topn", ""]}).status_code == 404


def test_an_answer_is_bounded(api, store):
    sizes = [len(json.dumps(api.history(user))) + len(json.dumps(api.rationales(user))) for user in store._users]
    assert max(sizes) < 200_000 and len(json.dumps(api.list_users(limit=50))) < 20_000


def test_a_broken_table_is_a_sentence_without_a_path(catalogue):
    from rdrec.core.records import ArtefactError
    from rdrec.explorer.catalogue import Catalogue

    def fail(*_):
        raise ArtefactError("the tables cannot be read (bad block)", where="/secret/place", todo="make it again")

    real = catalogue.stores["gear"]
    broken = SimpleNamespace(facts=real.facts, has_user=real.has_user, user_range=real.user_range, history=fail)
    with pytest.raises(ArtefactError) as caught:
        Api(Catalogue({"gear": broken}), LiveRunner()).history(1)
    assert in_words(caught.value) == "the tables cannot be read (bad block). make it again."


def test_mcp_is_asked_for_or_not_and_never_left_out_in_silence(monkeypatch):
    monkeypatch.delenv(mcp.VARIABLE, raising=False)
    assert mcp.wanted() is False and launch_options()["mcp_server"] is False and launch_options(mcp=True)["mcp_server"]
    monkeypatch.setattr(mcp.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"requirements-mcp\.txt"):
        mcp.wanted(True)
    monkeypatch.setenv(mcp.VARIABLE, "1")
    with pytest.raises(InputError, match="not installed"):
        mcp.wanted()
    monkeypatch.setenv(mcp.VARIABLE, "yes")
    with pytest.raises(InputError, match=r"RDREC_MCP.*use 1"):
        mcp.wanted()


def test_mcp_tools_are_exactly_the_public_endpoints(catalogue):
    pytest.importorskip("mcp", reason="the extra is not installed: pip install -r requirements-mcp.txt")
    import asyncio

    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    demo = build_page(catalogue, FakeStudents)
    _, at, _ = demo.launch(prevent_thread_lock=True, quiet=True, **launch_options(mcp=True))

    async def ask():
        async with streamablehttp_client(f"{at}gradio_api/mcp/") as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            tools = (await session.list_tools()).tools
            named = {tool.name: tool for tool in tools}
            answer = await session.call_tool("recommend", {"user": 4, "top": 2})
            refused = await session.call_tool("history", {"user": 99})
            return named, answer, refused

    try:
        tools, answer, refused = asyncio.run(ask())
    finally:
        demo.close()
    assert set(tools) == PUBLIC
    assert tools["recommend"].inputSchema["properties"]["task"]["enum"] == ["sequential", "topn"]
    assert "the shopper's number" in tools["recommend"].inputSchema["properties"]["user"]["description"]
    assert not answer.isError and '"rdrec"' in answer.content[0].text.replace("'", '"')
    assert refused.isError and "there is no shopper “99”" in refused.content[0].text
