"""What runs leave behind, and for how long: results, scripts and logs until their day, then only the row.

The row keeps code, script, manifest and events, so a run whose files are gone is still explained and can be run again.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from connections.errors import PortalError
from connections.object_store import store
from jobs.execution import local_spark, logs
from jobs.models import JobRun
from jobs.run_files import manifest_key, prefix_of

log = structlog.get_logger(__name__)


def prune_runs() -> int:
    """Deletes the files of runs whose days are over; of how many runs. What fails is tried again the next day."""
    count = sum(_remove(run) for run in JobRun.objects.expired().only("pk", "uuid").iterator())
    long_ago = timezone.now() - timedelta(days=settings.PGSPARK_RESULT_DAYS)
    folders = local_spark.prune_folders(long_ago)
    copies = logs.prune_copies(long_ago)
    log.info("runs_pruned", runs=count, folders=folders, log_copies=copies)
    return count


def _remove(run: JobRun) -> bool:
    try:
        _delete_files(str(run.uuid))
    except PortalError as error:
        log.warning("run_not_pruned", run=run.pk, code=error.code)
        return False
    JobRun.objects.filter(pk=run.pk).update(result_removed_at=Now())
    return True


def _delete_files(run_id: str) -> None:
    """The manifest goes first: a result that is half gone must not look whole."""
    store().delete(manifest_key(run_id))
    for info in list(store().scan(prefix_of(run_id))):
        store().delete(info.key)
    # Spark's checksums and what a killed job was still writing.
    store().sweep_unfinished(prefix_of(run_id), timezone.now())
