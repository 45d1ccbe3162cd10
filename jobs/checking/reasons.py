"""Why a member of Spark or a statement of Python is not for transforms, and what to write instead."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterable

_SOURCES = "The sources are already parameters of transform; the result is written by the platform."
_ROWS = "Keep the rows in DataFrames: use .limit(n), .agg(...) or a join instead."
_FUNCTIONS = "Use the functions of F, for example F.when, F.regexp_replace or F.transform."
_DRIVER = "Return the DataFrame instead; the page shows its rows, number and columns."


def _each(words: str, rule: str, hint: str) -> dict[str, tuple[str, str]]:
    return dict.fromkeys(words.split(), (rule, hint))


REFUSED_MEMBERS: dict[str, tuple[str, str]] = {
    **_each("read write readStream writeStream writeTo inputFiles load save saveAsTable insertInto", "io", _SOURCES),
    **_each("rdd sparkContext sparkSession sql_ctx conf catalog streams builder newSession", "session", _SOURCES),
    **_each("collect take first head tail toPandas toLocalIterator toJSON pandas_api", "rows-to-driver", _ROWS),
    **_each("to_pandas_on_spark to_koalas", "rows-to-driver", _ROWS),
    **_each("foreach foreachPartition mapInPandas mapInArrow apply applyInPandas", "python-on-rows", _FUNCTIONS),
    **_each("applyInPandasWithState cogroup udf udtf pandas_udf call_udf call_function", "python-on-rows", _FUNCTIONS),
    **_each("reflect java_method", "java", _FUNCTIONS),
    **_each("checkpoint localCheckpoint", "io", "Leave it out; Spark keeps the plan."),
    **_each(
        "createTempView createOrReplaceTempView createGlobalTempView createOrReplaceGlobalTempView registerTempTable",
        "temp-view",
        "Use a variable for the DataFrame; the sources are views already, and WITH names a step inside SQL.",
    ),
    **_each("format format_map", "format", "Use an f-string, or F.format_string for columns."),
}
"""Members of any object that are refused, called or not: rule and hint."""

ADVISED_METHODS: dict[str, tuple[str, str, str]] = {
    "show": ("action", ".show() runs the query once more and writes rows into the log.", _DRIVER),
    "explain": ("action", ".explain() writes the plan into the log.", _DRIVER),
    "printSchema": ("action", ".printSchema() writes the columns into the log.", _DRIVER),
    "isEmpty": ("action", ".isEmpty() runs the query inside transform.", "Let the DataFrame be empty, or use a join."),
    "approxQuantile": ("action", ".approxQuantile() runs the query inside transform.", "Use F.percentile_approx."),
    "cache": ("cache", ".cache() fills memory; a result is read once.", "Leave it out."),
    "persist": ("cache", ".persist() fills memory; a result is read once.", "Leave it out."),
    "hint": ("hint", "Hints bind Spark's optimizer.", "Leave it out; Spark plans by the sizes it sees."),
}
"""Methods that are allowed and seldom wise: rule, message and hint."""

REFUSED_NODES: dict[type[ast.AST], tuple[str, str]] = {
    ast.ClassDef: ("A class", "Write functions."),
    ast.With: ("with", "A transformation has nothing to open."),
    ast.Try: ("try", "Let the error show: the page explains it."),
    ast.Raise: ("raise", "Filter the rows, or use F.assert_true."),
    ast.Assert: ("assert", "Filter the rows, or use F.assert_true."),
    ast.Global: ("global", "Pass the value as a parameter."),
    ast.Nonlocal: ("nonlocal", "Return the value."),
    ast.Delete: ("del", "Leave it out."),
    ast.While: ("while", "Use for ... in range(...), which surely ends."),
    ast.NamedExpr: (":=", "Assign on a line of its own."),
    ast.Yield: ("yield", "Return a DataFrame."),
    ast.YieldFrom: ("yield", "Return a DataFrame."),
    ast.Match: ("match", "Use if, or F.when for columns."),
    ast.AsyncFunctionDef: ("async", "Write a plain function."),
    ast.Await: ("await", "Write a plain function."),
}


def _members(kinds: Iterable[type]) -> frozenset[str]:
    return frozenset(name for kind in kinds for name in dir(kind) if not name.startswith("_"))


FRAME_MEMBERS = _members(
    (types.FrameType, types.CodeType, types.TracebackType, types.GeneratorType, types.CoroutineType)
) | {"mro", "with_traceback"}
"""Where Python's own frames hang: `(x for x in y).gi_frame.f_back.f_globals` needs no underscore."""
