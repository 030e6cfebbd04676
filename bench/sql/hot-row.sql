-- The usual way: a transaction for each order, and the row of the hot SKU locked by each in turn.
BEGIN;
UPDATE bench_stock SET remaining = remaining - 1 WHERE sku = 1 AND remaining > 0;
INSERT INTO bench_orders (sku, buyer) VALUES (1, :client_id);
COMMIT;
