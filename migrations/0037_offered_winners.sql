-- Who was offered units after having waited has won, too: intakes read who that is lane by lane, in the order of the log,
-- beside `orders_won`. Bounded by the units that came back. Its condition says more than other queries ask for.
CREATE INDEX history_offers ON history (sale, partition, log_offset) INCLUDE (order_id) WHERE action = 8 AND result = 0;
