"""System checks of the settings about engines: a wrong value stops the start with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from connections.errors import PortalError
from jobs.execution import emr_settings, lambda_settings, prices
from jobs.execution.lambda_events import CONTRACTS
from jobs.execution.local_confinement import way_here
from jobs.states import Target

_APPLICATION = re.compile(r"[0-9a-z]{1,64}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_JAR = re.compile(r"s3://[a-z0-9.-]{3,63}/\S+\.jar")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]*:\d{12}:key/[a-zA-Z0-9-]+")
_LOG_GROUP = re.compile(r"[./#A-Za-z0-9_-]{0,512}")
_PYTHON = re.compile(r"(/[\w.-]+)*")
_DRIVER_VERSION = re.compile(r"postgresql-(\d+)\.(\d+)\.(\d+)[^/]*\.jar$")
_FUNCTION = re.compile(r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]{1,64}(:(\$LATEST|[\w-]{1,128}))?")
# The first release of the driver without a published hole.
_OLDEST_DRIVER = (42, 7, 11)


@register()
def settings_of_engines_are_sound(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    return [
        *_targets(),
        *_forms(),
        *_limits(),
        *_prices(),
        *_lambda(),
        *_driver(),
        *_gaps(),
        *_lambda_gaps(),
    ]


@register(deploy=True)
def local_runs_are_confined(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whether they can be is found out by starting a process, which takes a moment: not at each start."""
    if Target.LOCAL not in settings.PGSPARK_TARGETS or not settings.PGSPARK_JAVA_HOME:
        return []
    try:
        is_confined = way_here(Path(settings.PGSPARK_JAVA_HOME)) != "unconfined"
    except PortalError as error:
        return [Warning(error.message, hint=error.hint, id="jobs.W005")]
    if is_confined:
        return []
    return [
        Warning(
            "Runs on local Spark are not confined here: they read and write whatever the worker may.",
            hint="Install bubblewrap or allow user namespaces, unless all who write code are trusted.",
            id="jobs.W006",
        )
    ]


def _targets() -> Iterator[CheckMessage]:
    unknown = [name for name in settings.PGSPARK_TARGETS if name not in Target.values]
    if unknown:
        yield Error(
            f"PGSPARK_TARGETS names no engine: {', '.join(unknown)}.",
            hint=f"Choose from: {', '.join(Target.values)}.",
            id="jobs.E001",
        )


def _forms() -> Iterator[CheckMessage]:
    """Settings with a form of their own; an empty one is no mistake here."""
    for number, (name, form, hint) in enumerate(_FORMS, start=2):
        value = getattr(settings, name)
        values = value if isinstance(value, list) else [value]
        if any(one and not form.fullmatch(one) for one in values):
            yield Error(f"{name} has not the form it must have.", hint=hint, id=f"jobs.E{number:03}")


_FORMS = (
    (emr_settings.STANDARD, _APPLICATION, "Give the id of an EMR Serverless application, such as 00fexample0000001."),
    (emr_settings.DEDICATED, _APPLICATION, "Give the id of an EMR Serverless application, such as 00fexample0000001."),
    (
        "PGSPARK_EXECUTION_ROLE_ARN",
        _ROLE,
        "Give the ARN of a role, such as arn:aws:iam::123456789012:role/jobs.",
    ),
    ("PGSPARK_JDBC_DRIVER_URI", _JAR, "Give the address of the jar, such as s3://bucket/jars/postgresql-42.7.13.jar."),
    ("PGSPARK_KMS_KEY_ARNS", _KEY, "Give the full ARNs of keys (not of aliases), separated by commas."),
    ("PGSPARK_EMR_LOG_GROUP", _LOG_GROUP, "Give the name of a log group, such as /pgspark/emr."),
    ("PGSPARK_EMR_PYTHON", _PYTHON, "Give a path in the release's image, such as /usr/bin/python3.11, or nothing."),
    (lambda_settings.FUNCTION, _FUNCTION, "Give the name or the ARN of a function, such as pgspark or pgspark:live."),
)


