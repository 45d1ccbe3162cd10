"""What analysts ask of the sample shop: figures. The question, the tables they have picked, and the truth in SQL.

SQL with an ORDER BY at its end says that the question orders the rows; without one, any order is right.
"""

from __future__ import annotations

CO = "orders o JOIN customers c ON c.id = o.customer_id"
IO = "order_items i JOIN orders o ON o.id = i.order_id"
IP = "order_items i JOIN products p ON p.id = i.product_id"
IN_2024 = "ordered_at >= '2024-01-01' AND ordered_at < '2025-01-01'"


def per(grain: str, moment: str = "ordered_at") -> str:
    return f"date_trunc('{grain}', {moment})::date"


FIGURES: list[tuple[str, str, str]] = [
    # Counts, sums and other figures of one table.
    ("How many customers do we have?", "customers", "SELECT count(*) FROM customers"),
    ("How many orders did we get in 2024?", "orders", f"SELECT count(*) FROM orders WHERE {IN_2024}"),
    (
        "Number of customers per country, biggest first",
        "customers",
        "SELECT country, count(*) n FROM customers GROUP BY 1 ORDER BY n DESC, country",
    ),
    (
        "What's our revenue by month for 2023?",
        "orders",
        f"SELECT {per('month')}, sum(total_amount) FROM orders WHERE extract(year FROM ordered_at) = 2023 GROUP BY 1",
    ),
    (
        "min, max and average price per category",
        "products",
        "SELECT category, min(price), max(price), avg(price) FROM products GROUP BY 1",
    ),
    (
        "How many orders are there for each status?",
        "orders",
        "SELECT status, count(*) FROM orders GROUP BY 1",
    ),
    (
        "count of customers in each segment and country",
        "customers",
        "SELECT segment, country, count(*) FROM customers GROUP BY 1, 2",
    ),
    (
        "What is the median order amount in Q1 2024?",
        "orders",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total_amount) FROM orders "
        "WHERE ordered_at >= '2024-01-01' AND ordered_at < '2024-04-01'",
    ),
    ("When was the first order placed?", "orders", "SELECT min(ordered_at) FROM orders"),
    (
        "daily number of page views in March 2024",
        "page_views",
        f"SELECT {per('day', 'viewed_at')}, count(*) FROM page_views "
        "WHERE viewed_at >= '2024-03-01' AND viewed_at < '2024-04-01' GROUP BY 1",
    ),
    (
        "distinct visitors per day",
        "web_events",
        f"SELECT {per('day', 'happened_at')}, count(DISTINCT visitor) FROM web_events GROUP BY 1",
    ),
    ("How often did each event happen?", "web_events", "SELECT event, count(*) FROM web_events GROUP BY 1"),
    (
        "number of products added per year",
        "products",
        f"SELECT {per('year', 'added_on')}, count(*) FROM products GROUP BY 1",
    ),
    (
        "number of orders per week in January 2024",
        "orders",
        f"SELECT {per('week')}, count(*) FROM orders WHERE ordered_at >= '2024-01-01' AND ordered_at < '2024-02-01' "
        "GROUP BY 1",
    ),
    (
        "pieces per category in 2024",
        "category_sales",
        "SELECT category, sum(pieces) FROM analytics.category_sales WHERE extract(year FROM month) = 2024 GROUP BY 1",
    ),
    (
        "Average total amount per country",
        "customer_totals",
        "SELECT country, avg(total_amount) FROM customer_totals GROUP BY 1",
    ),
    # Figures over joins.
    (
        "average order value per customer segment",
        "customers orders",
        f"SELECT segment, avg(total_amount) FROM {CO} GROUP BY 1",
    ),
    (
        "Revenue per quarter, split by country",
        "customers orders",
        f"SELECT {per('quarter')}, country, sum(total_amount) FROM {CO} GROUP BY 1, 2",
    ),
    (
        "number of orders and revenue per segment",
        "customers orders",
        f"SELECT segment, count(*), sum(total_amount) FROM {CO} GROUP BY 1",
    ),
    (
        "average order amount by country and year",
        "orders customers",
        f"SELECT country, {per('year')}, avg(total_amount) FROM {CO} GROUP BY 1, 2",
    ),
    (
        "lowest, highest and average order amount per segment",
        "customers orders",
        f"SELECT segment, min(total_amount), max(total_amount), avg(total_amount) FROM {CO} GROUP BY 1",
    ),
    (
        "page views per product category",
        "page_views products",
        "SELECT category, count(*) FROM page_views v JOIN products p ON p.id = v.product_id GROUP BY 1",
    ),
    (
        "Revenue per category and quarter in 2023",
        "customers orders order_items products",
        f"SELECT category, {per('quarter')}, sum(quantity * unit_price) FROM {IO} "
        "JOIN products p ON p.id = i.product_id WHERE extract(year FROM ordered_at) = 2023 GROUP BY 1, 2",
    ),
    (
        "How many different products did we sell in 2024?",
        "products order_items orders",
        f"SELECT count(DISTINCT product_id) FROM {IO} WHERE {IN_2024}",
    ),
    (
        "How many customers placed an order in each month of 2024?",
        "customers orders",
        f"SELECT {per('month')}, count(DISTINCT customer_id) FROM orders WHERE {IN_2024} GROUP BY 1",
    ),
    (
        "When did each customer place their first order?",
        "customers orders",
        f"SELECT c.id, c.name, min(ordered_at) FROM {CO} GROUP BY 1, 2",
    ),
    (
        "How much did customers in FR spend per quarter of 2024?",
        "customers orders",
        f"SELECT {per('quarter')}, sum(total_amount) FROM {CO} WHERE country = 'FR' AND {IN_2024} GROUP BY 1",
    ),
    (
        "revenue of products in category Garden by month in 2024",
        "orders order_items products",
        f"SELECT {per('month')}, sum(quantity * unit_price) FROM {IO} JOIN products p ON p.id = i.product_id "
        f"WHERE category = 'Garden' AND {IN_2024} GROUP BY 1",
    ),
    (
        "number of orders over 500 euros per country",
        "orders customers",
        f"SELECT country, count(*) FROM {CO} WHERE total_amount > 500 GROUP BY 1",
    ),
    (
        "distinct customers per month",
        "orders",
        f"SELECT {per('month')}, count(DISTINCT customer_id) FROM orders GROUP BY 1",
    ),
    (
        "revenue excluding returned and cancelled orders",
        "orders",
        "SELECT sum(total_amount) FROM orders WHERE status NOT IN ('returned', 'cancelled')",
    ),
    (
        "Revenue by country excluding cancelled orders",
        "customers orders",
        f"SELECT country, sum(total_amount) FROM {CO} WHERE status <> 'cancelled' GROUP BY 1",
    ),
    # Shares and ratios.
    (
        "Share of cancelled orders per country",
        "customers orders",
        f"SELECT country, avg((status = 'cancelled')::int) FROM {CO} GROUP BY 1",
    ),
    (
        "What percentage of orders were returned in each month of 2024?",
        "orders",
        f"SELECT {per('month')}, 100 * avg((status = 'returned')::int) FROM orders WHERE {IN_2024} GROUP BY 1",
    ),
    (
        "What share of customers are enterprise?",
        "customers",
        "SELECT avg((segment = 'enterprise')::int) FROM customers",
    ),
    (
        "What share of revenue comes from each country?",
        "customers orders",
        f"SELECT country, sum(total_amount), sum(total_amount) / sum(sum(total_amount)) OVER () FROM {CO} GROUP BY 1",
    ),
    (
        "percent of customers in each segment",
        "customers",
        "SELECT segment, count(*), 100.0 * count(*) / sum(count(*)) OVER () FROM customers GROUP BY 1",
    ),
    (
        "share of revenue from cancelled orders, by year",
        "orders",
        f"SELECT {per('year')}, sum(total_amount) FILTER (WHERE status = 'cancelled') / sum(total_amount) "
        "FROM orders GROUP BY 1",
    ),
    (
        "ratio of cancelled to delivered orders per country",
        "orders customers",
        "SELECT country, count(*) FILTER (WHERE status = 'cancelled')::float / "
        f"nullif(count(*) FILTER (WHERE status = 'delivered'), 0) FROM {CO} GROUP BY 1",
    ),
]
