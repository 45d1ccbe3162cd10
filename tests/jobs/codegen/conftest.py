from __future__ import annotations

import gc
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.codegen.base import GeneratedCode, GenerationRequest
from jobs.codegen.builtin import BuiltinGenerator
from pgspark_site.local_stack.java import QUICK_START
from tests.jobs.codegen.shop import SOURCES, SPARK_TYPES, rows, sqlite_shop

Run = Callable[[GenerationRequest], DataFrame]


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of Spark inside this process run in one of them, so that it starts once."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("spark"))


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.extraJavaOptions": QUICK_START,
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        # Few rows, many plans: compiling each plan would take longer than all of its rows.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[1]").appName("builtin generator")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def frames(spark: SparkSession) -> dict[str, DataFrame]:
    shop = rows()
    return {
        table: spark.createDataFrame(
            shop[table], ", ".join(f"{column.name} {SPARK_TYPES[column.type]}" for column in source.columns)
        ).cache()
        for table, source in SOURCES.items()
    }


@pytest.fixture(scope="session")
def shop_sql() -> Iterator[sqlite3.Connection]:
    with closing(sqlite_shop()) as database:
        yield database


def collected(result: DataFrame) -> list[tuple[Any, ...]]:
    """The rows; pyspark leaves the socket they came through to the garbage collector, so collect it here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.freeze()  # what was there before need not be looked through
        try:
            found = [tuple(row) for row in result.collect()]
            gc.collect()
        finally:
            gc.unfreeze()
    return found


def transform_of(code: str) -> Callable[..., DataFrame]:
    """The function in `code`, with what the platform puts in scope and nothing else."""
    scope: dict[str, Any] = {"F": F, "T": T, "Window": Window}
    exec(compile(code, "transform.py", "exec"), scope)
    return scope["transform"]


@pytest.fixture(scope="session")
def run(spark: SparkSession, frames: dict[str, DataFrame]) -> Run:
    """Generates code for a question over the shop and runs it there."""

    def run_request(request: GenerationRequest) -> DataFrame:
        answer = BuiltinGenerator().generate(request)
        assert isinstance(answer, GeneratedCode), answer
        return transform_of(answer.transform)(spark, *(frames[source.table] for source in request.sources))

    return run_request