def _limits() -> Iterator[CheckMessage]:
    for number, name in enumerate(("PGSPARK_EMR_PRESTARTS_PER_DAY", "PGSPARK_FILE_SIZE_THRESHOLD_MB"), start=10):
        if getattr(settings, name) < 0:
            yield Error(f"{name} is below 0.", hint="Give 0 or more.", id=f"jobs.E{number:03}")


def _prices() -> Iterator[CheckMessage]:
    given = settings.PGSPARK_RUN_PRICES
    if not isinstance(given, Mapping) or not all(_are_prices(of_region) for of_region in given.values()):
        yield Error(
            "PGSPARK_RUN_PRICES holds what is no price.",
            hint=f"Give dollars by region and unit ({', '.join(sorted(prices.UNITS))}): "
            '{"eu-west-1": {"vcpu_hours": 0.06}}.',
            id="jobs.E012",
        )


def _are_prices(given: Any) -> bool:
    if not isinstance(given, Mapping) or not given.keys() <= prices.UNITS:
        return False
    return all(type(price) in (int, float) and price >= 0 for price in given.values())


def _lambda() -> Iterator[CheckMessage]:
    if not 1 <= settings.PGSPARK_LAMBDA_TIMEOUT_SECONDS <= lambda_settings.MOST_SECONDS:
        yield Error(
            "PGSPARK_LAMBDA_TIMEOUT_SECONDS is not what a function can have.",
            hint=f"Give 1 to {lambda_settings.MOST_SECONDS} seconds.",
            id="jobs.E013",
        )
    least, most = lambda_settings.MEMORY_MB
    if not least <= settings.PGSPARK_LAMBDA_MEMORY_MB <= most:
        yield Error(
            "PGSPARK_LAMBDA_MEMORY_MB is not what a function can have.", hint=f"Give {least} to {most}.", id="jobs.E015"
        )
    if settings.PGSPARK_LAMBDA_CONTRACT not in CONTRACTS:
        yield Error(
            "PGSPARK_LAMBDA_CONTRACT names no contract.", hint=f"Choose from: {', '.join(CONTRACTS)}.", id="jobs.E014"
        )


def _driver() -> Iterator[CheckMessage]:
    told = _DRIVER_VERSION.search(settings.PGSPARK_JDBC_DRIVER_URI)
    if told and tuple(map(int, told.groups())) < _OLDEST_DRIVER:
        yield Warning(
            "PGSPARK_JDBC_DRIVER_URI names a PostgreSQL driver with known security holes.",
            hint=f"Use {'.'.join(map(str, _OLDEST_DRIVER))} or newer.",
            id="jobs.W001",
        )


def _gaps() -> Iterator[CheckMessage]:
    """What is asked for and cannot be offered, or not to the full."""
    if Target.EMR not in settings.PGSPARK_TARGETS:
        return
    if emr_settings.lacking():
        yield Warning(
            f"EMR Serverless is in PGSPARK_TARGETS but not offered: {emr_settings.lacking()}.",
            hint="Set it, or take `emr` out of PGSPARK_TARGETS.",
            id="jobs.W002",
        )
        return
    for what, lacking in (
        ("PostgreSQL", emr_settings.lacking_for_database()),
        ("Glue and files", emr_settings.lacking_for_files()),
    ):
        if lacking:
            yield Warning(
                f"Jobs that read {what} cannot run on EMR Serverless: {lacking}.",
                hint="Set it, unless such jobs shall run elsewhere. docs/routing.md says where.",
                id="jobs.W003",
            )


def _lambda_gaps() -> Iterator[CheckMessage]:
    if Target.LAMBDA in settings.PGSPARK_TARGETS and lambda_settings.lacking():
        yield Warning(
            f"Spark on Lambda is in PGSPARK_TARGETS but not offered: {lambda_settings.lacking()}.",
            hint="Set it, or take `lambda` out of PGSPARK_TARGETS.",
            id="jobs.W004",
        )
