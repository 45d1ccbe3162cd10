"""Memory, disk, workers, and the programs that the engine brings along."""

from __future__ import annotations

import re

from jobs.execution.triage.rule import Rule, Symptoms, rule
from jobs.states import Target

_FAILED_TASK = re.compile(r"Task (\d+) in stage ([\d.]+) failed \d+ times")
# Of so many tasks of a stage, so large a share had ended when one failed for want of memory: its part is the large one.
_TASKS, _SHARE = 10, 0.9


def _is_skewed(symptoms: Symptoms) -> bool:
    failed = _FAILED_TASK.search(symptoms.passage.text)
    if failed is None:
        return False
    task, stage = failed.groups()
    at = re.escape(stage)
    finished = re.findall(rf"Finished task [\d.]+ in stage {at} .*\((\d+)/(\d+)\)", symptoms.job.log)
    lost = set(re.findall(rf"Lost task (\d+)\.\d+ in stage {at} ", symptoms.job.log))
    if not finished or lost - {task}:
        return False
    done, of = max((int(done), int(of)) for done, of in finished)
    return of >= _TASKS and done >= _SHARE * of


def _is_lambda(symptoms: Symptoms) -> bool:
    return symptoms.job.target == Target.LAMBDA


_NO_HEAP = r"\S*(?:java\.lang\.OutOfMemoryError|SparkOutOfMemoryError|UNABLE_TO_ACQUIRE_MEMORY)"
_TASK_LOST = (
    rf"^.*Lost task [\d.]+ in stage .* executor \w+\): {_NO_HEAP}.*"
    # One that was writing wraps what ended it.
    rf"|^.*Lost task [\d.]+ in stage .* executor \d+\): [\s\S]*?^Caused by: {_NO_HEAP}.*"
)
_WORKER_LOST = (
    r"^.*ExecutorLostFailure \(executor \w+ exited .*(?:\b137\b|code 52|OutOfMemory|memory limits|memoryOverhead|OOM).*"
)

RESOURCE_RULES: tuple[Rule, ...] = (
    rule("LAMBDA_TIMEOUT", r"^.*Task timed out after .*", when=_is_lambda),
    rule("LAMBDA_OUT_OF_MEMORY", rf"^.*(?:signal: killed|Runtime\.OutOfMemory|{_NO_HEAP}).*", when=_is_lambda),
    rule("RESULT_TOO_LARGE", r"^.*bigger than (?:local maxResultSize|spark\.driver\.maxResultSize).*"),
    rule(
        "BROADCAST_TOO_LARGE",
        r"^.*(?:Not enough memory to build and broadcast the table|Cannot broadcast the table"
        r"|Could not execute broadcast in).*",
    ),
    rule("SKEWED", f"{_TASK_LOST}|{_WORKER_LOST}", when=_is_skewed),
    rule("RUN_DISK_FULL", r"^.*No space left on device.*"),
    rule("OUT_OF_MEMORY_EXECUTOR", f"{_TASK_LOST}|{_WORKER_LOST}"),
    # On local Spark the executor is the driver: its threads are named for tasks.
    rule("OUT_OF_MEMORY_EXECUTOR", rf"^.*Executor: Exception in task .*\n{_NO_HEAP}.*"),
    rule("OUT_OF_MEMORY_DRIVER", rf"^(?:.*Exception in thread.*|# |Caused by: |: )?{_NO_HEAP}.*|^MemoryError\b.*"),
    rule("OUT_OF_MEMORY_DRIVER", r"^.*INVALID_DRIVER_MEMORY.*|^.*System memory \d+ must be at least.*"),
    # What a shell says of a process that the kernel has killed.
    rule("OUT_OF_MEMORY", r"^\S*: line \d+: +\d+ Killed\b.*|^Killed\b.*"),
    rule("OUT_OF_MEMORY", r"^.*(?:Cannot allocate memory|There is insufficient memory for the Java Runtime).*"),
    rule(
        "EXECUTORS_LOST",
        r"^.*(?:ExecutorLostFailure|FetchFailedException|MetadataFetchFailedException|Remote RPC client disassociated"
        r"|Missing an output location for shuffle|has failed the maximum allowable number of times).*",
    ),
    rule("RUN_PYTHON_MISMATCH", r"^.*PYTHON_VERSION_MISMATCH.*|^.*Python in worker has different version.*"),
    rule("RUN_PYTHON_MISMATCH", r'^.*Cannot run program "\S*python\S*".*No such file.*'),
    rule("RUN_JAVA_MISMATCH", r"^.*UnsupportedClassVersionError.*"),
    rule("RUN_LIBRARY_MISSING", r"^ModuleNotFoundError: No module named '(?P<name>[\w.]+)'.*"),
    rule("RUN_KILLED", r"^.*RECEIVED SIGNAL (?P<name>\w+).*"),
)

# What an engine says of itself, where it says it in its own words: why a job could not be started.
SERVICE_RULES: tuple[Rule, ...] = (
    rule("RUN_CAPACITY", r".*(?:maximumCapacity|MaxCapacityExceeded).*"),
    rule(
        "RUN_SUBNET_FULL",
        r"(?i).*\b(?:ip|free|available) address(?:es)?\b.*subnet.*|.*subnet.*\b(?:ip|free) address(?:es)?.*",
    ),
    rule(
        "RUN_NETWORK_GONE",
        r"(?i).*\b(?:InvalidSubnet|InvalidGroup|InvalidSecurityGroup|(?:subnet|security group).*not exist).*",
    ),
    rule("RUN_KMS_DENIED", r"(?i).*\bkms\b.*(?:denied|not authorized).*|.*not authorized.*kms:.*"),
    rule("RUN_ROLE_UNUSABLE", r"(?i).*(?:assume|trust (?:policy|relationship)).*role.*|.*role.*(?:assume|trust).*"),
    rule("RUN_S3_DENIED", r"(?i).*access ?denied.*\bs3\b.*|.*\bs3\b.*access ?denied.*"),
    rule(
        "EMR_QUOTA",
        r"(?i).*\bvcpus?\b.*(?:limit|quota).*|.*(?:limit|quota).*\bvcpus?\b.*"
        r"|.*ServiceQuotaExceeded.*|.*account.*\bquota\b.*",
    ),
    rule("RUN_QUEUE_FULL", r"(?i).*queue.*(?:time|limit|full).*|.*concurrent.*(?:limit|maximum|runs).*"),
    rule("RUN_CAPACITY", r"(?i).*capacity.*|.*maximum.*(?:cpu|memory).*"),
)
