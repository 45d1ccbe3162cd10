"""What is wrong with the code itself, or with how it meets the data."""

from __future__ import annotations

from jobs.execution.triage.rule import Rule, Symptoms, is_reading, rule


def _is_own(symptoms: Symptoms) -> bool:
    return symptoms.is_own


# These come before all others: whatever the person's own exception says, it is theirs.
OWN_RULES: tuple[Rule, ...] = (
    rule("TRANSFORM_RETURNED_NOTHING", r"^(?:__main__\.)?_NotADataFrame: (?P<returned>\w+)$"),
    rule(
        "PACKAGE_MISSING",
        r"^(?:ModuleNotFoundError: No module named|ImportError: .* from) '(?P<name>[\w.]+)'.*",
        when=_is_own,
    ),
    rule("PACKAGE_MISSING", r"^.*\[PACKAGE_NOT_INSTALLED\] (?P<name>\w+).*"),
    rule("OUT_OF_MEMORY_DRIVER", r"^MemoryError\b.*", when=_is_own),
    rule("TRANSFORM_FAILED", r"^(?P<error>[A-Za-z_]\w*(?:: .*)?)$(?![\s\S]*^Traceback)", when=_is_own),
    rule("TRANSFORM_FAILED", r"PythonException: Traceback[\s\S]*?^(?P<error>\w+(?:Error|Exception)\b.*)"),
)

# Conditions of Spark, in brackets where its message begins: one that is merely quoted further on is none.
_IS = r"^(?:.*(?:Exception|Error): )?\["

CONDITION_RULES: tuple[Rule, ...] = (
    # Names
    rule("COLUMN_NOT_FOUND", _IS + r"UNRESOLVED_COLUMN\S*\].*? name `(?P<column>.+?)` cannot.*", about="column"),
    rule("COLUMN_NOT_FOUND", _IS + r"UNRESOLVED_USING_COLUMN_FOR_JOIN\].*?`(?P<column>.+?)` cannot.*", about="column"),
    rule("COLUMN_NOT_FOUND", _IS + r"ATTRIBUTE_NOT_SUPPORTED\] Attribute `(?P<column>\w+)`.*", about="column"),
    rule("COLUMN_AMBIGUOUS", _IS + r"AMBIGUOUS_REFERENCE\S*\] Reference `(?P<column>.+?)` is .*", about="column"),
    rule("COLUMN_AMBIGUOUS", r"AnalysisException: Column (?P<column>[\w, ]+)#\d+.* (?:is|are) ambiguous.*"),
    rule("RUN_TABLE_MISSING", _IS + r"TABLE_OR_VIEW_NOT_FOUND\].*? view (?P<name>`.+?`) cannot.*", when=is_reading),
    rule("TABLE_NAME_UNKNOWN", _IS + r"TABLE_OR_VIEW_NOT_FOUND\].*? view (?P<name>`.+?`) cannot.*", about="name"),
    # The same in the words of Spark before 3.4
    rule("COLUMN_NOT_FOUND", r"AnalysisException: Column '(?P<column>.+?)' does not exist.*", about="column"),
    rule("COLUMN_NOT_FOUND", r"AnalysisException: cannot resolve '`?(?P<column>.+?)`?' given.*", about="column"),
    rule("RUN_TABLE_MISSING", r"AnalysisException: Table or view not found: (?P<name>[\w.`]+).*", when=is_reading),
    rule("TABLE_NAME_UNKNOWN", r"AnalysisException: Table or view not found: (?P<name>[\w.`]+).*", about="name"),
    rule("FUNCTION_UNKNOWN", _IS + r"UNRESOLVED_ROUTINE\].*? (?:function|routine) `(?P<name>.+?)` .*", about="name"),
    rule("SQL_INVALID", _IS + r"PARSE_\w+\] (?P<error>.*)"),
    # Types and values
    rule(
        "TYPE_MISMATCH", _IS + r"(?:DATATYPE_MISMATCH|INCOMPATIBLE_COLUMN_TYPE|NUM_COLUMNS_MISMATCH)\S*\] (?P<error>.*)"
    ),
    rule("DIVISION_BY_ZERO", _IS + r"DIVIDE_BY_ZERO\].*|^.*ArithmeticException: / by zero.*"),
    rule("CAST_FAILED", _IS + r"(?:CAST_\w+|CANNOT_PARSE_\w+|INVALID_ARRAY_INDEX\w*)\].*"),
    rule("CAST_FAILED", _IS + r"INCONSISTENT_BEHAVIOR_CROSS_VERSION\.(?:PARSE_DATETIME|DATETIME_PATTERN)\S*\].*"),
    rule(
        "RUN_VALUE_UNREADABLE",
        _IS + r"NUMERIC_VALUE_OUT_OF_RANGE\S*\].* cannot be represented as Decimal\(38, 18\).*",
        when=is_reading,
    ),
    rule("NUMBER_TOO_LARGE", _IS + r"(?:ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE|DATETIME_OVERFLOW)\S*\].*"),
)

CODE_RULES: tuple[Rule, ...] = (
    # Files, as they were found
    rule(
        "RUN_TYPE_CHANGED", r"^.*Parquet column cannot be converted.*?Column: \[(?P<column>[^\]]+)\].*", about="column"
    ),
    rule("RUN_TYPE_CHANGED", r"^.*SchemaColumnConvertNotSupportedException.*"),
    rule(
        "RUN_FILE_MALFORMED",
        r"^.*(?:MALFORMED_RECORD_IN_PARSING|is not a Parquet file|Malformed records are detected|UNABLE_TO_INFER_SCHEMA"
        r"|Not in GZIP format|MalformedInputException).*",
    ),
    # The result's place
    rule("OUTPUT_EXISTS", r"^.*(?:\[PATH_ALREADY_EXISTS\]|FileAlreadyExistsException).*"),
    rule("STORE_NOT_WRITABLE", r"^.*(?:AccessControlException|Permission denied|Mkdirs failed|Not a directory).*"),
    rule("TYPE_MISMATCH", r"(?P<error>ClassCastException: .*)"),
    rule("SQL_INVALID", r"^(?:\S+\.)?ParseException: (?P<error>.*)"),
    # What Spark or PySpark says of the code, whatever it is
    rule("TRANSFORM_FAILED", r"^(?:\S+\.)?(?P<error>AnalysisException: .*|PySpark\w+(?:Error|Exception)?: .*)"),
)
