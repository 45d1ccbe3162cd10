"""`manage.py prune_uploads`: what beat does once a day, now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from catalog import file_operations


class Command(BaseCommand):
    help = "Deletes uploaded files whose days are over (PGSPARK_UPLOAD_DAYS), and what broken-off uploads have left."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{file_operations.prune_uploads()} files deleted.")
