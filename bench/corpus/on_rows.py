"""Runs transforms of the corpus on its few rows, by a Spark of this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from bench.corpus import shop
from bench.corpus.texts import Case

_OPTIONS = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.sql.session.timeZone": "UTC"}


class Rows:
    """A Spark with the sources of the shop; `folder` is where results are written."""

    def __init__(self, folder: Path) -> None:
        builder = SparkSession.builder.master("local[1]")
        for name, value in _OPTIONS.items():
            builder = builder.config(name, value)
        self._spark = builder.getOrCreate()
        self._spark.sparkContext.setLogLevel("OFF")
        self._folder = folder

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._spark.stop()

    def error_of(self, case: Case) -> str:
        """What the transform fails with; empty when its result was written."""
        try:
            self._write(case)
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
        return ""

    def _write(self, case: Case) -> None:
        frames = {alias: self._spark.sql(shop.ROWS[alias]) for alias in case.aliases}
        for alias, frame in frames.items():
            frame.createOrReplaceTempView(alias)
        names: dict[str, Any] = {"F": F, "T": T, "Window": Window}
        exec(compile(case.text, "transform", "exec"), names)
        result = names["transform"](self._spark, **frames)
        if not isinstance(result, DataFrame):
            raise TypeError("transform gave no DataFrame")
        # The platform gives doubles names of their own as well.
        unique = result.toDF(*[f"c{number}" for number, _ in enumerate(result.columns)])
        unique.write.mode("overwrite").parquet(str(self._folder / "result"))
