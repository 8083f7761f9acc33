"""One visitor cannot take the queue, the memory or the sessions of the others, and a slow teacher holds up no live run."""

import asyncio
import http.client
import json
import threading
from urllib.parse import urlsplit

import pytest
from served import launched

from rdrec.core.settings import integer
from rdrec.explorer.live_runner import Ran
from rdrec.explorer.live_teachers import LiveTeachers, Offer
from rdrec.ui.page import build_page
from rdrec.ui.server import fair_share
from rdrec.ui.server.fair_share import TEACHER, FairShare, asked_for, client_of


class Students:
    """Live students that answer at once."""

    def predict(self, user, task):
        return Ran("cpu", "fp32", None, 0.0, None, ())


class Stuck:
    """A teacher that answers when it is let go."""

    name, config = "stuck", {}

    def __init__(self):
        self.go = threading.Event()

    def stream(self, reviews):
        self.go.wait(60)
        yield from []


@pytest.fixture
def page(catalogue):
    stuck = Stuck()
    demo = build_page(catalogue, lambda store: Students(), LiveTeachers([Offer("stuck", "llama", lambda: stuck)]))
    yield urlsplit(launched(demo)).netloc, demo
    stuck.go.set()
    demo.close()


def post(place, path, said, client=None):
    headers = {"content-type": "application/json"} | ({"x-forwarded-for": client} if client else {})
    connection = http.client.HTTPConnection(place, timeout=30)
    connection.request("POST", f"/gradio_api{path}", json.dumps(said), headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def call(place, name, data, client=None):
    return post(place, f"/call/{name}", {"data": data}, client)


def fetch(place, name, answer, client=None):
    connection = http.client.HTTPConnection(place, timeout=30)
    connection.request(
        "GET", f"/gradio_api/call/{name}/{json.loads(answer)['event_id']}", headers={"x-forwarded-for": client or "::1"}
    )
    content = connection.getresponse().read()
    connection.close()
    return content


LIVE = ("recommend_live", [1, "sequential", ""])


def test_a_slow_teacher_holds_up_no_live_run(page):
    place, _ = page
    codes = [call(place, "distil", ["The sound is great.", "stuck", 0], f"9.9.9.{n % 30}")[0] for n in range(65)]
    assert codes.count(200) == integer("page.teacher_calls") and set(codes) == {200, 503}
    status, answer = call(place, *LIVE, "8.8.8.8")
    assert status == 200 and b"event: complete" in fetch(place, "recommend_live", answer, "8.8.8.8")


def test_one_address_takes_a_share_of_the_queue_and_of_unread_answers(page):
    place, demo = page
    codes = [call(place, *LIVE, "9.9.9.9")[0] for _ in range(60)]
    assert codes.count(200) == integer("page.client_calls") and codes[-1] == 503
    assert len(demo._queue.pending_messages_per_session) <= integer("page.client_calls") + 1
    status, answer = call(place, *LIVE, "8.8.8.8")
    assert status == 200 and b"event: complete" in fetch(place, "recommend_live", answer, "8.8.8.8")
    assert json.loads(call(place, *LIVE, "9.9.9.9")[1])["detail"].startswith("The page is busy")


def test_who_fetches_answers_may_ask_on(page):
    place, _ = page
    for _ in range(integer("page.client_calls") + 5):
        status, answer = call(place, *LIVE, "9.9.9.9")
        assert status == 200 and b"event: complete" in fetch(place, "recommend_live", answer)


def test_made_up_sessions_push_out_nobody_elses(page, monkeypatch):
    """With places for 60 visitors, half of them for one address, as the page has 500."""
    place, demo = page
    share, holder = 30, demo.app.state_holder
    assert holder.capacity == 2 * integer("page.client_sessions")
    monkeypatch.setattr(holder, "capacity", 2 * share)
    monkeypatch.setattr(fair_share, "integer", lambda name: share if name == "page.client_sessions" else integer(name))
    dependency = next(fn for fn in demo.fns.values() if fn.api_name == "data_sets")

    def use(session, client):
        said = {"data": [], "fn_index": dependency._id, "session_hash": session}
        assert post(place, "/run/predict", said, client)[0] == 200

    use("class", "8.8.8.8")
    for number in range(2 * share + 5):
        use(f"made-up-{number}", "9.9.9.9")
    assert "class" in holder.session_data and len(holder.session_data) <= share + 1
    assert f"made-up-{2 * share + 4}" in holder.session_data


def test_answers_that_nobody_fetches_count_for_a_while():
    clock = [0.0]
    share = FairShare(lambda: clock[0])
    for number in range(integer("page.client_calls")):
        assert share.accepts("a", "live")
        share.joined("a", f"call {number}", "live")
    assert not share.accepts("a", "live") and share.accepts("b", "live")
    assert not share.accepts("a", "other") and share.accepts("a", TEACHER)
    clock[0] = integer("page.unread_seconds") + 1.0
    assert share.accepts("a", "live")


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxy", "client"),
    [
        ("9.9.9.9", None, False, "9.9.9.9"), ("9.9.9.9", "1.1.1.1", False, "9.9.9.9"), ("127.0.0.1", "6.6.6.6, 1.1.1.1", False, "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6,1.1.1.1", True, "1.1.1.1"), ("2001:db8::1", None, False, "2001:db8::"), ("2001:db8::2:3", None, False, "2001:db8::"),
    ],
)  # fmt: skip
def test_what_a_visitor_says_of_its_address_counts_for_nothing(peer, forwarded, proxy, client):
    headers = [] if forwarded is None else [(b"X-Forwarded-For", forwarded.encode())]
    assert client_of({"client": (peer, 1), "headers": headers}, proxy) == client


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 60_000, b'{"session_hash": 7, "fn_index": "x"}', b"\xff"])
def test_odd_bodies_name_no_session(body):
    assert asked_for("/queue/join", body) == (None, None)


def test_a_refused_call_is_not_counted():
    """What the framework turned down leaves nothing to fetch."""
    from rdrec.ui.server.guard import Guard

    async def refusing(scope, receive, send):
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def receive():
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message):
        codes.append(message.get("status"))

    codes = []
    guard = Guard(refusing)
    scope = {"type": "http", "path": "/gradio_api/call/x", "method": "POST", "headers": [(b"host", b"localhost")]}
    for _ in range(100):
        asyncio.run(guard(scope, receive, send))
    assert set(codes) == {400, None}
