"""The rooms of a served page: opened, joined, voted in, followed, refused; and 200 phones at once."""

import asyncio
import http.client
import json
import re
import time
from urllib.parse import urlsplit

import httpx
import pytest
from payloads import HOSTILE
from served import launched

from rdrec.core.settings import integer
from rdrec.explorer import guess
from rdrec.explorer.rooms import Choice, RoomQuestion
from rdrec.ui.page import build_page
from rdrec.ui.rooms import phone_page
from rdrec.ui.rooms.routes import MOST_BODY, RoomRoutes, RoomService
from rdrec.ui.server.guard import Guard
from rdrec.ui.server.hosts import AllowedHosts

PHONES = 200
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def demo(catalogue):
    made = build_page(catalogue)
    made.address = launched(made)
    yield made
    made.close()


@pytest.fixture
def client(demo):
    with httpx.Client(base_url=demo.address, timeout=20) as opened:
        yield opened


class Host:
    """A lecturer: opens a room, ends it when done."""

    def __init__(self, client, address):
        answer = client.post("rooms/open", json={"address": address})
        assert answer.status_code == 200, answer.text
        self.client, self.opened = client, answer.json()
        self.code, self.key = self.opened["code"], self.opened["key"]

    def act(self, what, **more):
        return self.client.post(f"rooms/{what}", json={"room": self.code, "key": self.key, **more})

    def ask_guess(self, user=1):
        return self.act("ask", kind="guess", data="gear", user=user)


@pytest.fixture
def host(demo, client):
    made = Host(client, demo.address)
    yield made
    made.act("end")


@pytest.fixture
def phone(demo):
    """Makes browsers that have opened the phone page of a room."""
    opened = []

    def join(code):
        browser = httpx.Client(base_url=demo.address, timeout=20)
        opened.append(browser)
        assert browser.get("/", params={"room": code}).status_code == 200
        return browser

    yield join
    for browser in opened:
        browser.close()


def vote(browser, code, choice, number=1):
    return browser.post("rooms/vote", json={"room": code, "question": number, "choice": choice})


def state(browser, code):
    return browser.get("rooms/state", params={"room": code}).json()


def test_a_lecture_from_opening_to_the_end(host, phone, store):
    one, two = phone(host.code), phone(host.code)
    assert state(one, host.code)["phase"] == "waiting"
    assert host.ask_guess().json()["number"] == 1
    assert [choice["key"] for choice in state(one, host.code)["choices"]] == list("ABCDE")
    assert vote(one, host.code, "A").json()["mine"] == "A" and vote(two, host.code, "B").json()["mine"] == "B"
    assert vote(one, host.code.lower(), "C").json()["mine"] == "C", "a changed vote, with the code as somebody typed it"
    closed = host.act("close").json()
    assert {c["key"]: c["count"] for c in closed["choices"]} == {"A": 0, "B": 1, "C": 1, "D": 0, "E": 0}
    assert vote(one, host.code, "D").status_code == 409
    asked = guess.question(store, 1)
    assert host.act("reveal").json()["answer"] == "ABCDE"[asked.numbers.index(asked.truth)]
    assert state(two, host.code)["answer"] and sum(c["count"] for c in state(two, host.code)["choices"]) == 2
    assert host.act("ask", kind="help", data="gear").json()["votes"] == "No votes yet"
    assert vote(two, host.code, "yes", 2).json()["mine"] == "yes"
    assert host.act("end").json()["over"] is True
    assert state(one, host.code) == state(one, "NOSUCH") and state(one, host.code)["over"] is True


def test_nothing_tells_the_answer_before_it_is_shown(host, phone, store):
    browser = phone(host.code)
    asked = guess.question(store, 1)
    answer = "ABCDE"[asked.numbers.index(asked.truth)]
    said = [host.ask_guess().text, vote(browser, host.code, answer).text, browser.get(f"rooms/state?room={host.code}").text]
    said.append(host.act("close").text)
    for text in said:
        view = json.loads(text)
        assert view["answer"] is None and view["because"] == ""
        assert not re.search(r"truth|picked|hidden|bought [A-E]\.", text)
    assert all(c["count"] is None and c["share"] is None for c in json.loads(said[2])["choices"]), "phones see no votes"
    assert host.act("reveal").json()["answer"] == answer


