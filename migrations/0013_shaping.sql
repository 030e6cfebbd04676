-- How a sale meets its crowd: what an intake looks at before a request goes into the log.

ALTER TABLE sales ADD COLUMN shaping jsonb NOT NULL DEFAULT '{}'
  CONSTRAINT sales_shaping_object CHECK (jsonb_typeof(shaping) = 'object');
COMMENT ON COLUMN sales.shaping IS 'the rules of `shaping` in the sale''s JSON form; a rule that is not there shapes nothing';
