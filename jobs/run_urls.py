"""Addresses of runs."""

from __future__ import annotations

from django.urls import URLPattern, path

from jobs.views import engines, runs

urlpatterns: list[URLPattern] = [
    path("runs/", runs.history, name="runs"),
    path("runs/rows/", runs.history_rows, name="runs_rows"),
    path("runs/<uuid:run_uuid>/", runs.page, name="run_page"),
    path("runs/<uuid:run_uuid>/live/", runs.live, name="run_live"),
    path("runs/<uuid:run_uuid>/log/", runs.log, name="run_log"),
    path("runs/<uuid:run_uuid>/<str:stream>.log", runs.log_file, name="run_log_file"),
    path("runs/<uuid:run_uuid>/result.csv", runs.csv, name="run_csv"),
    path("runs/<uuid:run_uuid>/script.py", runs.script, name="run_script"),
    path("runs/<uuid:run_uuid>/cancel/", runs.cancel, name="run_cancel"),
    path("runs/<uuid:run_uuid>/again/", runs.again, name="run_again"),
    path("runs/<uuid:run_uuid>/repair/stop/", runs.stop_repair, name="run_repair_stop"),
    path("runs/<uuid:run_uuid>/spark-ui/", engines.spark_ui, name="run_spark_ui"),
    path("runs/<uuid:run_uuid>/<slug:tab>/", runs.page, name="run_tab"),
]