def test_a_browser_counts_once_in_all_its_tabs(host, phone):
    host.ask_guess()
    browser = phone(host.code)
    cookie = dict(browser.cookies)
    assert len(cookie) == 1
    second = browser.get("/", params={"room": host.code})
    assert "set-cookie" not in second.headers or dict(browser.cookies) == cookie
    for choice in "ABBA":
        vote(browser, host.code, choice)
    assert host.act("close").json()["votes"] == "1 vote"


def test_without_the_cookie_of_this_room_no_vote_counts(demo, host, phone):
    host.ask_guess()
    with httpx.Client(base_url=demo.address, timeout=20) as bare:
        for cookie in ("", f"rdrec_room_{host.code}=", f"rdrec_room_{host.code}={'0' * 32}.{'0' * 32}", "rdrec_room_XXXXXX=a"):
            answer = bare.post("rooms/vote", json={"room": host.code, "question": 1, "choice": "A"}, headers={"cookie": cookie})
            assert answer.status_code == 400 and "cookie" in answer.json()["error"]
    assert host.act("close").json()["votes"] == "No votes yet"


def test_the_cookie_is_out_of_reach_of_scripts_and_fits_where_it_is_set(demo, host):
    plain = httpx.get(f"{demo.address}?room={host.code}")
    assert re.fullmatch(
        rf"rdrec_room_{host.code}=[0-9a-f]{{32}}\.[0-9a-f]{{32}}; Max-Age=\d+; HttpOnly; SameSite=Lax",
        plain.headers["set-cookie"],
    )
    framed = httpx.get(f"{demo.address}?room={host.code}", headers={"x-forwarded-proto": "https"})
    assert framed.headers["set-cookie"].endswith("HttpOnly; SameSite=None; Secure; Partitioned")
    assert "set-cookie" not in httpx.get(f"{demo.address}?room=NOSUCH").headers


def test_the_page_of_a_phone_is_small_and_allows_its_own_script_alone(demo, host):
    answer = httpx.get(f"{demo.address}?room={host.code}")
    assert len(answer.content) < 15_000 and answer.headers["cache-control"] == "no-store"
    policies = answer.headers.get_list("content-security-policy")
    strict = next(policy for policy in policies if "default-src 'none'" in policy)
    assert "unsafe" not in strict and "sha256-" in strict and "base-uri 'none'" in strict
    assert host.key not in answer.text and httpx.head(f"{demo.address}?room={host.code}").status_code == 200
    for code in ("", "NOSUCH", "<script>", "x" * 5000):
        other = httpx.get(demo.address, params={"room": code})
        assert other.status_code == 200 and other.content == phone_page.cached_page().body, "the same page for every code"


def test_hostile_titles_are_data_and_nothing_else(demo, host, phone):
    service = demo.rdrec_rooms
    choices = tuple(Choice(letter, text, text) for letter, text in zip("ABCDE", HOSTILE, strict=False))
    service.rooms.ask(host.code, host.key, RoomQuestion(HOSTILE[5], choices, "A", HOSTILE[6], tuple(HOSTILE[34:40])))
    answer = phone(host.code).get(f"rooms/state?room={host.code}")
    assert answer.headers["content-type"] == "application/json" and answer.headers["x-content-type-options"] == "nosniff"
    assert "\u202e" not in "".join(answer.json()["context"]) and answer.json()["choices"][0]["title"] == HOSTILE[0]


