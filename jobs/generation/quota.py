"""How many tokens a person has used today, and whether there are more."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, Sum
from django.utils import timezone

from connections.errors import PortalError
from jobs.models import GenerationAttempt


def check_quota(user: User) -> None:
    """Raises TOKEN_QUOTA_USED. A call under way is not counted yet, so the last one may exceed the limit."""
    limit = settings.PGSPARK_TOKENS_PER_USER_DAY
    if limit and tokens_today(user) >= limit:
        raise PortalError("TOKEN_QUOTA_USED", limit=f"{limit:,}".replace(",", "\u202f"), zone=settings.TIME_ZONE)


def tokens_today(user: User) -> int:
    """Since midnight in the time zone of the pages."""
    attempts = GenerationAttempt.objects.filter(created_at__gte=midnight(), version__created_by=user)
    return attempts.aggregate(total=Sum(F("input_tokens") + F("output_tokens")))["total"] or 0


def midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
