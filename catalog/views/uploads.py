"""Receives an upload: a plain multipart form, streamed into the store. The rights are checked before a byte is read."""

from __future__ import annotations

import uuid
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from catalog import file_operations, queries
from catalog.files import named
from catalog.files.upload_handler import StreamToStore
from catalog.models import AnalysisSession, CsvUpload
from catalog.views.file_page import page_url
from catalog.views.fragments import SignedInRequest, is_fragment
from connections.errors import PortalError

# What a form holds besides its file.
_FORM_BYTES = 1024 * 1024
_DRAINED_AT_ONCE = 256 * 1024


# The check of the form's token reads the whole form: it is made below, once the pieces have somewhere to go.
@csrf_exempt
@require_POST
def upload(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Keeps the form's file and leads to its preview; whatever goes wrong, nothing of it is left in the store."""
    session = queries.own_session(request.user, session_uuid)
    _refuse_announced_size(request)
    handler = StreamToStore(request)
    request.upload_handlers = [handler]
    try:
        return _receive(request, session, handler)
    finally:
        handler.close()


@csrf_protect
def _receive(request: SignedInRequest, session: AnalysisSession, handler: StreamToStore) -> HttpResponse:
    kept = _kept(request, handler)
    address = page_url(session, named.reference_of(kept))
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _kept(request: SignedInRequest, handler: StreamToStore) -> CsvUpload:
    # The token's check has read the form already, unless it came in a header.
    _ = request.FILES
    if handler.refused:
        _drain(request)
        raise handler.refused
    if handler.incoming is None:
        raise PortalError("UPLOAD_MISSING")
    if not handler.is_complete:
        raise PortalError("UPLOAD_BROKEN_OFF")
    return file_operations.keep_upload(owner=request.user, incoming=handler.incoming)


def _refuse_announced_size(request: HttpRequest) -> None:
    """A body that says itself that it is too large is not read at all."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    limit = settings.PGSPARK_UPLOAD_MAX_MB
    if announced.isdigit() and int(announced) > limit * 1024**2 + _FORM_BYTES:
        raise PortalError("UPLOAD_TOO_LARGE", limit=limit)


def _drain(request: HttpRequest) -> None:
    """Browsers show an answer only when their whole form was taken; it is no larger than the limit."""
    with suppress(OSError):
        while request.read(_DRAINED_AT_ONCE):
            pass
