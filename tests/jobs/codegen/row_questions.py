"""What analysts ask of the sample shop: which rows. The question, the tables they have picked, and the truth in SQL.

SQL with an ORDER BY at its end says that the question orders the rows; without one, any order is right.
"""

from __future__ import annotations

from tests.jobs.codegen.figure_questions import CO, IN_2024, IP, per

ROWS: list[tuple[str, str, str]] = [
    # Top and bottom.
    (
        "Show me the ten customers who spent the most",
        "customers orders",
        f"SELECT c.id, c.name, sum(total_amount) t FROM {CO} GROUP BY 1, 2 ORDER BY t DESC, 1 LIMIT 10",
    ),
    (
        "Which customer placed the most orders?",
        "customers orders",
        f"SELECT c.id, c.name, count(*) n FROM {CO} GROUP BY 1, 2 ORDER BY n DESC, 1 LIMIT 1",
    ),
    (
        "top 3 product categories by revenue",
        "order_items products",
        f"SELECT category, sum(quantity * unit_price) r FROM {IP} GROUP BY 1 ORDER BY r DESC LIMIT 3",
    ),
    ("List the 5 cheapest products", "products", "SELECT * FROM products ORDER BY price, id LIMIT 5"),
    (
        "Total quantity sold per product, top 10",
        "order_items products",
        f"SELECT p.id, p.name, sum(quantity) q FROM {IP} GROUP BY 1, 2 ORDER BY q DESC, 1 LIMIT 10",
    ),
    (
        "Which 3 months of 2024 had the highest revenue?",
        "orders",
        f"SELECT {per('month')}, sum(total_amount) r FROM orders WHERE {IN_2024} GROUP BY 1 ORDER BY r DESC LIMIT 3",
    ),
    (
        "the 5 days with the highest total amount",
        "daily_sales",
        "SELECT day, max(total_amount) t FROM analytics.daily_sales GROUP BY 1 ORDER BY t DESC, day LIMIT 5",
    ),
    (
        "top 10 paths by number of web events",
        "web_events",
        'SELECT path, count(*) n FROM web_events GROUP BY 1 ORDER BY n DESC, path COLLATE "C" LIMIT 10',
    ),
    (
        "Which product is the heaviest?",
        "products",
        "SELECT * FROM products WHERE weight_grams IS NOT NULL ORDER BY weight_grams DESC, id LIMIT 1",
    ),
    (
        "what day in 2024 had the most orders",
        "orders",
        f"SELECT {per('day')}, count(*) n FROM orders WHERE {IN_2024} GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1",
    ),
    (
        "what are the three largest orders by amount?",
        "orders",
        "SELECT * FROM orders ORDER BY total_amount DESC, id LIMIT 3",
    ),
    (
        "What is the most expensive product in each category?",
        "products",
        "SELECT DISTINCT ON (category) * FROM products ORDER BY category, price DESC, id",
    ),
    (
        "top 3 products per category by quantity sold",
        "products order_items",
        f"SELECT category, id, name, q FROM (SELECT p.category, p.id, p.name, sum(quantity) q, row_number() OVER "
        f"(PARTITION BY category ORDER BY sum(quantity) DESC, p.id) AS place FROM {IP} GROUP BY 1, 2, 3) AS ranked "
        "WHERE place <= 3 ORDER BY category, q DESC, id",
    ),
    # Thresholds on figures, and what is missing.
    (
        "Customers with more than 30 orders",
        "customers orders",
        f"SELECT c.id, c.name, count(*) FROM {CO} GROUP BY 1, 2 HAVING count(*) > 30",
    ),
    (
        "customers with fewer than 10 orders in 2024",
        "customers orders",
        "SELECT c.id, c.name, count(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id "
        f"AND {IN_2024} GROUP BY 1, 2 HAVING count(o.id) < 10",
    ),
    (
        "countries with revenue above 30000 in 2024",
        "customers orders",
        f"SELECT country, sum(total_amount) FROM {CO} WHERE {IN_2024} GROUP BY 1 HAVING sum(total_amount) > 30000",
    ),
    (
        "countries that have at least 10 customers",
        "customers",
        "SELECT country, count(*) FROM customers GROUP BY 1 HAVING count(*) >= 10",
    ),
    (
        "How many customers ordered at least 30 times?",
        "customers orders",
        f"SELECT count(*) FROM (SELECT c.id FROM {CO} GROUP BY 1 HAVING count(*) >= 30) AS frequent",
    ),
    (
        "enterprise customers with revenue above 5000",
        "customers orders",
        f"SELECT c.id, c.name, sum(total_amount) FROM {CO} WHERE segment = 'enterprise' GROUP BY 1, 2 "
        "HAVING sum(total_amount) > 5000",
    ),
    (
        "customers who spent at least 9000 in 2024",
        "customers orders",
        f"SELECT c.id, c.name, sum(total_amount) FROM {CO} WHERE {IN_2024} GROUP BY 1, 2 "
        "HAVING sum(total_amount) >= 9000",
    ),
    (
        "products with more than 300 pieces sold",
        "products order_items",
        f"SELECT p.id, p.name, sum(quantity) FROM {IP} GROUP BY 1, 2 HAVING sum(quantity) > 300",
    ),
    (
        "customers without any orders in December 2024",
        "customers orders",
        "SELECT * FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id "
        "AND ordered_at >= '2024-12-01' AND ordered_at < '2025-01-01')",
    ),
    (
        "Which products have never been viewed?",
        "products page_views",
        "SELECT * FROM products WHERE id NOT IN (SELECT product_id FROM page_views)",
    ),
    (
        "How many customers never had an order cancelled?",
        "customers orders",
        "SELECT count(*) FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE status = 'cancelled')",
    ),
    ("Which products have no weight?", "products", "SELECT * FROM products WHERE weight_grams IS NULL"),
    ("How many orders have a note?", "orders", "SELECT count(note) FROM orders"),
    ("How many products are not active?", "products", "SELECT count(*) FROM products WHERE NOT is_active"),
    # Lists.
    (
        "List enterprise customers from US sorted by name",
        "customers",
        "SELECT * FROM customers WHERE segment = 'enterprise' AND country = 'US' ORDER BY name COLLATE \"C\", id",
    ),
    (
        "orders over 500 euros placed in December 2024",
        "orders",
        "SELECT * FROM orders WHERE total_amount > 500 AND ordered_at >= '2024-12-01' AND ordered_at < '2025-01-01'",
    ),
    (
        "Cancelled orders between 2024-03-01 and 2024-03-15",
        "orders",
        "SELECT * FROM orders WHERE status = 'cancelled' AND ordered_at >= '2024-03-01' AND ordered_at < '2024-03-16'",
    ),
    (
        "the latest 10 orders with the customer's name",
        "customers orders",
        f"SELECT o.id, c.name, ordered_at FROM {CO} ORDER BY ordered_at DESC, o.id LIMIT 10",
    ),
    (
        "products with a weight above 5000 grams",
        "products",
        "SELECT * FROM products WHERE weight_grams > 5000",
    ),
    (
        "small business customers created before 2022",
        "customers",
        "SELECT * FROM customers WHERE segment = 'small business' AND created_at < '2022-01-01'",
    ),
    (
        "customers in US or CA who ordered in November 2024",
        "customers orders",
        "SELECT * FROM customers c WHERE country IN ('US', 'CA') AND EXISTS (SELECT FROM orders o "
        "WHERE o.customer_id = c.id AND ordered_at >= '2024-11-01' AND ordered_at < '2024-12-01')",
    ),
    ("all orders of customer 7", "orders", "SELECT * FROM orders WHERE customer_id = 7"),
    (
        "orders shipped in February 2024",
        "orders",
        "SELECT * FROM orders WHERE shipped_on >= '2024-02-01' AND shipped_on < '2024-03-01'",
    ),
    (
        "orders in the first half of 2024 with status paid or new",
        "orders",
        "SELECT * FROM orders WHERE ordered_at >= '2024-01-01' AND ordered_at < '2024-07-01' "
        "AND status IN ('paid', 'new')",
    ),
    (
        "Which countries do our customers come from?",
        "customers",
        "SELECT DISTINCT country FROM customers",
    ),
    (
        "show name, country and total amount from customer totals where order count is at least 30, "
        "highest total amount first",
        "customer_totals",
        "SELECT name, country, total_amount FROM customer_totals WHERE order_count >= 30 "
        'ORDER BY total_amount DESC, name COLLATE "C", country',
    ),
    (
        "customers who have placed orders in January 2023",
        "customers orders",
        "SELECT * FROM customers WHERE id IN (SELECT customer_id FROM orders "
        "WHERE ordered_at >= '2023-01-01' AND ordered_at < '2023-02-01')",
    ),
    (
        "orders with no note and status new",
        "orders",
        "SELECT * FROM orders WHERE note IS NULL AND status = 'new'",
    ),
    ("first 5 customers by name", "customers", 'SELECT * FROM customers ORDER BY name COLLATE "C", id LIMIT 5'),
    (
        "orders with a status other than delivered in October 2024, newest first",
        "orders",
        "SELECT * FROM orders WHERE status <> 'delivered' AND ordered_at >= '2024-10-01' "
        "AND ordered_at < '2024-11-01' ORDER BY ordered_at DESC, id",
    ),
    ("products whose name contains Wool", "products", "SELECT * FROM products WHERE name LIKE '%Wool%'"),
]

