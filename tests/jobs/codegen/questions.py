"""Questions over the shop, each with the same in SQL."""

from __future__ import annotations

CO = "orders o join customers c on c.id = o.customer_id"
IO = "order_items i join orders o on o.id = i.order_id"
IP = "order_items i join products p on p.id = i.product_id"
MONTH = "strftime('%Y-%m-01', ordered_at)"

# The question, the picked tables, the same in SQL, and the names of the result's columns.
QUESTIONS: list[tuple[str, str, str, str]] = [
    (
        "Join customers and orders and show the top 10 customers by total order amount",
        "customers orders",
        f"select c.id, c.name, sum(total_amount) t from {CO} group by c.id, c.name order by t desc, c.id limit 10",
        "customer_id name total_amount",
    ),
    (
        "how many orders per country",
        "",
        f"select country, count(*) from {CO} group by 1 order by 1",
        "country order_count",
    ),
    (
        "average order amount by month in 2024",
        "customers orders",
        f"select {MONTH}, avg(total_amount) from orders where ordered_at >= '2024' and ordered_at < '2025' "
        "group by 1 order by 1",
        "month average_total_amount",
    ),
    (
        "orders since 2024-06-01 where status equals shipped",
        "orders",
        "select * from orders where ordered_at >= '2024-06-01' and status = 'shipped' order by id",
        "id customer_id status total_amount ordered_at",
    ),
    (
        "list customers in DE",
        "customers orders",
        "select * from customers where country = 'DE' order by id",
        "id name email country segment company is_active created_at",
    ),
    (
        "max and min price per category",
        "",
        "select category, max(price), min(price) from products group by 1 order by 1",
        "category max_price min_price",
    ),
    ("count customers", "", "select count(*) from customers", "customer_count"),
    (
        "bottom 5 products by quantity",
        "",
        f"select p.id, p.name, sum(quantity) q from {IP} group by 1, 2 order by q, p.id limit 5",
        "product_id name total_quantity",
    ),
    (
        "total amount per segment between 2024-01-01 and 2024-03-31",
        "",
        f"select segment, sum(total_amount) from {CO} where ordered_at >= '2024-01-01' and ordered_at < '2024-04-01' "
        "group by 1 order by 1",
        "segment total_amount",
    ),
    (
        "number of orders per customer",
        "",
        f"select c.id, c.name, count(*) from {CO} group by 1, 2 order by 1",
        "customer_id name order_count",
    ),
    (
        "number of orders per customer",
        "orders",
        "select customer_id, count(*) from orders group by 1 order by 1",
        "customer_id order_count",
    ),
    (
        "top 3 countries by number of orders",
        "",
        f"select country, count(*) n from {CO} group by 1 order by n desc, country limit 3",
        "country order_count",
    ),
    (
        "highest order amount per country",
        "",
        f"select country, max(total_amount) from {CO} group by 1 order by 1",
        "country max_total_amount",
    ),
    (
        "top 10 orders by amount",
        "",
        "select * from orders order by total_amount desc, id limit 10",
        "id customer_id status total_amount ordered_at",
    ),
    (
        "show the latest 5 orders",
        "",
        "select * from orders order by ordered_at desc, id limit 5",
        "id customer_id status total_amount ordered_at",
    ),
    (
        "list name and email of customers in DE or FR",
        "",
        "select name, email from customers where country in ('DE', 'FR') order by name, email",
        "name email",
    ),
    ("list distinct countries", "", "select distinct country from customers order by country", "country"),
    (
        "number of customers per order status",
        "",
        f"select status, count(distinct c.id) from {CO} group by 1 order by 1",
        "status customer_count",
    ),
    (
        "average price of products by category sorted by average price descending",
        "",
        "select category, avg(price) a from products group by 1 order by a desc",
        "category average_price",
    ),
    (
        "orders where total_amount > 50.5 and status is not cancelled",
        "",
        "select * from orders where total_amount > 50.5 and status <> 'cancelled' order by id",
        "id customer_id status total_amount ordered_at",
    ),
    (
        "how many orders where status equals in transit",
        "",
        "select count(*) from orders where status = 'in transit'",
        "order_count",
    ),
    (
        "orders with status shipped or delivered before 2023-06",
        "",
        "select * from orders where status in ('shipped', 'delivered') and ordered_at < '2023-06' order by id",
        "id customer_id status total_amount ordered_at",
    ),
    (
        "count orders by month and status in 2023",
        "",
        f"select {MONTH}, status, count(*) from orders where ordered_at < '2024' group by 1, 2 order by 1, 2",
        "month status order_count",
    ),
    (
        "monthly revenue since March 2024",
        "orders",
        f"select {MONTH}, sum(total_amount) from orders where ordered_at >= '2024-03-01' group by 1 order by 1",
        "month total_amount",
    ),
    (
        "total quantity per product category",
        "",
        f"select category, sum(quantity) from {IP} group by 1 order by 1",
        "category total_quantity",
    ),
    (
        "total quantity per customer country in Q1 2024",
        "",
        f"select country, sum(quantity) from {IO} join customers c on c.id = o.customer_id "
        "where ordered_at >= '2024-01-01' and ordered_at < '2024-04-01' group by 1 order by 1",
        "country total_quantity",
    ),
    ("what is the average order amount?", "", "select avg(total_amount) from orders", "average_total_amount"),
    (
        "show me the number of orders and total amount per segment",
        "",
        f"select segment, count(*), sum(total_amount) from {CO} group by 1 order by 1",
        "segment order_count total_amount",
    ),
    (
        "average and total amount per status",
        "",
        "select status, avg(total_amount), sum(total_amount) from orders group by 1 order by 1",
        "status average_total_amount total_amount",
    ),
    (
        "order count per status",
        "",
        "select status, count(*) from orders group by 1 order by 1",
        "status order_count",
    ),
    (
        "list order status and customer name where total_amount at most 5",
        "",
        f"select status, name from {CO} where total_amount <= 5 order by 1, 2",
        "status name",
    ),
    (
        "products where price between 10 and 30 sorted by price descending",
        "",
        "select * from products where price between 10 and 30 order by price desc, id",
        "id sku name category price",
    ),
    (
        "how many orders where quantity > 8",
        "",
        f"select count(distinct o.id) from {IO} where quantity > 8",
        "order_count",
    ),
    (
        "customers where orders.status = cancelled",
        "",
        "select * from customers where id in (select customer_id from orders where status = 'cancelled') order by id",
        "id name email country segment company is_active created_at",
    ),
    (
        "customers where email is missing",
        "",
        "select * from customers where email is null order by id",
        "id name email country segment company is_active created_at",
    ),
    (
        "how many active customers per segment",
        "",
        "select segment, count(*) from customers where is_active group by 1 order by 1",
        "segment customer_count",
    ),
    (
        "customers created in 2023",
        "",
        "select * from customers where created_at < '2024' order by id",
        "id name email country segment company is_active created_at",
    ),
    (
        "total amount per customer, sorted by total amount descending",
        "",
        f"select c.id, c.name, sum(total_amount) t from {CO} group by 1, 2 order by t desc, 1",
        "customer_id name total_amount",
    ),
    (
        "join customers and orders",
        "customers orders",
        f"select c.*, o.* from {CO} order by o.id",
        "id name email country segment company is_active created_at "
        "order_id customer_id status total_amount ordered_at",
    ),
    (
        "top 5 customers in DE by total order amount in 2024",
        "",
        f"select c.id, name, sum(total_amount) t from {CO} where country = 'DE' and ordered_at >= '2024' "
        "and ordered_at < '2025' group by 1, 2 order by t desc, 1 limit 5",
        "customer_id name total_amount",
    ),
    (
        "show the 10 most recent orders",
        "",
        "select * from orders order by ordered_at desc, id limit 10",
        "id customer_id status total_amount ordered_at",
    ),
    (
        "email of the top 5 customers by total order amount",
        "",
        f"select c.id, c.name, c.email, sum(total_amount) t from {CO} group by 1, 2, 3 order by t desc, 1 limit 5",
        "customer_id name email total_amount",
    ),
    (
        "customers in DE and orders in 2024",
        "customers orders",
        f"select c.*, o.* from {CO} where country = 'DE' and ordered_at like '2024%' order by o.id",
        "",
    ),
    ("first 4 products", "", "select * from products order by id limit 4", "id sku name category price"),
    (
        'products where name contains "duct 1"',
        "products",
        "select * from products where name like '%duct 1%' order by id",
        "id sku name category price",
    ),
    ("customers", "customers", "select * from customers order by id", ""),
    (
        "total quantity by year",
        "",
        f"select strftime('%Y-01-01', ordered_at), sum(quantity) from {IO} group by 1 order by 1",
        "year total_quantity",
    ),
]
