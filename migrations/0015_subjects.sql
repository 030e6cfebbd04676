-- What confirmed orders count for limit subjects: a card, an address, a household, an access code (I9). Orders without
-- subjects have no row here. Bounded by the stock, times four.
--
-- A row for each order rather than a sum: an audit asks for what was counted before an offset, and what an order gives
-- back is no longer counted once its rows are deleted.
CREATE TABLE subjects_held (
  log_offset int8 NOT NULL,
  order_id uuid NOT NULL,
  sale int4 NOT NULL,
  partition int4 NOT NULL,
  units int4 NOT NULL CONSTRAINT subjects_held_units CHECK (units > 0),
  kind text NOT NULL,
  subject text NOT NULL,
  CONSTRAINT subjects_held_pkey PRIMARY KEY (sale, kind, subject, partition, log_offset) INCLUDE (units)
);
COMMENT ON COLUMN subjects_held.log_offset IS 'the record of the order''s first decision, in its partition';
COMMENT ON COLUMN subjects_held.units IS 'what the order counts: its units, and of the kind code one use';
COMMENT ON COLUMN subjects_held.subject IS 'opaque, as the gateway named it; of the kind code the code''s id';

COMMENT ON COLUMN orders.outcome IS
  '0 confirmed, 1 not_started, 2 ended, 3 closed, 4 limit_reached, 5 sold_out, 6 insufficient_stock,
7 subject_limit_reached, 8 code_used_up';
