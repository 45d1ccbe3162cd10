"""What a person sees of a result, page by page and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connections.errors import PortalError
from jobs import results
from jobs.models import JobRun
from jobs.result_display import Cell, ResultColumn, cell, display, grouped
from tests.jobs.conftest import StoreResult
from tests.jobs.factories import RunFactory

pytestmark = pytest.mark.django_db

NUMBERS = "SELECT i::BIGINT AS n, 'row ' || i AS label FROM range({}, {}) AS t(i)"
COLUMNS = [("n", "bigint"), ("label", "string")]


def numbers_of(page: results.ResultPage) -> list[int]:
    return [row[0] for row in page.rows]


def whole_csv(run: JobRun) -> str:
    return b"".join(results.csv_rows(run)).decode()


def test_a_page_keeps_the_order_of_the_job_over_all_parts(store_result: StoreResult) -> None:
    run = store_result(COLUMNS, "SELECT 3::BIGINT AS n, 'c' AS label", NUMBERS.format(0, 3))

    page = results.page(run, offset=0, limit=10)

    assert numbers_of(page) == [3, 0, 1, 2]
    assert (page.total, page.matched, page.first, page.last) == (4, 4, 1, 4)


def test_pages_of_a_sorted_result_never_overlap_where_values_are_equal(store_result: StoreResult) -> None:
    run = store_result(COLUMNS, "SELECT i::BIGINT AS n, 'same' AS label FROM range(5000) AS t(i)")

    seen = [
        number
        for offset in range(0, 5000, 1000)
        for number in numbers_of(results.page(run, offset=offset, limit=1000, sort="label"))
    ]

    assert seen == list(range(5000))


def test_sorting_puts_nulls_last_in_both_directions(store_result: StoreResult) -> None:
    run = store_result([("n", "int")], "SELECT unnest([2, NULL, 3, 1])::INT AS n")

    up = results.page(run, offset=0, limit=10, sort="n")
    down = results.page(run, offset=0, limit=10, sort="n", descending=True)

    assert (numbers_of(up), numbers_of(down)) == ([1, 2, 3, None], [3, 2, 1, None])


def test_search_finds_text_in_any_column_whatever_the_case(store_result: StoreResult) -> None:
    run = store_result(
        COLUMNS, "SELECT * FROM (VALUES (17::BIGINT, 'Ærø'), (2, '50% of_it'), (3, NULL)) AS t(n, label)"
    )

    def found(text: str) -> list[int]:
        page = results.page(run, offset=0, limit=10, search=text)
        assert page.matched == len(page.rows)
        return numbers_of(page)

    assert (found("ærø"), found("17"), found("%"), found("_"), found("'")) == ([17], [17], [2], [2], [])


def test_an_unknown_sort_column_is_refused(store_result: StoreResult) -> None:
    with pytest.raises(PortalError, match="NOT_FOUND"):
        results.page(store_result(COLUMNS, NUMBERS.format(0, 1)), offset=0, limit=10, sort='n"; DROP TABLE x')


@pytest.mark.parametrize("parts", [[], [NUMBERS.format(0, 0)]])
def test_a_result_without_rows_or_without_files_is_an_empty_page(store_result: StoreResult, parts: list[str]) -> None:
    run = store_result(COLUMNS, *parts)

    page = results.page(run, offset=0, limit=50, sort="n", search="x")

    assert (page.rows, page.total, [column.name for column in page.columns]) == ([], 0, ["n", "label"])
    assert whole_csv(run) == "n,label\r\n"


def test_names_with_quotes_dots_equal_but_for_case_or_of_duckdb_itself_work(store_result: StoreResult) -> None:
    names = ["Total", "total", 'with "quotes"', "a.b", "50% off", "file_row_number", "t", "c0"]
    # DuckDB cannot write two names that differ in case alone, as Spark can; the manifest's names are shown anyway.
    stored = ["other" if name == "total" else name.replace('"', '""') for name in names]
    select = ", ".join(f'{number} AS "{name}"' for number, name in enumerate(stored))
    run = store_result([(name, "int") for name in names], f"SELECT {select}")

    page = results.page(run, offset=0, limit=10, sort="total", search="5")

    assert page.rows == [tuple(range(8))]
    assert next(csv.reader(io.StringIO(whole_csv(run)))) == names


def test_values_come_as_python_objects(store_result: StoreResult) -> None:
    run = store_result(
        [("d", "decimal(22,2)"), ("at", "timestamp"), ("s", "struct<at:timestamp>"), ("f", "float")],
        "SELECT 98214.50::DECIMAL(22,2), TIMESTAMPTZ '2026-11-22 18:41:07+02', "
        "{'at': TIMESTAMPTZ '2026-11-22 18:41:07+02'}, 0.1::FLOAT",
    )

    [row] = results.page(run, offset=0, limit=10).rows

    at = datetime(2026, 11, 22, 16, 41, 7)
    assert row == (Decimal("98214.50"), at, {"at": at}, 0.1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", ""),
        (True, "true"),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+3"), "1000"),
        (0.1, "0.1"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (datetime(2026, 11, 22, 16, 41, 7), "2026-11-22 16:41:07"),
        (b"\x00\xff", "00ff"),
        ([1, {"a": Decimal("1.10"), "é": None}], '[1, {"a": "1.10", "é": null}]'),
        ({1: datetime(2026, 1, 1)}, '{"1": "2026-01-01 00:00:00"}'),
    ],
)
def test_each_value_has_one_text_form(value: object, text: str | None) -> None:
    assert display(value) == text


def test_the_grid_tells_null_from_empty_text_and_groups_digits() -> None:
    text, number = ResultColumn("name", "string"), ResultColumn("total", "decimal(22,2)")

    assert cell(text, None) == Cell("NULL", "null")
    assert cell(text, "") == Cell("empty text", "empty")
    assert cell(text, "1234") == Cell("1234", "text")
    assert cell(number, Decimal("-98214.50")) == Cell("-98\u202f214.50", "number")
    assert cell(text, "x" * 300).full == "x" * 300
    assert grouped("1e+30") == "1e+30"


def test_csv_quotes_what_rfc_4180_wants_and_keeps_null_from_empty(store_result: StoreResult) -> None:
    run = store_result(
        [("a", "string"), ("b", "string"), ("c", "boolean")],
        """SELECT 'say "hi", you', '', true UNION ALL SELECT NULL, 'two' || chr(10) || 'lines', NULL""",
    )

    assert whole_csv(run) == 'a,b,c\r\n"say ""hi"", you","",true\r\n,"two\nlines",\r\n'


def test_csv_of_many_rows_comes_in_pieces_and_in_order(store_result: StoreResult) -> None:
    run = store_result(COLUMNS, NUMBERS.format(0, 5000), NUMBERS.format(5000, 7001))

    pieces = list(results.csv_rows(run))

    assert len(pieces) > 3
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode())))[1:]
    assert [int(row[0]) for row in rows] == list(range(7001))


def test_a_missing_file_is_said_before_the_download_starts(store_result: StoreResult, bucket: Path) -> None:
    run = store_result(COLUMNS, NUMBERS.format(0, 1))
    next(bucket.rglob("*.parquet")).unlink()

    with pytest.raises(PortalError, match="STORE_OBJECT_MISSING"):
        results.csv_rows(run)
    with pytest.raises(PortalError, match="STORE_OBJECT_MISSING"):
        results.page(run, offset=0, limit=10)


def test_a_damaged_file_is_said_in_words(store_result: StoreResult, bucket: Path) -> None:
    run = store_result(COLUMNS, NUMBERS.format(0, 1))
    next(bucket.rglob("*.parquet")).write_bytes(b"not a parquet file at all")

    with pytest.raises(PortalError, match="RESULT_UNREADABLE"):
        results.page(run, offset=0, limit=10)
    with pytest.raises(PortalError, match="RESULT_UNREADABLE"):
        results.csv_rows(run)


def test_a_file_with_other_columns_than_the_manifest_is_not_shown(store_result: StoreResult) -> None:
    run = store_result([("n", "bigint")], NUMBERS.format(0, 1))

    with pytest.raises(PortalError, match="RESULT_UNREADABLE"):
        results.page(run, offset=0, limit=10)


def test_a_page_that_takes_too_long_is_interrupted(store_result: StoreResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "TIME_LIMIT_SECONDS", 0.0)
    run = store_result(COLUMNS, NUMBERS.format(0, 2_000_000))

    with pytest.raises(PortalError, match="RESULT_TOO_SLOW"):
        results.page(run, offset=0, limit=10, sort="label", search="9")


def test_a_run_without_a_manifest_has_no_result_yet(version: object) -> None:
    with pytest.raises(PortalError, match="RESULT_NOT_READY"):
        results.page(RunFactory(code_version=version, state="RUNNING"), offset=0, limit=10)


def test_the_reading_connection_sees_nothing_but_its_own_files(store_result: StoreResult, tmp_path: Path) -> None:
    run = store_result(COLUMNS, NUMBERS.format(0, 1))
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")

    with results._reader(run) as reader:
        for statement in (
            f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(results.duckdb.Error):
                reader.connection.execute(statement)
