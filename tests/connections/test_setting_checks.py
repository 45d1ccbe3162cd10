"""Wrong settings about reaching databases stop the start by name."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current

from connections.setting_checks import settings_of_connections_are_sound


def _found(settings: Any, **values: Any) -> list[str]:
    for name, value in values.items():
        setattr(settings, name, value)
    return [str(message.id) for message in settings_of_connections_are_sound(None)]


def test_the_shipped_values_are_sound(settings: Any) -> None:
    assert _found(settings, PGSPARK_DATABASE_HOSTS=["*.rds.amazonaws.com"]) == []


@pytest.mark.parametrize("pattern", ["a,b", "*example.com", "db.*.example", "10.0.0.0/8", "/tmp", "0x7f.1", ""])
def test_what_is_no_host_is_named(settings: Any, pattern: str) -> None:
    assert _found(settings, PGSPARK_DATABASE_HOSTS=[pattern]) == ["connections.E001"]


def test_every_host_is_a_warning(settings: Any) -> None:
    assert _found(settings, PGSPARK_DATABASE_HOSTS=["*"]) == ["connections.W001"]


@pytest.mark.parametrize("path", ["/nonexistent", __file__])
def test_a_file_without_certificates_is_an_error(settings: Any, path: str) -> None:
    assert _found(settings, PGSPARK_DATABASE_HOSTS=["db.example"], PGSPARK_CA_BUNDLE=path) == ["connections.E002"]


def test_the_shipped_certificates_are_those_that_were_pinned() -> None:
    bundle = Path(current.BASE_DIR) / "connections" / "certificates" / "rds-global-bundle.pem"
    pinned = bundle.with_name("rds-global-bundle.pem.sha256").read_text().split()[0]

    assert hashlib.sha256(bundle.read_bytes()).hexdigest() == pinned


def test_the_shipped_certificates_cover_regions_and_proxies() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(current.BASE_DIR / "connections" / "certificates" / "rds-global-bundle.pem")
    names = {value for one in context.get_ca_certs() for ((key, value),) in one["subject"] if key == "commonName"}

    assert "Amazon RDS us-east-1 Root CA RSA2048 G1" in names
    assert "Amazon Root CA 1" in names
    assert not [name for name in names if "Beta" in name or "Preview" in name]
