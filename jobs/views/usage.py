"""What models and runs have cost: a person's own use, and everybody's for staff."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from catalog.views.fragments import SignedInRequest
from jobs import budgets, code_pages, usage


@require_GET
def page(request: SignedInRequest) -> HttpResponse:
    everybody = bool(request.user.is_staff and request.GET.get("who") == "all")
    rows = usage.usage(request.user, everybody=everybody)
    runs = usage.run_usage(request.user, everybody=everybody)
    context = {
        "rows": rows,
        "totals": usage.totals(rows),
        "runs": runs,
        "runs_cost": usage.runs_cost(runs),
        "spending": budgets.spending(request.user),
        "everybody": everybody,
        "days": usage.DAYS,
        "writers": code_pages.writers(),
        **code_pages.account(request.user),
    }
    return render(request, "jobs/usage.html", context)


@require_GET
def models(request: SignedInRequest) -> HttpResponse:
    """What the account has on Bedrock, beside what the settings allow. For staff."""
    if not request.user.is_staff:
        raise Http404
    context = {"allowed": settings.PGSPARK_BEDROCK_MODEL_IDS, **usage.account_models_or_error()}
    return render(request, "jobs/partials/account_models.html", context)
