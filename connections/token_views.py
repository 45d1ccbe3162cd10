"""A person's own tokens: made here, shown once, revoked here."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from connections import tokens
from connections.errors import PortalError
from connections.token_forms import TokenForm
from connections.views import SignedInRequest


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    return render(request, "connections/tokens.html", _page(request, TokenForm()))


@require_POST
@never_cache
def create(request: SignedInRequest) -> HttpResponse:
    """Answers with the page that shows the new token: a redirect would have to keep its text somewhere."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return render(request, "connections/tokens.html", _page(request, form), status=400)
    try:
        token, text = tokens.create_token(
            user=request.user, name=form.cleaned_data["name"], expires_at=form.cleaned_data["days"]
        )
    except PortalError as error:
        form.add_error("name", f"{error.message} {error.hint}")
        return render(request, "connections/tokens.html", _page(request, form), status=error.status)
    context = _page(request, TokenForm()) | {"made": token, "made_text": text}
    return render(request, "connections/tokens.html", context, status=201)


@require_POST
def revoke(request: SignedInRequest, token_id: int) -> HttpResponse:
    tokens.revoke_token(user=request.user, token_id=token_id)
    messages.success(request, "The token is revoked; scripts that use it are refused from now on.")
    return redirect("tokens:list")


def _page(request: SignedInRequest, form: TokenForm) -> dict[str, Any]:
    return {"tokens": tokens.tokens_of(request.user), "form": form}
