"""The page that describes the API."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from pgspark_site.api import api
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People

pytestmark = pytest.mark.django_db


def test_the_page_names_every_path_and_needs_no_script(people: People) -> None:
    page = html(signed_in(people.owner), "/api/docs")
    for path, methods in api.document["paths"].items():
        assert path in page
        assert all(f'id="{facts["operationId"]}"' in page for facts in methods.values())
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|https?://", page)


def test_every_link_of_the_page_leads_somewhere(people: People) -> None:
    page = html(signed_in(people.owner), "/api/docs")
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


def test_the_page_is_for_those_who_are_signed_in() -> None:
    response = Client().get("/api/docs")
    assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/accounts/login/")
