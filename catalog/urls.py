"""Addresses of the pickers and the picked sources, below their session."""

from __future__ import annotations

from django.urls import include, path

from catalog.views import file_page, files, glue, postgres, sources, tables, tabs, uploads

app_name = "catalog"

_session_patterns = [
    path("picker/", postgres.remember, name="remember"),
    path("picker/databases/", postgres.databases, name="databases"),
    path("picker/schemas/", postgres.schemas, name="schemas"),
    path("picker/tables/", postgres.tables, name="tables"),
    path("picker/pinned/", postgres.pinned, name="pinned"),
    path("picker/search/", postgres.search, name="search"),
    path("picker/columns/", tables.columns, name="columns"),
    path("picker/preview/", tables.preview, name="preview"),
    path("picker/statistics/", tables.statistics, name="statistics"),
    path("picker/sample/", tables.sample, name="sample"),
    path("picker/star/", tables.star, name="star"),
    path("picker/note/", tables.note, name="note"),
    path("picker/pick/", postgres.pick, name="pick"),
    path("picker/selection/", postgres.selection, name="selection"),
    path("picker/tab/", tabs.tab, name="tab"),
    path("picker/glue/", glue.remember, name="glue_remember"),
    path("picker/glue/databases/", glue.databases, name="glue_databases"),
    path("picker/glue/tables/", glue.tables, name="glue_tables"),
    path("picker/glue/columns/", glue.columns, name="glue_columns"),
    path("picker/glue/pick/", glue.pick, name="glue_pick"),
    path("picker/glue/selection/", glue.selection, name="glue_selection"),
    path("files/", file_page.page, name="file"),
    path("files/preview/", file_page.preview, name="file_preview"),
    path("files/use/", file_page.use, name="file_use"),
    path("files/upload/", uploads.upload, name="upload"),
    path("files/delete/", files.delete, name="file_delete"),
    path("picker/files/panel/", files.panel, name="file_panel"),
    path("picker/files/", files.browse, name="file_browse"),
    path("picker/files/columns/", files.columns, name="file_columns"),
    path("picker/files/pick/", files.pick, name="file_pick"),
    path("picker/files/selection/", files.selection, name="file_selection"),
    path("sources/", sources.sources, name="sources"),
    path("sources/changes/", sources.changes, name="source_changes"),
    path("sources/<int:source_id>/refresh/", sources.refresh, name="refresh"),
    path("sources/<int:source_id>/remove/", sources.remove, name="remove"),
    path("sources/<int:source_id>/alias/", sources.rename, name="rename"),
]

urlpatterns = [path("sessions/<uuid:session_uuid>/", include(_session_patterns))]
