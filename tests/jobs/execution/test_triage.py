"""Real-looking logs and the cause that a person must be told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from connections.error_catalogue import CATALOGUE
from jobs.execution.base import Observation, Phase
from jobs.execution.triage import CAUSES, Action, FailedJob, cause_of, triage
from jobs.execution.triage.rules import BY_PHASE, BY_REASON, RULES, SERVICE_RULES
from tests.jobs.execution.failures.labels import FIRST, LABELLED, LOGS, TRANSFORM, TRAPS, Labelled

ROOT = Path(__file__).resolve().parents[3]
FAILED = Observation(Phase.FAILED, "EXIT 1")
CODES = {rule.code for rule in (*RULES, *SERVICE_RULES)} | {*BY_REASON.values(), *BY_PHASE.values()}


def job(log: str, observation: Observation = FAILED) -> FailedJob:
    return FailedJob(observation, log, TRANSFORM, FIRST, minutes=10)


@pytest.mark.parametrize("labelled", [*LABELLED, *TRAPS], ids=str)
def test_a_log_leads_to_its_cause_its_line_and_one_action(labelled: Labelled) -> None:
    failure = triage(labelled.job())

    assert failure.error.code == labelled.code
    assert failure.line == labelled.line
    assert cause_of(failure.error.code).action == labelled.action


@pytest.mark.parametrize("labelled", [*LABELLED, *TRAPS], ids=str)
def test_the_proof_is_quoted_word_for_word(labelled: Labelled) -> None:
    one, failure = labelled.job(), triage(labelled.job())

    assert any(labelled.proof in line for line in failure.quote)
    said = "\n".join([one.log, one.observation.details, one.observation.raw])
    assert all(line.removesuffix("…") in said for line in failure.quote)
    assert set(failure.quote) <= set(failure.evidence)
    assert len(failure.evidence) <= 30


SAME = (
    ("py4j: org.postgresql.util.PSQLException: ERROR: column orders.discount does not exist", "RUN_COLUMN_MISSING"),
    ('py4j: org.postgresql.util.PSQLException: ERROR: schema "billing" does not exist', "RUN_TABLE_MISSING"),
    ("py4j: java.nio.file.AccessDeniedException: s3a://example/a.csv: getFileStatus: 403", "RUN_S3_DENIED"),
    (
        "py4j: software.amazon.awssdk.services.s3.model.S3Exception: User: arn:aws:sts::123456789012:assumed-role/x "
        "is not authorized to perform: s3:ListBucket on resource",
        "RUN_S3_DENIED",
    ),
    (
        "py4j: com.amazonaws.SdkClientException: Unable to execute HTTP request: connect timed out",
        "RUN_AWS_UNREACHABLE",
    ),
    ("py4j: x.AmazonS3Exception: The specified key does not exist. (Error Code: NoSuchKey)", "RUN_FILE_MISSING"),
    ("py4j: x.AmazonS3Exception: The ciphertext refers (Error Code: KMS.NotFoundException)", "RUN_KMS_DENIED"),
    ("py4j: java.sql.SQLException: No suitable driver", "JDBC_DRIVER_MISSING"),
    (
        "py4j: org.apache.spark.SparkException: Lost task 3.3 in stage 1.0: java.lang.ArithmeticException: / by zero",
        "DIVISION_BY_ZERO",
    ),
    (
        "py4j: org.apache.spark.SparkException: Lost task 3.3 in stage 1.0 (TID 9) (10.0.1.2 executor 4): "
        "ExecutorLostFailure (executor 4 exited caused by one of the running tasks) Reason: Container killed by YARN "
        "for exceeding physical memory limits.",
        "OUT_OF_MEMORY_EXECUTOR",
    ),
    (
        "py4j: org.apache.spark.SparkException: Lost task 3.3 in stage 1.0 (TID 9) (10.0.1.2 executor 4): "
        "ExecutorLostFailure (executor 4 exited unrelated to the running tasks) Reason: Executor heartbeat timed out",
        "EXECUTORS_LOST",
    ),
    ("pyspark.sql.utils.AnalysisException: Column 'x' does not exist. Did you mean one of [y]?", "COLUMN_NOT_FOUND"),
    ("pyspark.sql.utils.AnalysisException: cannot resolve '`x`' given input columns: [y];", "COLUMN_NOT_FOUND"),
    ("pyspark.sql.utils.AnalysisException: Table or view not found: analytics.events; line 1", "RUN_TABLE_MISSING"),
    (
        "pyspark.errors.PySparkImportError: [PACKAGE_NOT_INSTALLED] PyArrow >= 4.0.0 must be installed",
        "PACKAGE_MISSING",
    ),
    (
        "26/11/23 09:53:31 ERROR Uncaught: exception in main\njava.lang.OutOfMemoryError: Metaspace",
        "OUT_OF_MEMORY_DRIVER",
    ),
    ("/usr/lib/spark/bin/spark-submit: line 27: 12345 Killed      spark-class", "OUT_OF_MEMORY"),
)


@pytest.mark.parametrize(("words", "code"), SAME)
def test_other_releases_say_the_same_in_other_words(words: str, code: str) -> None:
    trace = 'Traceback (most recent call last):\n  File "/tmp/script.py", line 150, in <module>\n    _main()\n'
    java = "py4j.protocol.Py4JJavaError: An error occurred while calling o99.load.\n"
    log = words if words.startswith(("26/", "/usr")) else trace + words.replace("py4j", java, 1)

    assert triage(job(log)).error.code == code


def test_no_log_of_the_collection_is_without_a_label() -> None:
    assert {path.stem for path in LOGS.glob("*.log")} == {labelled.log for labelled in (*LABELLED, *TRAPS)}


def test_every_rule_has_words_a_culprit_and_an_action() -> None:
    assert CATALOGUE.keys() >= CODES
    assert CAUSES.keys() >= CODES
    assert CAUSES.keys() <= CATALOGUE.keys()


def test_every_rule_s_code_is_met_by_a_labelled_log() -> None:
    met = {labelled.code for labelled in (*LABELLED, *TRAPS)}

    assert met >= CODES - {"ENGINE_LOST", "RUN_TABLE_LOCKED", "RUN_DATABASE_REFUSED"}


def test_the_document_lists_every_cause_as_it_is() -> None:
    rows = [
        f"| `{code}` | {cause.culprit} | {CATALOGUE[code].hint} | {cause.action.replace('_', ' ')} |"
        for code, cause in sorted(CAUSES.items())
    ]
    told = (ROOT / "docs" / "failures.md").read_text().splitlines()

    assert [line for line in told if line.startswith("| `")] == rows


def test_words_leave_no_gap() -> None:
    for labelled in (*LABELLED, *TRAPS):
        error = triage(labelled.job()).error
        assert not re.search(r"[{}]|\(unknown\)", error.message + error.hint), labelled


def test_the_evidence_is_the_traceback_not_spark_s_chatter() -> None:
    failure = triage(next(one for one in LABELLED if one.log == "own_exception").job())

    assert failure.evidence[0].startswith("Traceback")
    assert failure.evidence[-1] == "ValueError: the day must be a date, not 2026-13-01"
    assert not any(" INFO " in line or "\tat " in line for line in failure.evidence)


def test_a_time_limit_is_told_whatever_the_log_says() -> None:
    timed_out = Observation(Phase.FAILED, "TIMEOUT", reason="timeout")
    failure = triage(job("26/11/23 09:53:31 ERROR Utils: java.lang.OutOfMemoryError", timed_out))

    assert failure.error.code == "RUN_TIMEOUT"
    assert "10 min" in failure.error.message


def test_of_memory_that_the_engine_tells_of_the_log_says_whose() -> None:
    killed = Observation(Phase.FAILED, "EXIT 137", reason="memory")
    heap = next(one for one in LABELLED if one.log == "driver_heap").job()

    assert triage(replace(heap, observation=killed)).error.code == "OUT_OF_MEMORY_DRIVER"
    assert triage(job("", killed)).error.code == "OUT_OF_MEMORY"


def test_what_ran_out_of_memory_beside_the_cause_is_not_the_cause() -> None:
    """One column's name decides, and it does so wherever the warning stands."""
    text = (LOGS / "dropped_column.log").read_text()
    warning = "26/11/23 09:54:31 WARN MemoryStore: java.lang.OutOfMemoryError: Java heap space\n"

    assert triage(job(warning + text)).error.code == "RUN_COLUMN_MISSING"
    assert triage(job(text + warning)).error.code == "RUN_COLUMN_MISSING"