# What must be asked back, over which tables, and words of what is said.
UNDECIDED: list[tuple[str, str, str]] = [
    ("Who are our best customers?", "customers orders", "How many"),
    ("orders last year", "orders", "depends on the day"),
    ("revenue growth compared to the previous year", "orders", "growth"),
    ("active customers", "customers orders", "active"),
    ("new customers in 2024", "customers orders", "new"),
    ("Kitchen products", "products", "value of a column"),
    ("average number of orders per customer", "customers orders", "figure of figures"),
    ("total amount per country", "customers orders customer_totals", "equally well"),
    ("customers in Germany", "customers page_views", "Germany"),
    ("page views per country", "page_views customers", "join"),
    ("big orders", "orders", "big"),
    ("top 10 products", "products order_items", "By what"),
    ("price per category", "products", "added up or averaged"),
    ("total order amount per product", "orders order_items products", "repeats rows of orders"),
    ("total amount for 2023 and 2024", "orders", "cannot both hold"),
    ("the three best selling products in each category", "products order_items", "By what"),
    ("customers with an order amount above 500", "customers orders", "any"),
    ("products by price", "products", "counted for each"),
    ("show me products and how often they were viewed", "products page_views", "name the rows"),
    ("share of orders over 500 euros", "orders", "cannot tell how"),
    ("orders on Monday", "orders", "What date"),
    ("how many orders per day on average", "orders", "on average"),
    ("products that were returned", "products order_items orders", "returned"),
]
