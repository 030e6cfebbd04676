-- Baskets: orders of several lines, each of another SKU, in sales that one lane decides. `orders` and `holds` have the
-- SKU of the first line, and the units of all lines, so that whoever counts a buyer's units needs nothing else.
--
-- Lines are a JSON array, in the buyer's order: [{"sku": "case", "units": 2}, …]; in `holds` each has a `price_minor`.
-- Orders of one line have none, and no row here.

CREATE FUNCTION basket_units(lines jsonb) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT sum((line->>'units')::int8)::int8 FROM jsonb_array_elements(lines) AS line
$$;
COMMENT ON FUNCTION basket_units IS 'the units of all lines';

CREATE FUNCTION basket_price(lines jsonb) RETURNS int8 LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT sum((line->>'units')::int8 * (line->>'price_minor')::int8)::int8 FROM jsonb_array_elements(lines) AS line
$$;
COMMENT ON FUNCTION basket_price IS 'what is to be paid for all lines, in minor units';

CREATE FUNCTION priced_lines(sale int4, lines jsonb) RETURNS jsonb LANGUAGE sql STABLE STRICT AS $$
  SELECT jsonb_agg(line.value || jsonb_build_object('price_minor', k.price_minor) ORDER BY line.place)
  FROM jsonb_array_elements(lines) WITH ORDINALITY AS line (value, place)
  JOIN stock k ON k.sale = priced_lines.sale AND k.sku = line.value->>'sku'
$$;
COMMENT ON FUNCTION priced_lines IS 'lines with the present prices of their stock';

-- The lines of each basket's first decision, which never changes.
CREATE TABLE baskets (
  order_id uuid NOT NULL,
  log_offset int8 NOT NULL,
  partition int4 NOT NULL,
  sale int4 NOT NULL,
  units int4 NOT NULL,
  outcome int2 NOT NULL,
  refused_line int2,
  lines jsonb NOT NULL,
  CONSTRAINT baskets_pkey PRIMARY KEY (partition, log_offset),
  CONSTRAINT baskets_lines_count CHECK (jsonb_array_length(lines) BETWEEN 2 AND 10),
  CONSTRAINT baskets_lines_positive CHECK (NOT lines @? '$[*] ? (!(@.units > 0))'),
  CONSTRAINT baskets_units_add_up CHECK (units = basket_units(lines)),
  CONSTRAINT baskets_refused_for_a_line CHECK ((outcome = 0) = (refused_line IS NULL)),
  CONSTRAINT baskets_refused_for_its_line CHECK (refused_line >= 0 AND refused_line < jsonb_array_length(lines))
);
COMMENT ON COLUMN baskets.log_offset IS 'the record of the first decision, as in orders';
COMMENT ON COLUMN baskets.units IS 'of all lines, as orders.quantity';
COMMENT ON COLUMN baskets.outcome IS 'as in orders';
COMMENT ON COLUMN baskets.refused_line IS 'the first line that could not be had, from 0; NULL: all were won';
CREATE INDEX baskets_won ON baskets (sale) WHERE outcome = 0;

ALTER TABLE holds
  ADD COLUMN lines jsonb,
  ADD CONSTRAINT holds_lines_count CHECK (jsonb_array_length(lines) BETWEEN 2 AND 10),
  ADD CONSTRAINT holds_lines_not_negative CHECK (NOT lines @? '$[*] ? (!(@.units >= 0 && @.price_minor >= 0))'),
  ADD CONSTRAINT holds_lines_add_up CHECK (units = basket_units(lines)),
  ADD CONSTRAINT holds_baskets_do_not_wait CHECK (lines IS NULL OR state <> 1);
COMMENT ON COLUMN holds.lines IS
  'NULL: one line, which sku, units and price_minor say; else all lines, and these are the first SKU, the units of all
lines, and the price of the first';

ALTER TABLE history ADD COLUMN line_units jsonb;
COMMENT ON COLUMN history.line_units IS 'by how much the units of each line of a basket have changed; NULL: none have';
COMMENT ON COLUMN history.result IS
  '0 applied, 1 repeated, 2 unknown_order, 3 refused, 4 another_order, 5 not_allowed, 6 not_due, 7 too_much,
8 none_left, 9 wrong_amount, 10 already_paid, 11 too_late, 12 refund_due, 13 unknown_line';
