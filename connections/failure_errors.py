"""The catalogue's part about runs that failed; the advice follows sections 8.3 and 16.5 of the specification.

What stands for each of them on the page, and what it offers, is in `jobs/execution/triage/causes.py`.
"""

from __future__ import annotations

from connections.error_kinds import ErrorKind

_GRANT = "Allow {action} to the role that runs jobs (PGSPARK_EXECUTION_ROLE_ARN), on this resource."

FAILURES: dict[str, ErrorKind] = {
    # The way to the database
    "RUN_DATABASE_TIMEOUT": ErrorKind(
        "The database did not answer the job's attempt to connect.",
        "Check the security group: it has to let port 5432 in from the engine's. Then the VPC routing between the "
        "engine's subnets and the database, and that the cluster is running.",
        retryable=True,
    ),
    "RUN_HOST_UNKNOWN": ErrorKind(
        "The job could not find the database's host {name}.",
        "Check the host in the secret, that the cluster still exists, and the DNS settings of the VPC (DNS resolution "
        "and DNS hostnames on).",
    ),
    "RUN_DATABASE_TLS": ErrorKind(
        "The job and the database did not agree on an encrypted connection.",
        "Check the TLS mode of the connection, that the secret has the endpoint's own name, and that the certificate "
        "authority is known to the engine (PGSPARK_CA_BUNDLE).",
    ),
    "RUN_TOKEN_REFUSED": ErrorKind(
        "The database refused the job's IAM token.",
        "Check that IAM authentication is on for the cluster, that the user was granted rds_iam, and that the role "
        "that runs jobs has rds-db:connect for it. A token is good for 15 minutes.",
    ),
    "RUN_DATABASE_FULL": ErrorKind(
        "The database had no free connection for the job.",
        "Run again when fewer sessions are open, or read the table in fewer parts.",
        retryable=True,
    ),
    "RUN_DATABASE_RESTARTED": ErrorKind(
        "The database ended the connection while the job read from it.",
        "It restarted, failed over, or a replica had to catch up. Run again.",
        retryable=True,
    ),
    "RUN_SNAPSHOT_LOST": ErrorKind(
        "The parts of a table could no longer be read from one snapshot.",
        "The connection that held it was closed, or the endpoint led to another instance. Run again; if it stays, give "
        "the connection the address of one instance.",
        retryable=True,
    ),
    "RUN_STATEMENT_TIMEOUT": ErrorKind(
        "The database stopped a read after its own time limit.",
        "Filter rows where they are read (How it is read, Row filter), read in more parts by an indexed column, or ask "
        "for a higher statement_timeout of the database user.",
    ),
    "RUN_TABLE_LOCKED": ErrorKind(
        "A table was locked for too long when the job wanted to read it.",
        "Something changes its structure. Run again when that is done.",
        retryable=True,
    ),
    # What was read
    "RUN_COLUMN_MISSING": ErrorKind(
        "The column {column} did not exist when the job read it.",
        "It was dropped or renamed after the table was picked: take the table as it is now, then change the code.",
    ),
    "RUN_TYPE_CHANGED": ErrorKind(
        "A column had another type when the job read it than when it was picked.",
        "Take the table or file as it is now; its columns and the code are then checked anew.",
    ),
    "RUN_VALUE_UNREADABLE": ErrorKind(
        "The database holds a value that Spark has no type for.",
        "Read its column as text (How it is read, Columns as text) and convert it in the code.",
    ),
    "RUN_FILTER_INVALID": ErrorKind(
        "The database did not understand the statement that reads a source.",
        "Check the row filter of the source under How it is read.",
    ),
    "RUN_DATABASE_REFUSED": ErrorKind(
        "The database refused what the job asked: {error}",
        "Check how the source is read, and whether its table is as it was when it was picked.",
    ),
    "RUN_FILE_MALFORMED": ErrorKind(
        "A file does not hold what it should.",
        "It is damaged, was replaced, or is read with other options than it needs. Take it as it is now and look at "
        "its preview.",
    ),
    # Rights and places of AWS
    "RUN_SECRET_DENIED": ErrorKind(
        "The job may not read the secret of the connection.",
        "Allow secretsmanager:GetSecretValue on the secret to the role that runs jobs (PGSPARK_EXECUTION_ROLE_ARN).",
    ),
    "RUN_SECRET_MALFORMED": ErrorKind(
        "The secret of the connection does not hold what the job needs.",
        "It must be a JSON object with host, port (a number), database, username and password.",
    ),
    "RUN_KMS_DENIED": ErrorKind(
        "The job may not use a KMS key.",
        "Allow kms:Decrypt, and for results kms:GenerateDataKey, on the key to the role that runs jobs, in its policy "
        "and in the key's (PGSPARK_KMS_KEY_ARNS).",
    ),
    "RUN_ROLE_DENIED": ErrorKind("The role that runs jobs lacks a right: {action}.", _GRANT),
    "RUN_ROLE_UNUSABLE": ErrorKind(
        "EMR Serverless could not take the role that runs jobs.",
        "Its trust policy has to name emr-serverless.amazonaws.com; check PGSPARK_EXECUTION_ROLE_ARN.",
    ),
    "RUN_AWS_CREDENTIALS": ErrorKind(
        "The job had no valid AWS credentials.",
        "Check the role of the engine; for local Spark, the credentials of the worker's own environment.",
    ),
    "RUN_AWS_BUSY": ErrorKind(
        "AWS answered too many requests at once and slowed the job down.", "Run again in some minutes.", retryable=True
    ),
    "RUN_REGION_WRONG": ErrorKind(
        "The job looked for something in the wrong region.",
        "Check AWS_REGION, the region of the bucket and that in the secret's ARN; the engine has to be in theirs.",
    ),
    "RUN_S3_DENIED": ErrorKind(
        "The job may not read or write a place in S3.",
        "Allow s3:GetObject and s3:ListBucket on its inputs, and s3:PutObject and s3:DeleteObject on the results, to "
        "the role that runs jobs; look at the bucket's policy too.",
    ),
    "RUN_BUCKET_MISSING": ErrorKind(
        "A bucket that the job uses does not exist.",
        "Check PGSPARK_S3_BUCKET and the place that the source was picked from.",
    ),
    "RUN_GLUE_DENIED": ErrorKind(
        "The job may not read the Glue Catalog.",
        "Allow {action} on the catalogue, the database and the table to the role that runs jobs.",
    ),
    "RUN_LAKE_FORMATION": ErrorKind(
        "Lake Formation does not let the job read a table.",
        "Grant DESCRIBE and SELECT on it in Lake Formation to the role that runs jobs.",
    ),
    # Where it was to run
    "RUN_CAPACITY": ErrorKind(
        "The application may not become as large as this run wants.",
        "Choose a smaller size, or ask for a higher maximum capacity of the application.",
    ),
    "RUN_QUEUE_FULL": ErrorKind(
        "Too many runs were waiting for the application.",
        "Run again when others have ended, or ask for a higher maxConcurrentRuns of the application.",
        retryable=True,
    ),
    "RUN_SUBNET_FULL": ErrorKind(
        "The application's subnets have too few free addresses.",
        "Give the application larger or more subnets; each worker takes one address. A smaller size takes fewer.",
    ),
    "RUN_NETWORK_GONE": ErrorKind(
        "A subnet or security group of the application no longer exists.",
        "Set the application's network configuration anew.",
    ),
    "RUN_CANCELLED_ELSEWHERE": ErrorKind(
        "The job was cancelled at the service, not in this portal.",
        "Somebody stopped it in the console or by the API, or the application was stopped. Run again.",
    ),
    "RUN_KILLED": ErrorKind(
        "The job was ended from outside by a signal ({name}).",
        "The machine was shut down or somebody ended the process. Run again.",
        retryable=True,
    ),
    "LAMBDA_OUT_OF_MEMORY": ErrorKind(
        "The Lambda function ran out of memory.",
        "This is more than a function can hold: run it on EMR Serverless.",
    ),
    "LAMBDA_TIMEOUT": ErrorKind(
        "The Lambda function was stopped at its time limit.",
        "A function runs for 15 minutes at most: run it on EMR Serverless.",
    ),
    # Memory, disk, workers
    "OUT_OF_MEMORY_DRIVER": ErrorKind(
        "The driver ran out of memory.",
        "Collect and broadcast less, or give the driver more memory: a larger size; on local Spark "
        "PGSPARK_LOCAL_DRIVER_MEMORY.",
    ),
    "OUT_OF_MEMORY_EXECUTOR": ErrorKind(
        "An executor ran out of memory.",
        "Increase the executors' memory by a larger size, reduce the fetch size, or read the data in more parts.",
    ),
    "RESULT_TOO_LARGE": ErrorKind(
        "The code collects more rows to the driver than it can hold.",
        "Aggregate or limit before rows are collected; what transform returns is written without collecting it.",
    ),
    "BROADCAST_TOO_LARGE": ErrorKind(
        "A table was too large to be sent whole to every worker.",
        "Leave out F.broadcast, or filter and select before the join.",
    ),
    "SKEWED": ErrorKind(
        "One part of the data was too large for its executor, while the others were done: the key is skewed.",
        "Filter or aggregate the most frequent key (often NULL or an empty text) before the join or grouping, or "
        "spread it over a second column. More memory helps little.",
    ),
    "RUN_DISK_FULL": ErrorKind(
        "A worker's disk was full.",
        "Sort, join and group fewer columns and rows, or choose a size with more disk or more executors.",
    ),
    "EXECUTORS_LOST": ErrorKind(
        "Spark lost its workers while they worked.",
        "Their machines were taken away or stopped answering. Run again; if it stays, choose a larger size.",
        retryable=True,
    ),
    "RUN_PYTHON_MISMATCH": ErrorKind(
        "Driver and workers use different versions of Python, or one has none.",
        "Set PGSPARK_EMR_PYTHON to a Python that the release's image has, the same for both.",
    ),
    "RUN_JAVA_MISMATCH": ErrorKind(
        "A jar needs a newer Java than the engine has.",
        "Use a release of EMR with Java 17, or a driver's jar that is built for the engine's Java.",
    ),
    "RUN_LIBRARY_MISSING": ErrorKind(
        "The engine's Python lacks the package {name}.",
        "The script itself needs it: put it into the image of the application, or choose a release that has it.",
    ),
    "OUTPUT_EXISTS": ErrorKind(
        "The place of the result was taken already.",
        "A new run writes to a place of its own. Run again.",
    ),
    "BUDGET_REACHED": ErrorKind(
        "This run could cost up to {most}; {spent} of this month's {hard} are spent or set aside already.",
        "Choose a smaller size or a shorter time limit, wait until other runs have ended, or ask an administrator for "
        "a larger budget. The next month begins at nothing.",
        status=409,
    ),
    # The code
    "PACKAGE_MISSING": ErrorKind(
        "The code imports {name}, which the engine does not have.",
        "Write it with pyspark.sql.functions and Python's own modules.",
    ),
    "COLUMN_AMBIGUOUS": ErrorKind(
        "More than one table has the column {column}, and the code does not say which it means.",
        "Name the table before it, or rename or drop one of them before the join.",
    ),
    "TABLE_NAME_UNKNOWN": ErrorKind(
        "The SQL reads {name}, which is none of the picked tables.",
        "Use the names that the picked tables have in the code.",
    ),
    "FUNCTION_UNKNOWN": ErrorKind(
        "Spark knows no function {name}.",
        "Check how it is written; functions of PostgreSQL may have other names in Spark.",
    ),
    "SQL_INVALID": ErrorKind("Spark cannot read the SQL: {error}", "Look at the marked line, fix it and run again."),
    "TYPE_MISMATCH": ErrorKind(
        "Types do not fit: {error}", "Convert one side with cast, or compare columns of the same type."
    ),
    "DIVISION_BY_ZERO": ErrorKind(
        "The code divides by zero for some row.", "Use try_divide in SQL, or F.when to leave out rows with zero."
    ),
    "CAST_FAILED": ErrorKind(
        "A value cannot be converted to the type that the code asks for.",
        "Use try_cast in SQL, another date pattern, or leave out the rows that do not fit.",
    ),
    "NUMBER_TOO_LARGE": ErrorKind(
        "A number is too large for its type.", "Cast to a wider type (bigint, decimal) before the calculation."
    ),
}
