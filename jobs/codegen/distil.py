"""A failed run in a few lines that a model may read: what failed, where, and no value of any cell.

Errors of Spark and PostgreSQL quote the value that they stumbled over. What stands in quotes or brackets stays only
where every word of it is one of the code or of the schemas; of longer numbers only those that the code itself holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jobs.codegen.untrusted import clean

MOST_LINES = 12
LINE_CHARS = 400
VALUE = "(value)"
_ERROR_LINE = re.compile(
    r"^(?:Caused by: )?(?:[\w$]+\.)*\w*(?:Error|Exception)\b|^\[[A-Z_0-9.]+\]|^\s*File .*\bin transform\b"
)
# Lines of PostgreSQL that hold whole rows.
_ROW_LINE = re.compile(r"^\s*(?:DETAIL|CONTEXT|Where):", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\([^()]*\)")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.,:/-]{2,}(?![\w])")
_PATH = re.compile(r"(?:/[\w.@+-]+){2,}")


def distilled(code: str, failure: Mapping[str, Any], *, transform: str, names: Iterable[str]) -> str:
    """What failed, from `JobRun.failure`: message, line of the transform, and the log's lines that name an error."""
    known = {word.lower() for text in (transform, *names) for word in re.findall(r"\w+", text)}
    evidence = [
        text for text in failure.get("evidence") or () if _ERROR_LINE.search(text) and not _ROW_LINE.match(text)
    ]
    told = [without_values(text, known) for text in evidence[-MOST_LINES:]]
    head = f"The run failed: {code}. {without_values(failure.get('message', ''), known)}"
    return "\n".join(filter(None, [head, _place(transform, failure.get("line")), *dict.fromkeys(told)]))


def without_values(text: str, known: set[str]) -> str:
    """The text with every fragment masked that may be a value of a cell, and every path."""
    masked = _QUOTED.sub(lambda found: _kept(found[0], known), _PATH.sub("(path)", text))
    masked = _NUMBER.sub(lambda found: found[0] if found[0].lower() in known else VALUE, masked)
    return clean(masked, LINE_CHARS)


def _kept(fragment: str, known: set[str]) -> str:
    words = re.findall(r"\w+", fragment[1:-1])
    if words and all(word.lower() in known or word in _TYPE_WORDS for word in words):
        return fragment
    return VALUE


# Words of Spark's own messages that it puts into quotes.
_TYPE_WORDS = frozenset(
    {
        *("STRING", "INT", "BIGINT", "DOUBLE", "FLOAT", "DECIMAL", "DATE", "TIMESTAMP", "BOOLEAN", "BINARY", "ARRAY"),
        *("DataFrame", "Column", "NoneType", "str", "int", "float", "list", "dict", "tuple", "object", "function"),
    }
)


def _place(transform: str, line: int | None) -> str:
    lines = transform.splitlines()
    if line is None or not 1 <= line <= len(lines):
        return ""
    return f"Line {line} of the code: {lines[line - 1].strip()[:LINE_CHARS]}"
