-- Who works, and whose each partition is. A lease says who is alive; who may write is the epoch's to say.

CREATE TABLE workers (
  id int8 CONSTRAINT workers_pkey PRIMARY KEY CONSTRAINT workers_id_not_negative CHECK (id >= 0),
  topic text NOT NULL,
  name text NOT NULL,
  started_at timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  lanes_max int4 NOT NULL CONSTRAINT workers_lanes_positive CHECK (lanes_max > 0),
  session_pid int4,
  session_started timestamptz,
  drained_at timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE workers IS 'one row for each worker process that takes part; all times are this database''s';
COMMENT ON COLUMN workers.id IS 'drawn by the process when it starts';
COMMENT ON COLUMN workers.name IS 'host and process, for people';
COMMENT ON COLUMN workers.last_seen IS 'its last sign of life; one that is silent for the lease loses its partitions';
COMMENT ON COLUMN workers.session_pid IS
  'the backend of its signs of life; with session_started (pids are reused) others see at once that it is gone';
COMMENT ON COLUMN workers.drained_at IS 'when somebody wanted it to be empty; it takes no partition from then on';

ALTER TABLE partition_progress ADD COLUMN owner_id int8;
COMMENT ON COLUMN partition_progress.owner_id IS
  'the worker that has the partition, as in workers; null when it was given back';
