-- What a person decided about a record that could not be decided. The record stays: it is in the log for good.
ALTER TABLE quarantined_records
  ADD COLUMN resolution text CONSTRAINT quarantined_records_resolution CHECK (resolution IN ('requeued', 'dismissed')),
  ADD COLUMN resolved_at timestamptz,
  ADD COLUMN resolved_by text,
  ADD COLUMN resolved_because text,
  ADD COLUMN requeued_offset int8,
  ADD CONSTRAINT quarantined_records_resolved CHECK (
    (resolution IS NULL) = (resolved_at IS NULL) AND (resolution IS NULL) = (resolved_by IS NULL)
    AND (resolution IS NULL) = (resolved_because IS NULL)
    AND (requeued_offset IS NOT NULL) = (resolution IS NOT DISTINCT FROM 'requeued'));
COMMENT ON COLUMN quarantined_records.requeued_offset IS 'where its copy stands, in the same partition';

-- Bulk jobs: one command for each order that fits a search. A job is a place in that search and a list of orders; both
-- move on together, so that whoever takes it over goes on where it stands.
CREATE TABLE bulk_jobs (
  id int8 GENERATED ALWAYS AS IDENTITY CONSTRAINT bulk_jobs_pkey PRIMARY KEY,
  sale int4 NOT NULL CONSTRAINT bulk_jobs_sale_fkey REFERENCES sales (number),
  action text NOT NULL CONSTRAINT bulk_jobs_action CHECK (action IN ('cancel', 'refund', 'extend', 'resend')),
  state text NOT NULL DEFAULT 'running'
    CONSTRAINT bulk_jobs_state CHECK (state IN ('running', 'done', 'stopped', 'failed')),
  search text NOT NULL,
  as_of text NOT NULL,
  place text,
  is_searched bool NOT NULL DEFAULT false,
  expected int8,
  searched int8 NOT NULL DEFAULT 0,
  skipped int8 NOT NULL DEFAULT 0,
  started_by text NOT NULL,
  because text NOT NULL,
  error text,
  taken_until timestamptz,
  taken_by int8,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON COLUMN bulk_jobs.search IS 'which orders, as the query of a listing';
COMMENT ON COLUMN bulk_jobs.as_of IS 'the vector of which the search is, so that it finds what the preview showed';
COMMENT ON COLUMN bulk_jobs.place IS 'the cursor of the next page of the search; NULL: the first one';
COMMENT ON COLUMN bulk_jobs.is_searched IS 'whether all orders that fit are listed in bulk_items';
COMMENT ON COLUMN bulk_jobs.skipped IS 'orders that fit and that the action can do nothing to';
COMMENT ON COLUMN bulk_jobs.taken_by IS 'the process that works on it, until taken_until; two do no harm';

CREATE TABLE bulk_items (
  job int8 NOT NULL CONSTRAINT bulk_items_job_fkey REFERENCES bulk_jobs (id),
  number int8 NOT NULL,
  order_id uuid NOT NULL,
  command_id int8 NOT NULL,
  minor int8,
  log_offset int8,
  partition int4,
  is_written bool NOT NULL DEFAULT false,
  sku text NOT NULL,
  payment text,
  CONSTRAINT bulk_items_pkey PRIMARY KEY (job, number)
) WITH (fillfactor = 70);
COMMENT ON COLUMN bulk_items.command_id IS 'the same whenever it is written: a lane does it once';
COMMENT ON COLUMN bulk_items.is_written IS 'whether it is surely in the log, or, for webhooks, done';
CREATE INDEX bulk_items_unwritten ON bulk_items (job, number) WHERE NOT is_written;

-- A job sends the webhooks of an order again.
CREATE INDEX webhook_deliveries_dead_order ON webhook_deliveries (order_id) WHERE dead_at IS NOT NULL;
