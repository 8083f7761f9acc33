"""What the chat client understands of headers and addresses; what it does with a server is in test_over_http."""

import pytest

from rdrec.distill.chat_client import check_endpoint
from rdrec.records import InputError
from rdrec.untrusted import retry_after


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


@pytest.mark.parametrize(
    "endpoint", ["ftp://x", "x", "http://user:pass@h/v1", "http://h/v1?key=1", "http://[", "http://h:x/v1", ""]
)
def test_bad_endpoints(endpoint):
    with pytest.raises(InputError, match="--endpoint"):
        check_endpoint(endpoint)
