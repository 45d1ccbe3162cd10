"""Addresses of the connections app."""

from __future__ import annotations

from django.urls import path

from connections import views

app_name = "connections"

urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.create, name="create"),
    path("<slug:name>/edit/", views.edit, name="edit"),
    path("<slug:name>/test/", views.test, name="test"),
    path("<slug:name>/enable/", views.set_enabled, {"enabled": True}, name="enable"),
    path("<slug:name>/disable/", views.set_enabled, {"enabled": False}, name="disable"),
    path("<slug:name>/default/", views.make_default, name="make_default"),
    path("<slug:name>/delete/", views.delete, name="delete"),
]
