-- Who has won, lane by lane in the order of the log: intakes read what came since they last looked, to tell a winner who
-- asks again that she has won. Bounded by the stock, and it grows at its end.
CREATE INDEX orders_won ON orders (sale, partition, log_offset) INCLUDE (order_id) WHERE outcome = 0;
