"""The portal's own settings, all with the prefix `PGSPARK_`; `.env.example` says what each one means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pgspark_site.surroundings import BASE_DIR, VAR_DIR, env

# The specification's configuration (section 4.1).
PGSPARK_S3_BUCKET = env.str("PGSPARK_S3_BUCKET", "")
PGSPARK_SECRETS_PREFIX = env.str("PGSPARK_SECRETS_PREFIX", "spark/postgres/")
PGSPARK_DATABASE_HOSTS: list[str] = env.list("PGSPARK_DATABASE_HOSTS", default=["*.rds.amazonaws.com"])
PGSPARK_CA_BUNDLE = env.str("PGSPARK_CA_BUNDLE", "") or str(
    BASE_DIR / "connections" / "certificates" / "rds-global-bundle.pem"
)
PGSPARK_CONNECT_TIMEOUT_SECONDS = env.int("PGSPARK_CONNECT_TIMEOUT_SECONDS", 10)
PGSPARK_QUERY_TIMEOUT_SECONDS = env.int("PGSPARK_QUERY_TIMEOUT_SECONDS", 30)
PGSPARK_PATIENCE_SECONDS = env.float("PGSPARK_PATIENCE_SECONDS", 1.0)
PGSPARK_POOL_SIZE = env.int("PGSPARK_POOL_SIZE", 4)
PGSPARK_MAX_SOURCES = env.int("PGSPARK_MAX_SOURCES", 30)
PGSPARK_RESULT_PREVIEW_ROWS = env.int("PGSPARK_RESULT_PREVIEW_ROWS", 100)
PGSPARK_ROW_LIMIT = env.int("PGSPARK_ROW_LIMIT", 100_000)
PGSPARK_RESULT_DAYS = env.int("PGSPARK_RESULT_DAYS", 30)
PGSPARK_PROMPT_MAX_CHARS = env.int("PGSPARK_PROMPT_MAX_CHARS", 10_000)
PGSPARK_CODE_MAX_BYTES = env.int("PGSPARK_CODE_MAX_BYTES", 64 * 1024)
PGSPARK_RUN_TIMEOUT_MINUTES = env.int("PGSPARK_EMR_TIMEOUT_MINUTES", 10)

# EMR Serverless. What lacks its settings is not offered and says why (jobs/execution/registry.py).
PGSPARK_EMR_APPLICATION_ID = env.str("PGSPARK_EMR_APPLICATION_ID", "")
PGSPARK_EMR_POSTGRES_APPLICATION_ID = env.str("PGSPARK_EMR_POSTGRES_APPLICATION_ID", "")
PGSPARK_USE_DEDICATED_EMR = env.bool("PGSPARK_USE_DEDICATED_EMR", True)
PGSPARK_EXECUTION_ROLE_ARN = env.str("PGSPARK_EXECUTION_ROLE_ARN", "")
PGSPARK_JDBC_DRIVER_URI = env.str("PGSPARK_JDBC_DRIVER_URI", "")
PGSPARK_FILE_SIZE_THRESHOLD_MB = env.int("PGSPARK_FILE_SIZE_THRESHOLD_MB", 100)
PGSPARK_EMR_PYTHON = env.str("PGSPARK_EMR_PYTHON", "/usr/bin/python3.11")
PGSPARK_EMR_LOG_GROUP = env.str("PGSPARK_EMR_LOG_GROUP", "")
PGSPARK_KMS_KEY_ARNS: list[str] = env.list("PGSPARK_KMS_KEY_ARNS", default=[])
PGSPARK_EMR_PRESTART = env.bool("PGSPARK_EMR_PRESTART", False)
PGSPARK_EMR_PRESTARTS_PER_DAY = env.int("PGSPARK_EMR_PRESTARTS_PER_DAY", 20)

# What runs cost, by region and unit, where it is not the published price (jobs/execution/prices.py).
PGSPARK_RUN_PRICES: dict[str, Any] = env.json("PGSPARK_RUN_PRICES", default={})

# Spark on Lambda.
PGSPARK_LAMBDA_FUNCTION = env.str("PGSPARK_LAMBDA_FUNCTION", "")
PGSPARK_LAMBDA_CONTRACT = env.str("PGSPARK_LAMBDA_CONTRACT", "v1")
PGSPARK_LAMBDA_TIMEOUT_SECONDS = env.int("PGSPARK_LAMBDA_TIMEOUT_SECONDS", 300)
PGSPARK_LAMBDA_MEMORY_MB = env.int("PGSPARK_LAMBDA_MEMORY_MB", 10240)

# The Glue Catalog: whether, which databases, and which groups of people (empty: all).
PGSPARK_GLUE_ENABLED = env.bool("PGSPARK_GLUE_ENABLED", False)
PGSPARK_GLUE_DATABASES: list[str] = env.list("PGSPARK_GLUE_DATABASES", default=[])
PGSPARK_GLUE_GROUPS: list[str] = env.list("PGSPARK_GLUE_GROUPS", default=[])

# Files: uploads, and the places in S3 that people may pick from (s3://bucket/prefix/).
PGSPARK_UPLOAD_MAX_MB = env.int("PGSPARK_UPLOAD_MAX_MB", 2048)
PGSPARK_UPLOAD_DAYS = env.int("PGSPARK_UPLOAD_DAYS", 30)
PGSPARK_S3_SOURCES: list[str] = env.list("PGSPARK_S3_SOURCES", default=[])

# Which generators and engines are offered, in order of preference.
PGSPARK_GENERATORS: list[str] = env.list("PGSPARK_GENERATORS", default=["builtin"])
PGSPARK_TARGETS: list[str] = env.list("PGSPARK_TARGETS", default=["local"])

# Models that write code. Prices are dollars per million tokens, by the model's id; none means that costs are not known.
PGSPARK_BEDROCK_MODEL_IDS: list[str] = env.list("PGSPARK_BEDROCK_MODEL_IDS", default=[])
PGSPARK_OPENAI_URL = env.str("PGSPARK_OPENAI_URL", "")
PGSPARK_OPENAI_MODEL: list[str] = env.list("PGSPARK_OPENAI_MODEL", default=[])
PGSPARK_OPENAI_KEY = env.str("PGSPARK_OPENAI_KEY", "")
PGSPARK_MODEL_PRICES: dict[str, Any] = env.json("PGSPARK_MODEL_PRICES", default={})
PGSPARK_MODEL_MAX_TOKENS = env.int("PGSPARK_MODEL_MAX_TOKENS", 4096)
PGSPARK_MODEL_RETRY_SECONDS = env.float("PGSPARK_MODEL_RETRY_SECONDS", 30)
PGSPARK_MODEL_REST_AFTER = env.int("PGSPARK_MODEL_REST_AFTER", 3)
PGSPARK_MODEL_REST_SECONDS = env.int("PGSPARK_MODEL_REST_SECONDS", 300)
PGSPARK_CONTEXT_TOKENS = env.int("PGSPARK_CONTEXT_TOKENS", 12_000)
PGSPARK_MAX_RETRIES = env.int("PGSPARK_MAX_RETRIES", 3)
PGSPARK_GENERATION_SECONDS = env.int("PGSPARK_GENERATION_SECONDS", 300)
PGSPARK_TOKENS_PER_USER_DAY = env.int("PGSPARK_TOKENS_PER_USER_DAY", 1_000_000)

# Results and scripts: a folder here, else the bucket itself.
PGSPARK_OBJECT_STORE_DIR = env.str("PGSPARK_OBJECT_STORE_DIR", "")

# Where an engine finds the certificates that verify-ca and verify-full check a database's certificate against.
PGSPARK_ENGINE_CA_BUNDLE = env.str("PGSPARK_ENGINE_CA_BUNDLE", "") or PGSPARK_CA_BUNDLE

# The local engine.
PGSPARK_JAVA_HOME = env.str("PGSPARK_JAVA_HOME", env.str("JAVA_HOME", ""))
PGSPARK_JDBC_DRIVER_PATH = env.str("PGSPARK_JDBC_DRIVER_PATH", "")
PGSPARK_LOCAL_RUNS_DIR = Path(env.str("PGSPARK_LOCAL_RUNS_DIR", str(VAR_DIR / "runs")))
PGSPARK_LOCAL_RUNS_AT_ONCE = env.int("PGSPARK_LOCAL_RUNS_AT_ONCE", 2)
PGSPARK_LOCAL_CORES = env.int("PGSPARK_LOCAL_CORES", 2)
PGSPARK_LOCAL_DRIVER_MEMORY = env.str("PGSPARK_LOCAL_DRIVER_MEMORY", "1g")
PGSPARK_LOCAL_JAVA_OPTIONS = env.str("PGSPARK_LOCAL_JAVA_OPTIONS", "")
PGSPARK_LOCAL_UNCONFINED = env.bool("PGSPARK_LOCAL_UNCONFINED", False)

# The rehearsal of code on empty frames: a warm, confined Spark that web processes and workers of this machine share.
PGSPARK_REHEARSAL = env.bool("PGSPARK_REHEARSAL", True)
PGSPARK_REHEARSAL_UNCONFINED = env.bool("PGSPARK_REHEARSAL_UNCONFINED", False)
PGSPARK_REHEARSAL_DIR = Path(env.str("PGSPARK_REHEARSAL_DIR", str(VAR_DIR / "rehearsal")))
PGSPARK_REHEARSAL_SECONDS = env.float("PGSPARK_REHEARSAL_SECONDS", 10.0)
PGSPARK_REHEARSAL_MEMORY_MB = env.int("PGSPARK_REHEARSAL_MEMORY_MB", 512)
PGSPARK_REHEARSAL_IDLE_SECONDS = env.int("PGSPARK_REHEARSAL_IDLE_SECONDS", 1800)

# Accounts shown on the login page of the demonstration, "name:password"; empty everywhere else.
PGSPARK_DEMO_ACCOUNTS: list[str] = env.list("PGSPARK_DEMO_ACCOUNTS", default=[])
