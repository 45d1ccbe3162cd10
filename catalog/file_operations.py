"""What can be done with files: keep an upload, pick a file, say how it is read, delete it; and the daily pruning.

The caller has checked that the person may change the session; whether the file is theirs to read is checked here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from catalog import sources
from catalog.files import named, reading, spark_types
from catalog.files.dialect import Dialect
from catalog.files.incoming import IncomingFile
from catalog.files.places import UPLOADS, FilePlace
from catalog.models import AnalysisSession, CsvUpload, SelectedSource, SourceKind
from connections.errors import PortalError
from connections.object_store import store

log = structlog.get_logger(__name__)

# An upload that is younger may still be on its way; then what has no row was left by a process that died.
_ORPHANED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FileWish:
    """A file by its reference, and how it shall be read: as it was, or as it seems, where that is not said."""

    reference: str
    dialect: Dialect | None = None
    types: list[str] | None = None


def keep_upload(*, owner: User, incoming: IncomingFile) -> CsvUpload:
    """Keeps a file that has arrived whole, with how it seems to be read. Raises the FILE_ errors; then it is gone."""
    incoming.commit()
    try:
        return _keep_upload(owner, incoming)
    except BaseException:
        store().delete(incoming.key)
        raise


def keep_stream(*, owner: User, name: str, pieces: Iterable[bytes], announced: int) -> CsvUpload:
    """The same of a file that comes in `pieces`, `announced` bytes in all.

    Raises UPLOAD_MISSING, UPLOAD_TOO_LARGE before anything is read, UPLOAD_BROKEN_OFF, and as `keep_upload`.
    """
    if not announced:
        raise PortalError("UPLOAD_MISSING")
    if announced > settings.PGSPARK_UPLOAD_MAX_MB * 1024**2:
        raise PortalError("UPLOAD_TOO_LARGE", limit=settings.PGSPARK_UPLOAD_MAX_MB)
    incoming = IncomingFile(name)
    try:
        for piece in pieces:
            incoming.write(piece)
        if incoming.size != announced:
            raise PortalError("UPLOAD_BROKEN_OFF")
        return keep_upload(owner=owner, incoming=incoming)
    finally:
        incoming.close()


def _keep_upload(owner: User, incoming: IncomingFile) -> CsvUpload:
    place = FilePlace(settings.PGSPARK_S3_BUCKET, incoming.key)
    facts = reading.facts_of(place)
    found = reading.preview(place, facts, name=incoming.name, evidence=incoming.guard.evidence)
    return CsvUpload.objects.create(
        owner=owner,
        name=incoming.name,
        key=incoming.key,
        size_bytes=incoming.size,
        dialect=found.dialect.as_json(),
        columns=[column.as_json() for column in found.columns],
        expires_at=timezone.now() + timedelta(days=settings.PGSPARK_UPLOAD_DAYS),
    )


def pick_file(
    *,
    session: AnalysisSession,
    user: User,
    reference: str,
    dialect: Dialect | None = None,
    types: list[str] | None = None,
) -> SelectedSource:
    """Picks a file as it is now. With a `dialect` it is read that way from here on, also where it was picked before.

    Raises Http404, S3_PLACE_NOT_ALLOWED, FILE_GONE, TOO_MANY_SOURCES and the other S3_ and FILE_ errors.
    """
    wish = FileWish(reference, dialect, types)
    return _keep(session, wish, _read(user, wish))


def set_files(*, session: AnalysisSession, user: User, wishes: Sequence[FileWish]) -> list[SelectedSource]:
    """Makes the session's files exactly those of `wishes`. Raises as `pick_file`; then nothing has changed."""
    picked = session.sources.filter(kind=SourceKind.CSV)
    sources.check_room(session, len({wish.reference for wish in wishes}) - picked.count())
    found = [(wish, _read(user, wish)) for wish in wishes]
    with transaction.atomic():
        picked.exclude(uri__in=[new.uri for _, new in found]).delete()
        for wish, new in found:
            _keep(session, wish, new)
    return list(picked.all())


def _keep(session: AnalysisSession, wish: FileWish, new: sources.NewSource) -> SelectedSource:
    """An upload that is read as its owner says is read that way from here on."""
    if wish.dialect and new.upload:
        new.upload.dialect, new.upload.columns = new.read_options, new.columns
        new.upload.save(update_fields=["dialect", "columns"])
    return sources.keep(session, [new], renew=wish.dialect is not None)[0]


def _read(user: User, wish: FileWish) -> sources.NewSource:
    """The file as it is now."""
    for type_ in wish.types or ():
        spark_types.check(type_)
    file = named.find(user, wish.reference)
    facts = file.facts()
    found = file.preview(facts, wish.dialect, wish.types)
    columns = [column.as_json() for column in found.columns]
    return sources.NewSource(
        kind=SourceKind.CSV,
        table=file.name,
        alias_from=PurePosixPath(file.name).stem,
        qualifier="file",
        uri=file.place.uri,
        upload=file.upload,
        columns=columns,
        statistics=facts.statistics(found),
        read_options=found.dialect.as_json(),
    )


def set_selection(*, session: AnalysisSession, user: User, shown: Collection[str], picked: Collection[str]) -> None:
    """Makes the selection among the files `shown` what `picked` says; other files are left alone."""
    for reference in dict.fromkeys(picked):
        pick_file(session=session, user=user, reference=reference)
    for reference in set(shown) - set(picked):
        put_back(session=session, user=user, reference=reference)


def put_back(*, session: AnalysisSession, user: User, reference: str) -> None:
    """Takes a file out of the selection; one that is already out is no error."""
    session.sources.filter(kind=SourceKind.CSV, uri=named.find(user, reference).place.uri).delete()


def delete_upload(*, upload: CsvUpload) -> None:
    """Deletes the file; its row stays, so that sessions that picked it can say what became of it."""
    store().delete(upload.key)
    CsvUpload.objects.filter(pk=upload.pk, removed_at__isnull=True).update(removed_at=timezone.now())


def prune_uploads() -> int:
    """Deletes uploads whose days are over, and what broken-off uploads have left; how many files went."""
    count = 0
    for upload in CsvUpload.objects.expired().iterator():
        delete_upload(upload=upload)
        count += 1
    before = timezone.now() - _ORPHANED
    count += store().sweep_unfinished(UPLOADS, before)
    for info in store().scan(UPLOADS):
        is_old = info.modified_at is not None and info.modified_at < before
        if is_old and not CsvUpload.objects.present().filter(key=info.key).exists():
            store().delete(info.key)
            count += 1
    log.info("uploads_pruned", count=count)
    return count
