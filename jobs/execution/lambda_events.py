"""What a function of Lambda is told: contract version 1, or one of the older contracts around it.

Whatever the contract, `infra/lambda/handler.py` runs the job, so that a job is claimed, told of and cancelled in the
same way. Functions that know version 1 have it for their handler; to the older ones its text is handed over as code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings

from jobs.execution import lambda_settings
from jobs.execution.base import Submission
from jobs.execution.lambda_state import state_uri

Event = dict[str, Any]

_SPARK = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.adaptive.enabled": "true",
    # Small files: a task for each of the usual 200 partitions would be most of the work.
    "spark.sql.shuffle.partitions": "8",
}
_NO_EVENT = '\n_EVENT = ""\n'


def payload(job: Submission) -> bytes:
    """The same for the same job and settings. Raises KeyError for a contract that is not in `CONTRACTS`."""
    told = CONTRACTS[settings.PGSPARK_LAMBDA_CONTRACT](job, event(job))
    return json.dumps(told, separators=(",", ":")).encode()


def event(job: Submission) -> Event:
    """Contract version 1."""
    limit = min(job.timeout, lambda_settings.time_limit())
    return {
        "v": 1,
        "run_id": job.token,
        "code_uri": job.script_uri,
        "sources": list(job.access.inputs),
        "output_uri": job.output_uri,
        "manifest_uri": job.manifest_uri,
        "state_uri": state_uri(job.log_uri, job.token),
        "spark_conf": _SPARK,
        "deadline_s": round(limit.total_seconds()),
    }


def _version_1(job: Submission, told: Event) -> Event:
    return told


def _flat(job: Submission, told: Event) -> Event:
    """Spark on AWS Lambda of aws-samples: each key becomes a variable of the environment of one fixed script.

    That script (SCRIPT_BUCKET, SPARK_SCRIPT) has to be `infra/lambda/handler.py`.
    """
    first = next(iter(job.access.inputs), "")
    return {"INPUT_PATH": first, "OUTPUT_PATH": job.output_uri, "PGSPARK_EVENT": json.dumps(told)}


def _body(job: Submission, told: Event) -> Event:
    """The handler of the Spark code interpreter of aws-samples: an object under `body`, with the code as text."""
    bucket = job.output_uri.removeprefix("s3://").partition("/")[0]
    nothing = {"dataset_name": "", "python_packages": "", "iterate": 0, "file_path": "", "config": {}}
    return {"body": {"code": _program(told), "bucket": bucket, **nothing}}


def _spark_code(job: Submission, told: Event) -> Event:
    """What the newer caller of the Spark code interpreter sends, the specification's supervisor."""
    return {"spark_code": _program(told), "s3_output_path": job.output_uri}


CONTRACTS: dict[str, Callable[[Submission, Event], Event]] = {
    "v1": _version_1,
    "spark-on-lambda": _flat,
    "code-interpreter": _body,
    "supervisor": _spark_code,
}


def _program(told: Event) -> str:
    """The handler as a program that has its event in itself."""
    return _handler().replace(_NO_EVENT, f"\n_EVENT = {json.dumps(told)!r}\n", 1)


@cache
def _handler() -> str:
    return (settings.BASE_DIR / "infra" / "lambda" / "handler.py").read_text(encoding="utf-8")
