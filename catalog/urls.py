"""Addresses of the pickers and the picked sources, below their session."""

from __future__ import annotations

from django.urls import include, path

from catalog import views

app_name = "catalog"

_session_patterns = [
    path("picker/", views.remember, name="remember"),
    path("picker/databases/", views.databases, name="databases"),
    path("picker/schemas/", views.schemas, name="schemas"),
    path("picker/tables/", views.tables, name="tables"),
    path("picker/columns/", views.columns, name="columns"),
    path("picker/pick/", views.pick, name="pick"),
    path("picker/selection/", views.selection, name="selection"),
    path("sources/", views.sources, name="sources"),
    path("sources/<int:source_id>/remove/", views.remove, name="remove"),
    path("sources/<int:source_id>/alias/", views.rename, name="rename"),
]

urlpatterns = [path("sessions/<uuid:session_uuid>/", include(_session_patterns))]
