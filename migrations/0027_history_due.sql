-- A hold that is extended, or begins with an offer, ends at another time: events tell it, and an order's history shows it.
ALTER TABLE history ADD COLUMN due timestamptz;
COMMENT ON COLUMN history.due IS 'the end of the hold, where the entry set it; NULL for all else';
