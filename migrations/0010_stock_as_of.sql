-- A level says as of when it is true, so that the newest one wins wherever levels from several sources meet.
ALTER TABLE stock
  ADD COLUMN as_of int8 NOT NULL DEFAULT 0 CONSTRAINT stock_as_of_not_negative CHECK (as_of >= 0);
COMMENT ON COLUMN stock.as_of IS
  'the offset behind the record that changed units_left or closed last, in the stock''s partition; 0: as put up';
