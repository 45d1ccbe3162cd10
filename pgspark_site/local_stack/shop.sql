-- The sample shop. Every value derives from its row's number, so that every machine gets the same rows.
-- `shop.scale` (1 = 8 000 customers, 200 000 orders) is set by the caller.

SET LOCAL synchronous_commit = off;
SET LOCAL timezone = 'UTC';

CREATE FUNCTION pg_temp.rows_of(full_size integer) RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT greatest(20, round(full_size * current_setting('shop.scale')::numeric))::integer $$;

-- A number in [0, 1) that looks drawn: the same for the same topic and row.
CREATE FUNCTION pg_temp.draw(topic text, n bigint) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ('x' || substr(md5(topic || n::text), 1, 8))::bit(32)::bigint / 4294967296.0 $$;

CREATE FUNCTION pg_temp.pick(choices text[], topic text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT choices[1 + floor(pg_temp.draw(topic, n) * array_length(choices, 1))::integer] $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'Prepared figures for reports';

-- customers ---------------------------------------------------------------------------------------------------------

CREATE TABLE customers (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL UNIQUE,
    country character(2) NOT NULL,
    segment text NOT NULL,
    company text,
    created_at timestamptz NOT NULL
);

INSERT INTO customers
SELECT n, given || ' ' || family,
       lower(given || '.' || family || '.' || n || '@example.com'),
       pg_temp.pick('{US,US,US,DE,DE,GB,FR,ES,IT,NL,SE,PL,IN,JP,BR,CA}', 'country', n),
       CASE WHEN pg_temp.draw('segment', n) < 0.70 THEN 'consumer'
            WHEN pg_temp.draw('segment', n) < 0.93 THEN 'small business' ELSE 'enterprise' END,
       CASE WHEN pg_temp.draw('segment', n) >= 0.70 THEN
            family || ' ' || pg_temp.pick('{Trading,Logistics,"& Sons",Foods,Studio,Partners,Works,Retail}', 'company', n)
       END,
       timestamptz '2021-01-01' + pg_temp.draw('joined', n) * interval '1400 days'
FROM generate_series(1, pg_temp.rows_of(8000)) AS n,
     LATERAL (SELECT
        pg_temp.pick('{Ada,Amir,Ana,Anders,Aya,Ben,Carla,Chen,Clara,Daniel,Deniz,Elena,Emil,Eva,Femi,Grace,Hana,Hugo,Ines,Isaac,Jonas,Julia,Kai,Lara,Leo,Lina,Luca,Maja,Marco,Maria,Mateo,Mei,Mina,Nadia,Nils,Noah,Nora,Olga,Omar,Paula,Priya,Ravi,Rosa,Sami,Sara,Sofia,Tariq,Tom,Uma,Yuki}', 'given', n) AS given,
        pg_temp.pick('{Abe,Almeida,Andersson,Bauer,Becker,Bianchi,Brown,Carter,Castro,Cohen,Costa,Diaz,Dubois,Evans,Fischer,Garcia,Gupta,Haas,Hansen,Hughes,Ito,Jansen,Jensen,Kaya,Khan,Kim,Kowalski,Kumar,Larsen,Lopez,Martin,Meyer,Moreau,Nakamura,Novak,Okafor,Olsen,Patel,Petrov,Reyes,Ricci,Rossi,Sato,Schmidt,Silva,Singh,Tanaka,Weber,Wilson,Zhang}', 'family', n) AS family) AS person;

COMMENT ON TABLE customers IS 'People and companies that have an account';
COMMENT ON COLUMN customers.id IS 'Customer number';
COMMENT ON COLUMN customers.name IS 'Full name';
COMMENT ON COLUMN customers.country IS 'ISO 3166 country code of the billing address';
COMMENT ON COLUMN customers.segment IS 'consumer, small business or enterprise';
COMMENT ON COLUMN customers.company IS 'Company name; empty for consumers';
COMMENT ON COLUMN customers.created_at IS 'When the account was opened';

-- products ----------------------------------------------------------------------------------------------------------

CREATE TABLE products (
    id integer PRIMARY KEY,
    sku text NOT NULL UNIQUE,
    name text NOT NULL,
    category text NOT NULL,
    price numeric(10, 2) NOT NULL CHECK (price > 0),
    weight_grams integer,
    is_active boolean NOT NULL DEFAULT true,
    tags text[] NOT NULL DEFAULT '{}',
    added_on date NOT NULL
);

INSERT INTO products
SELECT n, 'SKU-' || lpad(n::text, 5, '0'),
       pg_temp.pick('{Oak,Linen,Steel,Copper,Bamboo,Cotton,Glass,Cork,Walnut,Wool,Marble,Ceramic}', 'stuff', n) || ' '
       || (CASE category
            WHEN 'Kitchen' THEN pg_temp.pick('{Bowl,Kettle,Pan,Board,Mug,Grinder}', 'thing', n)
            WHEN 'Living' THEN pg_temp.pick('{Lamp,Cushion,Throw,Vase,Shelf,Mirror}', 'thing', n)
            WHEN 'Office' THEN pg_temp.pick('{Desk,Chair,Organiser,Notebook,Stand,Tray}', 'thing', n)
            WHEN 'Garden' THEN pg_temp.pick('{Planter,Bench,Trowel,Lantern,Hose,Table}', 'thing', n)
            ELSE pg_temp.pick('{Pack,Bottle,Tent,Blanket,Stove,Torch}', 'thing', n) END)
       || ' ' || n,
       category,
       round((4 + 296 * pg_temp.draw('price', n) ^ 2.5)::numeric, 2),
       CASE WHEN n % 9 <> 0 THEN 50 + floor(pg_temp.draw('weight', n) * 8000)::integer END,
       n % 23 <> 0,
       CASE WHEN n % 4 = 0 THEN '{gift}'::text[] WHEN n % 7 = 0 THEN '{new,limited}'::text[] ELSE '{}'::text[] END,
       date '2020-06-01' + floor(pg_temp.draw('added', n) * 1500)::integer
FROM generate_series(1, greatest(40, pg_temp.rows_of(600))) AS n,
     LATERAL (SELECT pg_temp.pick('{Kitchen,Living,Office,Garden,Outdoor}', 'category', n) AS category) AS kind;

COMMENT ON TABLE products IS 'What the shop sells';
COMMENT ON COLUMN products.sku IS 'Stock keeping unit';
COMMENT ON COLUMN products.price IS 'Current list price in EUR';
COMMENT ON COLUMN products.weight_grams IS 'Shipping weight, where known';

-- orders and their lines --------------------------------------------------------------------------------------------

CREATE TABLE order_items (
    order_id bigint NOT NULL,
    line_no smallint NOT NULL,
    product_id integer NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    unit_price numeric(10, 2) NOT NULL
);

INSERT INTO order_items
SELECT o, line, p.id, 1 + floor(4 * pg_temp.draw('quantity', o * 8 + line) ^ 2)::integer,
       round(p.price * (0.85 + 0.15 * pg_temp.draw('discount', o))::numeric, 2)
FROM generate_series(1, pg_temp.rows_of(200000)) AS o
CROSS JOIN LATERAL generate_series(1, 1 + floor(4 * pg_temp.draw('lines', o) ^ 2)::integer) AS line
JOIN products AS p
  ON p.id = 1 + floor((SELECT max(id) FROM products) * pg_temp.draw('product', o * 8 + line) ^ 1.4)::integer;

CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers (id),
    status text NOT NULL CHECK (status IN ('new', 'paid', 'shipped', 'delivered', 'returned', 'cancelled')),
    total_amount numeric(12, 2) NOT NULL,
    ordered_at timestamptz NOT NULL,
    shipped_on date,
    note text
);

