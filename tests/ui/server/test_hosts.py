"""The page answers under its own names and to its own pages, nobody else's: DNS rebinding and cross-origin reads fail."""

import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest
from served import launched

from rdrec.cli.main import build_parser
from rdrec.core.records import InputError
from rdrec.ui.page import build_page
from rdrec.ui.server.hosts import AllowedHosts


def headers(host=None, origin=None):
    given = [] if host is None else [(b"host", host.encode())]
    return given if origin is None else [*given, (b"Origin", origin.encode())]


@pytest.fixture(scope="module")
def place(catalogue):
    demo = build_page(catalogue)
    yield urlsplit(launched(demo)).netloc
    demo.close()


def ask(place, path="/config", method="GET", body=None, **more):
    connection = http.client.HTTPConnection(place, timeout=20)
    try:
        connection.request(method, path, body, {"content-type": "application/json", **more})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_page_of_another_origin_cannot_read_the_local_page(place):
    port = place.rpartition(":")[2]
    assert ask(place)[0] == 200 and ask(place, Host=f"localhost:{port}")[0] == 200
    rebound = [
        f"x.localhost:{port}",
        f"localhost.:{port}",
        f"evil.example:{port}",
        f"127.0.0.1.nip.example:{port}",
        f"192.168.1.5:{port}",
    ]
    for host in rebound:
        status, body = ask(place, Host=host)
        assert status == 403 and b"dependencies" not in body, host
        assert ask(place, Host=host, Origin=f"http://{host}")[0] == 403, host
    for origin in (
        "https://evil.example",
        f"http://x.localhost:{port}",
        "http://127.0.0.1:3000",
        "null",
        f"http://evil.example@{place}",
    ):
        status, body = ask(place, Origin=origin)
        assert status == 403 and b"dependencies" not in body, origin
    assert ask(place, Origin=f"http://{place}")[0] == 200


def test_a_foreign_origin_cannot_call_an_endpoint(place):
    call = json.dumps({"data": []})
    assert ask(place, "/gradio_api/call/data_sets", "POST", call, Origin="https://evil.example")[0] == 403
    assert ask(place, "/gradio_api/call/data_sets", "POST", call, Origin=f"http://{place}")[0] == 200


@pytest.mark.parametrize("host", [None, "", "a b", "user@127.0.0.1", "[::1", "127.0.0.1:port", "127.0.0.1/x"])
def test_a_host_that_is_none_is_refused(host):
    assert AllowedHosts.of("127.0.0.1", environment={}).refuses(headers(host))


def test_two_hosts_in_one_request_are_refused():
    assert AllowedHosts.of("127.0.0.1", environment={}).refuses([*headers("127.0.0.1"), *headers("evil.example")])


def test_a_classroom_reaches_the_page_by_any_address_of_the_machine_and_by_its_name():
    hosts = AllowedHosts.of("0.0.0.0", environment={})
    machine = socket.gethostname()
    for host in (
        "192.168.1.5:7860",
        "10.0.0.7",
        "[fe80::1]:7860",
        "localhost:7860",
        machine,
        f"{machine.partition('.')[0]}.local",
    ):
        assert not hosts.refuses(headers(host)), host
        assert not hosts.refuses(headers(host, f"http://{host.lower()}")), host
        assert hosts.refuses(headers(host, "http://evil.example")), host
    assert hosts.refuses(headers("evil.example:7860"))
    bound = AllowedHosts.of("192.168.1.5", environment={})
    assert not bound.refuses(headers("192.168.1.5:7860")) and bound.refuses(headers("192.168.1.6:7860"))


def test_a_space_is_reached_by_its_own_address():
    space = {"SPACE_ID": "someone/explorer", "SPACE_HOST": "someone-explorer.hf.space,shop.example.org"}
    hosts = AllowedHosts.of("0.0.0.0", environment=space)
    for host in ("someone-explorer.hf.space", "shop.example.org", "10.1.2.3:7860"):
        assert not hosts.refuses(headers(host, f"https://{host}")), host
    assert hosts.refuses(headers("someone-explorer.hf.space", "https://other.hf.space"))
    assert AllowedHosts.of("0.0.0.0", environment={}).refuses(headers("someone-explorer.hf.space"))  # not on a Space


def test_behind_a_proxy_the_public_name_is_allowed_whichever_host_the_proxy_hands_on():
    hosts = AllowedHosts.of("127.0.0.1", ["Shop.example.org"], {"RDREC_HOSTS": "*.campus.example, other.example"})
    for name in ("shop.example.org", "rec.campus.example", "other.example"):
        assert not hosts.refuses(headers(name, f"https://{name}")), name
        assert not hosts.refuses(headers("127.0.0.1:7860", f"https://{name}")), name
    for name in ("campus.example", "x.shop.example.org", "evilcampus.example"):
        assert hosts.refuses(headers(name)), name


@pytest.mark.parametrize("name", ["*", "http://x.example", "x.example:80", "", "a..b", "*x.example", "a/b"])
def test_a_name_that_is_none_is_refused_at_the_start(name):
    with pytest.raises(InputError, match="is not a host name"):
        AllowedHosts.of("127.0.0.1", [name], {})


def test_serve_takes_names():
    assert build_parser().parse_args(["serve", "--allow-host", "a.example", "--allow-host", "b.example"]).allow_host == [
        "a.example",
        "b.example",
    ]