def test_only_the_host_turns_the_room_and_sees_the_votes(demo, client, host, phone):
    host.ask_guess()
    vote(phone(host.code), host.code, "A")
    for key in ("", host.key[:-1], None, 5, [host.key]):
        for what in ("ask", "close", "reopen", "reveal", "end"):
            body = {"room": host.code, "key": key, "kind": "help", "data": "gear"}
            assert client.post(f"rooms/{what}", json=body).status_code == 403
        stream = client.get("rooms/stream", params={"room": host.code}, headers={"x-room-key": str(key)})
        assert json.loads(stream.text.removeprefix("data: "))["over"] is True and "count" not in stream.text
    assert state(client, host.code)["phase"] == "open"
    assert host.key not in host.opened["url"] and host.key not in host.opened["qr"]


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("vote", {"room": "NOSUCH", "question": 1, "choice": "A"}, 404),
        ("vote", {"room": "A" * 1000, "question": 1, "choice": "A"}, 404),
        ("vote", {"room": ["x"], "question": 1, "choice": "A"}, 404),
        ("vote", {}, 404),
        ("close", {"room": None, "key": None}, 404),
        ("nonsense", {}, 400),
        ("", {}, 400),
        ("open", {}, 400),
    ],
)
def test_requests_that_make_no_sense_get_one_sentence(client, name, body, status):
    answer = client.post(f"rooms/{name}", json=body)
    assert answer.status_code == status and answer.json()["error"].endswith((".", "!"))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"1", b'"x"', b"null", b"[" * 2000, b"\xff\xfe", b'{"room": NaN', b" " * (MOST_BODY + 1)]
)
def test_bad_bodies_are_refused(client, content):
    assert client.post("rooms/vote", content=content, headers=JSON).status_code == 400


def test_a_form_of_a_foreign_page_cannot_vote(client, host, phone):
    host.ask_guess()
    browser, body = phone(host.code), json.dumps({"room": host.code, "question": 1, "choice": "A"})
    assert browser.post("rooms/vote", content=body, headers={"content-type": "text/plain"}).status_code == 400
    assert browser.post("rooms/vote", content=body, headers={**JSON, "origin": "https://evil.example"}).status_code == 403
    assert host.act("close").json()["votes"] == "No votes yet"


def test_a_question_is_about_a_set_and_a_shopper_of_this_page(host):
    for more in (
        {"kind": "guess", "data": "nosuch", "user": 1},
        {"kind": "guess", "data": ["gear"], "user": 1},
        {"kind": "guess", "data": "gear", "user": 10**9},
        {"kind": "guess", "data": "gear", "user": {"x": 1}},
        {"kind": "guess", "data": "gear"},
        {"kind": "other", "data": "gear", "user": 1},
    ):
        answer = host.act("ask", **more)
        assert answer.status_code == 400 and answer.json()["error"], more
    assert host.act("close").status_code == 409, "nothing was asked"


def test_the_other_methods_and_paths_go_nowhere(client, host):
    assert client.get("rooms/vote").status_code == 404 and client.put("rooms/open").status_code in (404, 405)
    assert client.get("rooms/open").status_code == 404 and client.get("/config").status_code == 200


def test_an_address_opens_a_few_rooms_only(demo, client):
    opened = []
    try:
        while len(opened) <= integer("page.client_rooms"):
            answer = client.post("rooms/open", json={"address": demo.address})
            if answer.status_code == 429:
                break
            opened.append(answer.json())
        assert answer.status_code == 429 and len(opened) <= integer("page.client_rooms")
        client.post("rooms/open", json={"address": "http://evil.example/"})
    finally:
        for room in opened:
            client.post("rooms/end", json={"room": room["code"], "key": room["key"]})


def test_a_refused_address_leaves_no_room_behind(demo, client):
    before = demo.rdrec_rooms.rooms.drop_ended()
    for _ in range(integer("page.client_rooms") + 2):
        assert client.post("rooms/open", json={"address": "http://evil.example/"}).status_code == 400
    assert demo.rdrec_rooms.rooms.drop_ended() == before


def events(lines):
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_votes_are_pushed_to_the_screen_until_the_room_ends(client, demo, host, phone):
    host.ask_guess()
    browser = phone(host.code)
    with httpx.Client(base_url=demo.address, timeout=20) as screen:
        headers = {"x-room-key": host.key}
        with screen.stream("GET", f"rooms/stream?room={host.code}", headers=headers) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            pushed = events(answer.iter_lines())
            assert next(pushed)["votes"] == "No votes yet"
            vote(browser, host.code, "B")
            assert next(pushed)["choices"][1]["count"] == 1
            host.act("reveal")
            assert next(pushed)["phase"] == "revealed"
            host.act("end")
            assert next(pushed)["over"] is True and list(pushed) == [], "the stream ends with the room"


