-- What becomes of an order after its first decision: holds that end, payments, cancellations, offers. `orders` keeps the
-- first decision and never changes.

ALTER TABLE sales ADD COLUMN holds jsonb CONSTRAINT sales_holds_object CHECK (jsonb_typeof(holds) = 'object');
COMMENT ON COLUMN sales.holds IS
  'how what is won is held until it is paid, in the sale''s JSON form; NULL: what is won is confirmed';

ALTER TABLE stock
  ADD COLUMN reserved int4 NOT NULL DEFAULT 0,
  ADD COLUMN starts_at timestamptz,
  ADD COLUMN ends_at timestamptz,
  ADD COLUMN per_buyer_limit int4 CONSTRAINT stock_per_buyer_limit_positive CHECK (per_buyer_limit > 0),
  DROP CONSTRAINT stock_never_oversold,
  -- I1, held by the database too.
  ADD CONSTRAINT stock_never_oversold CHECK (units_left >= 0 AND reserved >= 0 AND units_left + reserved <= put_up);
COMMENT ON COLUMN stock.put_up IS 'units put on sale so far: restocks add to it, and reductions take from it';
COMMENT ON COLUMN stock.units_left IS 'units that nobody has';
COMMENT ON COLUMN stock.reserved IS 'units that are held and not paid; the rest of put_up is sold';
COMMENT ON COLUMN stock.starts_at IS 'NULL, as in ends_at and per_buyer_limit: the sale''s; a command has changed it for this stock';

-- The life of each order that won units, or waits for some. In a sale without holds a row begins with the first thing
-- that happens to the order. Bounded by the stock and by those who may wait.
CREATE TABLE holds (
  order_id uuid CONSTRAINT holds_pkey PRIMARY KEY,
  log_offset int8 NOT NULL,
  due timestamptz,
  price_minor int8 NOT NULL,
  refund_due int8 NOT NULL DEFAULT 0 CONSTRAINT holds_refund_due_not_negative CHECK (refund_due >= 0),
  as_of int8 NOT NULL,
  sale int4 NOT NULL,
  partition int4 NOT NULL,
  units int4 NOT NULL CONSTRAINT holds_units_positive CHECK (units > 0),
  extensions int4 NOT NULL DEFAULT 0,
  sequence int4 NOT NULL,
  state int2 NOT NULL CONSTRAINT holds_state_known CHECK (state BETWEEN 1 AND 11),
  is_offer bool NOT NULL DEFAULT false,
  is_lapsed bool NOT NULL DEFAULT false,
  sku text NOT NULL,
  currency text NOT NULL,
  buyer text NOT NULL,
  payment text,
  CONSTRAINT holds_due_while_reserved CHECK ((due IS NOT NULL) = (state = 2)),
  CONSTRAINT holds_paid_by_a_payment CHECK (state <> 4 OR payment IS NOT NULL),
  CONSTRAINT holds_refund_due_is_due CHECK (state <> 10 OR refund_due > 0),
  CONSTRAINT holds_refunded_owes_nothing CHECK (state <> 11 OR refund_due = 0)
) WITH (fillfactor = 70);
COMMENT ON COLUMN holds.state IS
  '1 waiting, 2 reserved, 3 confirmed, 4 paid, 5 fulfilled, 6 released, 7 expired, 8 cancelled, 9 lapsed, 10 refund_due,
11 refunded; 1 to 5 count for limits, 2 to 5 have units of the stock';
COMMENT ON COLUMN holds.units IS 'what the order is for: what was won or is waited for, less what was cancelled';
COMMENT ON COLUMN holds.price_minor IS 'the price of one unit at which it was won';
COMMENT ON COLUMN holds.as_of IS 'the offset behind the record that changed it last, in its partition';
COMMENT ON COLUMN holds.sequence IS 'the number of its last event; the first decision is 1';
COMMENT ON COLUMN holds.payment IS 'the payment that its units are paid with';

CREATE INDEX holds_buyer ON holds (sale, buyer);
CREATE INDEX holds_due ON holds (partition, due) WHERE state = 2;
CREATE INDEX holds_waiting ON holds (sale, sku, log_offset) WHERE state = 1;