-- A few customers order much more than most, as in life: the exponent bends the even draw towards low ranks,
-- and the prime strews the ranks over the customers.
INSERT INTO orders
SELECT order_id,
       1 + (floor(customers * pg_temp.draw('customer', order_id) ^ 1.3)::bigint * 7919 % customers)::integer,
       status, total, at,
       CASE WHEN status IN ('shipped', 'delivered', 'returned') THEN (at + interval '2 days')::date END,
       CASE WHEN order_id % 40 = 0 THEN pg_temp.pick(
            '{"Leave at the door","Gift wrap, please","Call before delivery","Invoice to head office"}', 'note', order_id)
       END
FROM (SELECT order_id, sum(quantity * unit_price) AS total,
             timestamptz '2022-01-01' + pg_temp.draw('ordered', order_id) * interval '1095 days' AS at,
             pg_temp.pick('{new,paid,paid,shipped,shipped,delivered,delivered,delivered,delivered,delivered,returned,cancelled}',
                          'status', order_id) AS status
      FROM order_items GROUP BY order_id) AS basket,
     (SELECT max(id) AS customers FROM customers) AS size
ORDER BY order_id;

CREATE INDEX orders_customer_id ON orders (customer_id);
CREATE INDEX orders_ordered_at ON orders (ordered_at);
ALTER TABLE order_items
    ADD PRIMARY KEY (order_id, line_no),
    ADD FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    ADD FOREIGN KEY (product_id) REFERENCES products (id);

