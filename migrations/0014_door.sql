-- What intakes answered to requests for orders before anything was written into the log, so that the report can account
-- for every request. Each intake adds what it has counted once a second.

CREATE TABLE door (
  sale int4 NOT NULL CONSTRAINT door_sale_fkey REFERENCES sales (number),
  slot_start timestamptz NOT NULL,
  reason text NOT NULL,
  requests int8 NOT NULL,
  CONSTRAINT door_pkey PRIMARY KEY (sale, slot_start, reason),
  CONSTRAINT door_counts CHECK (requests > 0)
) WITH (fillfactor = 50);
COMMENT ON COLUMN door.slot_start IS 'the first instant of 100 ms around the opening, of 10 s within a day of it, else of 1 h';
COMMENT ON COLUMN door.reason IS 'the code of the answer; `repeated` is a winner who asked again and was told so';
