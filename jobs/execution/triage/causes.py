"""What is at fault, and the one thing to do about it, by the code of a failed run's error.

The words are in the error catalogue; here is what the page puts beside them. A code that is not listed here is met by
running again: nothing is known that would have to change first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What the failure card offers; how it is done for a run is in `jobs/remedies.py`."""

    AGAIN = "again"
    LARGER = "larger"
    SMALLER = "smaller"
    LONGER = "longer"
    OTHER_ENGINE = "other_engine"
    REFRESH = "refresh"
    READING = "reading"
    CODE = "code"
    FIX = "fix"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Cause:
    culprit: str
    action: Action


_DATABASE: dict[str, Cause] = {
    "RUN_DATABASE_TIMEOUT": Cause("Security group or VPC routing", Action.ADMIN),
    "RUN_DATABASE_UNREACHABLE": Cause("Network to the database", Action.ADMIN),
    "RUN_HOST_UNKNOWN": Cause("DNS of the database's host", Action.ADMIN),
    "RUN_DATABASE_TLS": Cause("TLS of the database", Action.ADMIN),
    "RUN_AUTHENTICATION_FAILED": Cause("Credentials in the secret", Action.ADMIN),
    "RUN_TOKEN_REFUSED": Cause("IAM database login", Action.ADMIN),
    "RUN_DATABASE_FULL": Cause("Connections of the database", Action.AGAIN),
    "RUN_DATABASE_RESTARTED": Cause("Restart of the database", Action.AGAIN),
    "RUN_SNAPSHOT_LOST": Cause("Snapshot of the database", Action.AGAIN),
    "RUN_STATEMENT_TIMEOUT": Cause("Time limit of the database", Action.READING),
    "RUN_TABLE_LOCKED": Cause("Lock on a table", Action.AGAIN),
    "RUN_TABLE_MISSING": Cause("Dropped table", Action.REFRESH),
    "RUN_COLUMN_MISSING": Cause("Dropped column", Action.REFRESH),
    "RUN_TYPE_CHANGED": Cause("Changed type of a column", Action.REFRESH),
    "RUN_DATABASE_MISSING": Cause("Dropped database", Action.REFRESH),
    "RUN_PERMISSION_DENIED": Cause("Permissions of the database user", Action.ADMIN),
    "RUN_VALUE_UNREADABLE": Cause("A value that Spark has no type for", Action.READING),
    "RUN_FILTER_INVALID": Cause("Row filter of a source", Action.READING),
    "RUN_DATABASE_REFUSED": Cause("The database", Action.READING),
}
_AWS: dict[str, Cause] = {
    "JDBC_DRIVER_MISSING": Cause("JDBC driver", Action.ADMIN),
    "RUN_SECRET_MISSING": Cause("Secret of the connection", Action.ADMIN),
    "RUN_SECRET_DENIED": Cause("IAM permission for the secret", Action.ADMIN),
    "RUN_SECRET_MALFORMED": Cause("Contents of the secret", Action.ADMIN),
    "RUN_KMS_DENIED": Cause("IAM permission for a KMS key", Action.ADMIN),
    "RUN_ROLE_DENIED": Cause("IAM permission", Action.ADMIN),
    "RUN_ROLE_UNUSABLE": Cause("Execution role", Action.ADMIN),
    "RUN_AWS_CREDENTIALS": Cause("AWS credentials of the engine", Action.ADMIN),
    "RUN_AWS_UNREACHABLE": Cause("Missing endpoint or NAT gateway", Action.ADMIN),
    "RUN_AWS_BUSY": Cause("Throttling by AWS", Action.AGAIN),
    "RUN_REGION_WRONG": Cause("Region", Action.ADMIN),
    "RUN_S3_DENIED": Cause("S3 access", Action.ADMIN),
    "RUN_BUCKET_MISSING": Cause("S3 bucket", Action.ADMIN),
    "RUN_FILE_MISSING": Cause("Deleted file", Action.REFRESH),
    "RUN_FILE_MALFORMED": Cause("Contents of a file", Action.REFRESH),
    "RUN_GLUE_DENIED": Cause("IAM permission for Glue", Action.ADMIN),
    "RUN_LAKE_FORMATION": Cause("Lake Formation grant", Action.ADMIN),
    "STORE_NOT_WRITABLE": Cause("Result store", Action.ADMIN),
    "EMR_QUOTA": Cause("vCPU quota of the account", Action.SMALLER),
    "EMR_ACCESS_DENIED": Cause("IAM permission of the portal", Action.ADMIN),
    "EMR_NOT_FOUND": Cause("EMR application", Action.ADMIN),
    "EMR_REFUSED": Cause("Request to EMR Serverless", Action.ADMIN),
    "LAMBDA_ACCESS_DENIED": Cause("IAM permission of the portal", Action.ADMIN),
    "LAMBDA_NOT_FOUND": Cause("Lambda function", Action.ADMIN),
    "LAMBDA_REFUSED": Cause("Request to Lambda", Action.ADMIN),
    "RUN_CAPACITY": Cause("Capacity limit of the application", Action.SMALLER),
    "RUN_QUEUE_FULL": Cause("Concurrency limit of the application", Action.AGAIN),
    "RUN_SUBNET_FULL": Cause("Subnet out of addresses", Action.ADMIN),
    "RUN_NETWORK_GONE": Cause("Subnet or security group of the application", Action.ADMIN),
}
_RESOURCES: dict[str, Cause] = {
    "OUT_OF_MEMORY": Cause("Memory", Action.LARGER),
    "OUT_OF_MEMORY_DRIVER": Cause("Driver memory", Action.LARGER),
    "OUT_OF_MEMORY_EXECUTOR": Cause("Executor memory", Action.LARGER),
    "RESULT_TOO_LARGE": Cause("Rows collected to the driver", Action.FIX),
    "BROADCAST_TOO_LARGE": Cause("Broadcast of a large table", Action.FIX),
    "SKEWED": Cause("Skewed key", Action.FIX),
    "RUN_DISK_FULL": Cause("Worker disk", Action.LARGER),
    "BUDGET_REACHED": Cause("Budget of this month", Action.SMALLER),
    "RUN_TIMEOUT": Cause("Time limit", Action.LONGER),
    "EXECUTORS_LOST": Cause("Lost workers", Action.AGAIN),
    "RUN_KILLED": Cause("Killed by a signal", Action.AGAIN),
    "RUN_CANCELLED_ELSEWHERE": Cause("Cancelled at the service", Action.AGAIN),
    "LAMBDA_OUT_OF_MEMORY": Cause("Memory of the Lambda function", Action.OTHER_ENGINE),
    "LAMBDA_TIMEOUT": Cause("Time limit of the Lambda function", Action.OTHER_ENGINE),
    "ENGINE_LOST": Cause("Vanished process", Action.AGAIN),
    "ENGINE_START_FAILED": Cause("Start of the engine", Action.ADMIN),
    "RUN_PYTHON_MISMATCH": Cause("Python versions of the workers", Action.ADMIN),
    "RUN_JAVA_MISMATCH": Cause("Java version", Action.ADMIN),
    "RUN_LIBRARY_MISSING": Cause("Python package of the engine", Action.ADMIN),
    "OUTPUT_EXISTS": Cause("Output that exists", Action.AGAIN),
}
_CODE: dict[str, Cause] = {
    "PACKAGE_MISSING": Cause("Python package", Action.FIX),
    "COLUMN_NOT_FOUND": Cause("Column name", Action.FIX),
    "COLUMN_AMBIGUOUS": Cause("Ambiguous column", Action.FIX),
    "TABLE_NAME_UNKNOWN": Cause("Table name in SQL", Action.FIX),
    "FUNCTION_UNKNOWN": Cause("Function name in SQL", Action.FIX),
    "SQL_INVALID": Cause("SQL", Action.FIX),
    "TYPE_MISMATCH": Cause("Type mismatch", Action.FIX),
    "DIVISION_BY_ZERO": Cause("Division by zero", Action.FIX),
    "CAST_FAILED": Cause("Conversion of a value", Action.FIX),
    "NUMBER_TOO_LARGE": Cause("Arithmetic overflow", Action.FIX),
    "TRANSFORM_RETURNED_NOTHING": Cause("Result of transform", Action.FIX),
    "TRANSFORM_FAILED": Cause("The code", Action.FIX),
    "RESULT_MISSING": Cause("Missing result", Action.AGAIN),
    "SPARK_FAILED": Cause("Spark", Action.CODE),
    "FILE_GONE": Cause("Deleted file", Action.REFRESH),
    "CODE_BLOCKED": Cause("The code", Action.FIX),
    "CONNECTION_DISABLED": Cause("Disabled connection", Action.ADMIN),
    "CONNECTION_NOT_ALLOWED": Cause("Access to the connection", Action.ADMIN),
}
CAUSES: dict[str, Cause] = _DATABASE | _AWS | _RESOURCES | _CODE
_OTHERWISE = Cause("", Action.AGAIN)


def cause_of(code: str) -> Cause:
    return CAUSES.get(code, _OTHERWISE)


def codes_for(action: Action) -> frozenset[str]:
    """The codes that are met by the action."""
    return frozenset(code for code, cause in CAUSES.items() if cause.action == action)
