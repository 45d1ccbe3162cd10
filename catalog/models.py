"""What a person is working on: a session, and the sources picked in it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import models
from django.db.models import Q

from connections.models import DatabaseConnection


class AnalysisSessionQuerySet(models.QuerySet["AnalysisSession"]):
    def visible_to(self, user: User | AnonymousUser) -> AnalysisSessionQuerySet:
        """The user's own, and those shared with one of the user's groups (to look at, not to change)."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(owner=user) | Q(shared_with__in=user.groups.all())).distinct()

    def owned_by(self, user: User | AnonymousUser) -> AnalysisSessionQuerySet:
        return self.filter(owner=user) if user.is_authenticated else self.none()


class AnalysisSession(models.Model):
    """One line of questions over one selection of sources. Everything in it survives reload and restart."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="analysis_sessions")
    title = models.CharField(max_length=120, default="New question")
    shared_with = models.ForeignKey(Group, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    draft_prompt = models.TextField(blank=True)
    draft_saved_at = models.DateTimeField(null=True, editable=False)
    # Where the pickers stood, so that they stand there again on the next visit.
    picked_connection = models.ForeignKey(
        DatabaseConnection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    picked_database = models.CharField(max_length=63, blank=True)
    picked_schema = models.CharField(max_length=63, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(auto_now_add=True)

    objects = AnalysisSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-last_used_at"]
        indexes = [
            # "Sessions" menu and the workspace's "last session of this user".
            models.Index(fields=["owner", "-last_used_at"], name="catalog_session_recent"),
        ]

    def __str__(self) -> str:
        return self.title


class SourceKind(models.TextChoices):
    POSTGRES = "POSTGRES", "PostgreSQL"


class SelectedSource(models.Model):
    """A picked table. `columns` and `statistics` are the facts as they were when it was picked."""

    session = models.ForeignKey(AnalysisSession, on_delete=models.CASCADE, related_name="sources")
    alias = models.CharField(max_length=63, help_text="Its name in the code, a Python identifier.")
    kind = models.CharField(max_length=16, choices=SourceKind, default=SourceKind.POSTGRES)
    connection = models.ForeignKey(
        DatabaseConnection, null=True, on_delete=models.PROTECT, related_name="selected_sources"
    )
    database = models.CharField(max_length=63, blank=True)
    schema = models.CharField(max_length=63, blank=True)
    table = models.CharField(max_length=63)
    columns: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    statistics: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "alias"], name="catalog_alias_unique_in_session"),
            models.UniqueConstraint(
                fields=["session", "kind", "connection", "database", "schema", "table"],
                name="catalog_source_once_in_session",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~Q(kind="POSTGRES") | Q(connection__isnull=False), name="catalog_postgres_has_connection"
            ),
        ]

    def __str__(self) -> str:
        return self.alias

    @property
    def place(self) -> str:
        """Where it is, without the table's name: `aurora-prod · shop.public.`"""
        return f"{self.connection.name if self.connection else ''} · {self.database}.{self.schema}."
