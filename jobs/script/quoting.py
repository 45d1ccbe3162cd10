"""Names and texts as PostgreSQL, Spark SQL and Python comments read them literally: nothing in them becomes code."""

from __future__ import annotations

from collections.abc import Iterable


def sql_name(name: str) -> str:
    """A PostgreSQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """A PostgreSQL string constant, whatever `standard_conforming_strings` says."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'" if "\\" in text else f"'{escaped}'"


def spark_name(name: str) -> str:
    """A Spark SQL identifier."""
    return "`" + name.replace("`", "``") + "`"


def comments(texts: Iterable[str]) -> list[str]:
    """A comment line of a reader for each text; whatever ends a line or cannot be seen is a blank in it."""
    return ["    # " + "".join(sign if sign.isprintable() else " " for sign in text) for text in texts]
