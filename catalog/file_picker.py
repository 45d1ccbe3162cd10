"""The file panel of the rail: a person's uploads, and the places in S3 that may be picked from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from catalog.files import named, places
from catalog.files.dialect import FORMATS
from catalog.files.places import FilePlace
from catalog.files.reading import format_of
from catalog.models import AnalysisSession, CsvUpload, SourceKind
from catalog.rows import RowTick, SourceRow
from connections.errors import PortalError
from connections.object_store import store_of
from connections.templatetags.portal import size

MOST_UPLOADS = 50
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Folder:
    """A place to go to; `query` is its part of an address."""

    name: str
    uri: str

    @property
    def query(self) -> str:
        return urlencode({"place": self.uri})


@dataclass(frozen=True, slots=True)
class Browsing:
    """One page of a place: `above` lead back up, the roots are shown where `here` is None."""

    here: Folder | None = None
    above: Sequence[Folder] = ()
    folders: Sequence[Folder] = ()
    rows: Sequence[SourceRow] = ()
    after: str = ""
    error: PortalError | None = None

    @property
    def after_query(self) -> str:
        return urlencode({"place": self.here.uri if self.here else "", "after": self.after})


@dataclass(frozen=True, slots=True)
class FilePanel:
    """All that templates/catalog/partials/rail_files.html shows."""

    uploads: Sequence[SourceRow]
    browsing: Browsing
    max_mb: int
    days: int

    @property
    def max_bytes(self) -> int:
        return self.max_mb * 1024**2


def panel(session: AnalysisSession, user: User, params: Mapping[str, str]) -> FilePanel:
    """Asks S3 only when `params` name a place in it."""
    uri = params.get("place", "")
    return FilePanel(
        uploads=upload_rows(session, user),
        browsing=browse(session, uri) if uri else Browsing(folders=_roots()),
        max_mb=settings.PGSPARK_UPLOAD_MAX_MB,
        days=settings.PGSPARK_UPLOAD_DAYS,
    )


def upload_rows(session: AnalysisSession, user: User) -> list[SourceRow]:
    """The person's newest uploads that are still there."""
    picked = _picked(session)
    uploads = CsvUpload.objects.owned_by(user).present()[:MOST_UPLOADS]
    return [_upload_row(session, upload, picked) for upload in uploads]


def browse(session: AnalysisSession, uri: str, after: str = "") -> Browsing:
    """The page of a place that follows `after`. What S3 refuses stands in `error`. Raises S3_PLACE_NOT_ALLOWED."""
    place = places.allowed(uri)
    here, above = Folder(place.name, place.uri), _above(place)
    try:
        listing = store_of(place.bucket).browse(place.key, after=after, limit=PAGE_SIZE)
    except PortalError as error:
        return Browsing(here, above, error=error)
    picked = _picked(session)
    objects = [FilePlace(place.bucket, info.key) for info in listing.objects]
    rows = [
        _row(session, item.uri, item.name, picked, (FORMATS[format_of(item.key)].split()[0], size(info.size)))
        for item, info in zip(objects, listing.objects, strict=True)
        if not item.name.startswith(("_", "."))
    ]
    if rows and not after and (len(rows) > 1 or listing.after):
        rows.insert(0, _row(session, place.uri, f"All files of {place.name}", picked, ("", "")))
    folders = [Folder(FilePlace(place.bucket, key).name, f"s3://{place.bucket}/{key}") for key in listing.prefixes]
    return Browsing(here, above, folders, rows, listing.after)


def tick(session: AnalysisSession, reference: str, name: str, error: PortalError | None = None) -> RowTick:
    """The checkbox of one file as it now is."""
    return _tick(session, reference, name, _picked(session), error)


def _roots() -> list[Folder]:
    return [Folder(uri.removeprefix("s3://"), uri) for uri in places.roots()]


def _above(place: FilePlace) -> list[Folder]:
    """The places between the root of the setting and this one, the root first."""
    root = next(uri for uri in places.roots() if place.uri.startswith(uri))
    found, uri = [Folder(root.removeprefix("s3://"), root)], root
    for segment in place.uri.removeprefix(root).split("/")[:-1]:
        uri += f"{segment}/"
        found.append(Folder(segment, uri))
    return found[:-1]


def _picked(session: AnalysisSession) -> set[str]:
    """The references of the picked files."""
    found = session.sources.filter(kind=SourceKind.CSV).select_related("upload")
    return {named.reference_of(source.upload) if source.upload else source.uri for source in found}


def _upload_row(session: AnalysisSession, upload: CsvUpload, picked: Collection[str]) -> SourceRow:
    figures = (str(len(upload.columns)), size(upload.size_bytes))
    until = f"kept until {upload.expires_at:%Y-%m-%d}"
    return _row(session, named.reference_of(upload), upload.name, picked, figures, comment=until)


def _row(
    session: AnalysisSession,
    reference: str,
    name: str,
    picked: Collection[str],
    figures: tuple[str, str],
    comment: str = "",
) -> SourceRow:
    url = f"{reverse('catalog:file_columns', args=[session.uuid])}?{urlencode({'file': reference})}"
    return SourceRow(_tick(session, reference, name, picked), "file", figures, url, comment)


def _tick(
    session: AnalysisSession,
    reference: str,
    name: str,
    picked: Collection[str],
    error: PortalError | None = None,
) -> RowTick:
    url = reverse("catalog:file_pick", args=[session.uuid])
    return RowTick(name, reference, reference in picked, url, {"file": reference, "name": name}, error)
