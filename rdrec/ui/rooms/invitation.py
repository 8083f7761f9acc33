"""The address that phones open, and its QR code.

The lecturer's browser sends the page's address, since behind a proxy or below a sub-path only the browser knows it; the server accepts
it only with a host name of this page, so that no QR code leads elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from rdrec.core.records import InputError
from rdrec.ui.rooms import strings as words
from rdrec.ui.server.hosts import LOCAL, AllowedHosts

_PATH = re.compile(r"(/[A-Za-z0-9._~%-]+)*/?")
_LONGEST = 300  # characters; QR codes of longer addresses cannot be read across a lecture hall


@dataclass(frozen=True, slots=True)
class Invitation:
    """url: of the room; shown: the address to type, without the room; qr: a data: URL; only_here: whether phones cannot reach it."""

    url: str
    shown: str
    qr: str
    only_here: bool


def invitation(address: object, code: str, hosts: AllowedHosts) -> Invitation:
    """address: the page's origin and path in the lecturer's browser.  Raises InputError if it is not one of this page."""
    import segno  # needed only when a room is opened

    page = _checked(address, hosts)
    parts = urlsplit(page)
    shown = f"{parts.netloc}{parts.path}?room"
    made = segno.make(f"{page}?room={code}", error="m", micro=False)
    qr = made.svg_data_uri(border=4, dark="#000", light="#fff", scale=8, omitsize=True, nl=False)
    return Invitation(f"{page}?room={code}", shown, qr, parts.hostname in LOCAL)


def _checked(address: object, hosts: AllowedHosts) -> str:
    wrong = InputError(words.BAD_ADDRESS.format(todo=words.BAD_ADDRESS_TODO))
    if not isinstance(address, str) or len(address) > _LONGEST or not address.isascii():
        raise wrong
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    if scheme not in ("http", "https") or not hosts.knows(host) or not _PATH.fullmatch(slash + path):
        raise wrong
    return f"{scheme}://{host}/{path}".rstrip("/") + "/"
