# ruff: noqa: E501 - a transform on one line is easier to compare with its neighbours
"""Transforms as people and models really write them; none may be refused, and the unadvised ones draw no word at all.

BODIES go into a transform over orders (id, user_id, amount, status, created_at, items, payload) and users (id, name, ...).
"""

from __future__ import annotations

BODIES: dict[str, str] = {
    "identity": """return orders""",
    "select": """return orders.select("id", "amount")""",
    "select with alias": """return orders.select(F.col("id").alias("order_id"), (F.col("amount") * 1.19).alias("gross"))""",
    "filter by column": """return orders.filter(F.col("amount") > 100)""",
    "filter by attribute": """return orders.filter(orders.amount > 100)""",
    "filter by item": """return orders.filter(orders["amount"] > 100)""",
    "filter by boolean column": """return users.filter(users["is_active"])""",
    "filter by text": """return orders.filter("amount > 100 AND status = 'paid'")""",
    "where by text with dates": """return orders.where("created_at >= date'2024-01-01' AND created_at < date'2024-02-01'")""",
    "where with interval": """return orders.where("created_at > current_date - interval 30 days")""",
    "where with like": """return users.where("lower(name) LIKE 'a%' OR email RLIKE '.+@example[.]com'")""",
    "where in": """return orders.where("status IN ('paid', 'sent') AND amount BETWEEN 1 AND 100")""",
    "where with subquery": """return orders.where("user_id IN (SELECT id FROM users WHERE country = 'DE')")""",
    "negated filter": """return orders.filter(~F.col("status").isin("cancelled", "returned"))""",
    "combined conditions": (
        """return orders.filter((F.col("amount") > 10) & (F.col("status") == "paid") | F.col("amount").isNull())"""
    ),
    "condition in a variable": """paid = F.col("status") == "paid"\nreturn orders.filter(paid & (F.col("amount") > 0))""",
    "condition grown step by step": (
        """cond = F.lit(True)\nfor name in ["amount", "status"]:\n    cond = cond & F.col(name).isNotNull()\n"""
        """return orders.filter(cond)"""
    ),
    "condition by &=": """cond = F.col("id") > 0\ncond &= F.col("amount") > 0\nreturn orders.where(cond)""",
    "condition by either or": (
        """cond = F.col("amount") > 0 if len(orders.columns) > 3 else F.lit(True)\nreturn orders.filter(cond)"""
    ),
    "condition from a helper": (
        """def recent(days):\n    return F.col("created_at") >= F.date_sub(F.current_date(), days)\n"""
        """return orders.filter(recent(30))"""
    ),
    "condition given to a helper": (
        """def count_where(df, condition, name):\n    return df.filter(condition).agg(F.count("*").alias(name))\n"""
        """paid = count_where(orders, F.col("status") == "paid", "paid")\n"""
        """big = count_where(orders, "amount > 100", "big")\nreturn paid.crossJoin(big)"""
    ),
    "text bound once": """query = "SELECT * FROM orders"\nreturn spark.sql(query)""",
    "join on columns": """return orders.join(users, orders.user_id == users.id, "left")""",
    "join on a name": """return orders.join(users, on="id", how="inner")""",
    "join on names": """return orders.join(users, ["id", "country"], "left_anti")""",
    "join of aliases": (
        """o, u = orders.alias("o"), users.alias("u")\n"""
        """return o.join(u, F.col("o.user_id") == F.col("u.id")).select("o.*", F.col("u.name").alias("user_name"))"""
    ),
    "broadcast join": """return orders.join(F.broadcast(users), orders["user_id"] == users["id"])""",
    "join on two conditions": (
        """return orders.join(users, (orders.user_id == users.id) & (orders.created_at >= users.signed_up_at))"""
    ),
    "cross join": """return orders.crossJoin(users.select(F.max("id").alias("top")))""",
    "filter after a rebound join": (
        """orders = orders.join(users, "id")\norders = orders.filter(orders["amount"])\nreturn orders.filter(orders.flag)"""
    ),
    "group and aggregate": (
        """return orders.groupBy("status").agg(F.sum("amount").alias("total"), F.countDistinct("user_id").alias("users"))"""
    ),
    "group and count": """return orders.groupBy("status").count()""",
    "grouped in a variable": """grouped = orders.groupBy("status")\nreturn grouped.count()""",
    "group and sum": """return orders.groupBy("status").sum("amount")""",
    "group by expression": """return orders.groupBy(F.date_trunc("month", "created_at").alias("month")).agg(F.avg("amount"))""",
    "agg with a dict": """return orders.groupBy("status").agg({"amount": "sum", "id": "count"})""",
    "agg with a list": (
        """aggs = [F.sum(c).alias(f"sum_{c}") for c in ("amount", "tax")]\nreturn orders.groupBy("status").agg(*aggs)"""
    ),
    "rollup": """return orders.rollup("status", "country").agg(F.sum("amount"))""",
    "cube": """return orders.cube("status").agg(F.grouping_id().alias("level"), F.sum("amount"))""",
    "pivot": """return orders.groupBy("user_id").pivot("status", ["paid", "open"]).agg(F.sum("amount"))""",
    "unpivot": """return orders.unpivot(["id"], ["amount", "tax"], "kind", "value")""",
    "stack": """return orders.selectExpr("id", "stack(2, 'amount', amount, 'tax', tax) AS (kind, value)")""",
    "selectExpr": """return orders.selectExpr("id", "amount * 1.19 AS gross", "date_format(created_at, 'yyyy-MM') AS month")""",
    "selectExpr of a list": """exprs = ["id", "amount AS a"]\nreturn orders.selectExpr(*exprs)""",
    "expr": """return orders.withColumn("band", F.expr("CASE WHEN amount > 100 THEN 'big' ELSE 'small' END"))""",
    "expr with lambda": """return orders.withColumn("q", F.expr("aggregate(items, 0, (acc, x) -> acc + x.quantity)"))""",
    "expr with interval": """return orders.withColumn("due", F.expr("created_at + INTERVAL 14 DAYS"))""",
    "percentile by expr": """return orders.agg(F.expr("percentile_approx(amount, 0.5)").alias("median"))""",
    "top n": """return orders.orderBy(F.desc("amount")).limit(10)""",
    "order by several": """return orders.orderBy(F.col("status").asc(), F.col("amount").desc_nulls_last())""",
    "rank in groups": (
        """w = Window.partitionBy("user_id").orderBy(F.col("created_at").desc())\n"""
        """return orders.withColumn("rn", F.row_number().over(w)).filter(F.col("rn") == 1).drop("rn")"""
    ),
    "running total": (
        """w = Window.partitionBy("user_id").orderBy("created_at")"""
        """.rowsBetween(Window.unboundedPreceding, Window.currentRow)\n"""
        """return orders.withColumn("running", F.sum("amount").over(w))"""
    ),
    "moving average": (
        """w = Window.orderBy("day").rowsBetween(-6, 0)\n"""
        """daily = orders.groupBy(F.to_date("created_at").alias("day")).agg(F.sum("amount").alias("total"))\n"""
        """return daily.withColumn("avg7", F.avg("total").over(w))"""
    ),
    "share of the total": (
        """return orders.withColumn("share", F.col("amount") / F.sum("amount").over(Window.partitionBy()))"""
    ),
    "previous row": (
        """w = Window.partitionBy("user_id").orderBy("created_at")\n"""
        """return orders.withColumn("gap", F.datediff("created_at", F.lag("created_at", 1).over(w)))"""
    ),
    "when otherwise": (
        """band = F.when(F.col("amount") < 10, "small").when(F.col("amount") < 100, "medium").otherwise("large")\n"""
        """return orders.withColumn("band", band).groupBy("band").agg(F.count("*").alias("orders"))"""
    ),
    "union": """return orders.select("id").unionByName(users.select("id"))""",
    "union in a loop": (
        """result = None\nfor status in ("paid", "open"):\n"""
        """    part = orders.filter(F.col("status") == status).withColumn("kind", F.lit(status))\n"""
        """    result = part if result is None else result.unionByName(part)\nreturn result"""
    ),
    "dedupe": """return orders.dropDuplicates(["user_id", "status"])""",
    "distinct": """return orders.select("status").distinct()""",
    "fill nulls": """return orders.fillna({"amount": 0}).na.drop(subset=["user_id"]).na.fill("?", ["status"])""",
    "replace values": """return orders.replace({"open": "pending"}, subset=["status"])""",
    "explode": (
        """items = orders.select("id", F.explode("items").alias("item"))\nreturn items.select("id", "item.sku", "item.quantity")"""
    ),
    "posexplode": """return orders.select("id", F.posexplode_outer("items").alias("pos", "item"))""",
    "json object": """return orders.withColumn("city", F.get_json_object("payload", "$.address.city"))""",
    "from_json with types": (
        """schema = T.StructType([T.StructField("sku", T.StringType()), T.StructField("qty", T.IntegerType())])\n"""
        """return orders.withColumn("p", F.from_json("payload", schema)).select("id", "p.sku", F.col("p.qty"))"""
    ),
    "from_json with DDL": """return orders.select(F.from_json(F.col("payload"), "sku STRING, tags ARRAY<STRING>").alias("p"))""",
    "to_json": """return orders.select(F.to_json(F.struct("id", "amount")).alias("row"))""",
    "higher-order functions": (
        """return orders.withColumn("big", F.filter("items", lambda item: item["quantity"] > 1))"""
        """.withColumn("skus", F.transform("items", lambda item: F.upper(item.sku)))"""
    ),
    "cast": """return orders.withColumn("amount", F.col("amount").cast("decimal(12,2)")).withColumn("d", F.col("id").cast(T.LongType()))""",
    "rename in a loop": """for name in orders.columns:\n    orders = orders.withColumnRenamed(name, name.lower().replace(" ", "_"))\nreturn orders""",
    "select by comprehension": """return orders.select([F.col(c).alias(c.upper()) for c in orders.columns if c != "payload"])""",
    "select starred": """return orders.select("*", *[F.length(c).alias(f"len_{c}") for c in ("status", "payload")])""",
    "types of the schema": (
        """numbers = [f.name for f in orders.schema.fields if isinstance(f.dataType, (T.LongType, T.DoubleType))]\n"""
        """return orders.agg(*[F.mean(n).alias(n) for n in numbers])"""
    ),
    "dtypes": """texts = [name for name, kind in orders.dtypes if kind == "string"]\nreturn orders.select(*texts)""",
    "null counts": (
        """return orders.select([F.sum(F.col(c).isNull().cast("int")).alias(c) for c in orders.columns])"""
    ),
    "map of labels": (
        """labels = {"p": "paid", "o": "open"}\npairs = [F.lit(x) for pair in labels.items() for x in pair]\n"""
        """return orders.withColumn("label", F.create_map(*pairs)[F.col("status")])"""
    ),
    "dict of functions": (
        """makers = {"total": F.sum, "mean": F.avg}\n"""
        """return orders.groupBy("status").agg(*[make("amount").alias(name) for name, make in makers.items()])"""
    ),
    "date arithmetic": (
        """from datetime import date, timedelta\nstart = date(2024, 1, 1) - timedelta(days=30)\n"""
        """return orders.filter(F.col("created_at") >= F.lit(start.isoformat()))"""
    ),
    "datetime module": """import datetime as dt\nreturn orders.filter(F.col("created_at") > F.lit(dt.datetime(2024, 1, 1)))""",
    "today": """import datetime\nreturn orders.withColumn("run_on", F.lit(datetime.date.today()))""",
    "decimal": """from decimal import Decimal\nreturn orders.withColumn("net", F.col("amount") / Decimal("1.19"))""",
    "math": """import math\nreturn orders.withColumn("area", F.col("amount") * math.pi + math.sqrt(2))""",
    "months between": """return orders.withColumn("age", F.floor(F.months_between(F.current_date(), "created_at") / 12))""",
    "string functions": (
        """return users.select(F.concat_ws(" ", "first_name", "last_name").alias("name"), """
        """F.regexp_extract("email", "@(.+)$", 1).alias("host"), F.split("email", "@")[0].alias("local"))"""
    ),
    "pattern with a backslash": r"""return users.withColumn("digits", F.regexp_replace("phone", "\D+", ""))""",
    "contains and starts with": (
        """return users.filter(F.col("name").startswith("A") | F.col("email").contains("example") | users.name.like("B%"))"""
    ),
    "string concatenation of names": """prefix = "order_"\nreturn orders.select(F.col("id").alias(prefix + "id"))""",
    "f-string in alias and literal": """n = 5\nreturn orders.limit(n).withColumn("note", F.lit(f"top {n:>3} of {n!r}"))""",
    "spark.sql": """return spark.sql("SELECT status, sum(amount) AS total FROM orders GROUP BY status ORDER BY total DESC LIMIT 10")""",
    "spark.sql over lines": (
        '''return spark.sql("""\n'''
        """    WITH monthly AS (\n        SELECT user_id, date_trunc('MONTH', created_at) AS month, SUM(amount) AS total\n"""
        """        FROM orders\n        WHERE status = 'paid'  -- only paid ones\n        GROUP BY 1, 2\n    )\n"""
        """    SELECT u.name, m.month, m.total,\n"""
        """           RANK() OVER (PARTITION BY m.month ORDER BY m.total DESC) AS place,\n"""
        """           COALESCE(LAG(m.total) OVER (PARTITION BY m.user_id ORDER BY m.month), 0) AS before\n"""
        """    FROM monthly m\n    LEFT JOIN users AS u ON u.id = m.user_id\n"""
        """    WHERE m.total > (SELECT avg(total) FROM monthly) AND u.name IS NOT NULL\n"""
        '''    ORDER BY place\n""")'''
    ),
    "spark.sql with union": (
        """return spark.sql("SELECT id, 'o' AS kind FROM orders UNION ALL SELECT id, 'u' AS kind FROM users")"""
    ),
    "spark.sql with lateral view": (
        """return spark.sql("SELECT o.id, item.sku FROM orders o LATERAL VIEW OUTER explode(o.items) t AS item")"""
    ),
    "spark.sql with case and cast": (
        """return spark.sql("SELECT CAST(amount AS DECIMAL(12, 2)) AS a, IF(amount > 1, 'x', 'y') AS b, """
        """NVL(status, '?') AS c, EXTRACT(YEAR FROM created_at) AS d, COUNT(DISTINCT user_id) AS e """
        """FROM orders GROUP BY 1, 2, 3, 4 HAVING COUNT(*) > 1")"""
    ),
    "spark.sql with exists": (
        """return spark.sql("SELECT * FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id)")"""
    ),
    "spark.sql with backticks": """return spark.sql("SELECT `order id`, `größe` FROM `orders` WHERE `order id` = 'it\\\\'s'")""",
    "spark.sql in capitals": """return spark.sql("select O.ID from ORDERS as O inner join Users as U on O.user_id = U.id")""",
    "spark.table": """return spark.table("orders").limit(5)""",
    "createDataFrame": (
        """rates = spark.createDataFrame([("EUR", 1.0), ("USD", 1.1)], ["currency", "rate"])\n"""
        """return orders.join(rates, "currency", "left")"""
    ),
    "calendar": (
        """days = spark.range(31).select(F.expr("date_add(date'2024-01-01', cast(id AS int))").alias("day"))\n"""
        """return days.join(orders, F.to_date("created_at") == days["day"], "left")"""
    ),
    "transform with a helper": (
        """def clean(df):\n    return df.filter("amount > 0").withColumn("status", F.lower("status"))\n"""
        """return orders.transform(clean).transform(lambda df: df.limit(10))"""
    ),
    "helper with spark": (
        """def totals(spark, limit):\n    return spark.sql("SELECT status, count(*) AS n FROM orders GROUP BY status").limit(limit)\n"""
        """return totals(spark, 5)"""
    ),
    "helper with defaults": (
        """def top(df, by="amount", n=10):\n    return df.orderBy(F.desc(by)).limit(n)\nreturn top(orders, n=3)"""
    ),
    "conditional branches": (
        """if "tax" in orders.columns:\n    return orders.withColumn("gross", F.col("amount") + F.col("tax"))\n"""
        """return orders.withColumn("gross", F.col("amount"))"""
    ),
    "else branch": """if len(orders.columns) > 3:\n    return orders\nelse:\n    return users""",
    "throwaway names": """for _ in range(2):\n    orders = orders.union(orders)\nreturn orders""",
    "sets": """a = orders.select("id")\nb = users.select("id")\nreturn a.subtract(b).union(a.intersect(b)).exceptAll(b)""",
    "sample": """return orders.sample(0.1, seed=1).repartition(4, "status").coalesce(1)""",
    "describe": """return orders.describe("amount")""",
    "functions imported": (
        """from pyspark.sql.functions import col, lit, sum as total, when\n"""
        """return orders.withColumn("x", when(col("amount") > 1, lit(1)).otherwise(0)).agg(total("x"))"""
    ),
    "types imported": """from pyspark.sql.types import IntegerType\nreturn orders.withColumn("id", orders.id.cast(IntegerType()))""",
    "window imported": """from pyspark.sql.window import Window\nreturn orders.withColumn("n", F.count("*").over(Window.partitionBy("id")))""",
    "withColumns": """return orders.withColumns({"a": F.lit(1), "b": F.col("amount") * 2})""",
    "null-safe equality": """return orders.join(users, orders.user_id.eqNullSafe(users.id))""",
    "getItem and getField": """return orders.select(F.col("items").getItem(0).getField("sku"), F.element_at("items", 1))""",
    "long chain": "return (\n    orders\n" + "".join(f'    .withColumn("c{n}", F.lit({n}))\n' for n in range(60)) + ")",
}

