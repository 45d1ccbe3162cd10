"""A model whose service fails again and again rests: the next one of the list is asked first, and the page says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from jobs.generation import advance_code
from jobs.generation.resting import resting_models
from jobs.models import CodeVersion, GenerationAttempt
from jobs.states import CodeState
from tests.converse import ConverseServer, called, failed
from tests.jobs.browsing import html, signed_in
from tests.jobs.conftest import People
from tests.jobs.generation.conftest import NewVersion

ALPHA, BETA = "us.example.alpha-1-v1:0", "us.example.beta-1-v1:0"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_models(settings: Settings) -> None:
    settings.PGSPARK_GENERATORS = ["bedrock", "builtin"]
    settings.PGSPARK_BEDROCK_MODEL_IDS = [ALPHA, BETA]
    settings.PGSPARK_MODEL_REST_AFTER = 3
    settings.PGSPARK_MODEL_REST_SECONDS = 300
    settings.PGSPARK_MODEL_RETRY_SECONDS = 0


def keep_calls(version: CodeVersion, *errors: str, ago: float = 10) -> None:
    """Calls of the first model one after the other, the last one `ago` seconds ago."""
    ended = timezone.now() - timedelta(seconds=ago)
    for number, error in enumerate(errors):
        at = ended - timedelta(seconds=len(errors) - 1 - number)
        call = version.attempts.create(
            number=version.attempts.count() + 1, model=ALPHA, request_digest="0" * 64, error_code=error, finished_at=at
        )
        GenerationAttempt.objects.filter(pk=call.pk).update(created_at=at)


@pytest.mark.parametrize(
    ("errors", "rests"),
    [
        (["MODEL_BUSY", "MODEL_TIMEOUT", "MODEL_FAILED"], True),
        (["", "MODEL_BUSY", "MODEL_BUSY", "MODEL_BUSY"], True),
        (["MODEL_BUSY", "MODEL_BUSY"], False),
        (["MODEL_BUSY", "", "MODEL_BUSY", "MODEL_BUSY"], False),
        (["MODEL_BUSY", "MODEL_BUSY", "MODEL_BUSY", ""], False),
        (["MODEL_DECLINED", "MODEL_DECLINED", "MODEL_DECLINED"], False),
        (["MODEL_BUSY", "MODEL_BUSY", "CANCELLED", "MODEL_BUSY"], True),
    ],
)
def test_only_failures_of_the_service_in_a_row_make_a_model_rest(
    version: CodeVersion, errors: list[str], rests: bool
) -> None:
    keep_calls(version, *errors)

    assert (ALPHA in resting_models([ALPHA, BETA])) is rests
    assert BETA not in resting_models([ALPHA, BETA])


def test_a_rest_ends_and_the_next_failure_begins_another(version: CodeVersion) -> None:
    keep_calls(version, "MODEL_BUSY", "MODEL_BUSY", "MODEL_BUSY", ago=301)
    assert resting_models([ALPHA]) == {}

    keep_calls(version, "MODEL_BUSY", ago=1)
    assert list(resting_models([ALPHA])) == [ALPHA]


def test_no_model_rests_where_the_settings_say_so(version: CodeVersion, settings: Settings) -> None:
    settings.PGSPARK_MODEL_REST_AFTER = 0
    keep_calls(version, "MODEL_BUSY", "MODEL_BUSY", "MODEL_BUSY")

    assert resting_models([ALPHA]) == {}


def test_after_failures_the_next_model_is_asked_first(
    converse: ConverseServer, new_version: NewVersion, settings: Settings
) -> None:
    settings.PGSPARK_BEDROCK_MODEL_IDS = [ALPHA, BETA]
    for number in range(3):
        converse.script(failed("ThrottlingException", 429))
        version = new_version(model=ALPHA, number=number + 1)
        advance_code(version.pk)
        version.refresh_from_db()
        assert version.state == CodeState.FAILED

    converse.script(called())
    version = new_version(model=ALPHA, number=4)
    advance_code(version.pk)
    version.refresh_from_db()

    assert (version.state, version.model) == (CodeState.READY, BETA)
    assert "alpha-1 failed too often just now, asking beta-1" in [step["name"] for step in version.steps]
    assert [attempt.model for attempt in version.attempts.all()] == [BETA]


def test_a_model_that_rests_is_asked_where_there_is_no_other(
    converse: ConverseServer, new_version: NewVersion, settings: Settings
) -> None:
    settings.PGSPARK_BEDROCK_MODEL_IDS = [ALPHA]
    version = new_version(model=ALPHA)
    keep_calls(new_version(model=ALPHA, number=90), "MODEL_BUSY", "MODEL_BUSY", "MODEL_BUSY")
    converse.script(called())

    advance_code(version.pk)
    version.refresh_from_db()

    assert (version.state, version.model) == (CodeState.READY, ALPHA)


def test_the_page_says_which_model_rests(version: CodeVersion, people: People) -> None:
    address = reverse("jobs:session", args=[version.session.uuid])
    assert "several times in a row" not in html(signed_in(people.owner), address)

    keep_calls(version, "MODEL_BUSY", "MODEL_BUSY", "MODEL_BUSY")

    assert "alpha-1 failed several times in a row" in html(signed_in(people.owner), address)
    assert "is asked last until" in html(signed_in(people.owner), reverse("jobs:usage"))
