"""Why a transform failed, as plain values: what was raised, Spark's own words for it, and where in the code."""

from __future__ import annotations

import ast
import re
import traceback
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from py4j.protocol import Py4JError, Py4JNetworkError
from pyspark.errors import PySparkException

FILE = "<transform>"
MAX_WORDS = 600
_CLASS = re.compile(r"^\s*\[[A-Z][A-Z0-9_.]*\]\s*")
_PLAN = re.compile(r";?\s*\n\s*'?[A-Z][A-Za-z]+(?: |\n|$)|\n\s*[:+]-|\n\nJVM stacktrace|\n\s*== SQL ==")
_NO_METHOD = re.compile(r"Method (\w+)\((.*?)\) does not exist")
_NO_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")


class OutOfTime(BaseException):
    """Raised by the alarm; no `except Exception` of a library takes it for an error of its own."""


class Failure(Exception):
    """A failure that no library raised. `kind` is one of those of `Told`."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


@dataclass(slots=True)
class Told:
    """`kind` is spark, python, time, memory, engine or not-a-dataframe; `error_class` and `parameters` are Spark's.

    `line` is 1 and up, 0 where the code had no part in it; `column` counts from 0. `names` are columns that would do.
    """

    kind: str
    type: str
    message: str
    error_class: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    line: int = 0
    column: int = 0
    names: list[str] = field(default_factory=list)
    in_spark: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def failure_of(error: BaseException, source: str) -> Told:
    told = Told(_kind(error), type(error).__name__, _words(error))
    if isinstance(error, PySparkException):
        told.error_class = error.getErrorClass() or ""
        told.parameters = {name: str(value) for name, value in (error.getMessageParameters() or {}).items()}
    elif found := _NO_METHOD.search(str(error)):
        told.error_class, told.parameters = "NO_SUCH_METHOD", {"method": found[1], "types": found[2]}
    _place(told, error)
    _missing_attribute(told, error)
    if isinstance(error, SyntaxError):
        told.line, told.column = error.lineno or 1, max((error.offset or 1) - 1, 0)
    _point_at_name(told, source)
    return told


def _kind(error: BaseException) -> str:
    if isinstance(error, Failure):
        return error.kind
    if isinstance(error, OutOfTime):
        return "time"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, Py4JNetworkError | ConnectionError | EOFError):
        return "engine"
    return "spark" if isinstance(error, PySparkException | Py4JError) else "python"


def _words(error: BaseException) -> str:
    """The message without its class in brackets, the plan behind it and Java's part of it."""
    text = _CLASS.sub("", str(error).strip())
    cut = _PLAN.search(text)
    text = " ".join(text[: cut.start() if cut else len(text)].split())
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1]}…"


def _place(told: Told, error: BaseException) -> None:
    """The last place in the transform that the error came through."""
    own = [step for step in _steps(error.__traceback__) if step.tb_frame.f_code.co_filename == FILE]
    if not own:
        return
    last = own[-1]
    told.line = last.tb_lineno
    positions = list(last.tb_frame.f_code.co_positions())[last.tb_lasti // 2]
    told.column = (positions[2] or 0) if positions[0] == told.line else 0
    files = [step.tb_frame.f_code.co_filename for step in _steps(error.__traceback__)]
    interrupted = files[:-1] if isinstance(error, OutOfTime) else files  # the alarm itself is the last
    told.in_spark = interrupted[-1].endswith("socket.py") or "py4j" in interrupted[-1]


def _steps(found: TracebackType | None) -> list[TracebackType]:
    steps = []
    while found is not None:
        steps.append(found)
        found = found.tb_next
    return steps


def _missing_attribute(told: Told, error: BaseException) -> None:
    """`frame.colum` is an unknown column, and the frame at hand knows which there are."""
    found = _NO_ATTRIBUTE.search(str(error)) if isinstance(error, AttributeError) else None
    if found is None:
        return
    told.error_class, told.parameters = "NO_SUCH_ATTRIBUTE", {"owner": found[1], "name": found[2]}
    steps = _steps(error.__traceback__)
    owner = steps[-1].tb_frame.f_locals.get("self") if steps else None
    if found[1] == "DataFrame" and owner is not None:
        told.names = list(owner.columns)


def _point_at_name(told: Told, source: str) -> None:
    """Moves the place to the very name that Spark does not know, where it stands in the statement that failed."""
    name = told.parameters.get("objectName") or told.parameters.get("name") or told.parameters.get("fieldName") or ""
    last = name.replace("`", "").rsplit(".", 1)[-1]
    if not last or not told.line:
        return
    statement = _statement(source, told.line)
    for node in ast.walk(statement) if statement else ():
        if _spells(node, last, name.replace("`", "")):
            told.line, told.column = _where(node, last, source)
            return


def _statement(source: str, line: int) -> ast.AST | None:
    """The innermost statement around a line."""
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(around, key=lambda node: node.lineno, default=None)


def _spells(node: ast.AST, last: str, whole: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == last
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value in (last, whole) or (
            " " in node.value and re.search(rf"\b{re.escape(last)}\b", node.value) is not None
        )
    return isinstance(node, ast.keyword) and node.arg == last


def _where(node: ast.AST, last: str, source: str) -> tuple[int, int]:
    """Line and column of the name inside the node, which may be a long text of SQL."""
    line, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
    lines = source.splitlines()[line - 1 : end]
    start = getattr(node, "col_offset", 0)
    for number, text in enumerate(lines):
        found = re.search(rf"\b{re.escape(last)}\b", text[start:] if number == 0 else text)
        if found:
            return line + number, found.start() + (start if number == 0 else 0)
    return line, start


def trace_of(error: BaseException) -> str:
    """The whole traceback, for the log of whoever keeps this process."""
    return "".join(traceback.format_exception(error))
