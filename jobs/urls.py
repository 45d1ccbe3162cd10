"""Addresses of sessions, code and runs."""

from __future__ import annotations

from django.urls import path

from jobs.generation_urls import urlpatterns as generation_patterns
from jobs.run_urls import urlpatterns as run_patterns
from jobs.views import engines, reading, workspace

app_name = "jobs"

urlpatterns = [
    path("", workspace.home, name="workspace"),
    path("sessions/", workspace.sessions, name="sessions"),
    path("sessions/new/", workspace.new_session, name="new_session"),
    path("sessions/<uuid:session_uuid>/", workspace.session, name="session"),
    path("sessions/<uuid:session_uuid>/engine/", workspace.engine_line, name="engine_line"),
    path("sessions/<uuid:session_uuid>/engine/state/", engines.state, name="engine_state"),
    path("sessions/<uuid:session_uuid>/engine/start/", engines.start, name="engine_start"),
    path("sessions/<uuid:session_uuid>/quote/", workspace.quote, name="quote"),
    path("sessions/<uuid:session_uuid>/title/", workspace.rename, name="rename"),
    path("sessions/<uuid:session_uuid>/draft/", workspace.draft, name="draft"),
    path("sessions/<uuid:session_uuid>/check/", workspace.check, name="check"),
    path("sessions/<uuid:session_uuid>/code/", workspace.save_code, name="save_code"),
    path("sessions/<uuid:session_uuid>/code/<int:number>/script.py", workspace.script, name="script"),
    path("sessions/<uuid:session_uuid>/code/<int:number>/script/", workspace.script_view, name="script_view"),
    path("sessions/<uuid:session_uuid>/sources/<int:source_id>/reading/", reading.read_options, name="reading"),
    path("sessions/<uuid:session_uuid>/run/", workspace.run, name="run"),
    *generation_patterns,
    *run_patterns,
]
