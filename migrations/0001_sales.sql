-- Sales and what they put up. Written by admin (a new sale) and by lanes (stock), never both for one row's column.

CREATE TABLE sales (
  number int4 GENERATED ALWAYS AS IDENTITY CONSTRAINT sales_pkey PRIMARY KEY,
  id text NOT NULL CONSTRAINT sales_id_key UNIQUE,
  name text NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  per_buyer_limit int4 CONSTRAINT sales_per_buyer_limit_positive CHECK (per_buyer_limit > 0),
  ordering text NOT NULL CONSTRAINT sales_ordering_known CHECK (ordering IN ('sale', 'sku')),
  created_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  CONSTRAINT sales_window CHECK (starts_at < ends_at)
);
COMMENT ON COLUMN sales.number IS 'the sale in every log record and at the head of every order id';
COMMENT ON COLUMN sales.per_buyer_limit IS 'units over all SKUs of the sale; NULL: no limit';
COMMENT ON COLUMN sales.ordering IS 'what is decided in one lane: the whole sale, or each SKU by itself';
COMMENT ON COLUMN sales.closed_at IS
  'when the shop asked to close it, so that intake turns requests away; what decides is stock.closed, set by the lane';

-- One row per SKU of a sale. After the insert only the lane that owns the row''s key updates it. Every batch
-- updates a hot row once, so half of each page is kept free for heap-only updates.
CREATE TABLE stock (
  sale int4 NOT NULL CONSTRAINT stock_sale_fkey REFERENCES sales (number),
  sku text NOT NULL,
  position int2 NOT NULL,
  price_minor int8 NOT NULL CONSTRAINT stock_price_not_negative CHECK (price_minor >= 0),
  currency text NOT NULL,
  put_up int4 NOT NULL CONSTRAINT stock_put_up_positive CHECK (put_up > 0),
  units_left int4 NOT NULL,
  closed bool NOT NULL DEFAULT false,
  CONSTRAINT stock_pkey PRIMARY KEY (sale, sku),
  -- I1, held by the database too.
  CONSTRAINT stock_never_oversold CHECK (units_left BETWEEN 0 AND put_up)
) WITH (fillfactor = 50);
COMMENT ON COLUMN stock.position IS 'place in the sale''s list of items, from 0';
COMMENT ON COLUMN stock.price_minor IS 'price of one unit in minor units of the currency';
COMMENT ON COLUMN stock.put_up IS 'units put on sale';
