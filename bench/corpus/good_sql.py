# ruff: noqa: E501 - a transform on one line is easier to compare with its neighbours
"""Good transforms by SQL text: (sources, body)."""

from __future__ import annotations

GOOD: dict[str, tuple[str, str]] = {
    "SQL: group": (
        "orders",
        """return spark.sql("SELECT status, count(*) AS n, sum(total_amount) AS total FROM orders GROUP BY status HAVING count(*) > 0 ORDER BY n DESC")""",
    ),
    "SQL: join": (
        "orders,customers",
        """return spark.sql("SELECT c.name, o.total_amount FROM orders o JOIN customers c ON o.customer_id = c.id WHERE o.status = 'paid'")""",
    ),
    "SQL: WITH": (
        "orders,customers",
        '''return spark.sql("""
        WITH totals AS (SELECT customer_id, sum(total_amount) AS total FROM orders GROUP BY customer_id)
        SELECT c.name, t.total FROM totals t JOIN customers c ON c.id = t.customer_id ORDER BY t.total DESC LIMIT 10
    """)''',
    ),
    "SQL: window": (
        "orders",
        '''return spark.sql("""
        SELECT id, total_amount, rank() OVER (PARTITION BY status ORDER BY total_amount DESC) AS place FROM orders
    """)''',
    ),
    "SQL: CASE": (
        "orders",
        """return spark.sql("SELECT CASE WHEN total_amount > 100 THEN 'big' ELSE 'small' END AS band, count(*) AS n FROM orders GROUP BY 1")""",
    ),
    "SQL: IN subquery": (
        "customers,orders",
        """return spark.sql("SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE status = 'paid')")""",
    ),
    "SQL: NOT EXISTS": (
        "customers,orders",
        """return spark.sql("SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)")""",
    ),
    "SQL: scalar subquery": (
        "orders",
        """return spark.sql("SELECT id, total_amount - (SELECT avg(total_amount) FROM orders) AS above FROM orders")""",
    ),
    "SQL: union": (
        "orders,visits",
        """return spark.sql("SELECT customer_id, status AS what FROM orders UNION ALL SELECT customer_id, page FROM visits")""",
    ),
    "SQL: dates": (
        "orders",
        """return spark.sql("SELECT date_trunc('MONTH', created_at) AS month, sum(total_amount) AS total FROM orders WHERE created_at >= date'2024-01-01' GROUP BY 1")""",
    ),
    "SQL: interval": ("orders", """return spark.sql("SELECT id, created_at + INTERVAL 14 DAYS AS due FROM orders")"""),
    "SQL: LATERAL VIEW": (
        "products",
        """return spark.sql("SELECT id, tag FROM products LATERAL VIEW explode(tags) t AS tag")""",
    ),
    "SQL: FILTER": (
        "orders",
        """return spark.sql("SELECT customer_id, sum(total_amount) FILTER (WHERE status = 'paid') AS paid FROM orders GROUP BY customer_id")""",
    ),
    "SQL: struct fields": (
        "visits",
        """return spark.sql("SELECT visit_id, hits[0].page AS first_page, attributes['browser'] AS browser FROM visits")""",
    ),
    "SQL: grouping sets": (
        "orders",
        """return spark.sql("SELECT status, currency, sum(total_amount) AS total FROM orders GROUP BY GROUPING SETS ((status), (status, currency), ())")""",
    ),
    "SQL: pivot": (
        "orders",
        """return spark.sql("SELECT * FROM (SELECT customer_id, status, total_amount FROM orders) PIVOT (sum(total_amount) FOR status IN ('paid', 'open'))")""",
    ),
    "SQL: left join and coalesce": (
        "customers,orders",
        """return spark.sql("SELECT c.id, coalesce(sum(o.total_amount), 0) AS spent FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id")""",
    ),
    "SQL: text then methods": (
        "orders",
        """frame = spark.sql("SELECT * FROM orders")\nreturn frame.filter(F.col("status") == "open").select("id")""",
    ),
    "SQL: expressions": (
        "orders",
        """return orders.selectExpr("id", "total_amount * 1.19 AS gross", "date_format(created_at, 'yyyy-MM') AS month")""",
    ),
    "SQL: expr": (
        "orders",
        """return orders.withColumn("late", F.expr("datediff(shipped_at, created_at) > 3")).where("late IS NOT NULL")""",
    ),
    "SQL: percentile": (
        "orders",
        """return orders.groupBy("status").agg(F.expr("percentile_approx(total_amount, 0.9)").alias("p90"))""",
    ),
    "SQL: higher order": (
        "visits",
        """return visits.select("visit_id", F.expr("aggregate(hits, 0L, (total, hit) -> total + hit.ms)").alias("ms"))""",
    ),
    "SQL: values": (
        "orders",
        """return spark.sql("SELECT o.id, v.label FROM orders o JOIN VALUES ('paid', 'done'), ('open', 'waiting') AS v(status, label) ON v.status = o.status")""",
    ),
}
