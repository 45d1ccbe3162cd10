"""Runs and code versions in the admin: facts to look at, and one action. Nothing is edited here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from connections.errors import PortalError
from jobs import operations
from jobs.models import Budget, CodeVersion, GenerationAttempt, JobRun, JobRunEvent, ResourceProfile, RunRepair


class FactsOnly:
    """History is written by the portal alone: an administrator reads it."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EventInline(FactsOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = JobRunEvent
    fields = ("at", "from_state", "to_state", "actor", "note")
    readonly_fields = fields
    extra = 0


class RepairInline(FactsOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = RunRepair
    fk_name = "run"
    fields = ("state", "version", "next_run", "failure_code", "created_at", "finished_at")
    readonly_fields = fields
    extra = 0


@admin.register(JobRun)
class JobRunAdmin(FactsOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "title", "state", "target", "owner", "created_at", "finished_at", "failure_code")
    list_filter = ("state", "target", "failure_code", "created_at")
    search_fields = ("title", "uuid", "external_id", "owner__username")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    inlines = (EventInline, RepairInline)
    actions = ("cancel",)

    @admin.action(description="Cancel the selected runs", permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> None:
        for run in queryset:
            try:
                operations.cancel_run(run=run, by=request.user)  # type: ignore[arg-type]
            except PortalError as error:
                self.message_user(request, f"#{run.pk}: {error.message}", messages.WARNING)
            else:
                self.message_user(request, f"#{run.pk}: cancelling.", messages.SUCCESS)


class AttemptInline(FactsOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = GenerationAttempt
    fields = ("number", "model", "stop_reason", "error_code", "input_tokens", "output_tokens", "cost_usd", "latency_ms")
    readonly_fields = fields
    extra = 0


@admin.register(CodeVersion)
class CodeVersionAdmin(FactsOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("session", "number", "origin", "state", "generator", "created_by", "created_at", "failure_code")
    list_filter = ("origin", "state", "generator", "failure_code")
    search_fields = ("prompt", "session__title", "created_by__username")
    list_select_related = ("session", "created_by")
    inlines = (AttemptInline,)


@admin.register(GenerationAttempt)
class GenerationAttemptAdmin(FactsOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Calls of models. What was sent and what came back can hold people's words, so only the owner's page shows it."""

    list_display = (
        *("created_at", "person", "version", "number", "model", "stop_reason", "error_code"),
        *("input_tokens", "output_tokens", "cached_tokens", "cost_usd", "latency_ms"),
    )
    list_filter = ("created_at", "model", "error_code", "stop_reason", "version__created_by")
    search_fields = ("version__created_by__username", "version__session__title", "request_digest", "model")
    list_select_related = ("version__created_by",)
    date_hierarchy = "created_at"
    exclude = ("request", "answer")

    @admin.display(ordering="version__created_by__username")
    def person(self, attempt: GenerationAttempt) -> str:
        return attempt.version.created_by.get_username()


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What people may spend in a month on runs and models; `/usage/` shows what they have."""

    list_display = ("__str__", "soft_usd", "hard_usd")
    list_select_related = ("user",)
    search_fields = ("user__username",)


@admin.register(ResourceProfile)
class ResourceProfileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The sizes that people choose from; a run keeps what its size meant when it was approved."""

    list_display = ("name", "label", "vcpus", "executors", "enabled", "is_default")
    readonly_fields = ("is_default",)
    actions = ("make_default",)
    fieldsets = (
        (None, {"fields": ("name", "label", "enabled", "is_default")}),
        ("Driver", {"fields": (("driver_cores", "driver_memory_gb"),)}),
        ("Executors", {"fields": (("executors", "executor_cores", "executor_memory_gb"),)}),
        ("Every worker", {"fields": ("disk_gb",)}),
    )

    @admin.display(description="most vCPUs")
    def vcpus(self, profile: ResourceProfile) -> int:
        return profile.vcpus

    @admin.action(description="Make it the default", permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[ResourceProfile]) -> None:
        chosen = list(queryset.filter(enabled=True)[:2])
        if len(chosen) != 1:
            self.message_user(request, "Select one size that is enabled.", messages.WARNING)
            return
        with transaction.atomic():
            ResourceProfile.objects.filter(is_default=True).update(is_default=False)
            ResourceProfile.objects.filter(pk=chosen[0].pk).update(is_default=True)
        self.message_user(request, f"{chosen[0]} is chosen first from now on.", messages.SUCCESS)
