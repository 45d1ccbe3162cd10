"""The site's own app: system checks at start, nothing else."""

from __future__ import annotations

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "pgspark_site"
    verbose_name = "PgSpark"

    def ready(self) -> None:
        from pgspark_site import checks  # noqa: F401  (registers the checks)
