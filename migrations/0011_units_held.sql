-- Who holds units is said in one place. Today every confirmed order does, for good.
CREATE VIEW units_held AS
  SELECT order_id, sale, sku, buyer, quantity, partition, log_offset FROM orders WHERE outcome = 0;
COMMENT ON VIEW units_held IS
  'the units that orders hold: they count for the limit of a buyer and against the stock. The indexes orders_held and
orders_won serve it';
