"""All addresses of the portal."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path

from pgspark_site import api, api_docs


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers "ok" when this process serves requests; it asks nothing else."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/tokens/", include("connections.token_urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/docs", api_docs.page, name="api_docs"),
    path("api/", include(api.url_patterns())),
    re_path("^api/", api.nothing_here),
    path("connections/", include("connections.urls")),
    path("", include("catalog.urls")),
    path("", include("jobs.urls")),
]
