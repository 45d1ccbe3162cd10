"""Wiring of the portal: settings, URLs, Celery, the local stack. Nothing imports from here."""

from pgspark_site.celery import app as celery_app

__all__ = ["celery_app"]
