"""The Celery application. Rows in PostgreSQL are the queue; a message is only a wake-up."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pgspark_site.settings")

app = Celery("pgspark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
