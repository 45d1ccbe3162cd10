"""The rail's tabs, one for each kind of source."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from catalog import operations, queries
from catalog.models import SourceKind
from catalog.views.fragments import SignedInRequest, is_fragment, to_rail


@require_POST
def tab(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Opens a tab, now and on the next visit."""
    session = queries.own_session(request.user, session_uuid)
    kind = request.POST.get("kind", "")
    if kind not in SourceKind.values:
        raise Http404
    operations.remember_kind(session=session, kind=SourceKind(kind))
    if not is_fragment(request):
        return to_rail(session)
    return render(request, "catalog/partials/rail_body.html", queries.rail_context(session, request.user, {}))
