"""What is told from the beginning of a CSV file, and what a person reads beside it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from catalog.files.csv_preview import Sample, preview
from catalog.files.dialect import Dialect
from catalog.files.preview import FilePreview
from connections.errors import PortalError


def _preview(text: str | bytes, chosen: Dialect | None = None, types: list[str] | None = None) -> FilePreview:
    data = text.encode() if isinstance(text, str) else text
    return preview(Sample("data.csv", data, len(data), is_whole=True), chosen, types)


def _types(found: FilePreview) -> dict[str, str]:
    return {column.name: column.type for column in found.columns}


def _texts(found: FilePreview) -> list[list[str | None]]:
    return [[value.text for value in row] for row in found.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,x\n2,y\n", {"delimiter": ",", "header": True}),
        ("a;b\n1,5;x\n2,5;y\n", {"delimiter": ";"}),
        ("a\tb\n1\tx\n", {"delimiter": "\t"}),
        ("a|b\n1|x\n", {"delimiter": "|"}),
        ("1,2\n3,4\n", {"header": False}),
        ('a,b\n"x,1","he said ""hi"""\n', {"quote": '"', "escape": ""}),
        ('a,b\n"x\\"q",2\n"z",3\n', {"quote": '"', "escape": "\\"}),
        ("a,b\n'x,1',2\n'y,2',3\n", {"quote": "'"}),
        ('a,b\n5" pipe,1\n6" pipe,2\n', {"quote": ""}),
        ("a,b\nNA,x\n5,y\n", {"null_value": "NA"}),
        ("a,b\n\\N,x\n5,y\n", {"null_value": "\\N"}),
        ("name\nfoo\nbar\n", {"delimiter": ",", "header": True}),
    ],
)
def test_dialects(text: str, expected: dict[str, Any]) -> None:
    dialect = _preview(text).dialect.as_json()

    assert {name: dialect[name] for name in expected} == expected


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_the_same_table_in_every_encoding(codec: str) -> None:
    found = _preview("näme,größe\nMüller,5\nJäger,6\n".encode(codec))

    assert _types(found) == {"näme": "string", "größe": "bigint"}
    assert _texts(found) == [["Müller", "5"], ["Jäger", "6"]]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le"])
def test_utf16_cannot_be_cut_at_line_ends(codec: str) -> None:
    data = "a,b\n1,2\n".encode(codec)

    assert preview(Sample("x.csv", data, 10**9, is_whole=True)).dialect.multiline


def test_types() -> None:
    found = _preview(
        "zip,count,amount,large,exact,ok,day,at,mixed,empty\n"
        "00123,1,1.5,12345678901234567890,1234567890123.123456,true,2024-02-29,2024-01-01 10:00:00,1,\n"
        "02134,-2,2,3,0.5,FALSE,2024-01-01,2024-01-01T10:00:00.123Z,x,\n"
    )

    assert _types(found) == {
        "zip": "string",
        "count": "bigint",
        "amount": "double",
        "large": "decimal(38,0)",
        "exact": "decimal(38,6)",
        "ok": "boolean",
        "day": "date",
        "at": "timestamp",
        "mixed": "string",
        "empty": "string",
    }


def test_nothing_and_the_text_for_nothing_are_null() -> None:
    found = _preview("a,b\nNA,x\n5,\n")

    assert _texts(found) == [[None, "x"], ["5", None]]


def test_rows_of_the_wrong_length_are_told_by_line() -> None:
    found = _preview('a,b,c\n1,"two\nlines",3\n1,2\n1,2,3,4\n5,6,7\n')

    assert [note for note in found.notes if "line 4 has 2, line 5 has 4" in note]
    assert _texts(found)[1] == ["1", "2", None]
    assert len(found.columns) == 3


def test_double_and_blank_names_are_told() -> None:
    found = _preview("id,ID,\n1,2,3\n")

    assert [column.name for column in found.columns] == ["id", "ID_2", "column_3"]
    assert len(found.notes) == 2


def test_a_title_above_the_table_is_told() -> None:
    found = _preview("Report of May\n\na,b\n1,2\n3,4\n")

    assert "begin in line 3" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "code"), [("", "FILE_EMPTY"), ("\n\n", "FILE_EMPTY"), ("a,b,c\n", "FILE_ONLY_HEADER")]
)
def test_files_without_rows(text: str, code: str) -> None:
    with pytest.raises(PortalError) as refused:
        _preview(text)

    assert refused.value.code == code


def test_a_single_line_without_a_header_is_a_row() -> None:
    assert _texts(_preview("a,b,c\n", Dialect(header=False))) == [["a", "b", "c"]]


def test_a_file_of_too_many_columns() -> None:
    with pytest.raises(PortalError) as refused:
        _preview(",".join(f"c{number}" for number in range(2001)) + "\n" + "1," * 2000 + "1\n")

    assert refused.value.code == "FILE_TOO_MANY_COLUMNS"


def test_1600_columns_are_no_trouble() -> None:
    text = ",".join(f"c{number}" for number in range(1600)) + "\n" + ("word," * 1599 + "1\n") * 400
    began = time.perf_counter()

    found = _preview(text)

    assert len(found.columns) == 1600
    assert time.perf_counter() - began < 5


def test_what_does_not_fit_a_chosen_type_is_told_and_marked() -> None:
    found = _preview("a,b\n1,x\nmany,y\n3,z\n", Dialect(), ["bigint", "string"])

    assert "1 of 3 values of a" in found.notes[0]
    assert "“many” in line 3" in found.notes[0]
    assert [row[0].is_misfit for row in found.rows] == [False, True, False]


def test_codes_may_be_read_as_numbers_by_choice() -> None:
    assert _preview("zip\n00123\n", Dialect(), ["bigint"]).notes == []


def test_types_of_another_number_of_columns_are_told_anew() -> None:
    assert _types(_preview("a;b\n1;2\n", Dialect(delimiter=";"), ["string"])) == {"a": "bigint", "b": "bigint"}


def test_a_chosen_dialect_is_not_second_guessed() -> None:
    chosen = Dialect(delimiter=";", header=False)

    assert _preview("a,b\nNA,2\n", chosen).dialect == chosen


def test_large_files_are_read_in_parts_unless_rows_span_lines() -> None:
    plain, spanning = b"a,b\n1,x\n2,y\n", b'a,b\n1,"x\ny"\n2,z\n'

    assert not preview(Sample("x.csv", plain, 10**9, is_whole=False)).dialect.multiline
    found = preview(Sample("x.csv", spanning, 10**9, is_whole=False))
    assert found.dialect.multiline
    assert "one task" in found.notes[-1]


def test_rows_are_estimated_from_the_sample() -> None:
    rows = b"id,name\n" + b"".join(b"%07d,abcdefgh\n" % number for number in range(10_000))

    found = preview(Sample("x.csv", rows, 100 * len(rows), is_whole=False))

    assert not found.is_exact
    assert 0.98 < (found.estimated_rows or 0) / 1_000_000 < 1.02


def test_a_sample_that_ends_inside_a_row_shows_no_half_row() -> None:
    found = preview(Sample("x.csv", b'a,b\n1,2\n3,"fo', 10**6, is_whole=False))

    assert _texts(found) == [["1", "2"]]


def test_a_quote_that_is_never_closed_is_no_hang() -> None:
    rows = "".join(f"{number},x\n" for number in range(100_000))

    assert _preview('a,b\n"open,1\n' + rows).columns


def test_long_values_are_cut_on_the_page_only() -> None:
    found = _preview("a,b\n" + "x" * 50_000 + ",1\n")

    assert len(found.rows[0][0].text or "") == 200
