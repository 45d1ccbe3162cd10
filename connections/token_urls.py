"""Addresses of a person's own API tokens."""

from __future__ import annotations

from django.urls import path

from connections import token_views

app_name = "tokens"

urlpatterns = [
    path("", token_views.index, name="list"),
    path("new/", token_views.create, name="create"),
    path("<int:token_id>/revoke/", token_views.revoke, name="revoke"),
]
