"""Turns an expected failure that reached no handler into a page or a fragment in words.

The JSON API has handlers of its own (`pgspark_site/api.py`).
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from connections.errors import PortalError


class PortalErrorMiddleware:
    """`PortalError` raised by a view becomes its status, message and hint; bugs go on to Django's handler."""

    def __init__(self, get_response):  # type: ignore[no-untyped-def]
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.get_response(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, PortalError):
            return None
        template = "partials/error_card.html" if request.htmx else "error.html"  # type: ignore[attr-defined]
        return render(request, template, {"error": exception}, status=exception.status)
