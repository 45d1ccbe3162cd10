"""Tokens with which scripts use the API as their user. The portal keeps digests only: a token is shown once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from connections.errors import PortalError
from connections.models import ApiToken

PREFIX = "pgs_"
# A busy script would otherwise write a row for each of its requests.
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


def create_token(*, user: User, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """The new token's row and its text, which exists nowhere else. Raises TOKEN_NAME_TAKEN."""
    text = PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                user=user, name=name, digest=_digest(text), ending=text[-4:], expires_at=expires_at
            )
    except IntegrityError as error:
        raise PortalError("TOKEN_NAME_TAKEN", name=name) from error
    return token, text


def revoke_token(*, user: User, token_id: int) -> None:
    """One's own only; revoking what is already gone is no error."""
    tokens_of(user).filter(pk=token_id).delete()


def tokens_of(user: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=user)


def user_of(text: str) -> User:
    """Whose token it is. Raises TOKEN_INVALID for one that is unknown, expired, or of a deactivated account.

    Found by digest, so the time it takes tells nothing of any token's characters.
    """
    now = timezone.now()
    alive = ApiToken.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), user__is_active=True)
    token = alive.select_related("user").filter(digest=_digest(text)).first()
    if token is None:
        raise PortalError("TOKEN_INVALID")
    _note_use(token, now)
    return token.user


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is None or token.last_used_at < now - _USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
