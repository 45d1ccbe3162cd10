"""Where the portal may connect: hosts that an administrator lists, and never a machine's own metadata service.

The only place that decides. A name is looked up once, every address it has is judged, and the connection then goes
to these addresses, so that a second look-up cannot lead elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from django.conf import settings

from connections.errors import PortalError

if TYPE_CHECKING:
    from connections.credentials import Credentials
    from connections.models import DatabaseConnection

Address = IPv4Address | IPv6Address

_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
# A name that ends like this is an IPv4 address in another spelling: decimal, octal, hexadecimal, shortened.
_NUMERIC_END = re.compile(r"(.*\.)?([0-9]+|0[xX][0-9A-Fa-f]*)")
_AWS_METADATA = ipaddress.ip_network("fd00:ec2::/32")
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
_IPV4_IN_IPV6 = tuple(ipaddress.ip_network(text) for text in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class Destination:
    """A server by its name, for TLS, and by the addresses the name had, for the way; printed it shows neither."""

    host: str
    port: int
    addresses: tuple[str, ...]

    def __repr__(self) -> str:
        return "Destination(•••)"

    @property
    def is_this_machine(self) -> bool:
        return all(ipaddress.ip_address(address).is_loopback for address in self.addresses)


def is_plain(host: str) -> bool:
    """Whether it is one host name or one address in its usual spelling: no list, path, URL, blank or scope."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(_NAME.fullmatch(host)) and not _NUMERIC_END.fullmatch(host)
    return "%" not in host


def is_pattern(text: str) -> bool:
    """Whether the setting PGSPARK_DATABASE_HOSTS may hold it: a host, `*.example.com`, or `*`."""
    return text == "*" or is_plain(text.removeprefix("*."))


def is_listed(host: str) -> bool:
    """Whether the setting lists it. `*.example.com` stands for all names below example.com, `*` for every host."""
    below = (pattern[1:] for pattern in _patterns() if pattern.startswith("*."))
    return "*" in _patterns() or is_listed_in_full(host) or any(host.lower().endswith(end) for end in below)


def is_listed_in_full(host: str) -> bool:
    return host.lower() in _patterns()


def _patterns() -> list[str]:
    return [pattern.lower() for pattern in settings.PGSPARK_DATABASE_HOSTS]


def destination(connection: DatabaseConnection, credentials: Credentials) -> Destination:
    """Where `connection` leads: its reader endpoint, else the secret's host. Raises PortalError HOST_*."""
    host = connection.reader_host or credentials.host.reveal()
    check_host(connection, host)
    return look_up(connection, host, credentials.port)


def check_host(connection: DatabaseConnection, host: str) -> None:
    """Raises HOST_NOT_ALLOWED for a host that is not listed, before anything is asked of the network."""
    if not is_plain(host) or not is_listed(host):
        raise PortalError("HOST_NOT_ALLOWED", connection=connection.name)


def look_up(connection: DatabaseConnection, host: str, port: int) -> Destination:
    """All addresses of `host`; a forbidden one spoils the name. Raises HOST_NOT_FOUND, HOST_ADDRESS_FORBIDDEN."""
    found = _addresses(host, port)
    if not found:
        raise PortalError("HOST_NOT_FOUND", connection=connection.name)
    # Only who lists a host in full can mean this very machine; a pattern never does.
    may_be_here = is_listed_in_full(host)
    if any(_is_forbidden(ipaddress.ip_address(address), may_be_here=may_be_here) for address in found):
        raise PortalError("HOST_ADDRESS_FORBIDDEN", connection=connection.name)
    return Destination(host, port, found)


def _addresses(host: str, port: int) -> tuple[str, ...]:
    """What the system's resolver says within the time limit, in its order; it has no limit of its own."""
    found: list[str] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(settings.PGSPARK_CONNECT_TIMEOUT_SECONDS)
    return tuple(found)


def _is_forbidden(address: Address, *, may_be_here: bool) -> bool:
    """Metadata services, link-local, multicast and unspecified addresses always; loopback unless asked for."""
    if address.is_loopback:
        return not may_be_here
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return True
    if isinstance(address, IPv4Address):
        return address.is_reserved or address in _THIS_NETWORK
    inner = _inner(address)
    return address in _AWS_METADATA or (inner is not None and _is_forbidden(inner, may_be_here=may_be_here))


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, in any of the ways there are."""
    known = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if known is None and any(address in network for network in _IPV4_IN_IPV6):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return known
