"""The page of a person's own tokens, and what the admin sees of all."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from connections import tokens
from connections.models import ApiToken
from tests.connections.conftest import People

pytestmark = pytest.mark.django_db

PAGE = "/accounts/tokens/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_token_is_shown_once(people: People) -> None:
    browser = signed_in(people.analyst)
    made = browser.post(f"{PAGE}new/", {"name": " nightly  report ", "days": "30"})
    assert (made.status_code, "no-store" in made["Cache-Control"]) == (201, True)
    (text,) = re.findall(r"pgs_[\w-]{40,}", made.content.decode())
    assert tokens.user_of(text) == people.analyst
    later = browser.get(PAGE).content.decode()
    assert "nightly report" in later
    assert text not in later


@pytest.mark.parametrize(("days", "forever"), [("90", False), ("", True)])
def test_its_life_is_chosen(people: People, days: str, forever: bool) -> None:
    signed_in(people.analyst).post(f"{PAGE}new/", {"name": "nightly", "days": days})
    assert (ApiToken.objects.get().expires_at is None) is forever


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "x" * 81}, {"name": "nul\x00"}, {"name": "a", "days": "9"}])
def test_a_wrong_form_says_so_and_makes_nothing(people: People, fields: dict[str, str]) -> None:
    assert signed_in(people.analyst).post(f"{PAGE}new/", fields).status_code == 400
    assert not ApiToken.objects.exists()


def test_a_name_that_is_taken_is_said_and_kept(people: People) -> None:
    tokens.create_token(user=people.analyst, name="nightly")
    answer = signed_in(people.analyst).post(f"{PAGE}new/", {"name": "nightly", "days": "30"})
    assert answer.status_code == 409
    assert "already have a token" in answer.content.decode()
    assert 'value="nightly"' in answer.content.decode()


def test_a_name_is_text_and_nothing_else(people: People) -> None:
    tokens.create_token(user=people.analyst, name="<script>alert(1)</script>")
    assert "<script>alert" not in signed_in(people.analyst).get(PAGE).content.decode()


def test_ones_own_token_is_revoked(people: People) -> None:
    token, _ = tokens.create_token(user=people.analyst, name="nightly")
    assert signed_in(people.analyst).post(f"{PAGE}{token.pk}/revoke/").status_code == 302
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("somebody", ["outsider", "staff"])
def test_other_peoples_tokens_are_neither_seen_nor_revoked(people: People, somebody: str) -> None:
    token, _ = tokens.create_token(user=people.analyst, name="month-end")
    browser = signed_in(getattr(people, somebody))
    assert "month-end" not in browser.get(PAGE).content.decode()
    browser.post(f"{PAGE}{token.pk}/revoke/")
    assert ApiToken.objects.filter(pk=token.pk).exists()


@pytest.mark.parametrize("path", ["", "new/", "1/revoke/"])
def test_nobody_without_a_login_comes_here(path: str, db: None) -> None:
    ask = Client().post if path else Client().get
    assert ask(PAGE + path)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["new/", "1/revoke/"])
def test_looking_changes_nothing(people: People, path: str) -> None:
    assert signed_in(people.analyst).get(PAGE + path).status_code == 405


def test_the_admin_shows_all_and_can_only_revoke(people: People) -> None:
    token, _ = tokens.create_token(user=people.analyst, name="nightly")
    browser = signed_in(people.staff)
    shown = browser.get("/admin/connections/apitoken/").content.decode()
    assert "nightly" in shown
    assert token.digest not in browser.get(f"/admin/connections/apitoken/{token.pk}/change/").content.decode()
    assert browser.get("/admin/connections/apitoken/add/").status_code == 403
    assert browser.post(f"/admin/connections/apitoken/{token.pk}/change/", {"name": "other"}).status_code == 403
    browser.post(f"/admin/connections/apitoken/{token.pk}/delete/", {"post": "yes"})
    assert not ApiToken.objects.exists()
