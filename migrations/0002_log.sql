-- The log as the store knows it: which topic, how far each partition came, who may write.

CREATE TABLE topics (
  name text CONSTRAINT topics_pkey PRIMARY KEY,
  partitions int4 NOT NULL CONSTRAINT topics_partitions_positive CHECK (partitions > 0),
  recorded_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE topics IS 'the partition count is fixed when a topic is made: another one would move keys between writers';

-- The fence (I6, I7). A batch''s transaction first moves next_offset on, under its epoch; a claim raises the epoch.
CREATE TABLE partition_progress (
  topic text NOT NULL CONSTRAINT partition_progress_topic_fkey REFERENCES topics (name),
  partition int4 NOT NULL,
  epoch int8 NOT NULL DEFAULT 0,
  next_offset int8 NOT NULL DEFAULT 0 CONSTRAINT partition_progress_offset_not_negative CHECK (next_offset >= 0),
  owner_pid int4,
  owner_started timestamptz,
  owner_name text,
  claimed_at timestamptz,
  halted_at timestamptz,
  halted_reason text,
  CONSTRAINT partition_progress_pkey PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);
COMMENT ON COLUMN partition_progress.epoch IS 'raised by each claim; only the holder of the current one can commit';
COMMENT ON COLUMN partition_progress.next_offset IS 'the first offset without an effect in this database';
COMMENT ON COLUMN partition_progress.owner_pid IS
  'the owner''s backend; with owner_started (pids are reused) the next claim ends it before it takes over';
COMMENT ON COLUMN partition_progress.owner_name IS 'host and process of the owner, for people';
COMMENT ON COLUMN partition_progress.halted_reason IS 'why nobody works on this partition until a person has looked';

-- What the records of a sale came to, counted by the lanes in the batch''s own transaction, so that the report''s
-- identity compares two counts that were made apart: this one and the rows of orders and quarantined_records.
CREATE TABLE tallies (
  topic text NOT NULL,
  partition int4 NOT NULL,
  sale int4 NOT NULL CONSTRAINT tallies_sale_fkey REFERENCES sales (number),
  requests int8 NOT NULL,
  repeats int8 NOT NULL,
  CONSTRAINT tallies_pkey PRIMARY KEY (topic, partition, sale),
  CONSTRAINT tallies_counts CHECK (repeats >= 0 AND requests >= repeats)
) WITH (fillfactor = 50);
COMMENT ON COLUMN tallies.requests IS 'records of the sale that ask for something, repeats and quarantined ones included';
COMMENT ON COLUMN tallies.repeats IS 'of these, records of an order that had its outcome already';
