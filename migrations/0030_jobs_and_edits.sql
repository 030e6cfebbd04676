-- A job that is asked for twice under one id is one job.
ALTER TABLE bulk_jobs
  ADD COLUMN command_id int8,
  ADD CONSTRAINT bulk_jobs_started_once UNIQUE (sale, command_id);
COMMENT ON COLUMN bulk_jobs.command_id IS 'of the call that started it; NULL: it was started before calls had one';

-- Changes of a sale's rules come one after another: each is made from the one that its maker has seen.
CREATE TABLE sale_edits (
  sale int4 CONSTRAINT sale_edits_pkey PRIMARY KEY CONSTRAINT sale_edits_sale_fkey REFERENCES sales (number),
  version int8 NOT NULL,
  command_id int8 NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  is_decided bool NOT NULL DEFAULT false
) WITH (fillfactor = 70);
COMMENT ON TABLE sale_edits IS 'the last change of each sale that was changed';
COMMENT ON COLUMN sale_edits.version IS 'how many there were';
COMMENT ON COLUMN sale_edits.command_id IS 'under which its records are in the log: sent again, it is the same change';
COMMENT ON COLUMN sale_edits.is_decided IS 'whether lanes were seen to have decided it, or nothing of it was written';
