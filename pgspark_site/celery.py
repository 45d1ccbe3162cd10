"""The Celery application. Rows in PostgreSQL are the queue; a message is only a wake-up."""

from __future__ import annotations

import os
from typing import Any, Self

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pgspark_site.settings")


class SteadyConnection(Connection):
    """Looks for a Redis that is away once a second: kombu's own pauses grow to 30 s, for which runs would wait too."""

    def ensure_connection(self, *arguments: Any, **options: Any) -> Self:
        steady = {"interval_start": 1, "interval_step": 0, "interval_max": 1}
        return super().ensure_connection(*arguments, **(steady | options))


class SteadyAMQP(AMQP):
    Connection = SteadyConnection


app = Celery("pgspark", amqp=SteadyAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
