-- How long a worker may be silent is its own setting. Whoever asks whether it is alive asks the same.
ALTER TABLE workers ADD COLUMN lease_ms int4 NOT NULL DEFAULT 3000
  CONSTRAINT workers_lease_positive CHECK (lease_ms > 0);
COMMENT ON COLUMN workers.lease_ms IS 'for how long it may show no sign of life before it loses its partitions';

CREATE VIEW living_workers AS
  SELECT w.id, w.topic, w.lanes_max, w.drained_at FROM workers w
  JOIN pg_stat_activity a ON a.pid = w.session_pid AND a.backend_start = w.session_started
  WHERE w.last_seen > clock_timestamp() - w.lease_ms * interval '1 millisecond';
COMMENT ON VIEW living_workers IS 'whose session is open, and who was not silent for the lease';

-- Which orders count for their buyer's limit: with what their life says, or with their quantity where they have none.
CREATE VIEW orders_counted AS
  SELECT order_id, sale, buyer, quantity, partition, log_offset FROM orders WHERE outcome IN (0, 100);
COMMENT ON VIEW orders_counted IS 'confirmed and waitlisted orders, which the index orders_held has';
