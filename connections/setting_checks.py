"""System checks of the settings about reaching databases: a wrong value stops the start with its remedy."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from connections.hosts import is_pattern


@register()
def settings_of_connections_are_sound(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    return [*_hosts(settings.PGSPARK_DATABASE_HOSTS), *_certificates(settings.PGSPARK_CA_BUNDLE)]


def _hosts(patterns: list[str]) -> Iterator[CheckMessage]:
    wrong = [pattern for pattern in patterns if not is_pattern(pattern)]
    if wrong:
        yield Error(
            f"PGSPARK_DATABASE_HOSTS holds what is no host: {', '.join(wrong)}.",
            hint="Write host names, *.example.com for all names below it, or addresses in their usual spelling.",
            id="connections.E001",
        )
    if "*" in patterns:
        yield Warning(
            "PGSPARK_DATABASE_HOSTS allows every host.",
            hint="Whoever may edit connections can make the portal knock anywhere in its network. List the hosts.",
            id="connections.W001",
        )


def _certificates(path: str) -> Iterator[CheckMessage]:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        yield Error(
            "PGSPARK_CA_BUNDLE names no readable file of certificates.",
            hint="Name a file of certificates in PEM form, or leave it empty for those of Amazon RDS.",
            id="connections.E002",
        )
