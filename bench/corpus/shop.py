"""The sources of the corpus: their schema as `manage.py check_code` reads it, and a few rows to try code on."""

from __future__ import annotations

from typing import Any

_Columns = list[tuple[str, str]]

_POSTGRES: dict[str, _Columns] = {
    "customers": [
        ("id", "bigint"),
        ("name", "text"),
        ("email", "text"),
        ("country", "text"),
        ("segment", "character varying(20)"),
        ("signed_up_at", "timestamp with time zone"),
        ("is_active", "boolean"),
    ],
    "orders": [
        ("id", "bigint"),
        ("customer_id", "bigint"),
        ("status", "text"),
        ("total_amount", "numeric(12,2)"),
        ("currency", "character(3)"),
        ("created_at", "timestamp with time zone"),
        ("shipped_at", "timestamp with time zone"),
        ("note", "jsonb"),
    ],
    "order_items": [
        ("id", "bigint"),
        ("order_id", "bigint"),
        ("product_id", "integer"),
        ("quantity", "integer"),
        ("unit_price", "numeric(10,2)"),
        ("discount", "double precision"),
    ],
    "products": [
        ("id", "integer"),
        ("sku", "text"),
        ("name", "text"),
        ("category", "text"),
        ("price", "numeric(10,2)"),
        ("tags", "text[]"),
        ("weight_kg", "real"),
    ],
}
_GLUE: dict[str, _Columns] = {
    "visits": [
        ("visit_id", "string"),
        ("customer_id", "bigint"),
        ("day", "date"),
        ("page", "string"),
        ("seconds", "int"),
        ("attributes", "map<string,string>"),
        ("hits", "array<struct<page:string,ms:bigint>>"),
    ],
}
_CSV: dict[str, _Columns] = {"targets": [("country", "string"), ("month", "string"), ("target", "double")]}
_KEYS = {name: [["id"]] for name in _POSTGRES}


def sources(aliases: list[str]) -> list[dict[str, Any]]:
    """These sources as a schema file spells them, with their keys."""
    kinds = {"POSTGRES": _POSTGRES, "GLUE": _GLUE, "CSV": _CSV}
    of_kind = {name: (kind, columns) for kind, tables in kinds.items() for name, columns in tables.items()}
    return [
        {
            "alias": alias,
            "kind": of_kind[alias][0],
            "columns": [{"name": name, "type": type_, "nullable": True} for name, type_ in of_kind[alias][1]],
            "keys": _KEYS.get(alias),
        }
        for alias in aliases
    ]


# A few rows of each source as SQL, in Spark's types: what only fails on rows shall fail on these.
ROWS: dict[str, str] = {
    "customers": """
        SELECT * FROM VALUES
        (1L, 'Greta', 'greta@example.com', 'DE', 'retail', timestamp'2023-03-01 10:00:00', true),
        (2L, 'Adrien', NULL, 'FR', 'business', timestamp'2024-01-15 08:30:00', false)
        AS t(id, name, email, country, segment, signed_up_at, is_active)""",
    "orders": """
        SELECT * FROM VALUES
        (10L, 1L, 'paid', 120.50BD, 'EUR', timestamp'2024-01-20 09:00:00', timestamp'2024-01-22 09:00:00',
         '{"gift": 1}'),
        (11L, 1L, 'open', 80.00BD, 'USD', timestamp'2024-02-03 17:45:00', CAST(NULL AS timestamp), NULL),
        (12L, 2L, 'cancelled', 15.25BD, 'EUR', timestamp'2024-02-10 12:00:00', CAST(NULL AS timestamp), '{}')
        AS t(id, customer_id, status, total_amount, currency, created_at, shipped_at, note)""",
    "order_items": """
        SELECT * FROM VALUES
        (100L, 10L, 1, 2, 10.00BD, 0.1D), (101L, 10L, 2, 1, 100.50BD, 0D),
        (102L, 11L, 1, 8, 10.00BD, CAST(NULL AS double))
        AS t(id, order_id, product_id, quantity, unit_price, discount)""",
    "products": """
        SELECT * FROM VALUES
        (1, 'A-1', 'Cup', 'kitchen', 10.00BD, array('red', 'small'), CAST(0.3 AS float)),
        (2, 'B-2', 'Lamp', 'living', 100.50BD, array('tall'), CAST(2.5 AS float))
        AS t(id, sku, name, category, price, tags, weight_kg)""",
    "visits": """
        SELECT * FROM VALUES
        ('v1', 1L, date'2024-01-20', '/cup', 30, map('browser', 'x'), array(named_struct('page', '/cup', 'ms', 12L))),
        ('v2', 2L, date'2024-02-01', '/lamp', 45, map('browser', 'y'), array(named_struct('page', '/lamp', 'ms', 7L)))
        AS t(visit_id, customer_id, day, page, seconds, attributes, hits)""",
    "targets": "SELECT * FROM VALUES ('DE', '2024-01', 1000D), ('FR', '2024-02', 500D) AS t(country, month, target)",
}
