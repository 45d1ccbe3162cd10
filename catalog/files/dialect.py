"""How a file is read: what sniffing found or a person chose, in the terms of Spark's own options."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from connections.errors import PortalError

FORMATS = {"csv": "CSV", "parquet": "Parquet", "json": "JSON lines"}
# Java's name, which Spark takes, and Python's codec.
ENCODINGS = {
    "UTF-8": "utf-8-sig",
    "UTF-16": "utf-16",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "windows-1252": "cp1252",
    "ISO-8859-1": "latin-1",
    "ISO-8859-15": "iso8859-15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254",
    "windows-31j": "cp932",
    "EUC-JP": "euc_jp",
    "EUC-KR": "euc_kr",
    "GB18030": "gb18030",
    "Big5": "big5",
}
DELIMITERS = {
    ",": "comma ,",
    ";": "semicolon ;",
    "\t": "tab",
    "|": "bar |",
    ":": "colon :",
    "^": "caret ^",
    "~": "tilde ~",
    " ": "blank",
    "\x01": "Ctrl-A (Hive)",
}
QUOTES = {'"': 'double "', "'": "single '", "": "none"}
ESCAPES = {"": "the quote twice", "\\": "backslash \\"}
NULL_VALUES = ("NULL", "null", "NA", "N/A", "\\N", "None", "n/a", "nan", "-")
NULL_MAX = 30


@dataclass(frozen=True, slots=True)
class Dialect:
    """Its JSON is `SelectedSource.read_options` and `CsvUpload.dialect`.

    `escape` empty: a quote inside quotes is doubled. `multiline`: a row may span lines, so a file is read by one task.
    Of Parquet only `format` matters, of JSON lines `format` and `encoding`.
    """

    format: str = "csv"
    encoding: str = "UTF-8"
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    header: bool = True
    null_value: str = ""
    multiline: bool = False

    @property
    def codec(self) -> str:
        return ENCODINGS[self.encoding]

    @property
    def mark(self) -> str:
        """The same for equal dialects: a form tells by it whether the types it sends were told from this reading."""
        return json.dumps(self.as_json(), sort_keys=True)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(told: Mapping[str, Any]) -> Dialect:
    """The dialect of a form or a stored row; what is not said is the default. Raises FILE_OPTION_INVALID."""
    chosen = Dialect(
        format=_one_of(told, "format", FORMATS, "csv"),
        encoding=_one_of(told, "encoding", ENCODINGS, "UTF-8"),
        delimiter=_one_of(told, "delimiter", DELIMITERS, ","),
        quote=_one_of(told, "quote", QUOTES, '"'),
        escape=_one_of(told, "escape", ESCAPES, ""),
        header=bool(told.get("header", True)),
        null_value=str(told.get("null_value") or ""),
        multiline=bool(told.get("multiline", False)),
    )
    if len(chosen.null_value) > NULL_MAX or not chosen.null_value.isprintable():
        raise PortalError("FILE_OPTION_INVALID", what="null_value", value=chosen.null_value[:NULL_MAX])
    return chosen


def _one_of(told: Mapping[str, Any], what: str, choices: Mapping[str, str], default: str) -> str:
    value = told.get(what)
    if value is None:
        return default
    if value not in choices:
        raise PortalError("FILE_OPTION_INVALID", what=what, value=str(value)[:NULL_MAX])
    return str(value)
