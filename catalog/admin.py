"""Sessions and their sources, to look at: facts of other people's work are not edited here."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from catalog.models import AnalysisSession, SelectedSource


class SelectedSourceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = SelectedSource
    extra = 0
    can_delete = False
    fields = readonly_fields = ("alias", "kind", "connection", "database", "schema", "table", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: AnalysisSession | None = None) -> bool:
        return False


@admin.register(AnalysisSession)
class AnalysisSessionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "owner", "shared_with", "last_used_at")
    list_filter = ("shared_with",)
    list_select_related = ("owner", "shared_with")
    search_fields = ("title", "owner__username", "uuid")
    readonly_fields = ("uuid", "owner", "draft_prompt", "draft_saved_at", "created_at", "last_used_at")
    fields = ("title", "shared_with", *readonly_fields)
    inlines = (SelectedSourceInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
