from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from jobs import model_setting_checks, setting_checks  # noqa: F401  (registers them)
