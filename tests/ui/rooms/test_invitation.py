"""The QR code leads to this page under an address that the lecturer's browser sees, and nowhere else."""

import pytest
import segno

from rdrec.core.records import InputError
from rdrec.ui.rooms.invitation import invitation
from rdrec.ui.server.hosts import AllowedHosts

LAN = AllowedHosts.of("0.0.0.0", environment={})
SPACE = AllowedHosts.of("0.0.0.0", environment={"SPACE_ID": "a/b", "SPACE_HOST": "a-b.hf.space"})
PROXY = AllowedHosts.of("127.0.0.1", ["shop.example.org"], {})


@pytest.mark.parametrize(
    ("address", "hosts", "url"),
    [
        ("http://192.168.1.5:7860/", LAN, "http://192.168.1.5:7860/?room=ABC234"),
        ("http://192.168.1.5:7860", LAN, "http://192.168.1.5:7860/?room=ABC234"),
        ("http://[fe80::1]:7860/", LAN, "http://[fe80::1]:7860/?room=ABC234"),
        ("https://a-b.hf.space/", SPACE, "https://a-b.hf.space/?room=ABC234"),
        ("https://shop.example.org/demo/rdrec", PROXY, "https://shop.example.org/demo/rdrec/?room=ABC234"),
        ("http://localhost:7860/", PROXY, "http://localhost:7860/?room=ABC234"),
    ],
)
def test_the_address_of_the_browser_is_kept(address, hosts, url):
    made = invitation(address, "ABC234", hosts)
    assert made.url == url and made.shown == url.partition("://")[2].partition("=")[0]
    expected = segno.make(url, error="m", micro=False).svg_data_uri(
        border=4, dark="#000", light="#fff", scale=8, omitsize=True, nl=False
    )
    assert made.qr == expected and made.qr.startswith("data:image/svg+xml")
    assert made.only_here is ("localhost" in address)


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example/", "https://evil.example@127.0.0.1/", "javascript:alert(1)", "http://127.0.0.1/?x=1", "http://127.0.0.1/#x",
        "http://127.0.0.1//evil.example/", "http://127.0.0.1/a b", "http://127.0.0.1/<b>", "http://", "", None, 7, ["http://127.0.0.1/"],
        "http://127.0.0.1/" + "a" * 400, "http://127.0.0.1\\@evil.example/", "ftp://127.0.0.1/", "http://127.0.0.1/é", "//127.0.0.1/",
    ],
)  # fmt: skip
def test_any_other_address_is_refused(address):
    with pytest.raises(InputError, match="not an address of this page"):
        invitation(address, "ABC234", PROXY)
