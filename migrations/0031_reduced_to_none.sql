-- A command can take all units back that are left, also where none were sold.
ALTER TABLE stock
  DROP CONSTRAINT stock_put_up_positive,
  ADD CONSTRAINT stock_put_up_not_negative CHECK (put_up >= 0);

COMMENT ON COLUMN holds.price_minor IS 'of one unit, when the order won its units or began to wait';
