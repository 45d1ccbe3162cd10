"""The page of one file: its first rows, how it is read, and the button that picks it."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from catalog import file_operations, queries
from catalog.files import named, spark_types
from catalog.files.dialect import DELIMITERS, ENCODINGS, ESCAPES, FORMATS, QUOTES, Dialect, from_json
from catalog.files.spark_types import TYPES
from catalog.models import AnalysisSession, SelectedSource
from catalog.views.fragments import SignedInRequest, is_fragment
from connections.errors import PortalError

Reading = tuple[Dialect | None, list[str] | None]

_CHOICES = {
    "formats": FORMATS.items(),
    "encodings": ENCODINGS,
    "delimiters": DELIMITERS.items(),
    "quotes": QUOTES.items(),
    "escapes": ESCAPES.items(),
    "types": TYPES,
}


def page_url(session: AnalysisSession, reference: str) -> str:
    return f"{reverse('catalog:file', args=[session.uuid])}?{urlencode({'file': reference})}"


@require_GET
def page(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The file as it is read by now, else as it seems to be read."""
    session = queries.own_session(request.user, session_uuid)
    return render(request, "catalog/file.html", _context(request, session, request.GET))


@require_POST
def preview(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The same rows, read as the form says; nothing is kept."""
    session = queries.own_session(request.user, session_uuid)
    template = "catalog/partials/file_reading.html" if is_fragment(request) else "catalog/file.html"
    return render(request, template, _context(request, session, request.POST))


@require_POST
def use(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Picks the file, read as the form says."""
    session = queries.own_session(request.user, session_uuid)
    context = _context(request, session, request.POST)
    if error := context.get("error"):
        return render(request, "catalog/file.html", context, status=error.status)
    dialect, types = _chosen(request.POST)
    try:
        file_operations.pick_file(
            session=session, user=request.user, reference=_reference(request.POST), dialect=dialect, types=types
        )
    except PortalError as error:
        return render(request, "catalog/file.html", context | {"refusal": error}, status=error.status)
    return redirect("jobs:session", session.uuid)


def _context(request: SignedInRequest, session: AnalysisSession, asked: QueryDict) -> dict[str, Any]:
    """The file and its preview, or the error in its place. Raises Http404, S3_PLACE_NOT_ALLOWED, FILE_GONE."""
    file = named.find(request.user, _reference(asked))
    facts = file.facts()
    source = session.sources.filter(uri=file.place.uri).first()
    context = {"session": session, "file": file, "facts": facts, "source": source, **_CHOICES}
    chosen: Dialect | None = None
    try:
        chosen, types = _chosen(asked) if request.method == "POST" else _as_picked(source)
        found = file.preview(facts, chosen, types)
    except PortalError as error:
        return context | {"error": error, "dialect": chosen or file.stored()[0] or Dialect(format=facts.format)}
    return context | {"preview": found, "dialect": found.dialect}


def _reference(asked: QueryDict) -> str:
    return asked.get("file", "").replace("\x00", "")


def _chosen(form: QueryDict) -> Reading:
    """What the form says. Types that were told from another reading are left out. Raises FILE_OPTION_INVALID."""
    dialect = from_json(form.dict() | {"header": form.get("header"), "multiline": form.get("multiline")})
    types = form.getlist("type")
    for type_ in types:
        spark_types.check(type_)
    return dialect, types if form.get("shown_as") == dialect.mark else None


def _as_picked(source: SelectedSource | None) -> Reading:
    """How the picked file is read by now; of one that is not picked, nothing."""
    if source is None:
        return None, None
    columns = [column for column in source.columns if not column.get("is_partition_key")]
    return from_json(source.read_options), [column["type"] for column in columns]
