"""The errors of a rehearsal as findings: what is wrong in plain words, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from jobs.checking.findings import Finding
from jobs.checking.rehearsal.answers import Problem
from jobs.checking.suggestions import did_you_mean

Words = tuple[str, str, str]
"""Rule, message and hint."""

MAX_NAMES = 12
_NAMES = re.compile(r"`((?:[^`]|``)+)`")


def finding_of(problem: Problem, *, needs_rows: bool) -> Finding:
    """What failed, at its line. What an advisory says is no proof that the code fails on an engine."""
    rule, message, hint = _words(problem)
    severity: str = "blocking"
    if problem["kind"] in ("engine", "source") or (problem["kind"] == "time" and problem["in_spark"]):
        severity = "advisory"
    elif needs_rows and problem["kind"] in ("spark", "python"):
        severity = "advisory"
        hint = f"{hint} The code asks for rows before that, and a rehearsal has none: it may do better on real ones."
    line = problem["line"] or 1
    return Finding(rule, "blocking" if severity == "blocking" else "advisory", line, problem["column"], message, hint)


def _words(problem: Problem) -> Words:
    by_kind = _BY_KIND.get(problem["kind"])
    if by_kind:
        return by_kind(problem)
    name = problem["error_class"]
    for start, words in _BY_CLASS.items():
        if name.startswith(start):
            return words(problem)
    for part, words in _BY_WORDS.items():
        if part in problem["message"]:
            return words(problem)
    if problem["kind"] == "spark":
        return "analysis", _sentence(problem["message"]), "Spark refuses this before it reads any row."
    return "python-error", f"{problem['type']}: {_sentence(problem['message'])}", "Correct the call here."


def _sentence(text: str) -> str:
    text = text.strip() or "Spark gives no reason."
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _named(problem: Problem, *keys: str) -> str:
    """The first of these parameters, without Spark's backticks."""
    found = next((problem["parameters"][key] for key in keys if problem["parameters"].get(key)), "")
    parts = _NAMES.findall(found)
    return ".".join(part.replace("``", "`") for part in parts) if parts else found.strip('"')


def _listed(names: list[str]) -> str:
    more = "" if len(names) <= MAX_NAMES else ", …"
    return ", ".join(names[:MAX_NAMES]) + more


def _unknown_column(problem: Problem) -> Words:
    name = _named(problem, "objectName", "fieldName", "colName", "columnName", "name")
    names = [one.replace("``", "`") for one in _NAMES.findall(problem["parameters"].get("proposal", ""))]
    names = names or problem["names"]
    hint = did_you_mean(name.rsplit(".", 1)[-1], names) or (f"Columns here: {_listed(names)}." if names else "")
    return "unknown-column", f"There is no column {name} here.", hint or "Look at the columns of the sources."


def _no_attribute(problem: Problem) -> Words:
    owner, name = problem["parameters"].get("owner", "value"), problem["parameters"].get("name", "")
    if owner == "DataFrame":
        return _unknown_column(problem)
    hints = {"GroupedData": "After groupBy comes .agg(...), .count() or .pivot(...).", "NoneType": "It is None here."}
    return "unknown-method", f"A {owner} has no {name}.", hints.get(owner, "Use the methods of DataFrames and Columns.")


def _ambiguous(problem: Problem) -> Words:
    name = _named(problem, "name")
    hint = 'Say which one: orders["id"], or F.col("o.id") after .alias("o"); or drop one of them.'
    return "ambiguous-column", f"{name or 'A column'} is the name of more than one column here.", hint


def _ambiguous_self_join(problem: Problem) -> Words:
    hint = 'Give both sides of the join an alias and name columns as F.col("a.id").'
    return "ambiguous-column", "A column of a DataFrame that is joined with itself can mean either side.", hint


def _spark_words(rule: str, hint: str) -> Callable[[Problem], Words]:
    return lambda problem: (rule, _sentence(problem["message"]), hint)


def _unknown_function(problem: Problem) -> Words:
    name = _named(problem, "routineName", "functionName").rsplit(".", 1)[-1]
    return "unknown-function", f"Spark has no function {name}.", "Use one of Spark's own functions."


def _unknown_table(problem: Problem) -> Words:
    name = _named(problem, "relationName")
    return "sql-table", f"There is no source {name}.", "Select from the picked sources by their aliases."


