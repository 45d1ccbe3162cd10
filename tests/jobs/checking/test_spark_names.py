"""The lists of names hold what the rules assume of them, measured on PySpark and Python themselves."""

from __future__ import annotations

import datetime
import inspect
import types
from decimal import Decimal

import pytest
from pyspark.sql import Column, DataFrame, GroupedData, functions
from pyspark.sql import types as spark_types
from pyspark.sql.dataframe import DataFrameNaFunctions, DataFrameStatFunctions

from jobs.checking import spark_names
from jobs.checking.python_names import PLAIN_PROPERTIES
from jobs.checking.values import ONLY_SPARK_METHODS

_VALUES = (str, bytes, int, float, bool, list, tuple, dict, set, frozenset, range, slice, Decimal)
_DATES = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone)
_PLAIN_TYPES = (*_VALUES, *_DATES, types.FunctionType, types.GeneratorType)


@pytest.mark.parametrize("plain", _PLAIN_TYPES)
def test_a_method_that_proves_a_value_to_be_of_spark_exists_on_no_plain_value(plain: type) -> None:
    assert not ONLY_SPARK_METHODS & set(dir(plain))


@pytest.mark.parametrize("name", sorted(spark_names.TYPES))
def test_a_method_that_proves_a_value_to_be_of_spark_exists_on_no_type(name: str) -> None:
    assert not ONLY_SPARK_METHODS & set(dir(getattr(spark_types, name)))


@pytest.mark.parametrize("name", sorted(spark_names.FUNCTIONS))
def test_every_allowed_function_is_a_function_that_gives_a_column_or_a_frame(name: str) -> None:
    answer = inspect.signature(getattr(functions, name)).return_annotation

    assert getattr(answer, "__name__", answer) in ("Column", "DataFrame")


def test_every_allowed_method_exists() -> None:
    assert set(dir(DataFrame)) >= spark_names.DATAFRAME_METHODS
    assert set(dir(Column)) >= spark_names.COLUMN_METHODS
    grouped = {*dir(GroupedData), *dir(DataFrameNaFunctions), *dir(DataFrameStatFunctions)}
    assert grouped >= spark_names.GROUPED_METHODS


@pytest.mark.parametrize("kind", [DataFrame, GroupedData])
def test_every_member_of_a_frame_is_allowed_or_reserved(kind: type) -> None:
    members = {name for name in dir(kind) if not name.startswith("_")}

    assert members <= spark_names.RESERVED_ATTRIBUTES | PLAIN_PROPERTIES


def test_no_function_that_runs_code_or_reads_files_is_allowed() -> None:
    dangerous = {"reflect", "java_method", "call_function", "call_udf", "udf", "udtf", "pandas_udf", "input_file_name"}

    assert not dangerous & spark_names.FUNCTIONS
