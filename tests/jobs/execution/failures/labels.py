"""Logs of failed jobs, each with what a person must be told: the code, one action, a line of the code, the proof.

The logs are in `logs/`, one file each; the code that they failed in is `TRANSFORM`, from line `FIRST` of the script on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from jobs.execution.base import Observation, Phase
from jobs.execution.emr_states import observation
from jobs.execution.triage import Action, FailedJob

LOGS = Path(__file__).with_name("logs")
FIRST = 60
TRANSFORM = '''def transform(spark, customers, orders):
    """Revenue by country, with the best customers."""
    placed = orders.where(F.col("status") != "cancelled")
    priced = placed.withColumn("net", F.expr("total_amount / quantity"))
    dated = priced.withColumn("day", F.to_date("created_at"))
    joined = dated.join(customers, "customer_id")
    best = spark.sql("SELECT country, sum(net) AS net FROM joined GROUP BY country")
    small = F.broadcast(customers.select("customer_id", "country"))
    return best.join(small, "country").orderBy(F.desc("net"))
'''


@dataclass(frozen=True)
class Labelled:
    """`proof` is in a quoted line; `details` is what EMR Serverless says of it, `target` where it ran."""

    log: str
    code: str
    action: Action
    line: int | None = None
    proof: str = ""
    details: str = "Job failed, please check complete logs in configured logging destination. ExitCode: 1."
    state: str = "FAILED"
    target: str = "emr"
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.log

    def job(self) -> FailedJob:
        seen = observation({"state": self.state, "stateDetails": self.details})
        if self.target == "local":
            seen = Observation(Phase.FAILED, "EXIT 1")
        if self.target == "lambda":
            seen = Observation(Phase.FAILED, "failed")
        return FailedJob(
            observation=seen,
            log=(LOGS / f"{self.log}.log").read_text(),
            transform=TRANSFORM,
            transform_first=FIRST,
            minutes=10,
            target=self.target,
        )


DATABASE = [
    Labelled("connect_timeout", "RUN_DATABASE_TIMEOUT", Action.ADMIN, proof="Connect timed out"),
    Labelled("connection_refused", "RUN_DATABASE_UNREACHABLE", Action.ADMIN, proof=":5432 refused"),
    Labelled("no_route", "RUN_DATABASE_UNREACHABLE", Action.ADMIN, proof="No route to host"),
    Labelled("unknown_host", "RUN_HOST_UNKNOWN", Action.ADMIN, proof="UnknownHostException"),
    Labelled("password", "RUN_AUTHENTICATION_FAILED", Action.ADMIN, proof="password authentication failed"),
    Labelled("iam_token", "RUN_TOKEN_REFUSED", Action.ADMIN, proof="PAM authentication failed"),
    Labelled("tls_path", "RUN_DATABASE_TLS", Action.ADMIN, proof="PKIX path building failed"),
    Labelled("too_many_clients", "RUN_DATABASE_FULL", Action.AGAIN, proof="connection slots are reserved"),
    Labelled("dropped_table", "RUN_TABLE_MISSING", Action.REFRESH, proof='relation "public.orders" does not exist'),
    Labelled("dropped_column", "RUN_COLUMN_MISSING", Action.REFRESH, 4, 'column "quantity" does not exist'),
    Labelled("dropped_database", "RUN_DATABASE_MISSING", Action.REFRESH, proof='database "shop_2025"'),
    Labelled("no_select", "RUN_PERMISSION_DENIED", Action.ADMIN, proof="permission denied for table orders"),
    Labelled("statement_timeout", "RUN_STATEMENT_TIMEOUT", Action.READING, proof="statement timeout"),
    Labelled("replica_conflict", "RUN_DATABASE_RESTARTED", Action.AGAIN, proof="conflict with recovery"),
    Labelled("failover", "RUN_DATABASE_RESTARTED", Action.AGAIN, proof="administrator command"),
    Labelled("snapshot_gone", "RUN_SNAPSHOT_LOST", Action.AGAIN, proof="invalid snapshot identifier"),
    Labelled("type_changed", "RUN_TYPE_CHANGED", Action.REFRESH, proof="operator does not exist"),
    Labelled("row_filter", "RUN_FILTER_INVALID", Action.READING, proof='at or near "WHER"'),
    Labelled("nan_numeric", "RUN_VALUE_UNREADABLE", Action.READING, proof="BigDecimal : NaN"),
]
AWS = [
    Labelled("secret_missing", "RUN_SECRET_MISSING", Action.ADMIN, proof="can't find the specified secret"),
    Labelled("secret_denied", "RUN_SECRET_DENIED", Action.ADMIN, proof="secretsmanager:GetSecretValue"),
    Labelled("secret_kms", "RUN_KMS_DENIED", Action.ADMIN, proof="Access to KMS is not allowed"),
    Labelled("secret_fields", "RUN_SECRET_MALFORMED", Action.ADMIN, proof="KeyError: 'host'"),
    Labelled("no_endpoint", "RUN_AWS_UNREACHABLE", Action.ADMIN, proof="Connect timeout on endpoint URL"),
    Labelled("no_credentials", "RUN_AWS_CREDENTIALS", Action.ADMIN, proof="NoCredentialsError", target="local"),
    Labelled("s3_denied", "RUN_S3_DENIED", Action.ADMIN, proof="Status Code: 403"),
    Labelled("s3_region", "RUN_REGION_WRONG", Action.ADMIN, proof="eu-west-1"),
    Labelled("bucket_missing", "RUN_BUCKET_MISSING", Action.ADMIN, proof="NoSuchBucket"),
    Labelled("s3_slow_down", "RUN_AWS_BUSY", Action.AGAIN, proof="SlowDown"),
    Labelled("kms_results", "RUN_KMS_DENIED", Action.ADMIN, proof="kms:GenerateDataKey"),
    Labelled("glue_denied", "RUN_GLUE_DENIED", Action.ADMIN, proof="glue:GetTable"),
    Labelled("lake_formation", "RUN_LAKE_FORMATION", Action.ADMIN, proof="Insufficient Lake Formation permission"),
    Labelled("glue_table_gone", "RUN_TABLE_MISSING", Action.REFRESH, proof="`analytics`.`web_events` cannot be found"),
    Labelled("role_denied", "RUN_ROLE_DENIED", Action.ADMIN, proof="sts:AssumeRole"),
    Labelled(
        "driver_class", "JDBC_DRIVER_MISSING", Action.ADMIN, proof="ClassNotFoundException: org.postgresql.Driver"
    ),
    Labelled("driver_jar", "JDBC_DRIVER_MISSING", Action.ADMIN, proof="postgresql-42.7.13.jar"),
    Labelled("file_gone", "RUN_FILE_MISSING", Action.REFRESH, proof="orders-2026-11.csv"),
]
ENGINE = [
    Labelled("python_versions", "RUN_PYTHON_MISMATCH", Action.ADMIN, proof="different version (3.9)"),
    Labelled("python_absent", "RUN_PYTHON_MISMATCH", Action.ADMIN, proof="/usr/bin/python3.12"),
    Labelled("no_boto3", "RUN_LIBRARY_MISSING", Action.ADMIN, proof="No module named 'boto3'"),
    Labelled("old_java", "RUN_JAVA_MISMATCH", Action.ADMIN, proof="class file version 61.0"),
    Labelled("executor_heap", "OUT_OF_MEMORY_EXECUTOR", Action.LARGER, proof="Java heap space"),
    Labelled("executor_write_heap", "OUT_OF_MEMORY_EXECUTOR", Action.LARGER, proof="Java heap space"),
    Labelled("executor_137", "OUT_OF_MEMORY_EXECUTOR", Action.LARGER, proof="exited with code 137"),
    Labelled("skew", "SKEWED", Action.FIX, proof="Lost task 7.3 in stage 3.0"),
    Labelled("driver_heap", "OUT_OF_MEMORY_DRIVER", Action.LARGER, proof="Java heap space"),
    Labelled("driver_died", "OUT_OF_MEMORY_DRIVER", Action.LARGER, proof="GC overhead limit exceeded"),
    Labelled("local_heap", "OUT_OF_MEMORY_EXECUTOR", Action.LARGER, proof="Java heap space", target="local"),
    Labelled("max_result", "RESULT_TOO_LARGE", Action.FIX, 6, "spark.driver.maxResultSize"),
    Labelled("broadcast", "BROADCAST_TOO_LARGE", Action.FIX, proof="larger than 8.0 GiB"),
    Labelled("disk_full", "RUN_DISK_FULL", Action.LARGER, proof="No space left on device"),
    Labelled("shuffle_lost", "EXECUTORS_LOST", Action.AGAIN, proof="maximum allowable number of times"),
    Labelled("sigterm", "RUN_KILLED", Action.AGAIN, proof="RECEIVED SIGNAL TERM"),
    Labelled("lambda_killed", "LAMBDA_OUT_OF_MEMORY", Action.OTHER_ENGINE, proof="signal: killed", target="lambda"),
    Labelled("lambda_timeout", "LAMBDA_TIMEOUT", Action.OTHER_ENGINE, proof="Task timed out", target="lambda"),
    Labelled("output_exists", "OUTPUT_EXISTS", Action.AGAIN, proof="already exists"),
    Labelled("store_denied", "STORE_NOT_WRITABLE", Action.ADMIN, proof="Mkdirs failed", target="local"),
]
CODE = [
    Labelled("unknown_column", "COLUMN_NOT_FOUND", Action.FIX, 3, "name `state` cannot be resolved"),
    Labelled("ambiguous", "COLUMN_AMBIGUOUS", Action.FIX, 6, "`customer_id` is ambiguous", target="local"),
    Labelled("no_such_view", "TABLE_NAME_UNKNOWN", Action.FIX, 7, "`joined` cannot be found"),
    Labelled("no_such_function", "FUNCTION_UNKNOWN", Action.FIX, 4, "`date_part_of`"),
    Labelled("bad_sql", "SQL_INVALID", Action.FIX, 7, "near 'FORM'"),
    Labelled("type_mismatch", "TYPE_MISMATCH", Action.FIX, 4, "data type mismatch"),
    Labelled("divide_by_zero", "DIVISION_BY_ZERO", Action.FIX, 4, "Division by zero"),
    Labelled("bad_cast", "CAST_FAILED", Action.FIX, proof="cannot be cast"),
    Labelled("date_pattern", "CAST_FAILED", Action.FIX, proof="PARSE_DATETIME_BY_NEW_PARSER"),
    Labelled("overflow", "NUMBER_TOO_LARGE", Action.FIX, proof="integer overflow", target="local"),
    Labelled("own_exception", "TRANSFORM_FAILED", Action.FIX, 5, "ValueError: the day must be a date"),
    Labelled("udf", "TRANSFORM_FAILED", Action.FIX, 5, "ZeroDivisionError", target="local"),
    Labelled("own_package", "PACKAGE_MISSING", Action.FIX, 3, "No module named 'pandas'", target="local"),
    Labelled("returned_none", "TRANSFORM_RETURNED_NOTHING", Action.FIX, proof="_NotADataFrame: NoneType"),
    Labelled("wrong_argument", "TRANSFORM_FAILED", Action.FIX, 8, "NOT_COLUMN_OR_STR"),
    Labelled("parquet_type", "RUN_TYPE_CHANGED", Action.REFRESH, 4, "Expected: decimal(12,2), Found: DOUBLE"),
    Labelled("broken_csv", "RUN_FILE_MALFORMED", Action.REFRESH, proof="MALFORMED_RECORD_IN_PARSING"),
]
_SAYS = Labelled("quiet_start", "", Action.ADMIN)
SERVICE = [
    replace(
        _SAYS,
        name="subnet",
        code="RUN_SUBNET_FULL",
        details="Job could not be started: there are not enough free IP addresses in subnet subnet-0example.",
        proof="not enough free IP addresses",
    ),
    replace(
        _SAYS,
        name="quota",
        code="EMR_QUOTA",
        action=Action.SMALLER,
        details="The job run failed because the account's limit of 16 concurrent vCPUs was reached.",
        proof="limit of 16",
    ),
    replace(
        _SAYS,
        name="capacity",
        code="RUN_CAPACITY",
        action=Action.SMALLER,
        details="Worker could not be allocated as the application has exceeded maximumCapacity: [cpu: 16 vCPU]",
        proof="maximumCapacity",
    ),
    replace(
        _SAYS,
        name="queue",
        code="RUN_QUEUE_FULL",
        action=Action.AGAIN,
        details="Job run was not started within its queue timeout of 360 minutes.",
        proof="queue timeout",
    ),
    replace(
        _SAYS,
        name="role",
        code="RUN_ROLE_UNUSABLE",
        details="EMR Serverless is not authorized to assume the role arn:aws:iam::123456789012:role/example.",
        proof="assume the role",
    ),
    replace(
        _SAYS,
        name="network",
        code="RUN_NETWORK_GONE",
        details="The security group sg-0example does not exist.",
        proof="sg-0example",
    ),
    replace(
        _SAYS,
        name="entry point",
        code="RUN_S3_DENIED",
        details="Access Denied when reading s3://example-results/runs/0d9c/script.py.",
        proof="script.py",
    ),
    replace(
        _SAYS,
        name="time limit",
        log="busy_run",
        code="RUN_TIMEOUT",
        action=Action.LONGER,
        state="CANCELLED",
        details="Job run exceeded its execution timeout of 10 minutes.",
        proof="execution timeout",
    ),
    replace(
        _SAYS,
        name="cancelled elsewhere",
        log="busy_run",
        code="RUN_CANCELLED_ELSEWHERE",
        action=Action.AGAIN,
        state="CANCELLED",
        details="",
        proof="CANCELLED",
    ),
    replace(
        _SAYS,
        name="exit by a signal",
        log="busy_run",
        code="RUN_KILLED",
        action=Action.AGAIN,
        details="Job failed, please check complete logs in configured logging destination. ExitCode: 143.",
        proof="ExitCode: 143",
    ),
    replace(
        _SAYS,
        name="exit for memory",
        log="busy_run",
        code="OUT_OF_MEMORY",
        action=Action.LARGER,
        details="Job failed, please check complete logs in configured logging destination. ExitCode: 137.",
        proof="ExitCode: 137",
    ),
    replace(
        _SAYS,
        name="log not there yet",
        code="RUN_DATABASE_TIMEOUT",
        details="Job failed, please check complete logs in configured logging destination. ExitCode: 1. Last few "
        "exceptions: org.postgresql.util.PSQLException: The connection attempt failed.\n"
        "Caused by: java.net.SocketTimeoutException: connect timed out",
        proof="connect timed out",
    ),
    Labelled("nothing_known", "SPARK_FAILED", Action.CODE, proof="Error initializing SparkContext"),
]
# What a log mentions and what ended the job are two things.
TRAPS = [
    Labelled("trap_oom_warned_column_dropped", "RUN_COLUMN_MISSING", Action.REFRESH, 4, '"quantity"'),
    Labelled("trap_executor_lost_then_own_error", "TRANSFORM_FAILED", Action.FIX, 5, "KeyError: 'created_at'"),
    Labelled("trap_own_words", "TRANSFORM_FAILED", Action.FIX, 6, "RuntimeError"),
    Labelled("trap_s3_retried_bad_sql", "SQL_INVALID", Action.FIX, 7, "near end of input"),
    Labelled("trap_caught_connect", "DIVISION_BY_ZERO", Action.FIX, 4, "Division by zero"),
    Labelled("trap_missing_relation_in_value", "CAST_FAILED", Action.FIX, proof="cannot be cast"),
    Labelled("trap_suppressed_disk", "RUN_PERMISSION_DENIED", Action.ADMIN, proof="schema billing"),
    Labelled("trap_column_named_like_error", "COLUMN_NOT_FOUND", Action.FIX, 5, "`OutOfMemoryError` cannot"),
    Labelled("trap_glue_warned_timeout", "RUN_DATABASE_TIMEOUT", Action.ADMIN, proof="Connect timed out"),
    Labelled(
        "trap_sigterm_after_errors",
        "RUN_KILLED",
        Action.AGAIN,
        proof="143",
        details="Job failed, please check complete logs in configured logging destination. ExitCode: 143.",
    ),
    Labelled("trap_driver_class_warned", "RUN_STATEMENT_TIMEOUT", Action.READING, proof="statement timeout"),
    Labelled("trap_connection_to_py4j", "BROADCAST_TOO_LARGE", Action.FIX, proof="Not enough memory to build"),
]
LABELLED = [*DATABASE, *AWS, *ENGINE, *CODE, *SERVICE]
