"""Finds delimiter, quotes and header of a text with DuckDB's sniffer, within what Spark's reader can be told."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from catalog.files.closed_duckdb import closed_duckdb
from catalog.files.dialect import DELIMITERS, QUOTES

_SNIFFED_CHARACTERS = 1024 * 1024
_SNIFF = """
SELECT Delimiter, Quote, Escape, HasHeader
FROM sniff_csv($path, ignore_errors = true, max_line_size = 4000000)
"""


@dataclass(frozen=True, slots=True)
class Sniffed:
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    header: bool = True


def sniff(text: str) -> Sniffed:
    """What the beginning of `text` looks like; plain CSV with a header where nothing can be told."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as copy:
        copy.write(_whole_lines(text).encode("utf-8", "replace"))
        copy.flush()
        try:
            with closed_duckdb(Path(copy.name)) as connection:
                found = connection.execute(_SNIFF, {"path": copy.name}).fetchone()
        except duckdb.Error:
            found = None
    if found is None:
        return Sniffed()
    delimiter, quote, escape, header = ("" if value == "(empty)" else value for value in found)
    return Sniffed(
        delimiter=delimiter if delimiter in DELIMITERS else ",",
        quote=_quote(quote, text),
        escape="\\" if escape == "\\" else "",
        header=bool(header),
    )


def _quote(found: str, text: str) -> str:
    """No quote in the sample does not mean none in the file; one that stands where no quote can, does."""
    if found in QUOTES and found:
        return found
    return "" if '"' in text[:_SNIFFED_CHARACTERS] else '"'


def _whole_lines(text: str) -> str:
    cut = text[:_SNIFFED_CHARACTERS]
    return cut if len(cut) == len(text) else cut[: cut.rfind("\n") + 1] or cut
