"""Where the log of a job on EMR Serverless is read: CloudWatch where it goes there, for it is there first; S3 else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from jobs.execution import emr_logs
from jobs.execution.base import Handle, LogChunk, LogSource, Stream
from jobs.execution.cloudwatch_logs import LogStream
from jobs.execution.emr_settings import LOG_GROUP, emr_settings

CLOUDWATCH, S3 = "cloudwatch", "s3"
# How long after a job's end the service may still bring lines.
_CLOUDWATCH_LAG, _S3_LAG = timedelta(seconds=30), timedelta(minutes=3)
_IN_S3 = "S3, where EMR Serverless puts it a minute or two after it was written"


def read_log(handle: Handle, stream: Stream, *, start: int, limit: int, source: str = "") -> LogChunk:
    """As `Engine.log`. Raises what the store raises; why CloudWatch is not read is told in the note."""
    group = emr_settings().log_group
    if source == S3 or not group:
        return _from_s3(handle, stream, start=start, limit=limit, usual=f"{_IN_S3}; {LOG_GROUP} is not set")
    marks = (handle.external_id, "SPARK_DRIVER", stream)
    chunk = LogStream(group, handle.token, marks).read(start=start, limit=limit)
    trouble = chunk.source.note
    if source == CLOUDWATCH or chunk.size:
        return replace(chunk, source=LogSource(CLOUDWATCH, _CLOUDWATCH_LAG, trouble))
    usual = _IN_S3 if trouble else f"CloudWatch (log group {group}), some seconds after it was written, and in {_IN_S3}"
    return _from_s3(handle, stream, start=start, limit=limit, usual=usual, trouble=trouble)


def _from_s3(handle: Handle, stream: Stream, *, start: int, limit: int, usual: str, trouble: str = "") -> LogChunk:
    """While it has none, `usual` is where the log is looked for, and after `trouble` why not elsewhere."""
    chunk = emr_logs.read_log(handle, stream, start=start, limit=limit)
    if chunk.size or start > 0:
        return replace(chunk, source=LogSource(S3, _S3_LAG, trouble))
    return replace(chunk, source=LogSource("", _S3_LAG, f"{trouble} It is looked for in {usual}.".strip()))
