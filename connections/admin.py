"""Administration of connections: the same operations as on the portal's own page, for several at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from connections import operations, queries
from connections.forms import DatabaseConnectionForm
from connections.models import ApiToken, DatabaseConnection, DatabaseConnectionQuerySet


@admin.register(DatabaseConnection)
class DatabaseConnectionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = DatabaseConnectionForm
    list_display = ("name", "description", "enabled", "is_default", "tls_mode", "tested", "last_tested_at", "used_by")
    list_filter = ("enabled", "is_default", "auth_method", "tls_mode", "groups", "last_test_code")
    search_fields = ("name", "description", "secret_arn")
    filter_horizontal = ("groups",)
    readonly_fields = ("last_tested_at", "last_test_code", "created_at", "updated_at")
    actions = ("test_connection", "enable", "disable", "make_default")
    fieldsets = (
        (None, {"fields": ("name", "description", "secret_arn", "auth_method", "tls_mode", "reader_host")}),
        ("Use", {"fields": ("groups", "enabled", "make_default", "max_parallel_reads")}),
        ("Facts", {"fields": readonly_fields}),
    )

    def get_queryset(self, request: HttpRequest) -> DatabaseConnectionQuerySet:
        return queries.with_usage(DatabaseConnection.objects.all())

    @admin.display(description="Last test", ordering="last_test_code")
    def tested(self, connection: DatabaseConnection) -> str:
        return {"untested": "not tested yet", "ok": "works"}.get(connection.test_state, connection.last_test_code)

    @admin.display(description="Used by")
    def used_by(self, connection: Any) -> str:
        return queries.Usage(connection.session_count, connection.run_count).in_words

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        operations.save_connection(**form.saving(), by=request.user)  # type: ignore[arg-type]

    # The operation has written what changed.
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any: ...

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """One way to delete, which asks for the name and says what breaks."""
        return redirect("connections:delete", get_object_or_404(DatabaseConnection, pk=object_id).name)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.action(description="Test connection")
    def test_connection(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection]) -> HttpResponse:
        tested = [(connection, operations.test_connection(connection=connection)) for connection in queryset]
        context = {**self.admin_site.each_context(request), "title": "Test of connections", "tested": tested}
        return render(request, "admin/connections/tested.html", context | {"opts": self.opts})

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection]) -> None:
        self._set_enabled(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection]) -> None:
        self._set_enabled(request, queryset, enabled=False)

    @admin.action(description="Make the default", permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection]) -> None:
        if len(queryset) != 1:
            self.message_user(request, "Choose one connection: there is one default.", messages.ERROR)
            return
        operations.make_default(connection=queryset[0], by=request.user)  # type: ignore[arg-type]
        self.message_user(request, f"New sessions start on {queryset[0].name}.", messages.SUCCESS)

    def _set_enabled(self, request: HttpRequest, queryset: QuerySet[DatabaseConnection], *, enabled: bool) -> None:
        for connection in queryset:
            operations.set_enabled(connection=connection, enabled=enabled, by=request.user)  # type: ignore[arg-type]
        self.message_user(request, f"{len(queryset)} connection(s) {'enabled' if enabled else 'disabled'}.")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who has which tokens; to look at, and to revoke by deleting. They are made by their users alone."""

    list_display = ("name", "user", "ending", "created_at", "last_used_at", "expires_at")
    list_filter = ("expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "ending")
    fields = readonly_fields = ("user", "name", "ending", "created_at", "last_used_at", "expires_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False
