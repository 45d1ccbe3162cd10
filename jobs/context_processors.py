"""What the top bar shows on every page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from jobs.execution.registry import offered
from jobs.models import JobRun
from jobs.states import Target


def top_bar(request: HttpRequest) -> dict[str, Any]:
    """Where jobs run (`mode`), and `active_run_count` of the signed-in person, counted only where a template asks."""
    on_aws = set(offered()) - {Target.LOCAL}
    shown: dict[str, Any] = {"mode": f"AWS {settings.AWS_REGION}" if on_aws else "Local"}
    if request.user.is_authenticated:
        shown["active_run_count"] = SimpleLazyObject(lambda: JobRun.objects.owned_by(request.user).active().count())
    return shown
