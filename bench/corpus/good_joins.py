# ruff: noqa: E501 - a transform on one line is easier to compare with its neighbours
"""Good transforms that join, window, unite, explode or shape values, by the methods of DataFrames: (sources, body)."""

from __future__ import annotations

GOOD: dict[str, tuple[str, str]] = {
    "inner join": (
        "orders,customers",
        """return orders.join(customers, orders.customer_id == customers.id).select(orders.id, customers.name, "total_amount")""",
    ),
    "left join": (
        "customers,orders",
        """joined = customers.join(orders, customers.id == orders.customer_id, "left")\nreturn joined.groupBy("name").agg(F.count(orders.id).alias("orders"))""",
    ),
    "join on a name": (
        "orders,visits",
        """return orders.join(visits, "customer_id").select("customer_id", "status", "page")""",
    ),
    "join on names": (
        "orders,order_items",
        """items = order_items.withColumnRenamed("id", "item_id").withColumn("id", F.col("order_id"))\nreturn orders.join(items, ["id"]).select("id", "quantity", "total_amount")""",
    ),
    "semi join": (
        "customers,orders",
        """paid = orders.filter(F.col("status") == "paid")\nreturn customers.join(paid, customers.id == paid.customer_id, "left_semi")""",
    ),
    "anti join": (
        "customers,orders",
        """return customers.join(orders, customers["id"] == orders["customer_id"], "left_anti").select("id", "name")""",
    ),
    "three tables": (
        "order_items,products,orders",
        """sold = order_items.join(products, order_items.product_id == products.id).join(orders, order_items.order_id == orders.id)\nreturn sold.groupBy("category").agg(F.sum(F.col("quantity") * F.col("unit_price")).alias("revenue"))""",
    ),
    "four tables": (
        "customers,orders,order_items,products",
        """sold = orders.join(order_items, orders.id == order_items.order_id).join(products, F.col("product_id") == products.id)\nreturn sold.join(customers, sold.customer_id == customers.id).groupBy("country", "category").agg(F.sum("quantity").alias("pieces"))""",
    ),
    "aliased join": (
        "orders,customers",
        """o, c = orders.alias("o"), customers.alias("c")\nreturn o.join(c, F.col("o.customer_id") == F.col("c.id")).select("o.id", "c.name", F.col("o.total_amount").alias("amount"))""",
    ),
    "self join": (
        "orders",
        """first, second = orders.alias("a"), orders.alias("b")\npairs = first.join(second, (F.col("a.customer_id") == F.col("b.customer_id")) & (F.col("a.id") < F.col("b.id")))\nreturn pairs.select(F.col("a.id").alias("one"), F.col("b.id").alias("other"))""",
    ),
    "broadcast join": (
        "orders,customers",
        """return orders.join(F.broadcast(customers), orders.customer_id == customers.id).select("status", "country")""",
    ),
    "full outer join": (
        "customers,visits",
        """return customers.join(visits, customers.id == visits.customer_id, "full").select("name", "page", F.coalesce("seconds", F.lit(0)).alias("seconds"))""",
    ),
    "join of aggregates": (
        "orders,visits",
        """a = orders.groupBy("customer_id").agg(F.sum("total_amount").alias("spent"))\nb = visits.groupBy("customer_id").agg(F.sum("seconds").alias("seconds"))\nreturn a.join(b, "customer_id", "outer").withColumn("per_second", F.col("spent") / F.col("seconds"))""",
    ),
    "cross join with a total": (
        "orders",
        """total = orders.agg(F.sum("total_amount").alias("all"))\nreturn orders.crossJoin(total).withColumn("share", F.col("total_amount") / F.col("all")).select("id", "share")""",
    ),
    "rank in groups": (
        "orders",
        """w = Window.partitionBy("customer_id").orderBy(F.desc("created_at"))\nreturn orders.withColumn("place", F.row_number().over(w)).filter(F.col("place") == 1).drop("place")""",
    ),
    "running total": (
        "orders",
        """w = Window.partitionBy("customer_id").orderBy("created_at").rowsBetween(Window.unboundedPreceding, Window.currentRow)\nreturn orders.withColumn("running", F.sum("total_amount").over(w))""",
    ),
    "lag": (
        "orders",
        """w = Window.partitionBy("customer_id").orderBy("created_at")\nbefore = F.lag("created_at").over(w)\nreturn orders.withColumn("days", F.datediff("created_at", before))""",
    ),
    "share of a group": (
        "orders",
        """w = Window.partitionBy("status")\nreturn orders.select("id", (F.col("total_amount") / F.sum("total_amount").over(w)).alias("share"))""",
    ),
    "moving average": (
        "visits",
        """w = Window.partitionBy("page").orderBy("day").rowsBetween(-6, 0)\nreturn visits.withColumn("mean", F.avg("seconds").over(w)).select("page", "day", "mean")""",
    ),
    "quartiles": (
        "orders",
        """w = Window.orderBy("total_amount")\nreturn orders.withColumn("quartile", F.ntile(4).over(w)).groupBy("quartile").agg(F.max("total_amount").alias("upto"))""",
    ),
    "union": (
        "orders",
        """paid = orders.filter("status = 'paid'").select("id", "total_amount")\nopen_ones = orders.filter("status = 'open'").select("id", "total_amount")\nreturn paid.union(open_ones)""",
    ),
    "union by name": (
        "orders,visits",
        """a = orders.select("customer_id", F.col("status").alias("what"))\nb = visits.select(F.col("page").alias("what"), "customer_id")\nreturn a.unionByName(b)""",
    ),
    "union with missing columns": (
        "orders,visits",
        """return orders.select("customer_id", "status").unionByName(visits.select("customer_id", "page"), allowMissingColumns=True)""",
    ),
    "intersection": (
        "orders,visits",
        """return orders.select("customer_id").intersect(visits.select("customer_id"))""",
    ),
    "difference": ("customers,orders", """return customers.select("id").subtract(orders.select("customer_id"))"""),
    "explode": ("products", """return products.select("id", F.explode("tags").alias("tag")).groupBy("tag").count()"""),
    "explode of structs": (
        "visits",
        """return visits.select("visit_id", F.explode("hits").alias("hit")).select("visit_id", "hit.page", F.col("hit.ms").alias("ms"))""",
    ),
    "positions": ("products", """return products.select("id", F.posexplode("tags"))"""),
    "map keys": ("visits", """return visits.select("visit_id", F.explode(F.map_keys("attributes")).alias("key"))"""),
    "transformed array": (
        "visits",
        """return visits.select("visit_id", F.transform("hits", lambda hit: hit["ms"] / 1000).alias("seconds"))""",
    ),
    "filtered array": (
        "products",
        """return products.select("sku", F.filter("tags", lambda tag: F.length(tag) > 3).alias("long_tags"))""",
    ),
    "aggregated array": (
        "visits",
        """return visits.select("visit_id", F.aggregate("hits", F.lit(0).cast("bigint"), lambda total, hit: total + hit["ms"]).alias("ms"))""",
    ),
    "JSON": ("orders", """return orders.select("id", F.get_json_object("note", "$.gift").alias("gift"))"""),
    "JSON by schema": (
        "orders",
        """return orders.select("id", F.from_json("note", "gift INT").alias("note")).select("id", "note.gift")""",
    ),
    "case": (
        "orders",
        """band = F.when(F.col("total_amount") < 50, "small").when(F.col("total_amount") < 100, "middle").otherwise("large")\nreturn orders.groupBy(band.alias("band")).count()""",
    ),
    "texts": (
        "customers",
        """return customers.select(F.upper("name").alias("name"), F.concat_ws(" / ", "country", "segment").alias("where"), F.length("email").alias("n"))""",
    ),
    "split": (
        "customers",
        """return customers.select("id", F.split("email", "@")[1].alias("domain")).groupBy("domain").count()""",
    ),
    "replaced text": (
        "products",
        """return products.select(F.regexp_replace("sku", "[^A-Z0-9]", "").alias("sku"), F.initcap("name").alias("name"))""",
    ),
    "extracted text": (
        "products",
        """return products.withColumn("series", F.regexp_extract("sku", "([A-Z]+)-(\\\\d+)", 1))""",
    ),
    "padded text": (
        "orders",
        """return orders.select(F.lpad(F.col("id").cast("string"), 8, "0").alias("number"), F.trim("currency").alias("currency"))""",
    ),
    "numbers": (
        "order_items",
        """return order_items.select("id", F.round(F.col("unit_price") * (1 - F.coalesce("discount", F.lit(0.0))), 2).alias("net"), F.abs("quantity").alias("q"))""",
    ),
    "greatest": (
        "products",
        """return products.select("id", F.greatest("price", F.lit(50)).alias("at_least"), F.least(F.col("weight_kg"), F.lit(1.0)).alias("w"))""",
    ),
    "dates": (
        "orders",
        """return orders.select("id", F.to_date("created_at").alias("day"), F.datediff("shipped_at", "created_at").alias("days"), F.last_day("created_at").alias("end"))""",
    ),
    "parsed dates": (
        "targets",
        """return targets.withColumn("first", F.to_date(F.concat("month", F.lit("-01")), "yyyy-MM-dd"))""",
    ),
    "months between": (
        "customers",
        """return customers.select("id", F.floor(F.months_between(F.current_timestamp(), "signed_up_at")).alias("months"))""",
    ),
    "hour of day": ("orders", """return orders.groupBy(F.hour("created_at").alias("hour")).count().orderBy("hour")"""),
    "time windows": (
        "orders",
        """return orders.groupBy(F.window("created_at", "7 days")).agg(F.sum("total_amount").alias("total")).select("window.start", "total")""",
    ),
    "casts": (
        "orders",
        """return orders.select(F.col("id").cast("string"), F.col("total_amount").cast(T.DoubleType()).alias("amount"))""",
    ),
    "filled nulls": ("order_items", """return order_items.fillna({"discount": 0.0}).na.drop(subset=["quantity"])"""),
    "replaced values": ("orders", """return orders.replace({"open": "offen", "paid": "bezahlt"}, subset=["status"])"""),
    "struct": (
        "customers",
        """return customers.select("id", F.struct("name", "country").alias("who")).select("id", "who.country")""",
    ),
    "constants": ("orders", """LIMIT = 5\nnames = ["id", "status"]\nreturn orders.select(*names).limit(LIMIT)"""),
    "loop over columns": (
        "order_items",
        """frame = order_items\nfor name in ["quantity", "unit_price"]:\n    frame = frame.withColumn(name + "_log", F.log1p(F.col(name)))\nreturn frame""",
    ),
    "list of aggregates": (
        "order_items",
        """parts = [F.sum(name).alias("sum_" + name) for name in ("quantity", "unit_price")]\nreturn order_items.groupBy("product_id").agg(*parts)""",
    ),
    "helper": (
        "orders,visits",
        """def per_customer(frame, name):\n    return frame.groupBy("customer_id").agg(F.count("*").alias(name))\nreturn per_customer(orders, "orders").join(per_customer(visits, "visits"), "customer_id", "outer")""",
    ),
    "transform chain": (
        "orders",
        """def paid(frame):\n    return frame.filter(F.col("status") == "paid")\nreturn orders.transform(paid).transform(lambda frame: frame.select("id"))""",
    ),
    "calendar": (
        "orders",
        """days = spark.range(31).select(F.expr("date_add(date'2024-01-01', cast(id AS int))").alias("day"))\nreturn days.join(orders, days["day"] == F.to_date(orders["created_at"]), "left").groupBy("day").agg(F.count(orders["id"]).alias("n"))""",
    ),
    "rates": (
        "orders",
        """rates = spark.createDataFrame([("EUR", 1.0), ("USD", 0.92)], ["currency", "rate"])\nreturn orders.join(rates, "currency").select("id", (F.col("total_amount") * F.col("rate")).alias("euro"))""",
    ),
    "sample": ("orders", """return orders.sample(0.5, seed=7).repartition(2).sortWithinPartitions("id")"""),
    "growth": (
        "orders",
        """monthly = orders.groupBy(F.date_trunc("month", "created_at").alias("month")).agg(F.sum("total_amount").alias("total"))\nw = Window.orderBy("month")\nreturn monthly.withColumn("growth", F.col("total") / F.lag("total").over(w) - 1)""",
    ),
    "against targets": (
        "orders,customers,targets",
        """sales = orders.join(customers, orders.customer_id == customers.id).groupBy("country", F.date_format("created_at", "yyyy-MM").alias("month")).agg(F.sum("total_amount").alias("total"))\nreturn sales.join(targets, ["country", "month"], "left").withColumn("reached", F.col("total") >= F.col("target"))""",
    ),
    "cohorts": (
        "customers,orders",
        """c = customers.select(F.col("id").alias("customer_id"), F.date_trunc("month", "signed_up_at").alias("cohort"))\nreturn orders.join(c, "customer_id").groupBy("cohort", F.months_between(F.date_trunc("month", "created_at"), "cohort").cast("int").alias("age")).agg(F.countDistinct("customer_id").alias("customers"))""",
    ),
    "never sold": (
        "products,order_items",
        """sold = order_items.select(F.col("product_id").alias("id")).distinct()\nreturn products.join(sold, "id", "left_anti").orderBy("sku")""",
    ),
    "branches": ("orders", """if "note" in orders.columns:\n    return orders.drop("note")\nreturn orders"""),
    "condition step by step": (
        "orders",
        """keep = F.lit(True)\nfor name in ["status", "currency"]:\n    keep = keep & F.col(name).isNotNull()\nreturn orders.filter(keep)""",
    ),
    "counted rows": ("orders", """n = orders.count()\nreturn orders.limit(max(n // 2, 1))"""),
    "several columns at once": (
        "orders",
        """return orders.withColumns({"year": F.year("created_at"), "gross": F.col("total_amount") * 1.19})""",
    ),
}
