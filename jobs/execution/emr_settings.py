"""What EMR Serverless needs of the settings, and what is said where something lacks."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

DEDICATED = "PGSPARK_EMR_POSTGRES_APPLICATION_ID"
STANDARD = "PGSPARK_EMR_APPLICATION_ID"
LOG_GROUP = "PGSPARK_EMR_LOG_GROUP"


@dataclass(frozen=True, slots=True)
class EmrSettings:
    """How jobs are started here; the same for every job."""

    role_arn: str
    region: str
    driver_uri: str
    secrets_prefix: str
    python: str = ""
    log_group: str = ""
    kms_key_arns: tuple[str, ...] = ()

    @property
    def partition(self) -> str:
        """`aws`, or that of China and of the US government."""
        return self.role_arn.split(":")[1]

    @property
    def account(self) -> str:
        return self.role_arn.split(":")[4]


def emr_settings() -> EmrSettings:
    return EmrSettings(
        role_arn=settings.PGSPARK_EXECUTION_ROLE_ARN,
        region=settings.AWS_REGION,
        driver_uri=settings.PGSPARK_JDBC_DRIVER_URI,
        secrets_prefix=settings.PGSPARK_SECRETS_PREFIX,
        python=settings.PGSPARK_EMR_PYTHON,
        log_group=settings.PGSPARK_EMR_LOG_GROUP,
        kms_key_arns=tuple(settings.PGSPARK_KMS_KEY_ARNS),
    )


def application_for(*, uses_database: bool) -> str:
    """The id of the application, empty where none is set."""
    dedicated = uses_database and settings.PGSPARK_USE_DEDICATED_EMR
    return str(settings.PGSPARK_EMR_POSTGRES_APPLICATION_ID if dedicated else settings.PGSPARK_EMR_APPLICATION_ID)


def lacking() -> str:
    """Why no job at all can be started, naming the setting; empty when some can."""
    if not settings.PGSPARK_EXECUTION_ROLE_ARN:
        return "PGSPARK_EXECUTION_ROLE_ARN is not set"
    if not any(application_for(uses_database=database) for database in (True, False)):
        return f"neither {STANDARD} nor {DEDICATED} is set"
    return ""


def lacking_for_database() -> str:
    """Why no job that reads PostgreSQL can be started; empty when it can."""
    if not application_for(uses_database=True):
        return f"{DEDICATED if settings.PGSPARK_USE_DEDICATED_EMR else STANDARD} is not set"
    return "" if settings.PGSPARK_JDBC_DRIVER_URI else "PGSPARK_JDBC_DRIVER_URI is not set"


def lacking_for_files() -> str:
    """Why no job that reads Glue or files alone can be started; empty when it can."""
    return "" if application_for(uses_database=False) else f"{STANDARD} is not set"
