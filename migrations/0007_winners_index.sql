-- The index of winners must not serve other queries. Both it and `orders_held` begin with the sale: on a table without
-- statistics, which is every sale's in its first minute, the planner took this one for the units that a buyer holds, and
-- read all winners of the sale for each buyer. Its condition now says more than those queries ask for.
DROP INDEX orders_won;
CREATE INDEX orders_won ON orders (sale, partition, log_offset) INCLUDE (order_id)
  WHERE outcome = 0 AND log_offset >= 0;
