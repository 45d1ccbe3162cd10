"""Asks a PostgreSQL server for TLS and says exactly what is wrong with it; libpq only says that it did not work."""

from __future__ import annotations

import socket
import ssl
import struct

from django.conf import settings

from connections.errors import PortalError
from connections.hosts import Destination
from connections.models import DatabaseConnection, TlsMode

VERIFYING = frozenset({TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL})

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# OpenSSL's reasons: not yet valid, expired; another host name, another address.
_DATES, _NAMES = frozenset({9, 10}), frozenset({62, 64})


def negotiate(connection: DatabaseConnection, opened: socket.socket, host: str) -> str:
    """The protocol that a fresh socket to a server agrees on, such as `TLSv1.3`; empty when it offers no TLS.

    Checks the certificate as far as the connection's mode asks. Raises PortalError TLS_*, CA_BUNDLE_UNREADABLE.
    """
    context = _context(connection)
    try:
        opened.sendall(_SSL_REQUEST)
        answer = opened.recv(1)
        if answer == b"N":
            return ""
        if answer != b"S":
            raise PortalError("TLS_FAILED", connection=connection.name)
        with context.wrap_socket(opened, server_hostname=host) as secure:
            return secure.version() or ""
    except ssl.SSLCertVerificationError as error:
        raise PortalError(_certificate_code(error.verify_code), connection=connection.name) from None
    except OSError:
        raise PortalError("TLS_FAILED", connection=connection.name) from None


def diagnosis(connection: DatabaseConnection, to: Destination) -> PortalError | None:
    """Why TLS failed at `to`, found by a handshake of our own; None when that one works."""
    try:
        with socket.create_connection(
            (to.addresses[0], to.port), timeout=settings.PGSPARK_CONNECT_TIMEOUT_SECONDS
        ) as opened:
            negotiate(connection, opened, to.host)
    except PortalError as error:
        return error
    except OSError:
        pass
    return None


def _context(connection: DatabaseConnection) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = connection.tls_mode == TlsMode.VERIFY_FULL
    if connection.tls_mode not in VERIFYING:
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context.load_verify_locations(settings.PGSPARK_CA_BUNDLE)
    except OSError:  # also what OpenSSL raises for a file without certificates
        raise PortalError("CA_BUNDLE_UNREADABLE", connection=connection.name) from None
    return context


def _certificate_code(reason: int) -> str:
    if reason in _DATES:
        return "TLS_CERTIFICATE_EXPIRED"
    return "TLS_HOST_MISMATCH" if reason in _NAMES else "TLS_CERTIFICATE_UNTRUSTED"
