"""The service's answers about jobs and applications, with the members and in the form that its model demands."""

from __future__ import annotations

import re
import time
from typing import Any

from pgspark_site.local_stack.emr_stand_in.applications import Application
from pgspark_site.local_stack.emr_stand_in.jobs import Job

REGION, ACCOUNT, RELEASE = "us-east-1", "123456789012", "emr-7.13.0"
_CREATED_BY = f"arn:aws:sts::{ACCOUNT}:assumed-role/portal/worker"
# Of each worker's disk so much is not billed.
FREE_DISK_GB = 20.0
_KEPT = ("configurationOverrides", "jobDriver", "executionIamPolicy", "tags", "mode", "retryPolicy", "name")


def arn(application_id: str, job_id: str = "") -> str:
    job = f"/jobruns/{job_id}" if job_id else ""
    return f"arn:aws:emr-serverless:{REGION}:{ACCOUNT}:/applications/{application_id}{job}"


def started(job: Job) -> dict[str, Any]:
    return {"applicationId": job.application_id, "jobRunId": job.id, "arn": arn(job.application_id, job.id)}


def summary(job: Job) -> dict[str, Any]:
    return {"id": job.id, "type": "SPARK", **_named(job), **_common(job)}


def detail(job: Job) -> dict[str, Any]:
    kept = {name: job.request[name] for name in _KEPT if name in job.request}
    return {
        "jobRunId": job.id,
        **kept,
        **_common(job),
        "executionTimeoutMinutes": job.timeout_minutes,
        "queuedDurationMilliseconds": round(job.queued_seconds * 1000),
        **_times(job),
    }


def application(found: Application) -> dict[str, Any]:
    return {
        "applicationId": found.id,
        "name": found.name,
        "arn": arn(found.id),
        "releaseLabel": RELEASE,
        "type": "SPARK",
        "state": found.state,
        "stateDetails": f"The application is {found.state}",
        "createdAt": found.created_at,
        "updatedAt": found.entered_at,
        "architecture": "X86_64",
        "autoStartConfiguration": {"enabled": True},
        "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": 15},
        "schedulerConfiguration": {"maxConcurrentRuns": found.most_at_once, "queueTimeoutMinutes": 360},
    }


def _named(job: Job) -> dict[str, Any]:
    return {name: job.request[name] for name in ("name", "mode") if name in job.request}


def _common(job: Job) -> dict[str, Any]:
    return {
        "applicationId": job.application_id,
        "arn": arn(job.application_id, job.id),
        "createdBy": _CREATED_BY,
        "createdAt": job.created_at,
        "updatedAt": job.entered_at,
        "executionRole": job.request["executionRoleArn"],
        "state": job.shown_state,
        "stateDetails": job.details[:256],
        "releaseLabel": RELEASE,
        "attempt": 1,
    }


def _times(job: Job) -> dict[str, Any]:
    if job.started_at is None:
        return {}
    seconds = (job.ended_at or time.time()) - job.started_at
    facts: dict[str, Any] = {"startedAt": job.started_at, "totalExecutionDurationSeconds": round(seconds)}
    if job.ended_at is not None:
        used = _used(job, seconds)
        facts |= {"endedAt": job.ended_at, "totalResourceUtilization": used}
        # A worker is billed for a minute at least.
        billed = _used(job, max(seconds, 60.0))
        free = FREE_DISK_GB / max(_disk_gb(job), FREE_DISK_GB)
        billed["storageGBHour"] = round(billed["storageGBHour"] * (1 - free), 4)
        facts |= {"billedResourceUtilization": billed}
    return facts


def _used(job: Job, seconds: float) -> dict[str, float]:
    """What driver and executors of the asked size use in this time."""
    options = _options(job)
    executors = _number(options, "spark.executor.instances", 3)
    cores = _number(options, "spark.driver.cores", 4) + executors * _number(options, "spark.executor.cores", 4)
    memory = _memory_gb(options, "driver") + executors * _memory_gb(options, "executor")
    hours = seconds / 3600
    disk = _disk_gb(job) * (1 + executors)
    usage = {"vCPUHour": cores * hours, "memoryGBHour": memory * hours, "storageGBHour": disk * hours}
    return {name: round(value, 4) for name, value in usage.items()}


def _options(job: Job) -> dict[str, str]:
    asked = job.request["jobDriver"]["sparkSubmit"].get("sparkSubmitParameters", "")
    return dict(re.findall(r"--conf ([\w.-]+)=(\S+)", asked))


def _disk_gb(job: Job) -> float:
    """Of each worker."""
    return float(_options(job).get("spark.emr-serverless.executor.disk", "20G")[:-1])


def _memory_gb(options: dict[str, str], role: str) -> float:
    parts = (options.get(f"spark.{role}.memory", "14g"), options.get(f"spark.{role}.memoryOverhead", "0m"))
    return sum(float(part[:-1]) / (1024 if part.endswith("m") else 1) for part in parts)


def _number(options: dict[str, str], name: str, default: int) -> int:
    return int(options.get(name, default))
