"""Real-looking logs and the cause that a person must be told."""

from __future__ import annotations

import pytest

from jobs.execution.base import Observation, Phase
from jobs.execution.triage import FailedJob, triage

FAILED = Observation(Phase.FAILED, "EXIT 1")
TRACE = """26/11/23 09:53:31 INFO SparkContext: Invoking stop() from shutdown hook
pgspark: reading orders
Traceback (most recent call last):
  File "/runs/run-1/script.py", line 134, in <module>
    _main()
  File "/runs/run-1/script.py", line 129, in _main
    {frame}
{error}
"""
IN_TRANSFORM = 'File "/runs/run-1/script.py", line 62, in transform\n    return orders.select("nope")'


def job(log: str, observation: Observation = FAILED) -> FailedJob:
    return FailedJob(observation=observation, log=log, transform_first=60, transform_lines=10, minutes=10)


@pytest.mark.parametrize(
    ("frame", "error", "code"),
    [
        (
            IN_TRANSFORM,
            "pyspark.errors.exceptions.captured.AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or "
            "function parameter with name `nope` cannot be resolved. Did you mean one of the following? [`id`].",
            "COLUMN_NOT_FOUND",
        ),
        (IN_TRANSFORM, "ZeroDivisionError: division by zero", "TRANSFORM_FAILED"),
        ("raise _NotADataFrame(...)", "__main__._NotADataFrame: NoneType", "TRANSFORM_RETURNED_NOTHING"),
        (
            "...",
            'org.postgresql.util.PSQLException: ERROR: relation "public.orders" does not exist',
            "RUN_TABLE_MISSING",
        ),
        (
            "...",
            'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "spark"',
            "RUN_AUTHENTICATION_FAILED",
        ),
        ("...", 'org.postgresql.util.PSQLException: FATAL: database "shop" does not exist', "RUN_DATABASE_MISSING"),
        (
            "...",
            "org.postgresql.util.PSQLException: ERROR: permission denied for table orders",
            "RUN_PERMISSION_DENIED",
        ),
        (
            "...",
            "org.postgresql.util.PSQLException: Connection to db.example:5432 refused. Check that the hostname",
            "RUN_DATABASE_UNREACHABLE",
        ),
        ("...", "java.lang.ClassNotFoundException: org.postgresql.Driver", "JDBC_DRIVER_MISSING"),
        (
            "...",
            "pyspark.errors.exceptions.captured.AnalysisException: [PATH_NOT_FOUND] Path does not exist: "
            "s3://lake/public/a.csv.",
            "RUN_FILE_MISSING",
        ),
        (
            IN_TRANSFORM,
            "Caused by: java.io.FileNotFoundException: No such file or directory: s3://lake/public/part-0.parquet ",
            "RUN_FILE_MISSING",
        ),
        ("...", "java.lang.OutOfMemoryError: Java heap space", "OUT_OF_MEMORY"),
        (
            "...",
            "botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when "
            "calling the GetSecretValue operation: Secrets Manager can't find the specified secret.",
            "RUN_SECRET_MISSING",
        ),
        ("...", "java.io.IOException: Mkdirs failed to create /store/out", "STORE_NOT_WRITABLE"),
    ],
)
def test_the_cause_is_named(frame: str, error: str, code: str) -> None:
    assert triage(job(TRACE.format(frame=frame, error=error))).error.code == code


def test_the_line_is_that_of_the_editor() -> None:
    failure = triage(job(TRACE.format(frame=IN_TRANSFORM, error="ZeroDivisionError: division by zero")))
    assert failure.line == 3


def test_the_evidence_is_the_traceback_not_spark_s_chatter() -> None:
    failure = triage(job(TRACE.format(frame=IN_TRANSFORM, error="ZeroDivisionError: division by zero")))
    assert failure.evidence[0].startswith("Traceback")
    assert failure.evidence[-1] == "ZeroDivisionError: division by zero"


def test_a_time_limit_is_told_whatever_the_log_says() -> None:
    timed_out = Observation(Phase.FAILED, "TIMEOUT", reason="timeout")
    assert triage(job("java.lang.OutOfMemoryError", timed_out)).error.code == "RUN_TIMEOUT"


def test_a_vanished_job_is_lost() -> None:
    assert triage(job("", Observation(Phase.LOST, "LOST"))).error.code == "ENGINE_LOST"


def test_an_unknown_failure_points_at_the_log() -> None:
    failure = triage(job("26/11/23 09:53:31 ERROR Something: never seen before"))
    assert failure.error.code == "SPARK_FAILED"
    assert failure.evidence == ("26/11/23 09:53:31 ERROR Something: never seen before",)
