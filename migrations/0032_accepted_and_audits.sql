-- What intakes answered with 202, so that who watches a sale sees what comes in beside what lanes decide. Each intake
-- adds what it has counted once a second.
CREATE TABLE accepted_requests (
  sale int4 CONSTRAINT accepted_requests_pkey PRIMARY KEY
    CONSTRAINT accepted_requests_sale_fkey REFERENCES sales (number),
  requests int8 NOT NULL CONSTRAINT accepted_requests_some CHECK (requests > 0)
) WITH (fillfactor = 50);
COMMENT ON TABLE accepted_requests IS 'at most what was accepted: an intake that dies loses what it counted last';

-- Audits that admin processes run, so that each of them shows all, also after it was started anew.
CREATE TABLE admin_audits (
  id int8 GENERATED ALWAYS AS IDENTITY CONSTRAINT admin_audits_pkey PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_by text NOT NULL,
  phase text NOT NULL,
  done int8 NOT NULL DEFAULT 0,
  total int8 NOT NULL DEFAULT 0,
  told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  verdict text,
  report text,
  error text,
  CONSTRAINT admin_audits_end CHECK ((finished_at IS NOT NULL) = (coalesce(verdict, error) IS NOT NULL)
    AND (verdict IS NULL OR error IS NULL))
) WITH (fillfactor = 50);
COMMENT ON COLUMN admin_audits.total IS '0: not known';
COMMENT ON COLUMN admin_audits.told_at IS 'the last sign of life of who runs it';
COMMENT ON COLUMN admin_audits.verdict IS 'sound, violated or unchecked';
COMMENT ON COLUMN admin_audits.error IS 'why it could not be carried through';
