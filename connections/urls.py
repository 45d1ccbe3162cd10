"""Addresses of the connections app."""

from __future__ import annotations

from django.urls import path

from connections import views

app_name = "connections"

urlpatterns = [
    path("", views.index, name="list"),
    path("<slug:name>/test/", views.test, name="test"),
]
