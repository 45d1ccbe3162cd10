from __future__ import annotations

import pytest

from connections.errors import PortalError
from jobs.script.row_filter import checked_filter

COLUMNS = ("id", "status", "placed_at", 'Odd "name"', "flag")


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("", ""),
        ("  ", ""),
        ("status = 'paid'", "\"status\" = 'paid'"),
        ("STATUS in ('a', 'b') and id >= 5", "\"status\" IN ('a', 'b') AND \"id\" >= 5"),
        ('"Odd ""name""" is not null', '"Odd ""name""" IS NOT NULL'),
        ("status = 'it''s' -- and more", "\"status\" = 'it''s'"),
        ("not flag", 'NOT "flag"'),
        ("lower(status) like 'a%'", "LOWER(\"status\") LIKE 'a%'"),
    ],
)
def test_a_condition_over_the_columns_is_quoted_and_kept(text: str, sql: str) -> None:
    assert checked_filter(text, COLUMNS) == sql


@pytest.mark.parametrize(
    "text",
    [
        "id IN (SELECT 1)",
        "EXISTS (SELECT 1)",
        "(SELECT true)",
        "pg_sleep(10) IS NULL",
        "pg_read_file('/etc/passwd') = 'x'",
        "id = 1; DROP TABLE orders",
        "id = 1) OR (1 = 1",
        "id = 1 UNION SELECT 1",
        "nope = 1",
        "orders.id = 1",
        "Odd = 1",
        "5",
        "id + 1",
        "id = $1",
        "id = ?",
        "status = E'a\\'",
        "status = 'a\\'",
        "status = $$x$$ || current_user",
        "current_user = 'x'",
        "id = ANY (ARRAY[1])",
        "id::regclass IS NULL",
        "id = (",
        "status ~ '(a+)+$'",
        "version() = ''",
        "dblink('x', 'y') = 1",
        "set_config('a', 'b', false) = 'b'",
        "id = 1" + " AND id = 1" * 200,
        "(" * 400 + "id = 1" + ")" * 400,
        "CASE WHEN id = 1 THEN true END",
        "status COLLATE \"C\" = 'a'",
    ],
)
def test_all_else_that_sql_can_do_is_refused(text: str) -> None:
    with pytest.raises(PortalError, match="READ_OPTION_INVALID"):
        checked_filter(text, COLUMNS)
