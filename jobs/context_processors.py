"""What the top bar shows on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from jobs.models import JobRun


def top_bar(request: HttpRequest) -> dict[str, Any]:
    """`active_run_count` of the signed-in person, counted only where a template asks."""
    if not request.user.is_authenticated:
        return {}
    return {"active_run_count": SimpleLazyObject(lambda: JobRun.objects.owned_by(request.user).active().count())}
