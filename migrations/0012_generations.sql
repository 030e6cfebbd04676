-- Ids are random within a sale, so an index of a sale with ten million orders met each batch with all of its pages. The
-- orders of a sale are stored in generations: rows are added to the open one only, whose pages are few, and an id is
-- looked up in the closed ones.
ALTER TABLE orders ADD COLUMN generation int4 NOT NULL DEFAULT 0;
COMMENT ON COLUMN orders.generation IS
  'the part of the sale''s orders that the row is stored in, from 0; nothing is decided by it';
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY (generation, order_id);
COMMENT ON COLUMN orders.order_id IS
  'UUID version 8: the sale''s number in the first 32 bits, so that a sale is a range of each generation of the index';

-- A batch reads the row behind its fence. Who closes a generation first takes a lock on partition_progress that waits
-- for each batch in flight. So a closed generation is complete for whoever begins later.
CREATE TABLE sale_generations (
  sale int4 CONSTRAINT sale_generations_pkey PRIMARY KEY
    CONSTRAINT sale_generations_sale_fkey REFERENCES sales (number),
  sizes int8[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE sale_generations IS 'a sale without a row has one generation, 0, which is never closed';
COMMENT ON COLUMN sale_generations.sizes IS
  'how many orders each closed generation has; their number is the number of the open one';
INSERT INTO sale_generations (sale) SELECT number FROM sales;

CREATE FUNCTION generations_of(sales int4[]) RETURNS int4[] LANGUAGE sql STABLE AS $$
  SELECT ARRAY(SELECT generate_series(0, coalesce(max(cardinality(sizes)), 0)))
  FROM sale_generations WHERE sale = ANY (sales)
$$;
COMMENT ON FUNCTION generations_of IS
  'all generations that orders of these sales are in. A query that names them, and ids, finds its rows by the primary
key; as a subquery it is asked once';
