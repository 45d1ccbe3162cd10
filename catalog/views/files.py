"""The file panel of the rail. Every fragment also works as a plain request: it then leads to the page."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from catalog import file_operations, file_picker, queries
from catalog.files import named
from catalog.forms import FileForm
from catalog.views.fragments import SignedInRequest, is_fragment, ticked, to_rail
from connections.errors import PortalError


@require_GET
def panel(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The whole panel anew, standing where it stands."""
    session = queries.own_session(request.user, session_uuid)
    shown = file_picker.panel(session, request.user, {"place": _plain(request.GET.get("place", ""))})
    return render(request, "catalog/partials/rail_files.html", {"session": session, "files": shown})


@require_GET
def browse(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """A place in S3, or the roots; with `after` only the rows that follow."""
    session = queries.own_session(request.user, session_uuid)
    uri, after = _plain(request.GET.get("place", "")), _plain(request.GET.get("after", ""))
    if uri and after:
        browsing = file_picker.browse(session, uri, after)
        template = "file_place_rows"
    else:
        browsing = file_picker.panel(session, request.user, {"place": uri}).browsing
        template = "file_places"
    return render(request, f"catalog/partials/{template}.html", {"session": session, "browsing": browsing})


@require_GET
def columns(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The columns of one file, read when its row is opened, with the way to its preview."""
    session = queries.own_session(request.user, session_uuid)
    reference = _plain(request.GET.get("file", ""))
    context = {"session": session, "reference": reference, "retry_url": request.get_full_path()}
    try:
        file = named.find(request.user, reference)
        facts = file.facts()
        context |= {"file": file, "facts": facts, "preview": file.preview(facts, None, None)}
    except PortalError as error:
        context["error"] = error
    return render(request, "catalog/partials/file_columns.html", context)


@require_POST
def pick(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Picks one file or puts it back; answers with its checkbox, the counters and the chips."""
    session = queries.own_session(request.user, session_uuid)
    form = FileForm(request.POST)
    if not form.is_valid():
        raise PortalError("NOT_FOUND")
    reference, failed = form.cleaned_data["file"], None
    try:
        if form.cleaned_data["pick"]:
            file_operations.pick_file(session=session, user=request.user, reference=reference)
        else:
            file_operations.put_back(session=session, user=request.user, reference=reference)
    except PortalError as error:
        failed = error
    tick = file_picker.tick(session, reference, form.cleaned_data["name"], failed)
    return ticked(request, session, tick)


@require_POST
def selection(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """The panel's checkboxes as one plain form."""
    session = queries.own_session(request.user, session_uuid)
    file_operations.set_selection(
        session=session,
        user=request.user,
        shown=request.POST.getlist("shown"),
        picked=request.POST.getlist("source"),
    )
    return to_rail(session)


@require_POST
def delete(request: SignedInRequest, session_uuid: uuid.UUID) -> HttpResponse:
    """Deletes one of the person's uploads."""
    session = queries.own_session(request.user, session_uuid)
    file = named.find(request.user, _plain(request.POST.get("file", "")))
    if file.upload is None:
        raise PortalError("NOT_FOUND")
    file_operations.delete_upload(upload=file.upload)
    if not is_fragment(request):
        return to_rail(session)
    return render(request, "catalog/partials/rail_body.html", queries.rail_context(session, request.user, {}))


def _plain(text: str) -> str:
    return text.replace("\x00", "")
