"""A column of every built-in PostgreSQL type, and what a job must deliver of it: as `COPY` gives it, or with a note."""

from __future__ import annotations

from dataclasses import dataclass

COPY = None


@dataclass(frozen=True)
class Case:
    """Values as SQL and as the job writes them: `COPY` when they equal what COPY gives. `note` is part of the note."""

    type: str
    values: tuple[str, ...]
    written: tuple[str | None, ...] | None = COPY
    note: str = ""


FIRST, LAST = "0001-01-01", "9999-12-31"
MOMENTS = ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999")
HUGE = "9" * 131_072

CASES = (
    Case("smallint", ("-32768", "32767")),
    Case("integer", ("-2147483648", "2147483647")),
    Case("bigint", ("-9223372036854775808", "9223372036854775807")),
    Case("real", ("'NaN'", "'-Infinity'", "1e-37", "3.4e38"), ("nan", "-inf", "1e-37", "3.4e+38")),
    Case("double precision", ("'NaN'", "'Infinity'", "-1.5", "1e308"), ("nan", "inf", "-1.5", "1e+308")),
    Case("numeric(12,2)", ("'NaN'", "-9999999999.99", "0.01"), (None, "-9999999999.99", "0.01"), "NaN"),
    Case("numeric(38,0)", ("9" * 38, "-" + "9" * 38), COPY, "NaN"),
    Case("numeric(5,-2)", ("12345", "-9900"), ("12300", "-9900"), "NaN"),
    Case("numeric(3,5)", ("0.00999", "-0.00001"), (".00999", "-.00001"), "NaN"),
    Case("numeric(50,4)", ("1.5", f"1{'0' * 40}"), ("1.5000", None), "more than 34 digits"),
    Case(
        "numeric",
        (
            "'NaN'",
            "'-Infinity'",
            HUGE,
            "1e-30",
            "12345678901234567890.5",
            "0.1",
            "99999999999999999999.9999999999999999999",
        ),
        (
            *(None, None, None),
            "0.000000000000000000",
            "12345678901234567890.500000000000000000",
            "0.100000000000000000",
            None,
        ),
        "more than 20 digits",
    ),
    Case("money", ("'-92233720368547758.08'", "12.34"), ("-92233720368547758.08", "12.34"), "currency"),
    Case("boolean", ("true", "false"), ("true", "false")),
    Case("text", ("''", "'NULL'", r"E'a\"b\\\\c'", "'żółć 😀'")),
    Case("character varying(20)", ("''", "'with blank '")),
    Case("character(6)", ("'ab'", "''"), ("ab", ""), "blanks"),
    Case('"char"', ("'x'", "'y'")),
    Case("name", ("'pg_class'", "'x'")),
    Case("bytea", (r"'\x00ff7f'", "''")),
    Case(
        "date",
        ("'infinity'", "'-infinity'", "'4713-01-01 BC'", "'2024-02-29'"),
        (LAST, FIRST, FIRST, "2024-02-29"),
        "0001",
    ),
    Case(
        "timestamp without time zone",
        ("'infinity'", "'-infinity'", "'4713-01-01 BC'", "'294276-12-31'", "'2024-03-31 02:30:00.123456'"),
        (MOMENTS[1], MOMENTS[0], MOMENTS[0], MOMENTS[1], "2024-03-31 02:30:00.123456"),
        "infinite",
    ),
    Case(
        "timestamp(3) with time zone",
        ("'infinity'", "'-infinity'", "'2024-03-31 02:30:00.123+02'"),
        (MOMENTS[1], MOMENTS[0], "2024-03-31 00:30:00.123"),
        "UTC",
    ),
    Case("time without time zone", ("'24:00'", "'00:00:00.000001'"), COPY, "read as text"),
    Case("time with time zone", ("'24:00+15:59'", "'12:00-03'"), COPY, "read as text"),
    Case("interval", ("'178000000 years'", "'-1 mon 2 days 03:04:05.678901'"), COPY, "read as text"),
    Case("interval year to month", ("'1 year 2 months'", "'0'"), COPY, "read as text"),
    Case("uuid", ("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"), COPY, "text"),
    Case("json", ("""'{"a": [1, null]}'""", "'null'"), COPY, "text"),
    Case("jsonb", ("""'{"b":1,"a":"x"}'""", "'[]'"), COPY, "text"),
    Case("jsonpath", ("'$.a[*]'", "'$'"), COPY, "text"),
    Case("xml", ("'<a>b</a>'", "'<x/>'"), COPY, "text"),
    Case("inet", ("'192.0.2.1'", "'192.0.2.0/24'", "'2001:db8::1'"), COPY, "text"),
    Case("cidr", ("'192.0.2.0/24'", "'2001:db8::/32'"), COPY, "text"),
    Case("macaddr", ("'08:00:2b:01:02:03'",), COPY, "text"),
    Case("macaddr8", ("'08:00:2b:01:02:03:04:05'",), COPY, "text"),
    Case("bit(8)", ("B'10100000'", "B'00000000'"), COPY, "text"),
    Case("bit(1)", ("B'1'", "B'0'"), COPY, "text"),
    Case("bit varying(9)", ("B'101'", "B''"), COPY, "text"),
    Case("oid", ("0", "4294967295")),
    Case("regclass", ("'pg_class'",), COPY, "text"),
    Case("regtype", ("'integer'",), COPY, "text"),
    Case("xid", ("'4294967295'",), COPY, "text"),
    Case("xid8", ("'18446744073709551615'",), COPY, "text"),
    Case("cid", ("'1'",), COPY, "text"),
    Case("tid", ("'(4294967295,65535)'",), COPY, "text"),
    Case("pg_lsn", ("'FFFFFFFF/FFFFFFFF'",), COPY, "text"),
    Case("pg_snapshot", ("'10:20:10,14,15'",), COPY, "text"),
    Case("txid_snapshot", ("'10:20:10,14,15'",), COPY, "text"),
    Case("point", ("'(1.5,-2)'",), COPY, "text"),
    Case("line", ("'{1,2,3}'",), COPY, "text"),
    Case("lseg", ("'[(1,2),(3,4)]'",), COPY, "text"),
    Case("box", ("'(3,4),(1,2)'",), COPY, "text"),
    Case("path", ("'((1,2),(3,4))'",), COPY, "text"),
    Case("polygon", ("'((1,2),(3,4))'",), COPY, "text"),
    Case("circle", ("'<(1,2),3>'",), COPY, "text"),
    Case("tsvector", ("'a fat cat'",), COPY, "text"),
    Case("tsquery", ("'fat & rat'",), COPY, "text"),
    Case("int4range", ("'[1,5)'", "'empty'"), COPY, "text"),
    Case("numrange", ("'[1.5,)'",), COPY, "text"),
    Case("tsrange", ("'[2024-01-01,2024-02-01)'",), COPY, "text"),
    Case("daterange", ("'[2024-01-01,2024-02-01)'",), COPY, "text"),
    Case("int4multirange", ("'{[1,5),[7,9)}'",), COPY, "text"),
    Case("every_type.mood", ("'so so'", "'happy'"), COPY, "text"),
    Case("every_type.pair", ("ROW(1, 'a')", "ROW(NULL, NULL)"), COPY, "text"),
    Case("every_type.positive", ("1", "2147483647"), COPY),
    Case("every_type.price", ("1.50", "'NaN'"), ("1.50", None), "NaN"),
    Case('every_type."Odd ""type"""', ("'x'",), COPY, "text"),
    Case("integer[]", ("'{1,NULL,3}'", "'{{1,2},{3,4}}'", "'{}'"), ("[1, NULL, 3]", "[1, 2, 3, 4]", "[]"), "one list"),
    Case("text[]", ("""'{a,NULL,"b,c"}'""", "'{}'"), ("[a, NULL, 'b,c']", "[]"), "one list"),
    Case("double precision[]", ("'{NaN,1.5}'",), ("[nan, 1.5]",), "one list"),
    Case("boolean[]", ("'{t,f}'",), ("[true, false]",), "one list"),
    Case("numeric(9,2)[]", ("'{NaN,1.50}'",), ("[NaN, 1.50]",), "read as text"),
    Case("time without time zone[]", ("'{24:00}'",), ("['24:00:00']",), "read as text"),
    Case("money[]", ("'{1.50}'",), ("[$1.50]",), "read as text"),
    Case("uuid[]", ("'{00000000-0000-0000-0000-000000000000}'",), ("[00000000-0000-0000-0000-000000000000]",), "text"),
    Case("date[]", ("'{infinity,2024-01-01}'",), ("[infinity, 2024-01-01]",), "text"),
    Case("bytea[]", (r"""'{"\\x00ff"}'""",), (r"['\\x00ff']",), "text"),
    Case("every_type.mood[]", ("""'{happy,"so so"}'""",), ("[happy, so so]",), "text"),
)

SCHEMA = '''
DROP SCHEMA IF EXISTS every_type CASCADE;
CREATE SCHEMA every_type;
CREATE TYPE every_type.mood AS ENUM ('happy', 'so so');
CREATE TYPE every_type.pair AS (a int, b text);
CREATE TYPE every_type."Odd ""type""" AS ENUM ('x');
CREATE DOMAIN every_type.positive AS int CHECK (VALUE > 0);
CREATE DOMAIN every_type.amount AS numeric(9,2);
CREATE DOMAIN every_type.price AS every_type.amount;
'''


def table() -> str:
    """The statements that make `every_type.all_types`: column c1 of the first case and so on; the last row is NULLs."""
    columns = ", ".join(f"c{number} {case.type}" for number, case in enumerate(CASES, start=1))
    rows = max(len(case.values) for case in CASES) + 1
    values = []
    for row in range(rows):
        cells = [case.values[row] if row < len(case.values) else "NULL" for case in CASES]
        values.append(f"({row}, {', '.join(cells)})")
    made = f"CREATE TABLE every_type.all_types (k int, {columns})"
    return f"{SCHEMA} {made}; INSERT INTO every_type.all_types VALUES {', '.join(values)};"