def _no_method(problem: Problem) -> Words:
    method, types = problem["parameters"].get("method", ""), problem["parameters"].get("types", "")
    plain = re.sub(r"class java\.(?:lang|util)\.", "", types).strip("[]")
    return (
        "wrong-arguments",
        f".{method}() does not take ({plain}).",
        "Compare the arguments with what the method takes.",
    )


def _into_bool(problem: Problem) -> Words:
    hint = "Write & for and, | for or, ~ for not, with each condition in parentheses; F.when(...) for if."
    return "column-as-bool", "A condition over columns has no single truth value.", hint


def _not_a_frame(problem: Problem) -> Words:
    return "not-a-dataframe", f"transform gave a {problem['message']}, not a DataFrame.", "Return the DataFrame itself."


def _time(problem: Problem) -> Words:
    if problem["in_spark"]:
        message = "Spark did not come to an end with the plan of this code in the time of a rehearsal."
        return "rehearsal-time", message, "Write it in fewer steps; loops that add columns or joins make plans explode."
    message = "transform does not come to an end: it was stopped here."
    return "rehearsal-time", message, "It only describes what to compute; let Spark loop over the rows."


def _memory(problem: Problem) -> Words:
    message = "transform takes more memory than a rehearsal has."
    return "rehearsal-memory", message, "Keep data in DataFrames; build no large lists or texts in Python."


def _engine(problem: Problem) -> Words:
    message = "This code was not rehearsed to its end: Spark ended with it, as when its memory is used up."
    return "not-rehearsed", message, "Write it in fewer and smaller steps."


def _source(problem: Problem) -> Words:
    message = f"This code was not rehearsed: a source has a type that Spark does not know. {problem['message']}"
    return "not-rehearsed", message, "Leave that column out, or cast it in a view of the database."


def _unwritable(problem: Problem) -> Words:
    kind = problem["parameters"].get("msg", "").rstrip(".").rpartition(" ")[2]
    return "unwritable-type", f"No file can hold the type {kind} of a column.", 'Cast it, as .cast("string").'


_AGGREGATION = _spark_words(
    "aggregation", "Group by this column, or aggregate it, as F.first or F.max; windows need .over(...)."
)
_BY_KIND: Mapping[str, Callable[[Problem], Words]] = {
    "not-a-dataframe": _not_a_frame,
    "time": _time,
    "memory": _memory,
    "engine": _engine,
    "source": _source,
}
_BY_CLASS: Mapping[str, Callable[[Problem], Words]] = {
    "UNRESOLVED_COLUMN": _unknown_column,
    "UNRESOLVED_USING_COLUMN": _unknown_column,
    "UNRESOLVED_FIELD": _unknown_column,
    "FIELD_NOT_FOUND": _unknown_column,
    "NO_SUCH_ATTRIBUTE": _no_attribute,
    "AMBIGUOUS_": _ambiguous,
    "DATATYPE_MISMATCH": _spark_words("wrong-type", "Cast one of them, or use a function for this type."),
    "UNRESOLVED_ROUTINE": _unknown_function,
    "WRONG_NUM_ARGS": _spark_words("wrong-arguments", "Give the function as many arguments as it takes."),
    "MISSING_AGGREGATION": _AGGREGATION,
    "MISSING_GROUP_BY": _AGGREGATION,
    "TABLE_OR_VIEW_NOT_FOUND": _unknown_table,
    "PARSE_": _spark_words("sql-syntax", "Correct the SQL text here."),
    "UNSUPPORTED_DATATYPE": _spark_words(
        "unknown-type", "Types are string, int, bigint, double, decimal(12,2), date …"
    ),
    "NUM_COLUMNS_MISMATCH": _spark_words(
        "columns-differ", "Select the same columns on both sides, or use unionByName."
    ),
    "INCOMPATIBLE_COLUMN_TYPE": _spark_words("columns-differ", "Cast the columns to the same types on both sides."),
    "NO_SUCH_METHOD": _no_method,
    "CANNOT_PARSE_DATATYPE": _unwritable,
    "CANNOT_CONVERT_COLUMN_INTO_BOOL": _into_bool,
    "NOT_": _spark_words("wrong-arguments", "Compare the argument with what the function takes."),
}
_BY_WORDS: Mapping[str, Callable[[Problem], Words]] = {
    "probably because you joined several": _ambiguous_self_join,
    "grouping expressions": _AGGREGATION,
    "requires window to be ordered": _spark_words("window", "Add .orderBy(...) to the window."),
}
