-- A bulk job's counts move on with its list: nobody has to read the list for them.
ALTER TABLE bulk_jobs
  ADD COLUMN listed int8 NOT NULL DEFAULT 0,
  ADD COLUMN written int8 NOT NULL DEFAULT 0,
  ADD COLUMN decided int8 NOT NULL DEFAULT 0,
  ADD COLUMN refused int8 NOT NULL DEFAULT 0;
COMMENT ON COLUMN bulk_jobs.listed IS 'its rows in bulk_items';
COMMENT ON COLUMN bulk_jobs.written IS 'of these, those with is_written';
COMMENT ON COLUMN bulk_jobs.decided IS 'of these, those with is_decided';
COMMENT ON COLUMN bulk_jobs.refused IS 'of these, those that changed nothing';

ALTER TABLE bulk_items ADD COLUMN is_decided bool NOT NULL DEFAULT false;
COMMENT ON COLUMN bulk_items.is_decided IS 'whether it counts in decided: a lane has decided it, or its webhooks are sent again';
UPDATE bulk_items SET is_decided = true FROM bulk_jobs
WHERE bulk_jobs.id = bulk_items.job AND bulk_jobs.action = 'resend' AND bulk_items.is_written;
-- What lanes have decided is counted by whoever works on jobs.
UPDATE bulk_jobs SET listed = i.listed, written = i.written, decided = i.decided
FROM (
  SELECT job, count(*) AS listed, count(*) FILTER (WHERE is_written) AS written,
    count(*) FILTER (WHERE is_decided) AS decided
  FROM bulk_items GROUP BY job
) AS i WHERE bulk_jobs.id = i.job;
CREATE INDEX bulk_items_undecided ON bulk_items (job, partition, log_offset) WHERE is_written AND NOT is_decided;

-- The admin log is searched by what it has indexes for: who, what, when.
CREATE INDEX admin_log_action ON admin_log (action, number);
CREATE INDEX admin_log_at ON admin_log (at);
ALTER TABLE admin_log_head
  ADD COLUMN latest_at timestamptz,
  ADD COLUMN set_back_us int8 NOT NULL DEFAULT 0;
COMMENT ON COLUMN admin_log_head.latest_at IS 'the latest time of any line';
COMMENT ON COLUMN admin_log_head.set_back_us IS
  'how much earlier than a line before it any line is, at most: the clock was set back. 0: times go up with the numbers';
UPDATE admin_log_head SET (latest_at, set_back_us) = (
  SELECT max(at), coalesce(max((extract(epoch FROM latest_at - at) * 1000000)::int8), 0)
  FROM (SELECT at, max(at) OVER (ORDER BY number) AS latest_at FROM admin_log) AS line
);