COMMENT ON TABLE orders IS 'One row per order';
COMMENT ON COLUMN orders.customer_id IS 'Who ordered';
COMMENT ON COLUMN orders.status IS 'new, paid, shipped, delivered, returned or cancelled';
COMMENT ON COLUMN orders.total_amount IS 'Sum of the lines in EUR, VAT included';
COMMENT ON COLUMN orders.ordered_at IS 'When the order was placed';
COMMENT ON COLUMN orders.note IS 'What the customer wrote, if anything';
COMMENT ON TABLE order_items IS 'The lines of the orders';
COMMENT ON COLUMN order_items.unit_price IS 'Price per piece at the time of the order, in EUR';

CREATE VIEW customer_totals AS
SELECT c.id AS customer_id, c.name, c.country, count(o.id) AS order_count,
       coalesce(sum(o.total_amount), 0)::numeric(14, 2) AS total_amount
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id
GROUP BY c.id;
COMMENT ON VIEW customer_totals IS 'Orders and their sum per customer';

-- A table without a key, and a skewed one ---------------------------------------------------------------------------

CREATE TABLE web_events (
    happened_at timestamptz NOT NULL,
    visitor uuid NOT NULL,
    event text NOT NULL,
    path text,
    details jsonb
);

INSERT INTO web_events
SELECT timestamptz '2024-11-01' + pg_temp.draw('event at', n) * interval '30 days',
       md5('visitor' || floor(pg_temp.draw('visitor', n) * 9000))::uuid,
       pg_temp.pick('{view,view,view,view,click,click,search,basket,checkout}', 'event', n),
       CASE WHEN n % 11 <> 0 THEN '/products/' || 1 + floor(pg_temp.draw('path', n) * 600)::integer END,
       CASE WHEN n % 5 = 0 THEN jsonb_build_object('referrer', 'newsletter', 'position', n % 17) END
FROM generate_series(1, pg_temp.rows_of(60000)) AS n;
COMMENT ON TABLE web_events IS 'Clicks on the web site; it has no key';

CREATE TABLE page_views (
    id bigint PRIMARY KEY,
    product_id integer NOT NULL,
    viewed_at timestamptz NOT NULL,
    seconds real
);

-- 95 % of the ids lie in 0.2 % of their range, so that evenly cut ranges of ids would be very uneven reads.
INSERT INTO page_views
SELECT CASE WHEN n <= total * 0.95 THEN n ELSE total * 0.95 + (n - total * 0.95) * 9500 END,
       1 + floor(pg_temp.draw('viewed product', n) * 600)::integer,
       timestamptz '2024-01-01' + pg_temp.draw('viewed at', n) * interval '330 days',
       CASE WHEN n % 6 <> 0 THEN (pg_temp.draw('seconds', n) * 300)::real END
FROM (SELECT pg_temp.rows_of(100000)::bigint AS total) AS size, generate_series(1, total) AS n;
COMMENT ON TABLE page_views IS 'Product page views; most ids are close together, a few far away';

-- analytics ---------------------------------------------------------------------------------------------------------

CREATE TABLE analytics.daily_sales (
    day date PRIMARY KEY,
    order_count integer NOT NULL,
    total_amount numeric(14, 2) NOT NULL
);
INSERT INTO analytics.daily_sales
SELECT (ordered_at AT TIME ZONE 'UTC')::date, count(*), sum(total_amount) FROM orders GROUP BY 1 ORDER BY 1;
COMMENT ON TABLE analytics.daily_sales IS 'Orders and their sum per day (UTC)';

CREATE MATERIALIZED VIEW analytics.category_sales AS
SELECT p.category, date_trunc('month', o.ordered_at, 'UTC')::date AS month,
       sum(i.quantity)::bigint AS pieces, sum(i.quantity * i.unit_price)::numeric(14, 2) AS total_amount
FROM orders AS o JOIN order_items AS i ON i.order_id = o.id JOIN products AS p ON p.id = i.product_id
GROUP BY 1, 2 ORDER BY 1, 2;
COMMENT ON MATERIALIZED VIEW analytics.category_sales IS 'Sales per category and month, refreshed at night';

CREATE TABLE analytics."Mixed Case Table" (
    "Order" integer PRIMARY KEY,
    "class" text NOT NULL,
    "a.b" numeric(8, 3),
    "50% off" boolean NOT NULL,
    "with ""quotes""" text
);
INSERT INTO analytics."Mixed Case Table"
SELECT n, pg_temp.pick('{A,B,C}', 'class', n), n / 8.0, n % 3 = 0, CASE WHEN n % 2 = 0 THEN 'it''s "' || n || '"' END
FROM generate_series(1, 500) AS n;
COMMENT ON TABLE analytics."Mixed Case Table" IS 'Awkward names, which must work like any other';
