-- Where the database's clock was set back, the last sign of life of a worker that is frozen can lie ahead of it.
CREATE OR REPLACE VIEW living_workers AS
  SELECT w.id, w.topic, w.lanes_max, w.drained_at FROM workers w
  JOIN pg_stat_activity a ON a.pid = w.session_pid AND a.backend_start = w.session_started
  WHERE w.last_seen > clock_timestamp() - w.lease_ms * interval '1 millisecond'
    AND w.last_seen < clock_timestamp() + w.lease_ms * interval '1 millisecond';
