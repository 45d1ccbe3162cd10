"""The JSON API as a whole: who may ask, how refusals look, and the routers of the apps. Rules live in the apps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, RawPostDataException, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern, URLResolver
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation
from ninja.security import HttpBearer
from ninja.security import SessionAuth as CookieAuth

import catalog.api
import connections.api
import jobs.api
from connections import tokens
from connections.envelope import FieldProblem, refusal
from connections.errors import PortalError

log = structlog.get_logger(__name__)

_DESCRIPTION = """Pick tables, ask in words, run the code, read the rows: all that the pages do.

Send `Authorization: Bearer pgs_...` with a token made on the page "API tokens" of your account. A browser's login
works too; requests that change something then need its CSRF token as the header `X-CSRFToken`.
Refusals are `{"success": false, "error": {...}}` with a code, words for a person, and whether trying again may help."""


class TokenAuth(HttpBearer):
    """A token of the request's header. A wrong one is refused, whatever cookies come with it."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        user = tokens.user_of(token)
        request.user = user  # for the log's lines
        return user


class SessionAuth(CookieAuth):
    """The browser's login; who has none is told so before any word about CSRF."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if request.user.is_authenticated else None


class PortalApi(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The function's name: the modules it lives in are no business of clients."""
        return operation.view_func.__name__

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        """The description of all operations (OpenAPI 3.1); made once, because that takes a second."""
        return dict(self.get_openapi_schema())


api = PortalApi(
    title="PgSpark",
    version="1",
    description=_DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    auth=[TokenAuth(), SessionAuth()],
)
for _router in (connections.api.router, *catalog.api.routers, *jobs.api.routers):
    api.add_router("", _router)


@api.get("/openapi.json", include_in_schema=False)
def openapi_document(request: HttpRequest) -> dict[str, Any]:
    return api.document


def refuse(request: HttpRequest, error: PortalError, fields: Sequence[FieldProblem] = ()) -> HttpResponse:
    response = api.create_response(request, refusal(error, fields).model_dump(), status=error.status)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="PgSpark"'
    return response


@api.exception_handler(PortalError)
def _refused(request: HttpRequest, error: PortalError) -> HttpResponse:
    return refuse(request, error)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Names each field with what is wrong; never what was sent."""
    fields = [FieldProblem(field=_path_of(one["loc"]), message=one["msg"]) for one in error.errors]
    names = ", ".join(dict.fromkeys(problem.field for problem in fields))
    return refuse(request, PortalError("INVALID_REQUEST", problem=f"see {names}"), fields)


@api.exception_handler(HttpError)
def _from_ninja(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, RequestDataTooBig):
        return _too_large(request, error.__cause__)
    codes = {401: "NOT_SIGNED_IN", 403: "CSRF_FAILED"}
    if error.status_code in codes:
        return refuse(request, PortalError(codes[error.status_code]))
    return _unreadable(request, error)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return refuse(request, PortalError("NOT_FOUND"))


@api.exception_handler(RequestDataTooBig)
def _too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    return refuse(request, PortalError("REQUEST_TOO_LARGE", limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE))


@api.exception_handler(MultiPartParserError)
@api.exception_handler(UnreadablePostError)
@api.exception_handler(RawPostDataException)
@api.exception_handler(SuspiciousOperation)
@api.exception_handler(BadRequest)
def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    return refuse(request, PortalError("INVALID_REQUEST", problem="its body cannot be read as JSON"))


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """A bug: its traceback is in the log, under the request's id."""
    log.error("api_broken", exc_info=error)
    return refuse(request, PortalError("INTERNAL"))


def _path_of(location: Sequence[str | int]) -> str:
    """`tables.0.schema` of ninja's ("body", "body", "tables", 0, "schema"), without our own names for its parts."""
    source, *parts = location
    if source == "body" or len(parts) > 1:
        parts = parts[1:]
    return ".".join(str(part) for part in parts) or str(source)


def _answering_itself(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view without the pages' redirect to the login, and with JSON for what ninja answers in plain text."""

    @login_not_required
    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            allowed = response["Allow"]
            response = refuse(request, PortalError("METHOD_NOT_ALLOWED", method=request.method))
            response["Allow"] = allowed
        response["Cache-Control"] = "private, no-store"
        return response

    return wrapped


@csrf_exempt
@login_not_required
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address below /api/."""
    return refuse(request, PortalError("NOT_FOUND"))


def url_patterns() -> tuple[list[URLPattern | URLResolver], str]:
    """Patterns and namespace of the API, for `include`."""
    patterns, _, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            is_root = pattern.name == "api-root"
            pattern.callback = nothing_here if is_root else _answering_itself(pattern.callback)
    return patterns, namespace
