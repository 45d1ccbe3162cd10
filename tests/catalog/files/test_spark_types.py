"""What the guesses admit is what Spark's own CSV reader parses: the same file, read with a real Spark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalog.files.csv_preview import Sample, preview
from catalog.files.spark_types import infer, misfits
from pgspark_site.local_stack.java import QUICK_START

# Per type, texts that must be told as that type and come out of Spark as this value.
ADMITTED: dict[str, dict[str, str]] = {
    "bigint": {"0": "0", "-7": "-7", "+5": "5", "999999999999999999": "999999999999999999"},
    "double": {"1.5": "1.5", ".5": "0.5", "5.": "5.0", "-1e3": "-1000.0", "NaN": "nan", "2": "2.0"},
    "decimal(38,0)": {"12345678901234567890": "12345678901234567890", "1": "1"},
    "decimal(38,6)": {"1234567890123.123456": "1234567890123.123456", "-.5": "-0.500000"},
    "boolean": {"true": "True", "FALSE": "False", "True": "True"},
    "date": {"2024-02-29": "2024-02-29", "0001-01-01": "0001-01-01", "9999-12-31": "9999-12-31"},
    "timestamp": {
        "2024-01-01 10:00:00": "2024-01-01 10:00:00",
        "2024-01-01T10:00": "2024-01-01 10:00:00",
        "2024-01-01T10:00:00Z": "2024-01-01 10:00:00",
        "2024-01-01T10:00:00+02:00": "2024-01-01 08:00:00",
        "2024-01-01 10:00:00.123456": "2024-01-01 10:00:00.123456",
    },
}
REFUSED = ["", "1,5", "00123", "1_000", "0x10", "2024-02-30", "2024-13-01", "01/02/2024", "yes", "t", "inf", " 5", "5 "]

_READ = """
import json, sys
from pyspark.sql import SparkSession, functions as F
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
         .config("spark.driver.extraJavaOptions", sys.argv[2])
         .config("spark.sql.session.timeZone", "UTC").getOrCreate())
answer = {}
for path, type_ in json.load(open(sys.argv[1])).items():
    frame = spark.read.schema(f"a {type_}").options(mode="FAILFAST", header="true").csv(path)
    column = F.col("a") if type_ in ("double", "boolean") or type_.startswith("decimal") else F.col("a").cast("string")
    answer[type_] = [str(row[0]) for row in frame.select(column).collect()]
print(json.dumps(answer))
"""


@pytest.mark.parametrize("type_", ADMITTED)
def test_the_first_type_that_all_fit(type_: str) -> None:
    assert infer(list(ADMITTED[type_])) == type_


@pytest.mark.parametrize("text", REFUSED)
def test_in_doubt_it_is_a_string(text: str) -> None:
    assert infer([text]) == "string"


def test_one_odd_value_makes_a_string() -> None:
    assert infer(["1", "2", "three"]) == "string"


def test_more_digits_than_a_double_holds_stay_exact() -> None:
    assert infer(["1234567890123456.25"]) == "decimal(38,6)"
    assert infer(["0.12345678901234567"]) == "string"


@pytest.mark.parametrize(
    ("text", "type_"),
    [("007", "bigint"), ("1e5", "double"), ("007.50", "decimal(38,6)"), ("x", "string"), ("5", "timestamp_of_mars")],
)
def test_what_spark_reads_by_choice(text: str, type_: str) -> None:
    assert misfits([text], type_) == []


@pytest.mark.parametrize(
    ("text", "type_"),
    [("9223372036854775808", "bigint"), ("1.0", "bigint"), ("inf", "double"), ("1,5", "decimal(38,6)")],
)
def test_what_spark_makes_null_or_another_value(text: str, type_: str) -> None:
    assert misfits([text], type_) == [0]


@pytest.mark.spark
def test_spark_reads_what_is_admitted(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for number, (type_, texts) in enumerate(ADMITTED.items()):
        path = tmp_path / f"{number}.csv"
        path.write_text("a\n" + "\n".join(texts) + "\n")
        files[str(path)] = type_

    answer = _spark(tmp_path, files)

    assert answer == {type_: list(texts.values()) for type_, texts in ADMITTED.items()}


def _spark(tmp_path: Path, files: dict[str, str]) -> Any:
    (tmp_path / "files.json").write_text(json.dumps(files))
    (tmp_path / "read.py").write_text(_READ)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "read.py"), str(tmp_path / "files.json"), QUICK_START],
        env={**os.environ, "JAVA_HOME": os.environ["PGSPARK_JAVA_HOME"], "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_preview_uses_these_types() -> None:
    data = b"a\n2024-01-01T10:00:00Z\n"

    assert preview(Sample("x.csv", data, len(data), is_whole=True)).columns[0].type == "timestamp"
