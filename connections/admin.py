"""Administration of connections: who may use which, and whether they work."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from connections import operations
from connections.forms import DatabaseConnectionForm
from connections.models import DatabaseConnection


@admin.register(DatabaseConnection)
class DatabaseConnectionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = DatabaseConnectionForm
    list_display = ("name", "description", "enabled", "is_default", "tls_mode", "tested", "last_tested_at")
    list_filter = ("enabled", "is_default", "tls_mode", "groups", "last_test_code")
    search_fields = ("name", "description", "secret_arn")
    filter_horizontal = ("groups",)
    readonly_fields = ("last_tested_at", "last_test_code", "created_at", "updated_at")
    actions = ("test_connection", "enable", "disable")
    fieldsets = (
        (None, {"fields": ("name", "description", "secret_arn", "auth_method", "tls_mode", "reader_host")}),
        ("Use", {"fields": ("groups", "enabled", "is_default", "max_parallel_reads")}),
        ("Facts", {"fields": readonly_fields}),
    )

    @admin.display(description="Last test", ordering="last_test_code")
    def tested(self, connection: DatabaseConnection) -> str:
        return {"untested": "not tested yet", "ok": "works"}.get(connection.test_state, connection.last_test_code)

    @admin.action(description="Test connection")
    def test_connection(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection]) -> None:
        for connection in queryset:
            error = operations.test_connection(connection).error
            if error:
                text = f"Test of {connection.name}: {error.message} {error.hint}"
                self.message_user(request, text, messages.ERROR)
            else:
                self.message_user(request, f"Test of {connection.name}: it works.", messages.SUCCESS)

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection]) -> None:
        self._set_enabled(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection]) -> None:
        self._set_enabled(request, queryset, enabled=False)

    def _set_enabled(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection], *, enabled: bool) -> None:
        for connection in queryset:
            operations.set_enabled(connection, enabled=enabled)
            self.log_change(request, connection, "Enabled." if enabled else "Disabled.")
        self.message_user(request, f"{len(queryset)} connection(s) {'enabled' if enabled else 'disabled'}.")
