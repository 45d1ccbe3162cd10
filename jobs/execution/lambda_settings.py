"""What Spark on Lambda needs of the settings, and what is said where something lacks."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

FUNCTION = "PGSPARK_LAMBDA_FUNCTION"
# Lambda ends every function after this long.
MOST_SECONDS = 900
# The least and the most memory that it gives one.
MEMORY_MB = (128, 10240)


def function() -> str:
    """Name or ARN, with or without a qualifier; empty where none is set."""
    return str(settings.PGSPARK_LAMBDA_FUNCTION)


def time_limit() -> timedelta:
    """The longest that a job may take."""
    return timedelta(seconds=settings.PGSPARK_LAMBDA_TIMEOUT_SECONDS)


def lacking() -> str:
    """Why no job can be started, naming the setting; empty when one can."""
    return "" if function() else f"{FUNCTION} is not set"
