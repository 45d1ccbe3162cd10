"""The request that starts a job on EMR Serverless; the same job always gives the same request."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from jobs.execution.base import Size, Submission
from jobs.execution.emr_policy import session_policy
from jobs.execution.emr_settings import EmrSettings

if TYPE_CHECKING:
    from mypy_boto3_emr_serverless.type_defs import MonitoringConfigurationTypeDef, StartJobRunRequestTypeDef

SHORTEST = timedelta(minutes=5)
NAME_CHARS = 256
# The sizes of the specification (section 16.3), for a run without a profile.
USUAL = Size(driver_cores=2, driver_memory_gb=4, executor_cores=2, executor_memory_gb=8, executors=2)
_MB = 1024
_LEAST_OVERHEAD_MB = 384
_GLUE_CATALOG = "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory"


def start_request(job: Submission, here: EmrSettings) -> StartJobRunRequestTypeDef:
    """Raises EMR_REFUSED for a job whose own addresses are too long for a policy."""
    return {
        "applicationId": job.application_id,
        "clientToken": job.token,
        "executionRoleArn": here.role_arn,
        "executionIamPolicy": {"policy": session_policy(job, here).text},
        "name": job_name(job),
        "mode": "BATCH",
        "jobDriver": {
            "sparkSubmit": {"entryPoint": job.script_uri, "sparkSubmitParameters": spark_parameters(job, here)}
        },
        "configurationOverrides": {"monitoringConfiguration": _monitoring(job, here)},
        "executionTimeoutMinutes": -(-max(job.timeout, SHORTEST) // timedelta(minutes=1)),
        "tags": {"pgspark-run": job.token},
    }


def job_name(job: Submission) -> str:
    """It begins with the token, by which `is_named_for` finds a job whose id was never learnt."""
    words = "".join(letter if letter.isprintable() else " " for letter in job.name)
    return f"{job.token} {words}".strip()[:NAME_CHARS].strip()


def is_named_for(name: str, token: str) -> bool:
    return name == token or name.startswith(f"{token} ")


def spark_parameters(job: Submission, here: EmrSettings) -> str:
    options = {**_sizes(job.size or USUAL), **_pythons(here), **_behaviour(job)}
    jars = ["--jars", here.driver_uri] if job.access.uses_database else []
    return " ".join([*jars, *(f"--conf {name}={value}" for name, value in options.items())])


def _sizes(size: Size) -> dict[str, str]:
    """The executors come and go as the work asks, never more than the size says: it is what a person agreed to pay."""
    return {
        **_worker("driver", size.driver_cores, size.driver_memory_gb, size.disk_gb),
        **_worker("executor", size.executor_cores, size.executor_memory_gb, size.disk_gb),
        "spark.executor.instances": str(size.executors),
        "spark.dynamicAllocation.maxExecutors": str(size.executors),
    }


def _worker(role: str, cores: int, memory_gb: int, disk_gb: int) -> dict[str, str]:
    """Spark's heap and what Python uses beside it are, together, exactly the worker's memory."""
    overhead = max(-(-memory_gb * _MB // 11), _LEAST_OVERHEAD_MB)
    return {
        f"spark.{role}.cores": str(cores),
        f"spark.{role}.memory": f"{memory_gb * _MB - overhead}m",
        f"spark.{role}.memoryOverhead": f"{overhead}m",
        f"spark.emr-serverless.{role}.disk": f"{disk_gb}G",
    }


def _pythons(here: EmrSettings) -> dict[str, str]:
    """The release carries several; the checks of the portal know 3.11 (docs: STACK, Python)."""
    if not here.python:
        return {}
    names = ("emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON", "emr-serverless.driverEnv.PYSPARK_PYTHON")
    return {f"spark.{name}": here.python for name in (*names, "executorEnv.PYSPARK_PYTHON")}


def _behaviour(job: Submission) -> dict[str, str]:
    """UTC everywhere, also in Python's and the driver's own dates; Glue where a table of it is read."""
    options = {
        "spark.sql.session.timeZone": "UTC",
        "spark.emr-serverless.driverEnv.TZ": "UTC",
        "spark.executorEnv.TZ": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.adaptive.coalescePartitions.enabled": "true",
    }
    if job.access.glue_tables:
        options["spark.sql.catalogImplementation"] = "hive"
        options["spark.hadoop.hive.metastore.client.factory.class"] = _GLUE_CATALOG
    return options


def _monitoring(job: Submission, here: EmrSettings) -> MonitoringConfigurationTypeDef:
    """Managed persistence keeps what the Spark UI shows of a job that has ended."""
    kept: MonitoringConfigurationTypeDef = {
        "s3MonitoringConfiguration": {"logUri": job.log_uri},
        "managedPersistenceMonitoringConfiguration": {"enabled": True},
    }
    if here.log_group:
        kept["cloudWatchLoggingConfiguration"] = {
            "enabled": True,
            "logGroupName": here.log_group,
            "logStreamNamePrefix": job.token,
            "logTypes": {"SPARK_DRIVER": ["STDOUT", "STDERR"]},
        }
    return kept
