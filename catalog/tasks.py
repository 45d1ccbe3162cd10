"""Celery's tasks of the catalogue: one call each."""

from __future__ import annotations

import structlog
from celery import shared_task

from catalog import file_operations


@shared_task(name="catalog.tasks.prune_uploads")
def prune_uploads() -> None:
    """Once a day (`CELERY_BEAT_SCHEDULE`); a run that is missed is made up for by the next."""
    structlog.contextvars.clear_contextvars()
    file_operations.prune_uploads()
