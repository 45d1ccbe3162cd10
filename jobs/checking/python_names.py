"""The names of Python itself, and of the modules a transform may import, that a transform may use."""

from __future__ import annotations

import math
from typing import Literal

from jobs.checking.spark_names import FUNCTIONS, TYPES, names

Module = Literal["functions", "types", "window", "datetime", "decimal", "math", "pyspark.sql"]

BUILTINS = names(
    """
    abs all any bool dict divmod enumerate filter float frozenset int isinstance len list map max min pow print range
    reversed round set slice sorted str sum tuple zip
    """
)

ANNOTATION_ONLY = frozenset({"DataFrame", "Column", "SparkSession"})
"""Names that may be imported from pyspark.sql to describe parameters, and used nowhere else."""

MODULE_PATHS: dict[str, Module] = {
    "pyspark.sql": "pyspark.sql",
    "pyspark.sql.functions": "functions",
    "pyspark.sql.types": "types",
    "pyspark.sql.window": "window",
    "datetime": "datetime",
    "decimal": "decimal",
    "math": "math",
}

# An imported module holds more than its own names (datetime.sys is the real sys), hence a list for each.
MODULE_MEMBERS: dict[Module, frozenset[str]] = {
    "functions": FUNCTIONS,
    "types": TYPES,
    "window": frozenset({"Window", "WindowSpec"}),
    "datetime": frozenset({"date", "datetime", "time", "timedelta", "timezone", "UTC", "MINYEAR", "MAXYEAR"}),
    "decimal": frozenset(
        {"Decimal", "ROUND_CEILING", "ROUND_DOWN", "ROUND_FLOOR", "ROUND_HALF_DOWN", "ROUND_HALF_EVEN"}
        | {"ROUND_HALF_UP", "ROUND_UP"}
    ),
    "math": frozenset(name for name in dir(math) if not name.startswith("_")),
    "pyspark.sql": frozenset({"functions", "types", "Window"} | ANNOTATION_ONLY),
}

METHODS = names(
    """
    capitalize casefold endswith isalnum isalpha isdigit islower isnumeric isupper join lower lstrip removeprefix
    removesuffix replace rstrip split splitlines startswith strip swapcase title upper zfill count index find rfind
    append copy extend insert pop remove reverse sort get items keys setdefault update values add discard difference
    intersection union issubset issuperset symmetric_difference fromkeys clear
    date time today now fromisoformat isoformat strftime strptime timestamp weekday isoweekday isocalendar
    total_seconds combine toordinal fromordinal fromtimestamp quantize to_integral_value as_tuple
    fieldNames simpleString typeName asDict
    """
)
"""Methods of plain values; none of them reaches further than the value. `format` reads attributes and is not here."""

NEVER_TEXT_METHODS = names(
    """
    endswith startswith isalnum isalpha isdigit islower isnumeric isupper count index find rfind split splitlines
    add append extend items keys values union difference intersection
    """
)
"""Methods that no type answers with a string."""

NEVER_TEXT_BUILTINS = names(
    """
    all any bool dict enumerate float frozenset int isinstance len list range set slice tuple zip
    """
)

PLAIN_PROPERTIES = names(
    """
    columns dtypes schema na stat names fields name dataType nullable elementType keyType valueType containsNull
    precision scale metadata
    """
)
"""Attributes that may hold text or more objects; any other attribute that is read can only be a column or a number."""
