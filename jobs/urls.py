"""Addresses of sessions, code and runs."""

from __future__ import annotations

from jobs.run_urls import urlpatterns as run_patterns

app_name = "jobs"

urlpatterns = [*run_patterns]