_SIGNATURE = "def transform(spark, orders, users):\n"

WHOLE: dict[str, str] = {
    "as a model writes it": (
        "from pyspark.sql import functions as F\nfrom pyspark.sql import types as T\nfrom pyspark.sql import Window\n\n\n"
        + _SIGNATURE
        + '    """Totals per user."""\n    return orders.groupBy("user_id").agg(F.sum("amount").alias("total"))\n'
    ),
    "annotated": (
        "from pyspark.sql import DataFrame, SparkSession, Window, functions as F\n\n\n"
        "def transform(spark: SparkSession, orders: DataFrame, users: DataFrame) -> DataFrame:\n"
        "    total: int = 3\n    return orders.limit(total)\n"
    ),
    "another order of the sources": "def transform(spark, users, orders):\n    return users.join(orders, 'id')\n",
    "docstring, constants and a helper": (
        '"""Big orders."""\n\nimport datetime\n\nSINCE = datetime.date(2024, 1, 1)\nSTATES = ("paid", "sent")\n'
        "QUERY = 'SELECT * FROM orders'\n\n\ndef recent(df):\n    return df.filter(F.col('created_at') >= SINCE)\n\n\n"
        + _SIGNATURE
        + "    return recent(spark.sql(QUERY)).filter(F.col('status').isin(*STATES))\n"
    ),
    "Windows line ends": _SIGNATURE.replace("\n", "\r\n") + "    return orders\r\n",
    "functions by another name": f"import pyspark.sql.functions as fn\n{_SIGNATURE}    return orders.agg(fn.max('id'))\n",
    "comments with accents": f"# größte Bestellungen – 最大\n{_SIGNATURE}    return orders  # ✓\n",
}

ADVISED: dict[str, str] = {
    "show": """orders.show()\nreturn orders""",
    "count": """n = orders.count()\nreturn orders.limit(n)""",
    "cache": """return orders.cache()""",
    "explain": """orders.explain()\nreturn orders""",
    "printSchema": """orders.printSchema()\nreturn orders""",
    "hint": """return orders.join(users.hint("broadcast"), "id")""",
    "hint in SQL": """return spark.sql("SELECT /*+ BROADCAST(u) */ * FROM orders o JOIN users u ON o.user_id = u.id")""",
    "a way without return": """if len(orders.columns) > 3:\n    return orders""",
}
