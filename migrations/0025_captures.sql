-- A capture is written with one index instead of three. Without its sale it is looked for in each sale, and an order's
-- captures are found by the order's history, which names each of them.

-- History of before migration 0022 names a capture only where its order has no other: name the rest, in their order.
UPDATE history SET payment = named.payment
FROM (
  SELECT order_id, minor, partition, log_offset, place, row_number() OVER each AS number FROM history
  WHERE action = 1 AND payment IS NULL AND minor > 0 AND order_id IS NOT NULL
  WINDOW each AS (PARTITION BY order_id, minor ORDER BY partition, log_offset, place)
) AS entry JOIN (
  SELECT order_id, captured AS minor, payment, row_number() OVER each AS number FROM payments
  WHERE NOT EXISTS (SELECT FROM history h WHERE h.order_id = payments.order_id AND h.payment = payments.payment)
  WINDOW each AS (PARTITION BY order_id, captured ORDER BY as_of, payment)
) AS named USING (order_id, minor, number)
WHERE history.partition = entry.partition AND history.log_offset = entry.log_offset AND history.place = entry.place;

DROP INDEX payments_id;
DROP INDEX payments_order;

CREATE FUNCTION payments_of(order_id uuid) RETURNS SETOF payments LANGUAGE sql STABLE AS $$
  SELECT p.* FROM (
    SELECT DISTINCT h.sale, h.payment FROM history h WHERE h.order_id = $1 AND h.payment IS NOT NULL
  ) AS named JOIN payments p USING (sale, payment) WHERE p.order_id = $1
$$;
COMMENT ON FUNCTION payments_of IS 'the captures for an order, in no order';
