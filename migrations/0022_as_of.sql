-- What orders were as of an earlier place of the log is reckoned from first decisions and the history. For that the
-- history names the payment that a capture or a refund is about.
ALTER TABLE history ADD COLUMN payment text;
COMMENT ON COLUMN history.payment IS 'of a capture or a refund; NULL for all else';
UPDATE history SET payment = paid.payment
FROM (SELECT order_id, min(payment) AS payment FROM payments GROUP BY order_id HAVING count(*) = 1) AS paid
WHERE history.order_id = paid.order_id AND history.action IN (1, 2) AND history.result IN (0, 3, 4, 5, 9, 10, 11, 12);

-- Captures for orders that have no units: rare, and an export must not look for them at each refusal.
CREATE INDEX payments_uncounted ON payments (sale) WHERE NOT counted;
-- A payment is found by its id alone: a provider's id says nothing of the sale.
CREATE INDEX payments_id ON payments (payment);
-- Orders by where they stand, in the order of the log.
CREATE INDEX holds_state ON holds (sale, state, partition, log_offset);
