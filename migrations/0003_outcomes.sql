-- What became of each request: one row per order, its first and only decision (I4).
--
-- Refusals are not bounded by the stock, so the row is narrow (fixed-width columns first, widest alignment
-- first) and has one index; only winners are in the second one.
CREATE TABLE orders (
  order_id uuid CONSTRAINT orders_pkey PRIMARY KEY,
  log_offset int8 NOT NULL,
  accepted_at timestamptz NOT NULL,
  decided_at timestamptz NOT NULL,
  sale int4 NOT NULL,
  quantity int4 NOT NULL,
  partition int4 NOT NULL,
  outcome int2 NOT NULL,
  sku text NOT NULL,
  buyer text NOT NULL
);
COMMENT ON COLUMN orders.order_id IS 'UUID version 8: the sale''s number in the first 32 bits, so that a sale is a range of this index';
COMMENT ON COLUMN orders.log_offset IS 'the record of the first decision; with partition the place in line';
COMMENT ON COLUMN orders.accepted_at IS 'by intake''s clock: the time that the decision looked at';
COMMENT ON COLUMN orders.decided_at IS 'by the worker''s clock, when it wrote the batch';
COMMENT ON COLUMN orders.outcome IS
  '0 confirmed, 1 not_started, 2 ended, 3 closed, 4 limit_reached, 5 sold_out, 6 insufficient_stock';

-- What a buyer holds in a sale (I9). Bounded by the stock.
CREATE INDEX orders_held ON orders (sale, buyer) INCLUDE (quantity) WHERE outcome = 0;

-- Records that could not be decided, kept whole. The lane went on behind them.
CREATE TABLE quarantined_records (
  topic text NOT NULL,
  partition int4 NOT NULL,
  log_offset int8 NOT NULL,
  record_key bytea,
  record_value bytea,
  error text NOT NULL,
  sale int4 CONSTRAINT quarantined_records_sale_fkey REFERENCES sales (number),
  order_id uuid,
  quarantined_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT quarantined_records_pkey PRIMARY KEY (topic, partition, log_offset)
);
COMMENT ON COLUMN quarantined_records.record_value IS 'NULL: a tombstone';
COMMENT ON COLUMN quarantined_records.sale IS 'by the value, or else by the key; NULL where neither names a known sale';

CREATE INDEX quarantined_records_sale ON quarantined_records (sale);
