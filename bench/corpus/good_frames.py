# ruff: noqa: E501 - a transform on one line is easier to compare with its neighbours
"""Good transforms of one source that select, filter, group and sort, by the methods of DataFrames: (sources, body)."""

from __future__ import annotations

GOOD: dict[str, tuple[str, str]] = {
    "all rows": ("orders", """return orders"""),
    "some columns": ("orders", """return orders.select("id", "status", "total_amount")"""),
    "columns by attribute": ("orders", """return orders.select(orders.id, orders.status)"""),
    "columns by item": ("orders", """return orders.select(orders["id"], orders["created_at"])"""),
    "renamed column": (
        "orders",
        """return orders.withColumnRenamed("total_amount", "amount").select("id", "amount")""",
    ),
    "dropped columns": ("orders", """return orders.drop("note", "currency").filter(F.col("status") == "paid")"""),
    "filter by value": ("orders", """return orders.filter(F.col("status") == "paid")"""),
    "filter by text": ("orders", """return orders.where("total_amount > 100 AND status <> 'cancelled'")"""),
    "filter by list": ("orders", """return orders.filter(F.col("status").isin("paid", "open"))"""),
    "filter by range": ("orders", """return orders.filter(F.col("total_amount").between(10, 200))"""),
    "filter by pattern": ("customers", """return customers.filter(F.col("email").rlike(r"^[a-z]+@example\\.com$"))"""),
    "filter by like": (
        "customers",
        """return customers.filter(F.col("name").like("G%") | F.col("name").startswith("A"))""",
    ),
    "filter of nulls": ("orders", """return orders.filter(F.col("shipped_at").isNull() & F.col("note").isNotNull())"""),
    "negated filter": ("orders", """return orders.filter(~(F.col("status") == "cancelled"))"""),
    "filter by date": (
        "orders",
        """return orders.filter(F.col("created_at") >= F.lit("2024-01-01").cast("timestamp"))""",
    ),
    "filter by year": ("orders", """return orders.filter(F.year("created_at") == 2024)"""),
    "last thirty days": ("orders", """return orders.filter(F.col("created_at") > F.date_sub(F.current_date(), 30))"""),
    "boolean column": ("customers", """return customers.filter(F.col("is_active")).select("id", "name")"""),
    "array contains": ("products", """return products.filter(F.array_contains("tags", "red"))"""),
    "map value": (
        "visits",
        """return visits.filter(F.col("attributes")["browser"] == "x").select("visit_id", "page")""",
    ),
    "total": ("orders", """return orders.agg(F.sum("total_amount").alias("total"))"""),
    "count by status": ("orders", """return orders.groupBy("status").count()"""),
    "sums by status": (
        "orders",
        """return orders.groupBy("status").agg(F.sum("total_amount").alias("total"), F.count("*").alias("n"))""",
    ),
    "several aggregates": (
        "orders",
        """return orders.groupBy("currency").agg(F.min("total_amount"), F.max("total_amount"), F.avg("total_amount").alias("mean"))""",
    ),
    "distinct count": (
        "orders",
        """return orders.groupBy("status").agg(F.countDistinct("customer_id").alias("customers"))""",
    ),
    "conditional sum": (
        "orders",
        """return orders.agg(F.sum(F.when(F.col("status") == "paid", F.col("total_amount")).otherwise(0)).alias("paid"))""",
    ),
    "having": (
        "orders",
        """totals = orders.groupBy("customer_id").agg(F.sum("total_amount").alias("total"))\nreturn totals.filter(F.col("total") > 100)""",
    ),
    "by month": (
        "orders",
        """month = F.date_format("created_at", "yyyy-MM")\nreturn orders.groupBy(month.alias("month")).agg(F.sum("total_amount").alias("total")).orderBy("month")""",
    ),
    "by truncated month": (
        "orders",
        """return orders.withColumn("month", F.date_trunc("month", "created_at")).groupBy("month").agg(F.count("id").alias("n"))""",
    ),
    "by weekday": (
        "orders",
        """return orders.groupBy(F.dayofweek("created_at").alias("weekday")).agg(F.avg("total_amount").alias("mean")).orderBy("weekday")""",
    ),
    "median": (
        "orders",
        """return orders.groupBy("status").agg(F.percentile_approx("total_amount", 0.5).alias("median"))""",
    ),
    "collect": (
        "order_items",
        """return order_items.groupBy("order_id").agg(F.collect_set("product_id").alias("products"), F.sort_array(F.collect_list("quantity")).alias("quantities"))""",
    ),
    "rollup": ("orders", """return orders.rollup("status", "currency").agg(F.sum("total_amount").alias("total"))"""),
    "cube": (
        "orders",
        """return orders.cube("status", "currency").agg(F.count("*").alias("n"), F.grouping_id().alias("level"))""",
    ),
    "pivot": (
        "orders",
        """return orders.groupBy("customer_id").pivot("status", ["paid", "open"]).agg(F.sum("total_amount"))""",
    ),
    "pivot without values": ("orders", """return orders.groupBy("customer_id").pivot("status").agg(F.count("id"))"""),
    "unpivot": ("order_items", """return order_items.unpivot(["id"], ["quantity", "product_id"], "kind", "value")"""),
    "top ten": ("orders", """return orders.orderBy(F.desc("total_amount")).limit(10)"""),
    "sort by two": (
        "orders",
        """return orders.orderBy(F.col("status").asc(), F.col("created_at").desc_nulls_last()).select("id", "status", "created_at")""",
    ),
    "distinct": ("orders", """return orders.select("status", "currency").distinct()"""),
    "one row each": ("orders", """return orders.dropDuplicates(["customer_id"]).select("customer_id", "id")"""),
}
