"""Addresses of asking for code, of versions, and of what it costs."""

from __future__ import annotations

from django.urls import URLPattern, path

from jobs.views import generation, usage

_SESSION = "sessions/<uuid:session_uuid>"
_VERSION = f"{_SESSION}/code/<int:number>"

urlpatterns: list[URLPattern] = [
    path(f"{_SESSION}/generate/", generation.generate, name="generate"),
    path(f"{_SESSION}/change/", generation.change, name="change"),
    path(f"{_SESSION}/panel/", generation.panel, name="panel"),
    path(f"{_SESSION}/model-sees/", generation.model_sees, name="model_sees"),
    path(f"{_VERSION}/", generation.code, name="code"),
    path(f"{_VERSION}/cancel/", generation.cancel_generation, name="cancel_generation"),
    path(f"{_VERSION}/accept/", generation.accept, name="accept"),
    path(f"{_VERSION}/reject/", generation.reject, name="reject"),
    path(f"{_VERSION}/restore/", generation.restore, name="restore"),
    path(f"{_VERSION}/diff/", generation.diff, name="diff"),
    path(f"{_VERSION}/calls/<int:attempt>/", generation.attempt, name="attempt"),
    path("runs/<uuid:run_uuid>/fix/", generation.fix, name="run_fix"),
    path("usage/", usage.page, name="usage"),
    path("usage/models/", usage.models, name="usage_models"),
]
