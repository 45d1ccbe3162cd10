"""Certificates of an authority of our own, and servers that show them: a real PostgreSQL and the wire fake."""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme

from pgspark_site.local_stack.postgres import THROW_AWAY, Cluster, cluster, start_cluster
from pgspark_site.local_stack.processes import Supervisor
from tests.connections.wire import RefusingServer, refusing_server

PASSWORD = "only-for-this-test-run"
_LONG_AGO = {"not_before": datetime(2020, 1, 1, tzinfo=UTC), "not_after": datetime(2021, 1, 1, tzinfo=UTC)}


@dataclass(frozen=True)
class Authority:
    """A certificate authority; `bundle` is the file that a client must know to trust it."""

    ca: trustme.CA
    bundle: Path

    @classmethod
    def new(cls, bundle: Path) -> Authority:
        ca = trustme.CA()
        ca.cert_pem.write_to_path(str(bundle))
        return cls(ca, bundle)

    def certificate(self, host: str, *, expired: bool = False) -> trustme.LeafCert:
        return self.ca.issue_cert(host, **(_LONG_AGO if expired else {}))

    @contextmanager
    def refusing_server(self, host: str, *, expired: bool = False, message: str = "unused") -> Iterator[RefusingServer]:
        """Speaks TLS with a certificate for `host`, then refuses every login."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate(host, expired=expired).configure_cert(context)
        with refusing_server("28000", message, context) as server:
            yield server


@dataclass(frozen=True)
class TlsPostgres:
    """A PostgreSQL that takes encrypted connections, with a certificate for `localhost`."""

    server: Cluster

    def secret(self, **fields: Any) -> dict[str, Any]:
        facts = {"host": "localhost", "port": self.server.port, "database": "postgres"}
        return facts | {"username": "postgres", "password": PASSWORD} | fields


@contextmanager
def tls_postgres(folder: Path, authority: Authority) -> Iterator[TlsPostgres]:
    supervisor = Supervisor(folder / "log")
    options = (*THROW_AWAY, "ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key")
    made = cluster(folder, password=PASSWORD, options=options)
    made.create(supervisor)
    _show(made, authority.certificate("localhost"))
    try:
        yield TlsPostgres(start_cluster(supervisor, made))
    finally:
        supervisor.stop_all()
        shutil.rmtree(made.data.parent, ignore_errors=True)


def _show(server: Cluster, certificate: trustme.LeafCert) -> None:
    """Puts certificate and key where the server looks for them; it refuses a key that others may read."""
    for name, blob in (("server.crt", certificate.cert_chain_pems[0]), ("server.key", certificate.private_key_pem)):
        path = server.data / name
        blob.write_to_path(str(path))
        path.chmod(0o600)
        if server.account:
            os.chown(path, server.account.uid, server.account.gid)
