"""Host names under which the page answers and origins that may call it, against DNS rebinding and cross-origin reads.

Another site can make its own host name point at 127.0.0.1 and then read what answers there.  But `Host` says which name the browser
used and `Origin` which page sent the request, so both are compared with a short list.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from rdrec.core.records import InputError

VARIABLE = "RDREC_HOSTS"  # names separated by commas, as --allow-host gives them
LOCAL = frozenset(["localhost", "127.0.0.1", "::1"])
ANY_ADDRESS = frozenset(["0.0.0.0", "::", ""])  # bound to every network of the machine
SPACES = "*.hf.space"
_NAME = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class AllowedHosts:
    """Which host names and origins are allowed.

    names      exact, or "*.example.org" for every name below
    addresses  whether any IP address is allowed as a name
    published  names of a proxy in front, which may pass on a Host other than the browser's
    """

    names: frozenset[str]
    addresses: bool = False
    published: frozenset[str] = frozenset()

    @classmethod
    def of(cls, bound: str, given: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> AllowedHosts:
        """For a server bound to `bound`; `given` is added to $RDREC_HOSTS.  Raises InputError for an invalid host name."""
        environment = os.environ if environment is None else environment
        published = {_checked(name, "--allow-host") for name in given}
        published |= {_checked(name, f"${VARIABLE}") for name in environment.get(VARIABLE, "").split(",") if name.strip()}
        names = LOCAL | published
        if environment.get("SPACE_ID"):
            own = {_checked(name, "$SPACE_HOST") for name in environment.get("SPACE_HOST", "").split(",") if name.strip()}
            published |= own
            names |= own | {SPACES}
        if bound in ANY_ADDRESS:
            machine = socket.gethostname().lower()
            names |= {machine, f"{machine.partition('.')[0]}.local"}
        else:
            names |= {bound.lower()}
        # Nobody can make an IP address point elsewhere, so a page under one belongs to this server.
        return cls(frozenset(names), bound in ANY_ADDRESS, frozenset(published))

    def refuses(self, headers: _Headers) -> bool:
        """Whether a request has no Host, an unknown one or several, or comes from a page of another origin."""
        hosts = [value for name, value in headers if name.lower() == b"host"]
        origins = [value for name, value in headers if name.lower() == b"origin"]
        if len(hosts) != 1 or len(origins) > 1:
            return True
        host = hosts[0].decode("latin-1").lower()
        return not self._known(_name(host)) or (bool(origins) and not self._same(host, origins[0].decode("latin-1").lower()))

    def knows(self, host: str) -> bool:
        """Whether "name" or "name:port", as in the browser's address bar, is a host of this page."""
        name = _name(host.lower())
        return self._known(name) or (name is not None and _listed(name, self.published))

    def _known(self, name: str | None) -> bool:
        return name is not None and (_listed(name, self.names) or (self.addresses and _is_address(name)))

    def _same(self, host: str, origin: str) -> bool:
        scheme, _, place = origin.partition("://")
        if scheme not in ("http", "https"):  # also "null": a file, or a sandboxed frame
            return False
        name = _name(place)
        return place == host or (name is not None and _listed(name, self.published))


def _name(place: str) -> str | None:
    """The host name of "name:port"; None if it is invalid."""
    try:
        parts = urlsplit(f"//{place}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == place and "@" not in place else None


def _listed(name: str, names: frozenset[str]) -> bool:
    return name in names or any(pattern.startswith("*.") and name.endswith(pattern[1:]) for pattern in names)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _checked(name: str, where: str) -> str:
    name = name.strip().lower()
    if not (_NAME.fullmatch(name) or _is_address(name)):
        raise InputError(
            f"{name[:80]!r} is not a host name",
            where=where,
            todo='give a name like "shop.example.org" or "*.example.org", without a port',
        )
    return name
