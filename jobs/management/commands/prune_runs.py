"""`manage.py prune_runs`: what beat does once a day, now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from jobs import retention


class Command(BaseCommand):
    help = "Deletes the files of runs whose days are over (PGSPARK_RESULT_DAYS); their rows stay."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"The files of {retention.prune_runs()} runs deleted.")
