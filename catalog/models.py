"""What a person is working on: a session, the sources picked in it, uploaded files; and what people note of tables."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from connections.models import DatabaseConnection


class SourceKind(models.TextChoices):
    POSTGRES = "POSTGRES", "PostgreSQL"
    GLUE = "GLUE", "Glue"
    CSV = "CSV", "File"


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
    picked_kind = models.CharField(max_length=16, choices=SourceKind, default=SourceKind.POSTGRES)
    picked_glue_database = models.CharField(max_length=255, blank=True)
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


class CsvUploadQuerySet(models.QuerySet["CsvUpload"]):
    def owned_by(self, user: User | AnonymousUser) -> CsvUploadQuerySet:
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def present(self) -> CsvUploadQuerySet:
        """Those whose object is still in the store."""
        return self.filter(removed_at__isnull=True)

    def expired(self) -> CsvUploadQuerySet:
        return self.present().filter(expires_at__lte=timezone.now())


class CsvUpload(models.Model):
    """A file that a person uploaded, whole in the store under a key of its own. The row outlives the object.

    `dialect` is how it is read (`catalog.files.Dialect`), as detected or as the owner corrected it; `columns` are
    Spark types. `size_bytes` is the size of the object.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="csv_uploads")
    name = models.CharField(max_length=255, help_text="The file's name where it came from.")
    key = models.CharField(max_length=1024, unique=True)
    size_bytes = models.BigIntegerField()
    dialect: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    columns: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, editable=False)

    objects = CsvUploadQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The daily pruning: `CsvUpload.objects.expired()`.
            models.Index(fields=["expires_at"], condition=Q(removed_at__isnull=True), name="catalog_upload_expiry"),
        ]

    def __str__(self) -> str:
        return self.name


class TablePlace(models.Model):
    """Where a table is: PostgreSQL needs all four, Glue `database` and `table`."""

    kind = models.CharField(max_length=16, choices=SourceKind, default=SourceKind.POSTGRES)
    connection = models.ForeignKey(
        DatabaseConnection, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    database = models.CharField(max_length=255, blank=True)
    schema = models.CharField(max_length=63, blank=True)
    table = models.CharField(max_length=255)

    class Meta:
        abstract = True


_PLACE = ["kind", "connection", "database", "schema", "table"]


class SelectedSource(TablePlace):
    """A picked source. `columns` and `statistics` are the facts as they were when it was picked.

    POSTGRES fills connection, database, schema, table; GLUE database and table; CSV `uri`, and `table` with the
    file's name. `read_options` are the person's own: of a file its dialect, of a table what overrides the read plan.
    """

    session = models.ForeignKey(AnalysisSession, on_delete=models.CASCADE, related_name="sources")
    alias = models.CharField(max_length=63, help_text="Its name in the code, a Python identifier.")
    connection = models.ForeignKey(
        DatabaseConnection, null=True, on_delete=models.PROTECT, related_name="selected_sources"
    )
    uri = models.CharField("URI", max_length=1024, blank=True, help_text="s3://bucket/key, or a prefix with a slash.")
    upload = models.ForeignKey(CsvUpload, null=True, on_delete=models.SET_NULL, related_name="selected_sources")
    columns: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    statistics: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    read_options: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "alias"], name="catalog_alias_unique_in_session"),
            models.UniqueConstraint(
                fields=["session", *_PLACE, "uri"], name="catalog_source_once_in_session", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=(Q(kind="POSTGRES") & Q(connection__isnull=False))
                | (~Q(kind="POSTGRES") & Q(connection__isnull=True)),
                name="catalog_postgres_has_connection",
            ),
            models.CheckConstraint(
                condition=(Q(kind="CSV") & ~Q(uri="")) | (~Q(kind="CSV") & Q(uri="")), name="catalog_file_has_uri"
            ),
        ]

    def __str__(self) -> str:
        return self.alias

    @property
    def place(self) -> str:
        """Where it is, without its own name: `aurora-prod · shop.public.`, `Glue · analytics.`, `s3://bucket/folder/`."""
        if self.kind == SourceKind.POSTGRES:
            return f"{self.connection.name if self.connection else ''} · {self.database}.{self.schema}."
        if self.kind == SourceKind.GLUE:
            return f"Glue · {self.database}."
        return "Upload · " if self.upload_id else self.uri.removesuffix(self.table).removesuffix(f"{self.table}/")


class TableNote(TablePlace):
    """What people know of a table, one text for all who may see the table; the generator reads it too."""

    text = models.TextField(max_length=2000)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=_PLACE, name="catalog_one_note_per_table", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.text[:40]}"


class FavouriteTable(TablePlace):
    """A table that a person starred; it comes first in that person's lists."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourite_tables")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", *_PLACE], name="catalog_favourite_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.table