def test_screens_are_bounded_and_leave_their_place(demo, host):
    most, headers = integer("page.room_screens"), {"x-room-key": host.key}
    path = f"rooms/stream?room={host.code}"

    async def crowd():
        async with httpx.AsyncClient(base_url=demo.address, timeout=20) as client:
            opened = [client.stream("GET", path, headers=headers) for _ in range(most)]
            for screen in opened:
                assert (await screen.__aenter__()).status_code == 200
            assert (await client.get(path, headers=headers)).status_code == 429
            for screen in opened:
                await screen.__aexit__(None, None, None)
        async with httpx.AsyncClient(base_url=demo.address, timeout=20) as client:
            for _ in range(50):  # the server notices a moment later
                async with client.stream("GET", path, headers=headers) as again:
                    if again.status_code == 200:
                        return True
                await asyncio.sleep(0.1)
        return False

    assert asyncio.run(crowd())


def test_200_phones_behind_one_address_are_all_counted(demo, host, record_property):
    """Each opens the page, looks, votes, and looks again while others vote."""
    host.ask_guess()
    took = []

    async def one(n):
        async with httpx.AsyncClient(base_url=demo.address, timeout=60, verify=False, trust_env=False) as browser:
            await browser.get("/", params={"room": host.code})
            question = (await browser.get("rooms/state", params={"room": host.code})).json()["number"]
            started = time.perf_counter()
            body = {"room": host.code, "question": question, "choice": "ABCDE"[n % 5]}
            answer = await browser.post("rooms/vote", json=body)
            took.append(time.perf_counter() - started)
            await browser.get("rooms/state", params={"room": host.code})
            return answer.status_code

    async def everybody():
        return await asyncio.gather(*(one(n) for n in range(PHONES)))

    assert set(asyncio.run(everybody())) == {200}
    closed = host.act("close").json()
    assert [choice["count"] for choice in closed["choices"]] == [PHONES // 5] * 5
    record_property("p95_seconds", sorted(took)[int(0.95 * PHONES)])


def routed(path, root_path="", query=b"", service=None):
    """The status of an answer of the routes, or "page" where the request goes on to the framework."""
    sent = []

    class App:
        @staticmethod
        def get_blocks():
            holder = type("Blocks", (), {})()
            if service:
                service.offer(holder)
            return holder

    async def page(scope, receive, send):
        sent.append({"status": "page"})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "app": App, "method": "GET", "path": path, "root_path": root_path, "query_string": query}
    scope |= {"headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1)}
    hosts = AllowedHosts.of("127.0.0.1", environment={})
    asyncio.run(Guard(RoomRoutes(page, hosts), hosts)(scope, None, send))
    return sent[0]["status"]


def test_rooms_work_below_a_sub_path_and_leave_the_page_alone(catalogue):
    service = RoomService(catalogue)
    for root, prefix in (("", ""), ("/demo", "/demo"), ("/demo/", "/demo"), ("/demo", "")):
        assert routed(f"{prefix}/rooms/state", root, b"room=X", service) == 200
        assert routed(f"{prefix}/", root, b"room=X", service) == 200
        assert routed(f"{prefix}/", root, b"data=gear", service) == "page"
        assert routed(f"{prefix}/config", root, b"room=X", service) == "page"
    assert routed("/", "", b"room=X") == "page" and routed("/rooms/state") == "page", "a page without a panel has no rooms"


def test_ask_reads_no_table_for_a_stranger(host, client, monkeypatch):
    def read(*_):
        raise AssertionError("a table was read")

    monkeypatch.setattr(RoomService, "question", read)
    assert client.post("rooms/ask", json={"room": host.code, "key": "x", "kind": "guess", "data": "gear"}).status_code == 403


def test_nothing_of_a_room_is_written(host, phone, tmp_path, monkeypatch):
    opened = []
    real = open
    monkeypatch.setattr("builtins.open", lambda file, mode="r", *a, **k: (opened.append(mode), real(file, mode, *a, **k))[1])
    host.ask_guess()
    vote(phone(host.code), host.code, "A")
    host.act("reveal")
    assert not [mode for mode in opened if set(mode) & set("wax+")]


def test_the_places_of_the_page_name_its_port(demo, host):
    place = urlsplit(demo.address)
    assert host.opened["url"] == f"http://{place.netloc}/?room={host.code}" and host.opened["only_here"] is True
    connection = http.client.HTTPConnection(place.netloc, timeout=20)
    connection.request("GET", f"/rooms/state?room={host.code}", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 403
    connection.close()
