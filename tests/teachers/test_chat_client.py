"""What the chat client understands of headers and addresses; what it does with a server is in test_over_http."""

import json
from base64 import b64encode
from urllib.parse import quote

import pytest

from rdrec.core.records import InputError
from rdrec.core.untrusted import retry_after
from rdrec.teachers.chat_client import KEY_VARIABLE, ChatClient, check_endpoint


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0), (" 0.5 ", 0.5), ("0", 0.0), ("9" * 5_000, float("inf")), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        (None, None), ("", None), ("soon", None), ("²", None), ("٣", None), ("-3", None), ("1e9", None), ("nan", None),
        ("Wed, 21 Oct 10000000000000000000 07:28:00 GMT", None), ("Wed, 99 Oct 2031 07:28:00 GMT", None), ("," * 3, None),
    ],
)  # fmt: skip
def test_retry_after_holds_seconds_or_a_date_or_says_nothing(value, seconds):
    assert retry_after(value) == seconds


KEY = "sk-Canary/7b1f9c+Zq=="


@pytest.mark.parametrize(
    "said",
    [
        KEY, KEY.upper(), KEY.lower(), quote(KEY, safe=""), json.dumps(KEY), KEY.encode().hex(), KEY[:12] + "...", "..." + KEY[-9:],
        *(b64encode(b"x" * offset + KEY.encode() + b"yz").decode() for offset in range(3)),
    ],
)  # fmt: skip
def test_a_key_is_hidden_in_whatever_form_a_server_sends_it_back(monkeypatch, said):
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    client = ChatClient("https://127.0.0.1:9/v1", "m", timeout=1.0, connections=1)
    clean = client.clean(f"wrong key {said}, try again")
    assert clean.startswith("wrong key ") and "[key]" in clean and clean.endswith(", try again")
    lower = clean.lower()
    for form in (KEY.lower(), KEY.encode().hex(), b64encode(KEY.encode()).decode().lower()):
        assert not any(form[at : at + 8] in lower for at in range(len(form) - 7)), clean


def test_other_words_are_left_alone_and_a_short_key_is_hidden_whole(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "abc")
    client = ChatClient("https://127.0.0.1:9/v1", "m", timeout=1.0, connections=1)
    assert client.clean("ab c abc \u0130abC") == "ab c [key] \u0130[key]"
    monkeypatch.delenv(KEY_VARIABLE)
    assert ChatClient("https://127.0.0.1:9/v1", "m", timeout=1.0, connections=1).clean("abc \0 [key]") == "abc \0 [key]"


@pytest.mark.parametrize(
    "endpoint", ["ftp://x", "x", "http://user:pass@h/v1", "http://h/v1?key=1", "http://[", "http://h:x/v1", ""]
)
def test_bad_endpoints(endpoint):
    with pytest.raises(InputError, match="--endpoint"):
        check_endpoint(endpoint)
