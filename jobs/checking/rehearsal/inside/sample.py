"""What the server rehearses by itself to get warm: the things that most transforms do."""

from __future__ import annotations

from typing import Any

_ORDERS = [["id", "bigint"], ["customer_id", "bigint"], ["total_amount", "decimal(12,2)"], ["status", "string"]]
_SOURCES = [
    {"alias": "orders", "kind": "POSTGRES", "columns": [*_ORDERS, ["created_at", "timestamp"]], "keys": [["id"]]},
    {"alias": "customers", "kind": "POSTGRES", "columns": [["id", "bigint"], ["name", "string"]], "keys": [["id"]]},
    {"alias": "visits", "kind": "CSV", "columns": [["id", "bigint"], ["day", "date"]], "keys": None},
]
_TRANSFORMS = (
    """
def transform(spark, orders, customers, visits):
    placed = orders.where((F.col("status") != "cancelled") & (F.col("created_at") >= "2024-01-01"))
    totals = placed.groupBy("customer_id").agg(F.sum("total_amount").alias("total"), F.countDistinct("id").alias("n"))
    joined = totals.join(customers, totals.customer_id == customers.id, "left").join(visits, "id")
    return joined.orderBy(F.desc("total")).limit(10)
""",
    """
def transform(spark, orders, customers, visits):
    window = Window.partitionBy("customer_id").orderBy(F.desc("created_at"))
    last = orders.withColumn("place", F.row_number().over(window)).filter("place = 1 AND total_amount > 10")
    month = last.withColumn("month", F.date_format(F.date_trunc("month", "created_at"), "yyyy-MM"))
    return month.select("month", F.when(F.col("status").isin("a", "b"), F.lit(1)).otherwise(0).alias("flag"))
""",
    """
def transform(spark, orders, customers, visits):
    return spark.sql('''
        WITH big AS (SELECT customer_id, sum(total_amount) AS total FROM orders GROUP BY customer_id)
        SELECT c.name, b.total, b.nope FROM customers c JOIN big b ON b.customer_id = c.id
        UNION ALL SELECT name, NULL, NULL FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)
        ORDER BY total DESC LIMIT 10''')
""",
)

SAMPLES: list[dict[str, Any]] = [{"transform": text, "sources": _SOURCES, "seconds": 60} for text in _TRANSFORMS]
