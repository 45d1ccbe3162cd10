"""Parquet and JSON lines: schemas in Spark's words, first rows, and files that are not what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog.files import json_preview, parquet_preview
from catalog.files.csv_preview import Sample
from catalog.files.duckdb_types import spark_type
from connections.errors import PortalError
from connections.folder_store import FolderStore

KINDS = """
SELECT n::INT AS id, n::BIGINT AS large, n::UBIGINT AS unsigned, n / 7.0 AS ratio, n::DECIMAL(12,2) AS amount,
       'name ' || n AS name, n % 2 = 0 AS even, DATE '2024-01-01' + n::INT AS day,
       TIMESTAMPTZ '2024-01-01 00:00:00+00' AS at, [n, n] AS list, {'a b': n::INT, 'c': 'x'} AS both,
       MAP {'k': n} AS pairs, NULL::VARCHAR AS nothing
FROM range(3) AS numbers(n)
"""


def _write(folder: Path, sql: str, options: str = "") -> int:
    folder.mkdir(exist_ok=True)
    duckdb.execute(f"COPY ({sql}) TO '{folder}/data.parquet' (FORMAT parquet{options})")
    return (folder / "data.parquet").stat().st_size


class Counting(FolderStore):
    """Remembers how much was read."""

    read = 0

    def read_range(self, key: str, start: int, length: int) -> bytes:
        data = super().read_range(key, start, length)
        self.read += len(data)
        return data


def test_the_schema_and_the_rows_of_parquet(tmp_path: Path) -> None:
    size = _write(tmp_path, KINDS)

    found = parquet_preview.preview(FolderStore(tmp_path), "data.parquet", size, name="data.parquet")

    assert {column.name: column.type for column in found.columns} == {
        "id": "int",
        "large": "bigint",
        "unsigned": "decimal(20,0)",
        "ratio": "double",
        "amount": "decimal(12,2)",
        "name": "string",
        "even": "boolean",
        "day": "date",
        "at": "timestamp",
        "list": "array<bigint>",
        "both": "struct<`a b`:int,c:string>",
        "pairs": "map<string,bigint>",
        "nothing": "string",
    }
    assert [value.text for value in found.rows[1]][:6] == ["1", "1", "1", "0.14285714285714285", "1.00", "name 1"]
    assert found.rows[0][-1].text is None
    assert (found.estimated_rows, found.is_exact) == (3, True)


def test_of_a_large_parquet_file_only_its_footer_and_first_rows_are_read(tmp_path: Path) -> None:
    sql = "SELECT n, md5(n::VARCHAR) AS text FROM range(400000) AS numbers(n)"
    size = _write(tmp_path, sql, ", ROW_GROUP_SIZE 20000")
    store = Counting(tmp_path)

    found = parquet_preview.preview(store, "data.parquet", size, name="data.parquet")

    assert found.estimated_rows == 400_000
    assert [row[0].text for row in found.rows] == [str(number) for number in range(20)]
    assert store.read < size / 5


def test_a_first_block_that_is_too_large_leaves_the_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_preview, "_MOST_ROWS", 10)
    size = _write(tmp_path, KINDS)

    found = parquet_preview.preview(FolderStore(tmp_path), "data.parquet", size, name="data.parquet")

    assert found.rows == []
    assert len(found.columns) == 13
    assert "too large" in found.notes[0]


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"PAR1" + b"x" * 100 + b"\xff\xff\xff\x7fPAR1", b"PAR1xxxx\x04\0\0\0PAR1"]
)
def test_what_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.parquet").write_bytes(content)

    with pytest.raises(PortalError) as refused:
        parquet_preview.preview(FolderStore(tmp_path), "data.parquet", len(content), name="data.parquet")

    assert refused.value.code == "FILE_UNREADABLE"


def _json(text: str, *, is_whole: bool = True) -> Any:
    data = text.encode()
    return json_preview.preview(Sample("data.jsonl", data, len(data), is_whole=is_whole))


def test_json_lines() -> None:
    found = _json('{"id": 1, "name": "ä", "tags": ["x"]}\n\n{"id": 2, "at": "2024-01-01", "in": {"a b": 1.5}}\n')

    assert {column.name: column.type for column in found.columns} == {
        "id": "bigint",
        "name": "string",
        "tags": "array<string>",
        "at": "string",
        "in": "struct<`a b`:double>",
    }
    assert [value.text for value in found.rows[0]] == ["1", "ä", '["x"]', None, None]
    assert found.estimated_rows == 2


def test_a_sample_of_json_lines_leaves_out_what_is_cut() -> None:
    assert len(_json('{"a": 1}\n{"a": 2}\n{"a"', is_whole=False).rows) == 2


@pytest.mark.parametrize("text", ["[1, 2]\n", '{"a": 1', "a,b\n1,2\n", '"text"\n', "[" * 100_000])
def test_what_is_no_json_lines(text: str) -> None:
    with pytest.raises(PortalError) as refused:
        _json(text)

    assert refused.value.code == "FILE_UNREADABLE"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ('STRUCT(a INTEGER, "b, (c)" VARCHAR)[]', "array<struct<a:int,`b, (c)`:string>>"),
        ('STRUCT("say ""hi""" BIGINT)', 'struct<`say "hi"`:bigint>'),
        ('STRUCT("x`y" BIGINT)', "struct<`x``y`:bigint>"),
        ("MAP(VARCHAR, STRUCT(a DECIMAL(10,2)))", "map<string,struct<a:decimal(10,2)>>"),
        ("TIME", "string"),
        ("JSON", "string"),
        ("INTEGER" + "[]" * 50, "array<" * 21 + "string" + ">" * 21),
    ],
)
def test_nested_types(found: str, expected: str) -> None:
    assert spark_type(found) == expected
