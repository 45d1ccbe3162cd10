"""The portal connects to listed hosts only, and never to a machine's metadata service, however it is spelled."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from connections import hosts
from connections.credentials import credentials_for
from connections.errors import PortalError
from connections.models import DatabaseConnection
from connections.pool import borrow
from tests.connections.factories import make_connection, make_secret, server

CONNECTION = DatabaseConnection(name="shop")
RDS = "shop.cluster-abc123.us-east-1.rds.amazonaws.com"


def judge(host: str, settings: Any, patterns: list[str]) -> str:
    """`ok`, or the code of the refusal; nothing is asked of DNS but for addresses and localhost."""
    settings.PGSPARK_DATABASE_HOSTS = patterns
    try:
        hosts.check_host(CONNECTION, host)
        if host.lower() != RDS:
            hosts.look_up(CONNECTION, host, 5432)
    except PortalError as error:
        return error.code
    return "ok"


@pytest.mark.parametrize("host", [RDS, RDS.upper(), "10.0.0.7", "fd12:3456::7", "2001:db8::1", "::ffff:10.0.0.7"])
def test_these_are_taken(host: str, settings: Any) -> None:
    patterns = ["*.rds.amazonaws.com", "10.0.0.7", "fd12:3456::7", "2001:db8::1", "::ffff:10.0.0.7"]

    assert judge(host, settings, patterns) == "ok"


@pytest.mark.parametrize(
    "host",
    [
        "rds.amazonaws.com",
        "evil-rds.amazonaws.com",
        "shop.rds.amazonaws.com.evil.example",
        "shop.rds.amazonaws.community",
        "localhost",
        "127.0.0.1",
        "10.0.0.7",
        "::1",
        "metadata.google.internal",
        "",
    ],
)
def test_by_default_only_rds_is_reached(host: str, settings: Any) -> None:
    assert judge(host, settings, ["*.rds.amazonaws.com"]) == "HOST_NOT_ALLOWED"


@pytest.mark.parametrize(
    "host",
    [
        "2852039166",
        "0xA9FEA9FE",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.16689662",
        "127.1",
        "0x7f.1",
        "a,b",
        "10.0.0.7,169.254.169.254",
        "/var/run/postgresql",
        "@socket",
        "db.example options=-cstatement_timeout=0",
        "db.example?options=-c",
        "postgresql://db.example/x",
        "user@db.example",
        "db.example:5433",
        "db.example/x",
        "fe80::1%eth0",
        "[::1]",
        "db.example.",
        "db..example",
        "db.example\n",
        "db.example\x00",
        "dß.example",
        "x" * 64 + ".example",
    ],
)
def test_what_is_not_one_plain_host_is_refused_whatever_the_setting_says(host: str, settings: Any) -> None:
    assert judge(host, settings, ["*", host]) == "HOST_NOT_ALLOWED"


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.0.1",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fe80::1",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "0.0.0.0",
        "0.0.0.1",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "240.0.0.1",
    ],
)
def test_addresses_of_metadata_services_and_of_nobody_are_refused_even_when_listed(host: str, settings: Any) -> None:
    assert judge(host, settings, ["*", host]) == "HOST_ADDRESS_FORBIDDEN"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"])
def test_this_machine_must_be_listed_in_full(host: str, settings: Any) -> None:
    assert judge(host, settings, ["*"]) == "HOST_ADDRESS_FORBIDDEN"
    assert judge(host, settings, [host]) == "ok"


def dns(monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> list[str]:
    """A resolver that gives these addresses, one tuple per call; returns the names it was asked for."""
    asked: list[str] = []
    rest = iter(answers)

    def ask(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(rest)]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    return asked


@pytest.mark.parametrize("addresses", [("169.254.169.254",), ("10.0.0.7", "169.254.169.254"), ("127.0.0.1",)])
def test_a_listed_name_that_leads_astray_is_refused(
    addresses: tuple[str, ...], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PGSPARK_DATABASE_HOSTS = ["*.rds.amazonaws.com"]
    dns(monkeypatch, addresses)

    with pytest.raises(PortalError, match="HOST_ADDRESS_FORBIDDEN"):
        hosts.look_up(CONNECTION, RDS, 5432)


def test_the_connection_goes_where_the_name_led_when_it_was_judged(
    db: None, aws: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PGSPARK_DATABASE_HOSTS = ["db.example"]
    connection = make_connection(secret=make_secret(host="db.example"))
    credentials_for(connection)
    asked = dns(monkeypatch, (server()["host"],), ("169.254.169.254",))

    with borrow(connection) as session:
        assert (session.info.host, session.info.hostaddr) == ("db.example", server()["host"])
    assert asked == ["db.example"]


def test_a_silent_resolver_is_given_up(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PGSPARK_DATABASE_HOSTS = ["*"]
    settings.PGSPARK_CONNECT_TIMEOUT_SECONDS = 0
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(0.5) or [])

    with pytest.raises(PortalError, match="HOST_NOT_FOUND"):
        hosts.look_up(CONNECTION, "db.example", 5432)


@pytest.mark.parametrize("database", ["postgres host=db.example", "postgresql://db.example/x", "x options=-cfoo=1"])
def test_a_database_name_cannot_change_where_a_connection_leads(db: None, aws: str, database: str) -> None:
    with pytest.raises(PortalError, match="DATABASE_NOT_FOUND"), borrow(make_connection(), database):
        pass


def test_a_destination_hides_itself() -> None:
    assert "canary" not in repr(hosts.Destination("canary.example", 5432, ("10.0.0.7",)))
