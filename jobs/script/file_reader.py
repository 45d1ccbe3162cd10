"""The reader of CSV, Parquet or JSON files, as text of the script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.script.quoting import comments, spark_name

FORMATS = ("csv", "parquet", "json")
# Encodings whose line ends are not the byte 10 cannot be cut into lines before they are decoded.
_WIDE = ("utf-16", "utf-32", "utf16", "utf32")


@dataclass(frozen=True, slots=True)
class FileSource:
    """An object or a prefix that ends with a slash; `columns` are (name, Spark type), in the order of the file.

    `dialect` is `SelectedSource.read_options` of a file. Parquet knows its own columns.
    """

    alias: str
    uri: str
    columns: Sequence[tuple[str, str]]
    dialect: Mapping[str, Any]

    parts = ()

    @property
    def format(self) -> str:
        return str(self.dialect.get("format") or "csv")

    @property
    def sentence(self) -> str:
        """How it is read, in words."""
        if self.format == "csv":
            delimiter = {"\t": "tab", " ": "blank"}.get(self._text("delimiter", ","), self._text("delimiter", ","))
            return f"CSV, {self._text('encoding', 'UTF-8')}, fields parted by {delimiter!r}"
        return {"parquet": "Parquet, with its own types", "json": "JSON"}[self.format]

    @property
    def notes(self) -> list[str]:
        """What a person should know beforehand."""
        if self.format == "parquet":
            return []
        notes = ["A value that is not of its column's type is read as NULL."]
        if self.format == "csv":
            notes.append("In a row that is too short the missing values are NULL, in one too long the rest is dropped.")
        if self.format == "csv" and self._is_whole:
            notes.append("Rows may span lines, so each file is read by one task.")
        return notes

    def reader(self) -> str:
        if self.format not in FORMATS:
            raise ValueError("a file is CSV, Parquet or JSON")
        options = [f"        .option({name!r}, {value!r})" for name, value in self._options().items()]
        return "\n".join(
            [
                f"def _read_{self.alias}(spark):",
                f"    # {self.uri!r}",
                *comments([self.sentence, *self.notes]),
                "    return (",
                f"        spark.read.format({self.format!r})",
                *self._schema(),
                *options,
                f"        .load({self.uri!r})",
                "    )",
                "",
            ]
        )

    def _schema(self) -> list[str]:
        if self.format == "parquet":
            return []
        ddl = ", ".join(f"{spark_name(name)} {type_}" for name, type_ in self.columns)
        return [f"        .schema({ddl!r})"]

    def _options(self) -> dict[str, str]:
        # A key may hold what Hadoop takes for a pattern.
        literal = {"__globPaths__": "false"}
        if self.format == "csv":
            return {**literal, **self._csv()}
        if self.format == "json":
            return {**literal, "encoding": self._text("encoding", "UTF-8"), **self._multiline()}
        return literal

    def _csv(self) -> dict[str, str]:
        options = {
            "encoding": self._text("encoding", "UTF-8"),
            "sep": self._text("delimiter", ","),
            "quote": self._text("quote", '"'),
            # Without an escape character of its own a quote inside quotes is doubled.
            "escape": self._text("escape", "") or self._text("quote", '"'),
            "header": str(bool(self.dialect.get("header", True))).lower(),
            "nullValue": self._text("null_value", ""),
        }
        return {**options, **self._multiline()}

    def _multiline(self) -> dict[str, str]:
        return {"multiLine": "true"} if self._is_whole else {}

    @property
    def _is_whole(self) -> bool:
        """Whether a file cannot be cut at its lines."""
        return bool(self.dialect.get("multiline")) or self._text("encoding", "").lower().startswith(_WIDE)

    def _text(self, name: str, default: str) -> str:
        value = self.dialect.get(name)
        return default if value is None else str(value)
