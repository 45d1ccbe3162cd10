"""`manage.py check_code`: findings and output schema from two files, without a database; exit code 1 if any blocks."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("rehearsal")]

_COLUMNS = [("id", "bigint"), ("amount", "numeric(12,2)"), ("at", "timestamp with time zone"), ("odd", "inet")]
_SCHEMA = {
    "sources": [
        {
            "alias": "orders",
            "kind": "POSTGRES",
            "columns": [{"name": name, "type": type_, "nullable": True} for name, type_ in _COLUMNS],
        }
    ]
}


def _run(tmp_path: Path, transform: str, *options: str, schema: Any = _SCHEMA) -> tuple[int, str]:
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    (tmp_path / "transform.py").write_text(transform)
    out = StringIO()
    files = ["--schema", str(tmp_path / "schema.json"), "--transform", str(tmp_path / "transform.py")]
    try:
        call_command("check_code", *files, *options, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def test_good_code_has_an_output_schema_in_the_types_that_the_reader_delivers(tmp_path: Path, warm: Path) -> None:
    code, out = _run(tmp_path, "def transform(spark, orders):\n    return orders\n", "--json")

    told = json.loads(out)
    assert (code, told["ok"], told["findings"]) == (0, True, [])
    assert [(column["name"], column["type"]) for column in told["output_schema"]] == [
        ("id", "bigint"),
        ("amount", "decimal(12,2)"),
        ("at", "timestamp"),
        ("odd", "string"),
    ]


def test_a_blocking_finding_is_exit_code_1_with_all_its_parts(tmp_path: Path, warm: Path) -> None:
    code, out = _run(tmp_path, 'def transform(spark, orders):\n    return orders.select("amuont")\n', "--json")

    told = json.loads(out)
    assert (code, told["ok"], told["output_schema"]) == (1, False, None)
    assert told["findings"] == [
        {
            "rule": "unknown-column",
            "severity": "blocking",
            "line": 2,
            "column": 26,
            "message": "There is no column amuont here.",
            "hint": "Did you mean amount?",
        }
    ]


def test_words_are_for_people(tmp_path: Path) -> None:
    code, out = _run(tmp_path, "import os\ndef transform(spark, orders):\n    return orders\n", "--no-rehearsal")

    assert code == 1
    assert out.startswith("1:0 blocking import: ")


@pytest.mark.parametrize(
    "schema", [{}, [], {"sources": [{"alias": "a b", "kind": "CSV", "columns": []}]}, {"sources": 3}]
)
def test_a_schema_of_another_form_is_refused_in_words(tmp_path: Path, schema: Any) -> None:
    with pytest.raises(CommandError, match="not of the form"):
        _run(tmp_path, "", schema=schema)


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_code", "--schema", str(tmp_path / "x"), "--transform", str(tmp_path / "y"))
