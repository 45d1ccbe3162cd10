"""Wrong settings about engines stop the start by name; what only lacks is told."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.execution.registry import offered, unavailable
from jobs.setting_checks import local_runs_are_confined, settings_of_engines_are_sound
from jobs.states import Target
from tests.emr import DATABASE, DRIVER, ROLE, STANDARD

SOUND = {
    "PGSPARK_TARGETS": ["emr", "local"],
    "PGSPARK_EMR_APPLICATION_ID": STANDARD,
    "PGSPARK_EMR_POSTGRES_APPLICATION_ID": DATABASE,
    "PGSPARK_EXECUTION_ROLE_ARN": ROLE,
    "PGSPARK_JDBC_DRIVER_URI": DRIVER,
}


def found(settings: Any, **values: Any) -> list[str]:
    for name, value in {**SOUND, **values}.items():
        setattr(settings, name, value)
    return [f"{message.id} {message.msg}" for message in settings_of_engines_are_sound(None)]


def test_sound_settings_and_the_shipped_ones_are_silent(settings: Any) -> None:
    assert [str(message) for message in settings_of_engines_are_sound(None)] == []
    assert found(settings) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGSPARK_TARGETS", ["emr", "quantum"]),
        ("PGSPARK_EMR_APPLICATION_ID", "arn:aws:emr-serverless:us-east-1:123456789012:/applications/00f"),
        ("PGSPARK_EMR_POSTGRES_APPLICATION_ID", "00F-UPPER"),
        ("PGSPARK_EXECUTION_ROLE_ARN", "pgspark-job"),
        ("PGSPARK_JDBC_DRIVER_URI", "https://example.com/postgresql-42.7.13.jar"),
        ("PGSPARK_JDBC_DRIVER_URI", "s3://bucket/jars/a b.jar"),
        ("PGSPARK_JDBC_DRIVER_URI", "s3://bucket/jars/"),
        ("PGSPARK_KMS_KEY_ARNS", ["alias/ours"]),
        ("PGSPARK_EMR_LOG_GROUP", "group*"),
        ("PGSPARK_EMR_PYTHON", "python3.11 -c 'import os'"),
        ("PGSPARK_EMR_PRESTARTS_PER_DAY", -1),
        ("PGSPARK_FILE_SIZE_THRESHOLD_MB", -1),
        ("PGSPARK_LAMBDA_FUNCTION", "arn:aws:lambda:us-east-1:123456789012:layer:other"),
        ("PGSPARK_LAMBDA_FUNCTION", "two words"),
        ("PGSPARK_LAMBDA_CONTRACT", "v2"),
        ("PGSPARK_LAMBDA_TIMEOUT_SECONDS", 0),
        ("PGSPARK_LAMBDA_TIMEOUT_SECONDS", 901),
        ("PGSPARK_LAMBDA_MEMORY_MB", 127),
        ("PGSPARK_LAMBDA_MEMORY_MB", 10241),
    ],
)
def test_a_wrong_value_is_named(settings: Any, name: str, value: Any) -> None:
    (message,) = found(settings, **{name: value})

    assert message.startswith("jobs.E") and name in message


@pytest.mark.parametrize("old", ["42.7.1", "42.7.6", "42.2.28.jre7"])
def test_a_driver_with_known_holes_is_a_warning(settings: Any, old: str) -> None:
    (message,) = found(settings, PGSPARK_JDBC_DRIVER_URI=f"s3://bucket/jars/postgresql-{old}.jar")

    assert message.startswith("jobs.W001")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("PGSPARK_EXECUTION_ROLE_ARN", "not offered"),
        ("PGSPARK_EMR_APPLICATION_ID", "Glue and files"),
        ("PGSPARK_EMR_POSTGRES_APPLICATION_ID", "PostgreSQL"),
        ("PGSPARK_JDBC_DRIVER_URI", "PostgreSQL"),
    ],
)
def test_what_lacks_is_a_warning_that_names_it(settings: Any, name: str, reason: str) -> None:
    (message,) = found(settings, **{name: ""})

    assert message.startswith("jobs.W") and name in message and reason in message


def test_without_emr_nothing_of_it_is_asked_for(settings: Any) -> None:
    assert found(settings, PGSPARK_TARGETS=["local"], PGSPARK_EXECUTION_ROLE_ARN="") == []


def test_an_engine_that_lacks_its_settings_is_not_offered_and_says_why(settings: Any) -> None:
    found(settings, PGSPARK_EXECUTION_ROLE_ARN="")

    assert offered() == [Target.LOCAL]
    assert unavailable()[Target.EMR] == "PGSPARK_EXECUTION_ROLE_ARN is not set"


@pytest.mark.parametrize(
    "name", ["pgspark", "pgspark:live", "arn:aws:lambda:us-east-1:123456789012:function:pgspark:$LATEST"]
)
def test_a_function_has_a_name_or_an_arn(settings: Any, name: str) -> None:
    assert found(settings, PGSPARK_LAMBDA_FUNCTION=name, PGSPARK_TARGETS=["lambda"]) == []


def test_lambda_without_its_function_is_not_offered_and_says_why(settings: Any) -> None:
    (message,) = found(settings, PGSPARK_TARGETS=["lambda", "local"])

    assert message.startswith("jobs.W004") and "PGSPARK_LAMBDA_FUNCTION" in message
    assert offered() == [Target.LOCAL]
    assert unavailable()[Target.LAMBDA] == "PGSPARK_LAMBDA_FUNCTION is not set"


def test_one_application_may_serve_all(settings: Any) -> None:
    assert found(settings, PGSPARK_USE_DEDICATED_EMR=False, PGSPARK_EMR_POSTGRES_APPLICATION_ID="") == []


@pytest.mark.parametrize(("allowed", "expected"), [(False, "jobs.W005"), (True, "jobs.W006")])
def test_a_machine_that_confines_no_local_run_is_told_of(
    settings: Any, monkeypatch: pytest.MonkeyPatch, allowed: bool, expected: str
) -> None:
    monkeypatch.setattr("jobs.execution.local_confinement.WAYS", ())
    settings.PGSPARK_LOCAL_UNCONFINED = allowed

    assert [message.id for message in local_runs_are_confined(None)] == [expected]


def test_where_no_run_is_local_nothing_has_to_be_confined(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.execution.local_confinement.WAYS", ())
    settings.PGSPARK_TARGETS = ["emr"]

    assert local_runs_are_confined(None) == []
