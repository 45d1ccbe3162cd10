"""Which models rest: those whose last calls all failed on their side. Others are asked in their place for a while.

Read from the calls that all workers keep, so every worker knows it and nothing has to be reset: a call that succeeds
ends the row of failures, and the first failure after a rest begins the next one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from jobs.models import GenerationAttempt

# Failures that say something of the service and nothing of the question.
_OF_THE_SERVICE = frozenset(
    {"MODEL_BUSY", "MODEL_FAILED", "MODEL_TIMEOUT", "MODEL_UNREACHABLE", "MODEL_STREAM_CUT"}
    | {"MODEL_ACCESS_DENIED", "MODEL_NOT_FOUND"}
)
# Ended by the person or with the worker: they say nothing of the model.
_UNTOLD = ("CANCELLED", "WORKER_LOST", "GENERATION_TIMEOUT", "TOKEN_QUOTA_USED")
_RESTS_LOOKED_BACK = 3
_MOST_CALLS = 300


def resting_models(models: Sequence[str]) -> dict[str, datetime]:
    """Of these models those that rest now, and until when. One query."""
    times, seconds = settings.PGSPARK_MODEL_REST_AFTER, settings.PGSPARK_MODEL_REST_SECONDS
    if not times or not models:
        return {}
    now = timezone.now()
    since = now - timedelta(seconds=_RESTS_LOOKED_BACK * seconds)
    calls = GenerationAttempt.objects.filter(created_at__gte=since, model__in=models).exclude(finished_at=None)
    told = calls.exclude(error_code__in=_UNTOLD).order_by("-finished_at", "-pk")
    last: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for model, error, ended in told.values_list("model", "error_code", "finished_at")[:_MOST_CALLS]:
        if ended is not None and len(last[model]) < times:
            last[model].append((error, ended))
    ends = {model: ended[0][1] + timedelta(seconds=seconds) for model, ended in last.items() if _all_failed(ended)}
    return {model: until for model, until in ends.items() if until > now}


def _all_failed(calls: Sequence[tuple[str, datetime]]) -> bool:
    return len(calls) == settings.PGSPARK_MODEL_REST_AFTER and all(error in _OF_THE_SERVICE for error, _ in calls)
