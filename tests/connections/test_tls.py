"""What is wrong with a server's TLS is said exactly, by the test of a connection and by whoever uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connections.checks import TestReport, run_checks
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import borrow
from tests.connections.factories import make_connection, make_secret
from tests.connections.tls_servers import Authority, TlsPostgres
from tests.connections.wire import refusing_server, silent_server

pytestmark = pytest.mark.django_db

BEFORE_TLS = 5


def _codes(connection: DatabaseConnection) -> tuple[str, str]:
    """The code of the test's TLS step, and of plain use; both must say the same."""
    report = run_checks(connection)
    assert report.error is not None
    assert [step.key for step in report.steps if step.state == "failed"] == ["tls"]
    with pytest.raises(PortalError) as failure, borrow(connection):
        pass
    return report.error.code, failure.value.code


def _tls(report: TestReport) -> tuple[str, str]:
    step = report.steps[BEFORE_TLS]
    return step.state, step.note


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_a_checked_certificate_passes(aws: str, encrypted: TlsPostgres, trusted: Authority, mode: str) -> None:
    connection = make_connection(secret=make_secret(**encrypted.secret()), tls_mode=mode)

    report = run_checks(connection)

    assert report.passed
    assert _tls(report) == ("ok", "TLSv1.3")
    with borrow(connection) as session:
        assert session.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)


def test_required_tls_checks_no_certificate_and_says_so(aws: str, encrypted: TlsPostgres) -> None:
    report = run_checks(make_connection(secret=make_secret(**encrypted.secret()), tls_mode="require"))

    assert report.passed
    assert _tls(report) == ("ok", "TLSv1.3, certificate not checked")


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_an_unknown_authority(aws: str, encrypted: TlsPostgres, mode: str) -> None:
    connection = make_connection(secret=make_secret(**encrypted.secret()), tls_mode=mode)

    assert _codes(connection) == ("TLS_CERTIFICATE_UNTRUSTED", "TLS_CERTIFICATE_UNTRUSTED")


def test_a_certificate_for_another_host(aws: str, trusted: Authority) -> None:
    with trusted.refusing_server("db.example") as fake:
        secret = make_secret(host="localhost", port=fake.port)

        assert _codes(make_connection(secret=secret, tls_mode="verify-full")) == ("TLS_HOST_MISMATCH",) * 2


def test_an_address_that_the_certificate_does_not_name(aws: str, encrypted: TlsPostgres, trusted: Authority) -> None:
    secret = make_secret(**encrypted.secret(host="127.0.0.1"))

    assert _codes(make_connection(secret=secret, tls_mode="verify-full")) == ("TLS_HOST_MISMATCH",) * 2


def test_another_host_name_is_no_matter_where_only_the_authority_is_checked(
    aws: str, encrypted: TlsPostgres, trusted: Authority
) -> None:
    secret = make_secret(**encrypted.secret(host="127.0.0.1"))

    assert run_checks(make_connection(secret=secret, tls_mode="verify-ca")).passed


def test_an_expired_certificate(aws: str, trusted: Authority) -> None:
    with trusted.refusing_server("localhost", expired=True) as fake:
        secret = make_secret(host="localhost", port=fake.port)

        assert _codes(make_connection(secret=secret, tls_mode="verify-full")) == ("TLS_CERTIFICATE_EXPIRED",) * 2


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_a_server_without_tls(aws: str, trusted: Authority, mode: str) -> None:
    with refusing_server("28P01", "unused") as fake:
        connection = make_connection(secret=make_secret(port=fake.port), tls_mode=mode)

        assert _codes(connection) == ("TLS_NOT_OFFERED", "TLS_NOT_OFFERED")
        assert fake.passwords == []


def test_a_missing_file_of_certificates(aws: str, encrypted: TlsPostgres, settings: Any, tmp_path: Path) -> None:
    settings.PGSPARK_CA_BUNDLE = str(tmp_path / "nothing.pem")
    connection = make_connection(secret=make_secret(**encrypted.secret()), tls_mode="verify-full")

    assert _codes(connection) == ("CA_BUNDLE_UNREADABLE", "CA_BUNDLE_UNREADABLE")


def test_a_server_that_hangs_up_or_says_nothing_at_the_request(aws: str, settings: Any) -> None:
    settings.PGSPARK_CONNECT_TIMEOUT_SECONDS = 1
    with silent_server() as port:
        report = run_checks(make_connection(secret=make_secret(port=port), tls_mode="require"))

    assert report.error is not None
    assert (report.steps[BEFORE_TLS].state, report.error.code) == ("failed", "TLS_FAILED")


def test_a_server_that_wants_tls_is_told_apart_from_a_wrong_password(aws: str) -> None:
    line = 'no pg_hba.conf entry for host "10.0.0.7", user "x", database "y", no encryption'
    with refusing_server("28000", line) as fake:
        connection = make_connection(secret=make_secret(port=fake.port), tls_mode="disable")
        with pytest.raises(PortalError) as failure, borrow(connection):
            pass

    assert failure.value.code == "TLS_REQUIRED"


def test_no_encryption_to_another_machine_is_a_warning(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connections.hosts.Destination.is_this_machine", False)

    report = run_checks(make_connection(tls_mode="disable"))

    assert report.passed
    assert _tls(report) == ("warning", "not encrypted")
    assert report.steps[BEFORE_TLS].as_dict()["problem"]["code"] == "TLS_OFF"


def test_no_encryption_on_this_machine_is_only_said(aws: str) -> None:
    assert _tls(run_checks(make_connection(tls_mode="prefer"))) == ("ok", "not encrypted, on this machine")
