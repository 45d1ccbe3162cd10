"""Calls of models in the admin: to read, not to change, and without people's words."""

from __future__ import annotations

import pytest
from django.urls import reverse

from jobs.models import GenerationAttempt
from tests.jobs.browsing import signed_in
from tests.jobs.factories import CodeVersionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def call() -> GenerationAttempt:
    sent = {"messages": [{"role": "user", "content": "the very words"}]}
    return GenerationAttempt.objects.create(
        version=CodeVersionFactory(number=1), number=1, model="us.example.alpha-1-v1:0", request=sent, answer=sent
    )


def test_an_administrator_reads_the_account_and_not_the_words(call: GenerationAttempt) -> None:
    admin = signed_in(UserFactory(username="admin", is_staff=True, is_superuser=True))
    for address in (
        reverse("admin:jobs_generationattempt_changelist"),
        reverse("admin:jobs_generationattempt_change", args=[call.pk]),
        reverse("admin:jobs_codeversion_change", args=[call.version_id]),
    ):
        page = admin.get(address)
        assert page.status_code == 200
        assert "us.example.alpha-1-v1:0" in page.content.decode()
        assert "the very words" not in page.content.decode()


@pytest.mark.parametrize("name", ["add", "delete"])
def test_nothing_can_be_added_or_deleted(call: GenerationAttempt, name: str) -> None:
    admin = signed_in(UserFactory(username="admin", is_staff=True, is_superuser=True))
    address = reverse(f"admin:jobs_generationattempt_{name}", args=[] if name == "add" else [call.pk])
    assert admin.get(address).status_code == 403
