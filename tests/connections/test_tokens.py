"""Tokens: kept as digests, alive only while they and their user are."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from connections import tokens
from connections.errors import PortalError
from connections.models import ApiToken
from tests.connections.conftest import People

pytestmark = pytest.mark.django_db


def refused(text: str) -> bool:
    try:
        tokens.user_of(text)
    except PortalError as error:
        return error.code == "TOKEN_INVALID"
    return False


def test_a_token_is_its_users_and_is_kept_nowhere(people: People) -> None:
    token, text = tokens.create_token(user=people.analyst, name="nightly")
    assert text.startswith("pgs_")
    assert tokens.user_of(text) == people.analyst
    assert text not in str(vars(ApiToken.objects.get()))
    assert text.endswith(token.ending)


@pytest.mark.parametrize("text", ["", "pgs_", "pgs_unknown", "ünïcode", "\udcff"])
def test_what_is_no_token_is_refused(people: People, text: str) -> None:
    tokens.create_token(user=people.analyst, name="nightly")
    assert refused(text)


def test_neither_the_digest_nor_the_ending_is_a_token(people: People) -> None:
    token, _ = tokens.create_token(user=people.analyst, name="nightly")
    assert refused(token.digest)
    assert refused(token.ending)


def test_an_expired_token_is_refused(people: People) -> None:
    _, text = tokens.create_token(user=people.analyst, name="short", expires_at=timezone.now() + timedelta(days=1))
    assert tokens.user_of(text) == people.analyst
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert refused(text)


def test_a_deactivated_users_token_is_refused(people: People) -> None:
    _, text = tokens.create_token(user=people.analyst, name="nightly")
    people.analyst.is_active = False
    people.analyst.save(update_fields=["is_active"])
    assert refused(text)


def test_a_revoked_token_is_refused_at_once(people: People) -> None:
    token, text = tokens.create_token(user=people.analyst, name="nightly")
    tokens.revoke_token(user=people.outsider, token_id=token.pk)
    assert tokens.user_of(text) == people.analyst
    tokens.revoke_token(user=people.analyst, token_id=token.pk)
    assert refused(text)


def test_a_name_is_once_per_user(people: People) -> None:
    tokens.create_token(user=people.analyst, name="nightly")
    tokens.create_token(user=people.outsider, name="nightly")
    with pytest.raises(PortalError, match="TOKEN_NAME_TAKEN"):
        tokens.create_token(user=people.analyst, name="nightly")


def test_use_is_noted_at_most_once_a_minute(people: People) -> None:
    token, text = tokens.create_token(user=people.analyst, name="nightly")
    start = timezone.now()
    seen = []
    for seconds in (0, 30, 61):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            tokens.user_of(text)
        token.refresh_from_db()
        seen.append(round((token.last_used_at - start).total_seconds()))
    assert seen == [0, 0, 61]