def test_a_vanished_job_is_lost() -> None:
    failure = triage(job("", Observation(Phase.LOST, "LOST")))

    assert (failure.error.code, failure.quote) == ("ENGINE_LOST", ("LOST",))


def test_an_unknown_failure_points_at_the_log() -> None:
    failure = triage(job("26/11/23 09:53:31 ERROR Something: never seen before"))

    assert failure.error.code == "SPARK_FAILED"
    assert failure.evidence == ("26/11/23 09:53:31 ERROR Something: never seen before",)
    assert cause_of("SPARK_FAILED").action == Action.CODE


def test_an_empty_log_is_no_riddle() -> None:
    failure = triage(job(""))

    assert (failure.error.code, failure.line, failure.quote) == ("SPARK_FAILED", None, ())


def test_secrets_of_the_service_s_sentence_are_struck_out() -> None:
    details = "Job failed. Access Denied at s3://example?token=abcdef AKIAIOSFODNN7EXAMPLE"

    failure = triage(job("", Observation(Phase.FAILED, "FAILED", details=details)))

    assert "abcdef" not in str(failure)
    assert "AKIAIOSFODNN7EXAMPLE" not in str(failure)


def test_a_huge_plan_in_an_error_costs_no_time_and_hides_nothing() -> None:
    text = (LOGS / "unknown_column.log").read_text()
    plan = "\n".join(f"   +- Project [{', '.join(f'column_{n}#{n}L' for n in range(300))}]" for _ in range(200))

    failure = triage(job(text + plan))

    assert failure.error.code == "COLUMN_NOT_FOUND"
    assert all(len(line) <= 500 for line in failure.evidence)
