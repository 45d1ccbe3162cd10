"""System checks: a wrong or dangerous setting stops the start, by name and with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from catalog.files import places


@register()
def settings_are_sound(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 40:
        found.append(
            Error(
                "SECRET_KEY is missing or shorter than 40 characters.",
                hint="Set SECRET_KEY, or SECRET_KEY_FILE to a file that holds it, to a long random text.",
                id="pgspark.E001",
            )
        )
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        found.append(
            Error(
                "DATABASE_URL is not a PostgreSQL address.",
                hint="Use postgres://user:password@host:5432/name.",
                id="pgspark.E002",
            )
        )
    if not settings.PGSPARK_S3_BUCKET:
        found.append(
            Error(
                "PGSPARK_S3_BUCKET is not set.",
                hint="Name the bucket that holds scripts and results.",
                id="pgspark.E003",
            )
        )
    if "local" in settings.PGSPARK_TARGETS and not settings.PGSPARK_OBJECT_STORE_DIR:
        found.append(
            Error(
                "The local engine is offered, but PGSPARK_OBJECT_STORE_DIR is not set.",
                hint="Set it to a folder that portal and workers share, or take `local` out of PGSPARK_TARGETS.",
                id="pgspark.E004",
            )
        )
    wrong = [place for place in settings.PGSPARK_S3_SOURCES if not places.is_place(place)]
    if wrong:
        found.append(
            Error(
                f"PGSPARK_S3_SOURCES holds what is no place in S3: {', '.join(wrong)}.",
                hint="Write each as s3://bucket/prefix/ with a slash at its end.",
                id="pgspark.E010",
            )
        )
    return found