-- Each capture (I13): what is neither to be paid back nor paid back is applied to its order.
CREATE TABLE payments (
  sale int4 NOT NULL,
  payment text NOT NULL,
  order_id uuid NOT NULL,
  captured int8 NOT NULL CONSTRAINT payments_captured_positive CHECK (captured > 0),
  refund_due int8 NOT NULL CONSTRAINT payments_refund_due_not_negative CHECK (refund_due >= 0),
  refunded int8 NOT NULL CONSTRAINT payments_refunded_not_negative CHECK (refunded >= 0),
  as_of int8 NOT NULL,
  partition int4 NOT NULL,
  counted bool NOT NULL,
  sku text NOT NULL,
  currency text NOT NULL,
  CONSTRAINT payments_pkey PRIMARY KEY (sale, payment),
  CONSTRAINT payments_add_up CHECK (refund_due + refunded <= captured)
) WITH (fillfactor = 70);
COMMENT ON COLUMN payments.counted IS
  'whether the order was there for it when it came, in its currency: what is due is then in holds.refund_due too';
COMMENT ON COLUMN payments.captured IS 'minor units of the currency, as are refund_due and refunded';
CREATE INDEX payments_order ON payments (order_id);

-- What records did to orders and stock that are no first decision, and why some did nothing.
CREATE TABLE history (
  log_offset int8 NOT NULL,
  at timestamptz NOT NULL,
  minor int8 NOT NULL,
  command_id int8,
  partition int4 NOT NULL,
  sale int4 NOT NULL,
  units int4 NOT NULL,
  sequence int4 NOT NULL,
  place int2 NOT NULL,
  action int2 NOT NULL,
  result int2 NOT NULL,
  state int2,
  order_id uuid,
  sku text NOT NULL,
  by_whom text NOT NULL,
  reason text NOT NULL,
  CONSTRAINT history_pkey PRIMARY KEY (partition, log_offset, place)
);
COMMENT ON COLUMN history.action IS
  '1 pay, 2 refund, 3 cancel, 4 release, 5 extend, 6 expire, 7 fulfil, 8 offer, 20 restock, 21 reduce, 22 reopen,
23 change';
COMMENT ON COLUMN history.result IS
  '0 applied, 1 repeated, 2 unknown_order, 3 refused, 4 another_order, 5 not_allowed, 6 not_due, 7 too_much,
8 none_left, 9 wrong_amount, 10 already_paid, 11 too_late, 12 refund_due';
COMMENT ON COLUMN history.units IS 'by how much the order''s live units, or the units put up, have changed';
COMMENT ON COLUMN history.minor IS 'minor units of money that it moved';
COMMENT ON COLUMN history.sequence IS 'its number among the order''s events; 0 if it changed nothing of an order';
COMMENT ON COLUMN history.order_id IS 'NULL: it is about the stock';
CREATE INDEX history_order ON history (order_id, command_id) WHERE order_id IS NOT NULL;
CREATE INDEX history_stock ON history (sale, sku) WHERE order_id IS NULL;

-- Who waits counts for the limit of a buyer too.
COMMENT ON COLUMN orders.outcome IS
  '0 confirmed, 1 not_started, 2 ended, 3 closed, 4 limit_reached, 5 sold_out, 6 insufficient_stock,
7 subject_limit_reached, 8 code_used_up, 9 all_held, 10 hold_abuse, 100 waitlisted';
DROP VIEW units_held;
DROP INDEX orders_held;
CREATE INDEX orders_held ON orders (sale, buyer) INCLUDE (quantity) WHERE outcome IN (0, 100);

-- What an order gave back is no longer counted, and whether its hold lapsed is.
ALTER TABLE subjects_held
  DROP CONSTRAINT subjects_held_units,
  ADD CONSTRAINT subjects_held_units CHECK (units >= 0),
  ADD COLUMN is_lapsed bool NOT NULL DEFAULT false;
COMMENT ON COLUMN subjects_held.units IS
  'what the order counts: its live units, and of the kind code one use; 0: it has given all back';
CREATE INDEX subjects_held_order ON subjects_held (order_id);
