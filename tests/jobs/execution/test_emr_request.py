"""The parameters of a job: the size that was agreed to, one Python, one clock, and the driver only where it is used."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from jobs.execution.base import Access, Size
from jobs.execution.emr_request import is_named_for, job_name, spark_parameters, start_request
from jobs.execution.emr_settings import EmrSettings
from tests.emr import DRIVER, ROLE
from tests.jobs.execution.submissions import submission

HERE = EmrSettings(
    role_arn=ROLE, region="us-east-1", driver_uri=DRIVER, secrets_prefix="spark/postgres/", python="/usr/bin/python3.11"
)
LARGE = Size(driver_cores=4, driver_memory_gb=16, executor_cores=8, executor_memory_gb=32, executors=5, disk_gb=100)


def options(parameters: str) -> dict[str, str]:
    return dict(re.findall(r"--conf (\S+?)=(\S+)", parameters))


def test_the_driver_comes_with_jars_where_a_database_is_read() -> None:
    assert spark_parameters(submission(), HERE).startswith(f"--jars {DRIVER} --conf ")
    assert "--jars" not in spark_parameters(submission(Access(inputs=("s3://landing/a.csv",))), HERE)


def test_workers_have_the_size_that_was_agreed_to() -> None:
    told = options(spark_parameters(submission(size=LARGE), HERE))

    assert (told["spark.driver.cores"], told["spark.executor.cores"]) == ("4", "8")
    assert told["spark.executor.instances"] == told["spark.dynamicAllocation.maxExecutors"] == "5"
    assert told["spark.emr-serverless.driver.disk"] == told["spark.emr-serverless.executor.disk"] == "100G"


@pytest.mark.parametrize("gb", [2, 4, 8, 16, 30, 60, 120])
def test_heap_and_overhead_together_are_exactly_the_workers_memory(gb: int) -> None:
    told = options(spark_parameters(submission(size=replace(LARGE, executor_memory_gb=gb)), HERE))
    heap, overhead = (int(told[f"spark.executor.{name}"][:-1]) for name in ("memory", "memoryOverhead"))

    assert heap + overhead == gb * 1024
    assert overhead >= max(384, heap // 10)


def test_driver_and_executors_have_the_same_python_and_clock() -> None:
    told = options(spark_parameters(submission(), HERE))

    assert {value for name, value in told.items() if "PYSPARK" in name} == {"/usr/bin/python3.11"}
    assert {"spark.emr-serverless.driverEnv.PYSPARK_PYTHON", "spark.executorEnv.PYSPARK_PYTHON"} <= told.keys()
    assert told["spark.emr-serverless.driverEnv.TZ"] == told["spark.executorEnv.TZ"] == "UTC"
    assert "PYSPARK" not in spark_parameters(submission(), replace(HERE, python=""))


def test_the_glue_catalog_is_set_where_a_table_of_it_is_read() -> None:
    glue = Access(glue_tables=("analytics.web_events",))

    assert options(spark_parameters(submission(glue), HERE))["spark.sql.catalogImplementation"] == "hive"
    assert "catalogImplementation" not in spark_parameters(submission(), HERE)


def test_the_same_job_gives_the_same_request() -> None:
    job = submission(Access(inputs=("s3://b/x.csv", "s3://a/y.csv"), glue_tables=("b.t", "a.t"), uses_database=True))

    assert start_request(job, HERE) == start_request(replace(job), HERE)


def test_a_name_carries_the_token_and_no_character_that_does_not_print() -> None:
    job = submission(name="Top\n10\x07 customers " + "é" * 300)

    assert is_named_for(job_name(job), job.token)
    assert not is_named_for(job_name(job), job.token[:-1])
    assert job_name(job).isprintable()
    assert len(job_name(job)) <= 256
    assert job_name(submission(name="")).startswith("run-")
