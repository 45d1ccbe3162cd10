"""Tokens and cost by day, and what the AWS account offers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from botocore.stub import Stubber
from django.contrib.auth.models import User

from connections.aws import client, forget_clients
from jobs import usage
from jobs.models import GenerationAttempt
from tests.jobs.conftest import People
from tests.jobs.factories import CodeVersionFactory, SessionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bedrock() -> Iterator[Stubber]:
    forget_clients()
    with Stubber(client("bedrock")) as stub:
        yield stub
    forget_clients()


def call(user: User, *, tokens: int, cost: str | None = None, model: str = "a") -> None:
    version = CodeVersionFactory(session=SessionFactory(owner=user), number=1)
    GenerationAttempt.objects.create(
        version=version,
        number=1,
        model=model,
        input_tokens=tokens,
        output_tokens=1,
        cost_usd=None if cost is None else Decimal(cost),
    )


def test_calls_are_added_up_by_day_person_and_model(people: People) -> None:
    call(people.owner, tokens=10, cost="0.5")
    call(people.owner, tokens=20, cost="0.25")
    call(people.owner, tokens=5, cost="1", model="b")
    rows = usage.usage(people.owner)
    assert [(row.model, row.calls, row.input_tokens, row.cost_usd) for row in rows] == [
        ("a", 2, 30, Decimal("0.75")),
        ("b", 1, 5, Decimal("1")),
    ]
    assert usage.totals(rows).cost_usd == Decimal("1.75")


def test_a_cost_that_is_not_known_makes_no_sum(people: People) -> None:
    call(people.owner, tokens=10, cost="0.5")
    call(people.owner, tokens=20)
    rows = usage.usage(people.owner)
    assert [row.cost_usd for row in rows] == [None]
    assert usage.totals(rows).cost_usd is None


def test_only_staff_see_others(people: People) -> None:
    call(people.owner, tokens=10)
    assert usage.usage(people.outsider, everybody=True) == []
    assert usage.usage(people.staff) == []
    assert [row.user for row in usage.usage(people.staff, everybody=True)] == ["analyst"]


def test_the_profiles_of_the_account_are_listed_as_far_as_it_lets_us_look(bedrock: Stubber) -> None:
    profile = {
        "inferenceProfileId": "us.example.alpha-1-v1:0",
        "inferenceProfileName": "Alpha",
        "inferenceProfileArn": "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.example.alpha-1-v1:0",
        "models": [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/example.alpha-1-v1:0"}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
    bedrock.add_response("list_inference_profiles", {"inferenceProfileSummaries": [profile]})
    assert usage.account_models_or_error() == {"profiles": [{"id": "us.example.alpha-1-v1:0", "name": "Alpha"}]}
    bedrock.add_client_error("list_inference_profiles", "AccessDeniedException", http_status_code=403)
    assert usage.account_models_or_error()["error"].code == "AWS_REFUSED"
